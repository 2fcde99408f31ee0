#include "base/toml.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

// Header only: no shared library to load at every start for a file that most hosts do not have. toml++ 3.3 states as
// assertions what some texts break ("[&"), and has the compiler rely on them where NDEBUG is set: here each of them is
// an exception, in every build.
namespace hallmark::base {
struct BrokenToml {};
[[noreturn]] static void broken_toml() { throw BrokenToml(); }
}  // namespace hallmark::base
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) ((expression) ? void() : ::hallmark::base::broken_toml())
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <toml++/toml.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#pragma pop_macro("NDEBUG")

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::base {

class TomlBuilder {
 public:
  static Toml value_of(const toml::node& node) {
    Toml out;
    out.line_ = node.source().begin.line;
    if (const auto* text = node.as_string()) out.value_ = text->get();
    if (const auto* number = node.as_integer()) out.value_ = number->get();
    if (const auto* truth = node.as_boolean()) out.value_ = truth->get();
    if (const auto* list = node.as_array()) out.value_ = array_of(*list);
    if (const auto* table = node.as_table()) out.value_ = table_of(*table);
    return out;
  }

 private:
  static Toml::Array array_of(const toml::array& list) {
    Toml::Array out;
    out.reserve(list.size());
    for (const toml::node& element : list) out.push_back(value_of(element));
    return out;
  }

  // toml++ keeps tables sorted by key.
  static Toml::Table table_of(const toml::table& table) {
    std::vector<std::pair<std::string_view, const toml::node*>> members;
    for (const auto& [key, value] : table) members.emplace_back(key.str(), &value);
    std::ranges::sort(members, {}, [](const auto& member) {
      const auto& at = member.second->source().begin;
      return std::tuple(at.line, at.column, member.first);
    });
    Toml::Table out;
    out.reserve(members.size());
    for (const auto& [key, value] : members) out.push_back({std::string(key), value_of(*value)});
    return out;
  }
};

namespace {

std::unexpected<Error> refuse(std::string_view file, std::size_t line, std::string_view problem) {
  return fail(Outcome::malformed, std::string(file) + ":" + std::to_string(line) + ": " + std::string(problem));
}

std::string_view without_blanks(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

// toml++ 3.3 also trusts its tables of letters further than they go. Names of hosts and files are ASCII; a comment may
// say what it likes, as long as no string can end in it.
Result<void> expect_ascii(std::string_view text, std::string_view file) {
  std::size_t line = 1;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const bool comment = without_blanks(one).starts_with('#') && one.find_first_of("\"'") == std::string_view::npos;
    if (!comment && std::ranges::any_of(one, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }))
      return refuse(file, line, "expected ASCII outside of comments");
    ++line;
  }
  return {};
}

}  // namespace

Result<Toml> Toml::parse(std::string_view text, std::string_view file) {
  HM_DO(expect_ascii(text, file));
  // Brackets end at 256 deep, dotted keys (a.a.a…) do not: each dot may be a table in a table, and tables are read and
  // destroyed by functions that call themselves.
  if (std::ranges::count(text, '.') > static_cast<std::ptrdiff_t>(limits::toml_dots))
    return refuse(file, 1, "more than " + std::to_string(limits::toml_dots) + " dots");
  try {
    return TomlBuilder::value_of(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return refuse(file, error.source().begin.line, printable(error.description(), 200));
  } catch (const BrokenToml&) {
    return refuse(file, 1, "this is not TOML");
  }
}

const Toml* Toml::find(std::string_view key) const {
  const Table* table = as_table();
  if (table == nullptr) return nullptr;
  const auto found = std::ranges::find(*table, key, &TomlMember::key);
  return found == table->end() ? nullptr : &found->value;
}

}  // namespace hallmark::base
