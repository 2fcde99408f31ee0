// run_child: one program, run to its end, bounded in time and output.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::base {

struct ChildResult {
  int exit_code = 0;  // 128 + signal for one that was killed
  Secret output;      // stdout
};

struct ChildOptions {
  std::map<std::string, std::string> environment;  // all of it: nothing is inherited
  std::chrono::milliseconds patience;
  std::size_t most_output;                                             // bytes; one more ends the child
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  // cuts `patience` short
};

// `arguments` beside the program's own name; `input` on stdin; stderr goes nowhere (it is a stranger's text). No shell.
// Open descriptors of ours are not passed on. Kind of errors: unauthorized.
[[nodiscard]] Result<ChildResult> run_child(const std::string& file, const std::vector<std::string>& arguments,
                                            BytesView input, const ChildOptions& options);

}  // namespace hallmark::base
