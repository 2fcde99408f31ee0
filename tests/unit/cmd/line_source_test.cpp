#include "cmd/common/line_source.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "base/limits.h"
#include "support/temporary_folder.h"

using hallmark::Outcome;
using hallmark::cmd::LineSource;
using hallmark::test::TemporaryFolder;

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  auto source = LineSource::open(file.string());
  REQUIRE(source);
  std::vector<std::string> lines;
  for (;;) {
    auto line = source->next();
    REQUIRE(line);
    if (!*line) return lines;
    lines.push_back(**line);
  }
}

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

}  // namespace

TEST_CASE("a list gives its references without blanks, comments and line ends") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "list";
  write(file, "# nightly\n\n  registry.example/a:1\t\r\nregistry.example/b:2\n#\n   \nregistry.example/c:3");
  CHECK(lines_of(file) ==
        std::vector<std::string>{"registry.example/a:1", "registry.example/b:2", "registry.example/c:3"});
}

TEST_CASE("lines that span the read buffer are whole") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "list";
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "registry.example/some/longer/name:" + std::to_string(i) + "\n";
  write(file, text);
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 3000);
  CHECK(lines[2999] == "registry.example/some/longer/name:2999");
}

TEST_CASE("a line over the limit is an error, never cut off") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "list";
  write(file, "registry.example/a:1\n" + std::string(hallmark::limits::list_line_bytes + 1, 'a'));
  auto source = LineSource::open(file.string());
  REQUIRE(source);
  REQUIRE(source->next());
  const auto line = source->next();
  REQUIRE_FALSE(line);
  CHECK(line.error().kind() == Outcome::usage);
  CHECK_THAT(line.error().message(), Catch::Contains(":2: the line is longer than 4096 bytes"));
}

TEST_CASE("a list that cannot be read is an error") {
  const auto missing = LineSource::open("/no/such/list");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message(), Catch::Contains("cannot be opened"));
  auto folder = LineSource::open("/");
  REQUIRE(folder);
  const auto line = folder->next();
  REQUIRE_FALSE(line);
  CHECK_THAT(line.error().message(), Catch::Contains("cannot be read"));
}
