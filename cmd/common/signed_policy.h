// Signed policies: a policy file counts only with a signature beside it, and never an older one than before.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hallmark/key.h"
#include "hallmark/policy.h"

namespace hallmark::cmd {

// The bundle beside a policy file: "policy.yaml.sigstore.json".
[[nodiscard]] std::string signature_file_of(const std::string& policy_file);

// Each source must be what the key in this file (`policy-key`) signed. Kind of errors: config (no key, missing,
// altered, by another key).
[[nodiscard]] Result<void> check_policy_signatures(const std::vector<PolicySource>& sources,
                                                   const std::string& key_file);

// The highest `serial` seen of each file, by its absolute path, is kept in FOLDER/policy-serials.json: a lower one than
// before, or a file that is gone, is an error (config). Here nothing is written.
[[nodiscard]] Result<void> expect_policy_serials(const Policy& policy, const std::filesystem::path& folder);
// The same, and what is new is written, one process at a time. Where that cannot be done, nothing is forgotten, and the
// answer is false: the file's next older version would not be noticed.
[[nodiscard]] Result<bool> keep_policy_serials(const Policy& policy, const std::filesystem::path& folder);

}  // namespace hallmark::cmd
