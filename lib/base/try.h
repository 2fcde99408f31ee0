// HM_TRY: hand an error up, keep the value; the one macro of the house.
#pragma once

#include <utility>

#include "hallmark/result.h"

#define HM_CONCAT_INNER(a, b) a##b
#define HM_CONCAT(a, b) HM_CONCAT_INNER(a, b)

// HM_TRY(auto digest, Digest::parse(text));   returns the error from the enclosing function
#define HM_TRY(declaration, expression) HM_TRY_NAMED(HM_CONCAT(hm_result_, __LINE__), declaration, expression)
#define HM_TRY_NAMED(name, declaration, expression)                                \
  auto name = (expression);                                                        \
  if (!name) return ::std::unexpected<::hallmark::Error>(std::move(name).error()); \
  declaration = *std::move(name)

// HM_DO(file.write(bytes));   the same for Result<void>
#define HM_DO(expression)                                                      \
  do {                                                                         \
    if (auto hm_done = (expression); !hm_done)                                 \
      return ::std::unexpected<::hallmark::Error>(std::move(hm_done).error()); \
  } while (false)
