// Keys of testdata/keys, as text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace hallmark::test {

inline std::filesystem::path source_folder() {
  const char* set = std::getenv("HALLMARK_SOURCE");
  return set != nullptr && *set != '\0' ? set : ".";
}

// Where vectors made by others lie; the folder may be missing.
inline std::filesystem::path vectors_folder() {
  const char* set = std::getenv("HALLMARK_VECTORS");
  return set != nullptr && *set != '\0' ? std::filesystem::path(set) : source_folder() / "../shared/vectors";
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string() + "; is HALLMARK_SOURCE set?");
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string key_text(const std::string& name) { return file_text(source_folder() / "testdata/keys" / name); }

}  // namespace hallmark::test
