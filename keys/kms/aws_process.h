// credential_process: a program that prints credentials (docs.aws.amazon.com, "Process credential provider").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "keys/kms/aws_credentials.h"

namespace hallmark::keys::aws {

// Words as a POSIX shell splits them: blanks, '…', "…" and backslashes, and nothing else: no variable, no pipe. Empty:
// a quote does not end.
[[nodiscard]] std::vector<std::string> split_command(std::string_view command);

// Runs it without a shell, for limits::exec_plugin_time at most, with a few variables of ours: its path, home,
// proxies and AWS settings. Kind of errors: key.
[[nodiscard]] Result<Credentials> process_credentials(const Scene& scene, const std::string& command);
// What it printed: {"Version": 1, "AccessKeyId": …, "SecretAccessKey": …, "SessionToken": …, "Expiration": …}.
[[nodiscard]] Result<Credentials> read_process_answer(BytesView output);

}  // namespace hallmark::keys::aws
