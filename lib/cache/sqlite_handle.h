// Owners of SQLite's handles.
#pragma once

#include <sqlite3.h>

#include <memory>

namespace hallmark::cache {

struct CloseDatabase {
  void operator()(::sqlite3* handle) const { ::sqlite3_close(handle); }
};
struct FinalizeStatement {
  void operator()(::sqlite3_stmt* handle) const { ::sqlite3_finalize(handle); }
};
using DatabaseHandle = std::unique_ptr<::sqlite3, CloseDatabase>;
using StatementHandle = std::unique_ptr<::sqlite3_stmt, FinalizeStatement>;

}  // namespace hallmark::cache
