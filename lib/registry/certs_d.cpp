#include "registry/certs_d.h"

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::registry {
namespace {

namespace fs = std::filesystem;

// A registry's name becomes a folder's: nothing in it may lead elsewhere.
bool may_be_folder(std::string_view registry) {
  return !registry.empty() && registry.front() != '.' && registry.find('/') == std::string_view::npos &&
         registry.find('\0') == std::string_view::npos;
}

std::vector<std::string> folder_names(std::string_view registry) {
  std::vector<std::string> names = {std::string(registry)};
  const auto colon = registry.rfind(':');
  if (colon != std::string_view::npos && registry.back() != ']')
    names.push_back(std::string(registry.substr(0, colon)) + "_" + std::string(registry.substr(colon + 1)) + "_");
  return names;
}

std::optional<fs::path> find_folder(const std::vector<fs::path>& directories, std::string_view registry) {
  std::error_code ignored;
  for (const std::string& name : folder_names(registry)) {
    for (const fs::path& directory : directories) {
      if (fs::is_directory(directory / name, ignored)) return directory / name;
    }
  }
  for (const fs::path& directory : directories) {
    if (fs::is_directory(directory / "_default", ignored)) return directory / "_default";
  }
  return std::nullopt;
}

Result<std::vector<fs::path>> files_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    files.push_back(at->path());
  if (error) return fail(Outcome::config, "cannot read " + folder.string() + ": " + error.message());
  std::ranges::sort(files);
  return files;
}

// Source: docker docs, "Verify repository client with certificates".
Result<void> docker_layout(HostConfig& config) {
  HM_TRY(const auto files, files_of(config.folder));
  net::TlsOptions& tls = config.hosts.server.tls;
  for (const fs::path& file : files) {
    if (file.extension() == ".crt") tls.ca_files.push_back(file);
    if (file.extension() != ".cert" || !tls.client_certificate.empty()) continue;
    fs::path key = file;
    key.replace_extension(".key");
    if (std::ranges::find(files, key) == files.end())
      return fail(Outcome::config, file.string() + " has no " + key.filename().string() + " beside it");
    tls.client_certificate = file;
    tls.client_key = key;
  }
  return {};
}

}  // namespace

Result<HostConfig> host_config(const std::vector<fs::path>& directories, std::string_view registry) {
  HostConfig config;
  if (!may_be_folder(registry)) return config;
  const auto folder = find_folder(directories, registry);
  if (!folder) return config;
  config.found = true;
  config.folder = *folder;
  const fs::path file = *folder / "hosts.toml";
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    HM_TRY(const Bytes bytes, base::read_file(file, limits::config_file_bytes, Outcome::config));
    HM_TRY(config.hosts, HostsToml::parse(as_text(bytes), file));
  } else {
    HM_DO(docker_layout(config));
  }
  return config;
}

}  // namespace hallmark::registry
