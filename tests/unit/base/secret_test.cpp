#include "hallmark/secret.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

using namespace hallmark;

namespace {

// The flags that /proc/self/smaps shows for the mapping that holds `address`.
std::string mapping_flags(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = from <= wanted && wanted < to;
    if (inside && line.starts_with("VmFlags:")) return line;
  }
  return {};
}

}  // namespace

TEST_CASE("a secret holds what it was given, and moves instead of being copied") {
  Secret first = Secret::copy_of("correct horse");
  CHECK(first.text() == "correct horse");
  const auto* place = first.view().data();
  Secret second = std::move(first);
  CHECK(second.view().data() == place);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): what a moved-from secret is, is what is tested
  Secret third = Secret::copy_of("old");
  third = std::move(second);
  CHECK(third.text() == "correct horse");
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Secret>);
}

TEST_CASE("an empty secret needs no memory") {
  const Secret none;
  const Secret zero(0);
  const Secret copy = Secret::copy_of("");
  CHECK(none.empty());
  CHECK(zero.view().data() == nullptr);
  CHECK(copy.size() == 0);
}

TEST_CASE("a fresh secret is zero, and shrinking wipes the tail") {
  Secret secret(6000);
  CHECK(std::count(secret.view().begin(), secret.view().end(), 0) == 6000);
  std::memset(secret.writable().data(), 'x', 6000);
  const auto* tail = secret.view().data() + 10;
  secret.shrink(10);
  CHECK(secret.text() == "xxxxxxxxxx");
  CHECK(tail[0] == 0);
  CHECK(tail[5989] == 0);
  secret.shrink(20);  // growing is not a thing
  CHECK(secret.size() == 10);
}

TEST_CASE("a secret is kept out of core dumps and of swap") {
  const Secret secret = Secret::copy_of("s3cret");
  const std::string flags = mapping_flags(secret.view().data());
  if (flags.empty()) {
    WARN("SKIPPED: /proc/self/smaps cannot be read here");
    return;
  }
  CHECK_THAT(flags, Catch::Contains(" dd"));  // MADV_DONTDUMP
  if (flags.find(" lo") == std::string::npos) WARN("SKIPPED: mlock is not allowed here");
}

TEST_CASE("wipe overwrites every byte") {
  Bytes memory = to_bytes("password");
  wipe(memory);
  CHECK(memory == Bytes(8, 0));
  wipe({});
}
