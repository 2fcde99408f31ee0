#include "registry/hosts_toml.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/toml.h"
#include "base/try.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

using base::Toml;

constexpr std::size_t kMostHosts = 64;

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {}

  [[nodiscard]] Error error(const Toml& where, std::string_view problem) const {
    return {Outcome::config, file_.string() + ":" + std::to_string(where.line()) + ": " + std::string(problem)};
  }

  [[nodiscard]] Result<std::string> string(const Toml& node, std::string_view key) const {
    if (const auto* text = node.as_string()) return *text;
    return fail(error(node, "\"" + std::string(key) + "\" must be a string"));
  }

  [[nodiscard]] Result<bool> boolean(const Toml& table, std::string_view key) const {
    const Toml* node = table.find(key);
    if (node == nullptr) return false;
    if (const auto* value = node->as_boolean()) return *value;
    return fail(error(*node, "\"" + std::string(key) + "\" must be true or false"));
  }

  // One string or a list of them.
  [[nodiscard]] Result<std::vector<std::string>> strings(const Toml& node, std::string_view key) const {
    std::vector<std::string> out;
    if (const auto* list = node.as_array()) {
      for (const Toml& element : *list) {
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

  Result<HostEntry> entry(const Toml& table, std::string url) const;

 private:
  Result<void> capabilities(const Toml& table, HostEntry& entry) const;
  Result<void> authorities(const Toml& table, HostEntry& entry) const;
  Result<void> client(const Toml& table, HostEntry& entry) const;
  Result<void> headers(const Toml& table, HostEntry& entry) const;

  const std::filesystem::path& file_;
};

Result<void> Reader::capabilities(const Toml& table, HostEntry& entry) const {
  const Toml* node = table.find("capabilities");
  if (node == nullptr) return {};
  HM_TRY(std::vector<std::string> names, strings(*node, "capabilities"));
  for (const std::string& name : names) {
    if (name != "pull" && name != "resolve" && name != "push" && name != "dial")
      return fail(
          error(*node, "unknown capability \"" + base::printable(name, 40) + "\": expected pull, resolve or push"));
  }
  entry.capabilities = std::move(names);
  return {};
}

Result<void> Reader::authorities(const Toml& table, HostEntry& entry) const {
  const Toml* node = table.find("ca");
  if (node == nullptr) return {};
  HM_TRY(const auto files, strings(*node, "ca"));
  for (const std::string& file : files) entry.tls.ca_files.push_back(path(file));
  return {};
}

// client = "both.pem" | ["cert", "key"] … each element a file with both, or a pair [cert, key]. We use the first.
Result<void> Reader::client(const Toml& table, HostEntry& entry) const {
  const Toml* node = table.find("client");
  if (node == nullptr) return {};
  std::vector<std::string> pair;
  const auto* list = node->as_array();
  const auto* first_pair = list != nullptr && !list->empty() ? list->front().as_array() : nullptr;
  if (first_pair != nullptr) {
    HM_TRY(pair, strings(list->front(), "client"));
    if (pair.empty() || pair.size() > 2)
      return fail(error(*node, "\"client\" must be a file or a pair of certificate and key"));
  } else {
    HM_TRY(pair, strings(*node, "client"));
    if (pair.empty()) return {};
    pair.resize(1);
  }
  entry.tls.client_certificate = path(pair.front());
  entry.tls.client_key = pair.size() == 2 && !pair.back().empty() ? path(pair.back()) : path(pair.front());
  return {};
}

Result<void> Reader::headers(const Toml& table, HostEntry& entry) const {
  const Toml* node = table.find("header");
  if (node == nullptr) return {};
  const auto* fields = node->as_table();
  if (fields == nullptr) return fail(error(*node, "\"header\" must be a table"));
  for (const auto& [key, value] : *fields) {
    HM_TRY(const auto values, strings(value, key));
    for (const std::string& text : values) {
      if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
          !std::ranges::all_of(key, is_token_char))
        return fail(error(value, "header \"" + base::printable(key, 40) + "\" cannot be sent"));
      entry.headers.add(key, text);
    }
  }
  return {};
}

Result<HostEntry> Reader::entry(const Toml& table, std::string url) const {
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

}  // namespace

bool HostEntry::can(std::string_view capability, bool when_absent) const {
  return capabilities ? std::ranges::find(*capabilities, capability) != capabilities->end() : when_absent;
}

Result<HostsToml> HostsToml::parse(std::string_view text, const std::filesystem::path& file) {
  const auto root = Toml::parse(text, file.string());
  if (!root) return fail(root.error().as(Outcome::config));
  const Reader reader(file);
  HostsToml out;
  std::string server;
  if (const Toml* node = root->find("server")) {
    HM_TRY(server, reader.string(*node, "server"));
  }
  HM_TRY(out.server, reader.entry(*root, std::move(server)));
  const Toml* hosts = root->find("host");
  if (hosts == nullptr) return out;
  constexpr const char* kTables = "\"host\" must hold tables: [host.\"https://…\"]";
  const auto* tables = hosts->as_table();
  if (tables == nullptr) return fail(reader.error(*hosts, kTables));
  for (const auto& [url, table] : *tables) {
    if (table.as_table() == nullptr) return fail(reader.error(table, kTables));
    if (out.hosts.size() == kMostHosts)
      return fail(reader.error(*hosts, "more than " + std::to_string(kMostHosts) + " hosts"));
    HM_TRY(HostEntry entry, reader.entry(table, url));
    out.hosts.push_back(std::move(entry));
  }
  return out;
}

}  // namespace hallmark::registry
