#include "node/containerd_config.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/duration.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/toml.h"
#include "base/try.h"
#include "node/go_glob.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;
using base::Toml;

constexpr std::int64_t kNewestVersion = 4;
constexpr std::string_view kVerifierPlugin = "io.containerd.image-verifier.v1.bindir";
constexpr std::string_view kTransferPlugin = "io.containerd.transfer.v1.local";
constexpr std::string_view kImagesPlugin = "io.containerd.cri.v1.images";
constexpr std::string_view kOldCriPlugin = "io.containerd.grpc.v1.cri";

// Reads one file's tables; the first value of another type than expected is kept as the error.
class Section {
 public:
  Section(const Toml* table, const std::string& file) : table_(table), file_(file) {}

  [[nodiscard]] ConfigPlace place(const Toml& value) const { return {file_, value.line()}; }
  [[nodiscard]] std::unexpected<Error> wrong(const Toml& value, std::string_view key, std::string_view wanted) const {
    return fail(Outcome::config, place(value).text() + ": \"" + std::string(key) + "\" must be " + std::string(wanted));
  }

  [[nodiscard]] Result<void> read(std::string_view key, Setting<std::string>& into) const {
    return take(key, "a string", &Toml::as_string, into);
  }
  [[nodiscard]] Result<void> read(std::string_view key, Setting<std::int64_t>& into) const {
    return take(key, "an integer", &Toml::as_integer, into);
  }
  [[nodiscard]] Result<void> read(std::string_view key, Setting<bool>& into) const {
    return take(key, "true or false", &Toml::as_boolean, into);
  }
  [[nodiscard]] Result<void> read(std::string_view key, Setting<std::chrono::milliseconds>& into) const {
    Setting<std::string> text;
    HM_DO(read(key, text));
    if (!text.place) return {};
    const auto duration = base::parse_go_duration(text.value);
    if (!duration) return fail(Outcome::config, text.place->text() + ": " + duration.error().message());
    into = {*duration, text.place};
    return {};
  }
  // The keys of a table of tables: [plugins.….registry.mirrors."registry.example"].
  [[nodiscard]] Result<void> read_names(std::string_view key, std::vector<Setting<std::string>>& into) const {
    const Toml* value = find(key);
    if (value == nullptr) return {};
    if (value->as_table() == nullptr) return wrong(*value, key, "a table");
    for (const auto& [name, entry] : *value->as_table()) {
      if (std::ranges::find(into, name, &Setting<std::string>::value) == into.end())
        into.push_back({name, place(entry)});
    }
    return {};
  }
  [[nodiscard]] Result<std::vector<Setting<std::string>>> read_list(std::string_view key) const {
    std::vector<Setting<std::string>> out;
    const Toml* value = find(key);
    if (value == nullptr) return out;
    if (value->as_array() == nullptr) return wrong(*value, key, "a list of strings");
    for (const Toml& element : *value->as_array()) {
      if (element.as_string() == nullptr) return wrong(element, key, "a list of strings");
      out.push_back({*element.as_string(), place(element)});
    }
    return out;
  }
  // A table inside; one that is not there reads as empty.
  [[nodiscard]] Result<Section> at(std::string_view key) const {
    const Toml* value = find(key);
    if (value != nullptr && value->as_table() == nullptr) return wrong(*value, key, "a table");
    return Section(value, file_);
  }

 private:
  [[nodiscard]] const Toml* find(std::string_view key) const { return table_ == nullptr ? nullptr : table_->find(key); }
  template <class T>
  [[nodiscard]] Result<void> take(std::string_view key, std::string_view wanted, const T* (Toml::*as)() const,
                                  Setting<T>& into) const {
    const Toml* value = find(key);
    if (value == nullptr) return {};
    const T* held = (value->*as)();
    if (held == nullptr) return wrong(*value, key, wanted);
    into = {*held, place(*value)};
    return {};
  }

  const Toml* table_;
  const std::string& file_;
};

Result<void> read_verifier(const Section& plugin, ContainerdConfig& config) {
  HM_DO(plugin.read("bin_dir", config.bin_dir));
  HM_DO(plugin.read("max_verifiers", config.max_verifiers));
  return plugin.read("per_verifier_timeout", config.per_verifier_timeout);
}

Result<void> read_registry(const Section& images, ContainerdConfig& config) {
  HM_TRY(const Section registry, images.at("registry"));
  HM_DO(registry.read("config_path", config.registry_path));
  HM_DO(registry.read_names("mirrors", config.registry_mirrors));
  HM_DO(registry.read_names("configs", config.registry_configs));
  return registry.read_names("auths", config.registry_auths);
}

// What versions 1 and 2 had one table further down, version 3 has beside the rest.
Result<void> read_unpacking(const Section& images, ContainerdConfig& config) {
  HM_DO(images.read("disable_snapshot_annotations", config.disable_snapshot_annotations));
  return images.read("discard_unpacked_layers", config.discard_unpacked_layers);
}

Result<void> read_pulling(const Section& images, ContainerdConfig& config) {
  HM_DO(images.read("max_concurrent_downloads", config.max_concurrent_downloads));
  HM_DO(images.read("image_pull_with_sync_fs", config.image_pull_with_sync_fs));
  return read_registry(images, config);
}

Result<void> read_plugins(const Section& plugins, ContainerdConfig& config) {
  HM_TRY(const Section verifier, plugins.at(kVerifierPlugin));
  HM_DO(read_verifier(verifier, config));
  HM_TRY(const Section transfer, plugins.at(kTransferPlugin));
  HM_DO(transfer.read("config_path", config.transfer_path));
  HM_TRY(const Section images, plugins.at(kImagesPlugin));
  HM_DO(images.read("use_local_image_pull", config.use_local_image_pull));
  HM_DO(read_unpacking(images, config));
  HM_DO(read_pulling(images, config));
  // containerd moves these over what the new names say, in the same file.
  for (const std::string_view name : {kOldCriPlugin, std::string_view("cri")}) {
    HM_TRY(const Section cri, plugins.at(name));
    HM_DO(read_pulling(cri, config));
    HM_TRY(const Section inner, cri.at("containerd"));
    HM_DO(read_unpacking(inner, config));
  }
  return {};
}

Result<void> read_disabled(const Section& root, ContainerdConfig& config) {
  HM_TRY(const auto disabled, root.read_list("disabled_plugins"));
  for (const auto& plugin : disabled) {
    if (plugin.value == kVerifierPlugin) config.verifier_disabled = plugin.place;
    if (plugin.value == kOldCriPlugin || plugin.value == kImagesPlugin || plugin.value == "cri")
      config.cri_disabled = plugin.place;
  }
  return {};
}

Result<std::vector<fs::path>> resolve(const Root& root, const fs::path& parent,
                                      const std::vector<std::string>& imports) {
  std::vector<fs::path> files;
  for (const std::string& import : imports) {
    const fs::path path = fs::path(import).is_absolute() ? fs::path(import) : parent.parent_path() / import;
    const std::string normal = path.lexically_normal().string();
    if (normal.find('*') == std::string::npos) {
      files.emplace_back(normal);
    } else {
      HM_TRY(const auto found, go_glob(root, normal));
      files.insert(files.end(), found.begin(), found.end());
    }
  }
  return files;
}

}  // namespace

Result<std::vector<std::string>> ContainerdConfig::add(std::string_view text, const std::string& file) {
  const auto toml = Toml::parse(text, file);
  if (!toml) return fail(toml.error().as(Outcome::config));
  const Section root(&*toml, file);
  Setting<std::int64_t> own{0};
  HM_DO(root.read("version", own));
  if (own.value < 0 || own.value > kNewestVersion)
    return fail(Outcome::config, own.place->text() + ": version " + std::to_string(own.value) +
                                     " is no version of containerd's configuration, 1 to " +
                                     std::to_string(kNewestVersion));
  if (own.value != 0) version = own.value;
  files.push_back(file);
  HM_TRY(const Section plugins, root.at("plugins"));
  HM_DO(read_plugins(plugins, *this));
  HM_DO(read_disabled(root, *this));
  HM_TRY(const auto imports, root.read_list("imports"));
  std::vector<std::string> out;
  for (const auto& import : imports) out.push_back(import.value);
  return out;
}

Result<ContainerdConfig> ContainerdConfig::read(const Root& root, const fs::path& file) {
  ContainerdConfig config;
  std::set<fs::path> seen;
  std::deque<fs::path> pending = {file};
  while (!pending.empty()) {
    const fs::path next = pending.front();
    pending.pop_front();
    if (!seen.insert(next).second) continue;
    if (seen.size() > limits::containerd_files)
      return fail(Outcome::config,
                  file.string() + ": imports more than " + std::to_string(limits::containerd_files) + " files");
    HM_TRY(const Bytes bytes, base::read_file(root.at(next), limits::config_file_bytes, Outcome::config));
    HM_TRY(const auto imports, config.add(as_text(bytes), next.string()));
    HM_TRY(const auto more, resolve(root, next, imports));
    pending.insert(pending.end(), more.begin(), more.end());
  }
  return config;
}

std::vector<fs::path> ContainerdConfig::certs_dirs() const {
  std::vector<fs::path> folders;
  const auto add_all = [&](std::string_view list) {
    while (!list.empty()) {
      const std::size_t colon = std::min(list.find(':'), list.size());
      const fs::path folder(list.substr(0, colon));
      if (!folder.empty() && std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
      list.remove_prefix(std::min(colon + 1, list.size()));
    }
  };
  add_all(registry_path.value);
  add_all(transfer_path.value);
  if (folders.empty()) add_all("/etc/containerd/certs.d:/etc/docker/certs.d");
  return folders;
}

std::vector<SwitchOff> switch_offs(const ContainerdConfig& config) {
  std::vector<SwitchOff> out;
  const auto note = [&](bool off, const char* id, std::string setting, const std::optional<ConfigPlace>& place,
                        const char* remedy) {
    if (off) out.push_back({id, std::move(setting), place.value_or(ConfigPlace{}), remedy});
  };
  constexpr const char* kTakeOut = "take the line out";
  note(config.use_local_image_pull.value, "use-local-image-pull", "use_local_image_pull = true",
       config.use_local_image_pull.place, kTakeOut);
  note(!config.disable_snapshot_annotations.value, "disable-snapshot-annotations",
       "disable_snapshot_annotations = false", config.disable_snapshot_annotations.place,
       "take the line out; snapshotters that want annotations get them from their own plugin's settings");
  note(config.discard_unpacked_layers.value, "discard-unpacked-layers", "discard_unpacked_layers = true",
       config.discard_unpacked_layers.place, kTakeOut);
  note(config.image_pull_with_sync_fs.value, "image-pull-with-sync-fs", "image_pull_with_sync_fs = true",
       config.image_pull_with_sync_fs.place, kTakeOut);
  note(config.max_concurrent_downloads.value != 3, "max-concurrent-downloads",
       "max_concurrent_downloads = " + std::to_string(config.max_concurrent_downloads.value),
       config.max_concurrent_downloads.place,
       "take the line out and set max_concurrent_downloads under [plugins.\"io.containerd.transfer.v1.local\"]");
  const auto note_names = [&](const std::vector<Setting<std::string>>& names, const char* id, const char* table,
                              const char* remedy) {
    if (names.empty()) return;
    note(true, id, std::string(table) + ".\"" + base::printable(names.front().value, 100) + "\"", names.front().place,
         remedy);
  };
  note_names(config.registry_mirrors, "registry-mirrors", "registry.mirrors",
             "describe the mirror in certs.d/HOST/hosts.toml and name the folder as config_path");
  note_names(config.registry_configs, "registry-configs", "registry.configs",
             "move TLS settings to certs.d/HOST/hosts.toml and credentials to kubelet or a docker config.json");
  note_names(config.registry_auths, "registry-auths", "registry.auths",
             "move credentials to kubelet or a docker config.json");
  return out;
}

}  // namespace hallmark::node
