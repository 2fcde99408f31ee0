// JSON reports: what `-o json` prints, one document a line; docs/schema/ describes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "hallmark/copy.h"
#include "hallmark/inspect.h"
#include "hallmark/sign.h"
#include "hallmark/verdict.h"

namespace hallmark::cmd {

[[nodiscard]] base::Json to_json(const Verdict& verdict);
// The same shape as a refusal: outcome, exit_code, reason, hint. `reference` is what was typed; may be empty.
[[nodiscard]] base::Json to_json(const Error& error, std::string_view reference);
// {"outcome": "done", "exit_code": 0}: opens the documents of the commands that do something.
[[nodiscard]] base::Json done();
[[nodiscard]] base::Json to_json(const std::vector<Signed>& signatures);
[[nodiscard]] base::Json to_json(const Inspection& inspection);
[[nodiscard]] base::Json to_json(const CopyResult& result);

}  // namespace hallmark::cmd
