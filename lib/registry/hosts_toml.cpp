#include "registry/hosts_toml.h"

#include <algorithm>

// Header only: no shared library to load at every start for a file that most hosts do not have. toml++ 3.3 states as
// assertions what some texts break ("[&"), and has the compiler rely on them where NDEBUG is set: here each of them is
// an exception, in every build.
namespace hallmark::registry {
struct BrokenToml {};
[[noreturn]] static void broken_toml() { throw BrokenToml(); }
}  // namespace hallmark::registry
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) ((expression) ? void() : ::hallmark::registry::broken_toml())
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
#include "base/try.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

constexpr std::size_t kMostHosts = 64;
// toml++ 3.3 bounds brackets at 256 deep, but not dotted keys (a.a.a…): each dot may be a table in a table, and their
// destructors call each other. A file with 64 mirrors has some 500.
constexpr std::ptrdiff_t kMostDots = 4'096;

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {}

  [[nodiscard]] Error error(const toml::source_region& where, std::string_view problem) const {
    return {Outcome::config, file_.string() + ":" + std::to_string(where.begin.line) + ": " + std::string(problem)};
  }

  [[nodiscard]] Result<std::string> string(const toml::node& node, std::string_view key) const {
    if (const auto* text = node.as_string()) return text->get();
    return fail(error(node.source(), "\"" + std::string(key) + "\" must be a string"));
  }

  [[nodiscard]] Result<bool> boolean(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return false;
    if (const auto* value = node->as_boolean()) return value->get();
    return fail(error(node->source(), "\"" + std::string(key) + "\" must be true or false"));
  }

  // One string or a list of them.
  [[nodiscard]] Result<std::vector<std::string>> strings(const toml::node& node, std::string_view key) const {
    std::vector<std::string> out;
    if (const auto* list = node.as_array()) {
      for (const toml::node& element : *list) {
        HM_TRY(std::string text, string(element, key));
        out.push_back(std::move(text));
      }
      return out;
    }
    HM_TRY(std::string text, string(node, key));
    out.push_back(std::move(text));
    return out;
  }

  [[nodiscard]] std::filesystem::path path(const std::string& text) const {
    const std::filesystem::path given(text);
    return given.is_absolute() ? given : file_.parent_path() / given;
  }

  Result<HostEntry> entry(const toml::table& table, std::string url) const;

 private:
  Result<void> capabilities(const toml::table& table, HostEntry& entry) const;
  Result<void> authorities(const toml::table& table, HostEntry& entry) const;
  Result<void> client(const toml::table& table, HostEntry& entry) const;
  Result<void> headers(const toml::table& table, HostEntry& entry) const;

  const std::filesystem::path& file_;
};

Result<void> Reader::capabilities(const toml::table& table, HostEntry& entry) const {
  const toml::node* node = table.get("capabilities");
  if (node == nullptr) return {};
  HM_TRY(std::vector<std::string> names, strings(*node, "capabilities"));
  for (const std::string& name : names) {
    if (name != "pull" && name != "resolve" && name != "push" && name != "dial")
      return fail(error(node->source(),
                        "unknown capability \"" + base::printable(name, 40) + "\": expected pull, resolve or push"));
  }
  entry.capabilities = std::move(names);
  return {};
}

Result<void> Reader::authorities(const toml::table& table, HostEntry& entry) const {
  const toml::node* node = table.get("ca");
  if (node == nullptr) return {};
  HM_TRY(const auto files, strings(*node, "ca"));
  for (const std::string& file : files) entry.tls.ca_files.push_back(path(file));
  return {};
}

// client = "both.pem" | ["cert", "key"] … each element a file with both, or a pair [cert, key]. We use the first.
Result<void> Reader::client(const toml::table& table, HostEntry& entry) const {
  const toml::node* node = table.get("client");
  if (node == nullptr) return {};
  std::vector<std::string> pair;
  const auto* list = node->as_array();
  const auto* first_pair = list != nullptr && !list->empty() ? list->get(0)->as_array() : nullptr;
  if (first_pair != nullptr) {
    HM_TRY(pair, strings(*first_pair, "client"));
    if (pair.empty() || pair.size() > 2)
      return fail(error(node->source(), "\"client\" must be a file or a pair of certificate and key"));
  } else {
    HM_TRY(pair, strings(*node, "client"));
    if (pair.empty()) return {};
    pair.resize(1);
  }
  entry.tls.client_certificate = path(pair.front());
  entry.tls.client_key = pair.size() == 2 && !pair.back().empty() ? path(pair.back()) : path(pair.front());
  return {};
}

Result<void> Reader::headers(const toml::table& table, HostEntry& entry) const {
  const toml::node* node = table.get("header");
  if (node == nullptr) return {};
  const auto* fields = node->as_table();
  if (fields == nullptr) return fail(error(node->source(), "\"header\" must be a table"));
  for (const auto& [key, value] : *fields) {
    HM_TRY(const auto values, strings(value, key.str()));
    for (const std::string& text : values) {
      if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
          !std::ranges::all_of(key.str(), is_token_char))
        return fail(error(value.source(), "header \"" + base::printable(key.str(), 40) + "\" cannot be sent"));
      entry.headers.add(std::string(key.str()), text);
    }
  }
  return {};
}

Result<HostEntry> Reader::entry(const toml::table& table, std::string url) const {
  HostEntry entry;
  entry.url = std::move(url);
  HM_DO(capabilities(table, entry));
  HM_DO(authorities(table, entry));
  HM_DO(client(table, entry));
  HM_DO(headers(table, entry));
  HM_TRY(entry.tls.skip_verify, boolean(table, "skip_verify"));
  HM_TRY(entry.override_path, boolean(table, "override_path"));
  return entry;
}

// toml++ keeps tables sorted by key; the order of mirrors is the order of the file.
std::vector<std::pair<std::string, const toml::table*>> in_file_order(const toml::table& hosts,
                                                                      const toml::node*& odd) {
  std::vector<std::pair<std::string, const toml::table*>> out;
  for (const auto& [key, value] : hosts) {
    if (const auto* table = value.as_table()) {
      out.emplace_back(std::string(key.str()), table);
    } else {
      odd = &value;
    }
  }
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    const auto& left = a.second->source().begin;
    const auto& right = b.second->source().begin;
    return left.line != right.line ? left.line < right.line : left.column < right.column;
  });
  return out;
}

// toml++ 3.3 also trusts its tables of letters further than they go. Names of hosts and files here are ASCII; a comment
// may say what it likes, as long as no string can end in it.
Result<void> expect_ascii(std::string_view text, const Reader& reader) {
  toml::source_index line = 1;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const bool comment = trim(one).starts_with('#') && one.find_first_of("\"'") == std::string_view::npos;
    if (!comment && std::ranges::any_of(one, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }))
      return fail(reader.error({{line, 1}, {line, 1}, nullptr}, "expected ASCII outside of comments"));
    ++line;
  }
  return {};
}

Result<toml::table> table_of(std::string_view text, const Reader& reader) {
  HM_DO(expect_ascii(text, reader));
  if (std::ranges::count(text, '.') > kMostDots)
    return fail(reader.error({{1, 1}, {1, 1}, nullptr}, "more than " + std::to_string(kMostDots) + " dots"));
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(reader.error(error.source(), base::printable(error.description(), 200)));
  } catch (const BrokenToml&) {
    return fail(reader.error({{1, 1}, {1, 1}, nullptr}, "this is not TOML"));
  }
}

}  // namespace

bool HostEntry::can(std::string_view capability, bool when_absent) const {
  return capabilities ? std::ranges::find(*capabilities, capability) != capabilities->end() : when_absent;
}

Result<HostsToml> HostsToml::parse(std::string_view text, const std::filesystem::path& file) {
  const Reader reader(file);
  HM_TRY(const toml::table root, table_of(text, reader));

  HostsToml out;
  std::string server;
  if (const toml::node* node = root.get("server")) {
    HM_TRY(server, reader.string(*node, "server"));
  }
  HM_TRY(out.server, reader.entry(root, std::move(server)));
  const toml::node* hosts = root.get("host");
  if (hosts == nullptr) return out;
  const toml::node* odd = hosts->is_table() ? nullptr : hosts;
  const auto tables = hosts->is_table() ? in_file_order(*hosts->as_table(), odd)
                                        : std::vector<std::pair<std::string, const toml::table*>>();
  if (odd != nullptr) return fail(reader.error(odd->source(), "\"host\" must hold tables: [host.\"https://…\"]"));
  if (tables.size() > kMostHosts)
    return fail(reader.error(hosts->source(), "more than " + std::to_string(kMostHosts) + " hosts"));
  for (const auto& [url, table] : tables) {
    HM_TRY(HostEntry entry, reader.entry(*table, url));
    out.hosts.push_back(std::move(entry));
  }
  return out;
}

}  // namespace hallmark::registry
