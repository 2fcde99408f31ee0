#include "hallmark/decision_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "cache/cached_decision.h"
#include "cache/sqlite_handle.h"

namespace hallmark {
namespace {

using cache::DatabaseHandle;
using cache::StatementHandle;

// Marks the file as ours ("hall"), and its tables as of this form.
constexpr const char* kMark = "PRAGMA application_id = 1751215212; PRAGMA user_version = 1;";
constexpr std::int64_t kApplication = 1'751'215'212;
constexpr std::int64_t kForm = 1;

// Chosen by measurement (docs/performance.md): a write-ahead log, which each last closer checkpoints and removes, takes
// twice the CPU of a rollback journal. Nothing is flushed to the disk: what a power cut damages fails its SHA-256.
constexpr const char* kSettings =
    "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = "
    "ON;"
    "PRAGMA max_page_count = 16384;";
static_assert(limits::cache_pages == 16'384);
constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS decisions (name BLOB PRIMARY KEY, expires INTEGER NOT NULL, decision BLOB NOT NULL) "
    "WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS by_expiry ON decisions (expires);";

Error unfit(const std::filesystem::path& file, std::string_view why) {
  return Error(Outcome::config, "decision cache " + file.string() + ": " + std::string(why));
}

// Whoever may write the file decides what runs here.
Result<void> check_owner(const std::filesystem::path& file, const struct ::stat& about, std::string_view what) {
  if (about.st_uid != ::geteuid() && about.st_uid != 0)
    return fail(unfit(file, std::string(what) + " belongs to user " + std::to_string(about.st_uid))
                    .with_hint("give it to the user that hallmark runs as, or remove it"));
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(unfit(file, std::string(what) + " may be written by others").with_hint("chmod go-w " + file.string()));
  return {};
}

Result<void> check_place(const std::filesystem::path& file) {
  struct ::stat about{};
  const auto folder = file.parent_path();
  if (::stat(folder.c_str(), &about) != 0) return fail(unfit(file, "its folder: " + std::string(std::strerror(errno))));
  HM_DO(check_owner(folder, about, "the folder"));
  // Opened and closed before SQLite does: a later close would drop its locks.
  const base::FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.valid() && (errno == EROFS || errno == EACCES)) {
    if (::lstat(file.c_str(), &about) != 0) return fail(unfit(file, "it is not there and cannot be made"));
  } else if (!fd.valid()) {
    return fail(unfit(file, errno == ELOOP ? "it is a symbolic link" : std::strerror(errno)));
  } else if (::fstat(fd.get(), &about) != 0) {
    return fail(unfit(file, std::strerror(errno)));
  }
  if (!S_ISREG(about.st_mode)) return fail(unfit(file, "it is not a regular file"));
  return check_owner(file, about, "it");
}

}  // namespace

struct DecisionCache::Database {
  std::filesystem::path file;
  DatabaseHandle handle;

  [[nodiscard]] Error failed(int code) const { return unfit(file, ::sqlite3_errstr(code)); }
  [[nodiscard]] int run(const char* sql) const { return ::sqlite3_exec(handle.get(), sql, nullptr, nullptr, nullptr); }
  [[nodiscard]] StatementHandle prepare(const char* sql) const;
  [[nodiscard]] std::optional<std::int64_t> number(const char* sql) const;
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> claim() const;
  [[nodiscard]] int write(BytesView name, BytesView decision, Time now, Time expires) const;
  void start_over();
};

StatementHandle DecisionCache::Database::prepare(const char* sql) const {
  ::sqlite3_stmt* statement = nullptr;
  if (::sqlite3_prepare_v2(handle.get(), sql, -1, &statement, nullptr) != SQLITE_OK) return nullptr;
  return StatementHandle(statement);
}

std::optional<std::int64_t> DecisionCache::Database::number(const char* sql) const {
  const auto statement = prepare(sql);
  if (!statement || ::sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
  return ::sqlite3_column_int64(statement.get(), 0);
}

Result<void> DecisionCache::Database::open() {
  constexpr int kFlags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const bool writable = ::access(file.c_str(), W_OK) == 0;
  ::sqlite3* opened = nullptr;
  const int code = ::sqlite3_open_v2(file.c_str(), &opened,
                                     kFlags | (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY), nullptr);
  handle.reset(opened);
  if (code != SQLITE_OK) return fail(failed(code));
  (void)::sqlite3_busy_timeout(handle.get(), static_cast<int>(limits::cache_patience.count()));
  (void)::sqlite3_db_config(handle.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  (void)::sqlite3_db_config(handle.get(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  (void)::sqlite3_db_config(handle.get(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  return claim();
}

// An empty file becomes ours; another program's stays as it is.
Result<void> DecisionCache::Database::claim() const {
  const auto application = number("PRAGMA application_id");
  const auto form = number("PRAGMA user_version");
  if (!application || !form) return fail(failed(::sqlite3_extended_errcode(handle.get())));
  if (application == kApplication && form == kForm) {
    (void)run(kSettings);
    return {};
  }
  if (number("PRAGMA page_count") != 0)
    return fail(unfit(file, "it is a database of something else").with_hint("move it away, or name another file"));
  (void)run(kSettings);
  int code = run("BEGIN IMMEDIATE");
  if (code == SQLITE_OK) code = run(kTables);
  if (code == SQLITE_OK) code = run(kMark);
  if (code == SQLITE_OK) code = run("COMMIT");
  if (code == SQLITE_OK) return {};
  return fail(failed(code));
}

int DecisionCache::Database::write(BytesView name, BytesView decision, Time now, Time expires) const {
  int code = run("BEGIN IMMEDIATE");
  if (code != SQLITE_OK) return code;
  const auto bound_to = [](const StatementHandle& statement, int at, BytesView bytes) {
    return ::sqlite3_bind_blob(statement.get(), at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  };
  const auto finish = [&](const StatementHandle& statement) {
    if (!statement) return ::sqlite3_extended_errcode(handle.get());
    const int step = ::sqlite3_step(statement.get());
    return step == SQLITE_DONE ? SQLITE_OK : step;
  };
  const auto forget = prepare("DELETE FROM decisions WHERE expires < ?1");
  if (forget) (void)::sqlite3_bind_int64(forget.get(), 1, now.time_since_epoch().count());
  code = finish(forget);
  if (code == SQLITE_OK) {
    const auto keep = prepare("INSERT OR REPLACE INTO decisions VALUES (?1, ?2, ?3)");
    if (keep) {
      (void)bound_to(keep, 1, name);
      (void)::sqlite3_bind_int64(keep.get(), 2, expires.time_since_epoch().count());
      (void)bound_to(keep, 3, decision);
    }
    code = finish(keep);
  }
  if (code == SQLITE_OK) code = run("COMMIT");
  if (code != SQLITE_OK) (void)run("ROLLBACK");
  return code;
}

// A damaged file is left to those who have it open, and a new one begun. The journal goes first: it is not the new
// file's.
void DecisionCache::Database::start_over() {
  handle.reset();
  const std::string journal = file.string() + "-journal";
  (void)::unlink(journal.c_str());
  (void)::unlink(file.c_str());
  if (!check_place(file) || !open()) handle.reset();
}

DecisionCache::DecisionCache(std::unique_ptr<Database> database) : database_(std::move(database)) {}
DecisionCache::DecisionCache(DecisionCache&&) noexcept = default;
DecisionCache& DecisionCache::operator=(DecisionCache&&) noexcept = default;
DecisionCache::~DecisionCache() = default;

Result<DecisionCache> DecisionCache::open(const std::filesystem::path& file) {
  HM_DO(check_place(file));
  auto database = std::make_unique<Database>();
  database->file = file;
  HM_DO(database->open());
  return DecisionCache(std::move(database));
}

std::optional<Decision> DecisionCache::find(const DecisionKey& key, Time now) {
  if (!database_->handle) return std::nullopt;
  const Bytes name = cache::name_of(key);
  const auto statement = database_->prepare("SELECT decision FROM decisions WHERE name = ?1");
  if (!statement) return std::nullopt;
  (void)::sqlite3_bind_blob(statement.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
  if (::sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
  const auto* bytes = static_cast<const std::uint8_t*>(::sqlite3_column_blob(statement.get(), 0));
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement.get(), 0));
  if (bytes == nullptr) return std::nullopt;
  auto cached = cache::decode({bytes, size}, name);
  if (!cached || cached->decided > now || cached->expires < now) return std::nullopt;
  return std::move(cached->decision);
}

Result<void> DecisionCache::store(const DecisionKey& key, const Decision& decision, Time now, Time expires) {
  if (is_failure(decision.outcome) || expires < now) return {};
  if (!database_->handle) return fail(unfit(database_->file, "it cannot be used"));
  const Bytes name = cache::name_of(key);
  const Bytes bytes = cache::encode({decision, now, expires}, name);
  int code = database_->write(name, bytes, now, expires);
  const int primary = code & 0xff;
  const bool grown = primary == SQLITE_FULL && database_->number("PRAGMA page_count") >= limits::cache_pages;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || grown) {
    database_->start_over();
    if (database_->handle) code = database_->write(name, bytes, now, expires);
  }
  if (code != SQLITE_OK) return fail(database_->failed(code));
  return {};
}

}  // namespace hallmark
