// Diagnosis: one thing that `hallmark doctor` has to say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hallmark::node {

enum class Severity : std::uint8_t { ok, warning, error };

struct Diagnosis {
  std::string id;  // stable: "cri-discard-unpacked-layers"
  Severity severity = Severity::ok;
  std::string what;
  std::string where;       // a file, a file with its line, a registry; may be empty
  std::string remedy;      // empty where nothing is to be done
  std::string cause = {};  // of an unusable key: "wrong-pin"
};

using Diagnoses = std::vector<Diagnosis>;

[[nodiscard]] std::string_view word(Severity severity);  // "ok", "warning", "error"

}  // namespace hallmark::node
