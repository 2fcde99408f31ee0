// ContainerdConfig: what containerd's config.toml and its imports say about registries and image verification.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"
#include "node/root.h"

namespace hallmark::node {

struct ConfigPlace {
  std::string file;
  std::uint32_t line = 0;
  [[nodiscard]] std::string text() const { return file + ":" + std::to_string(line); }
};

// A value and where it was set; nothing: containerd's own default.
template <class T>
struct Setting {
  T value;
  std::optional<ConfigPlace> place = {};
};

// Sources: containerd docs/man/containerd-config.toml.5.md, docs/image-verification.md, docs/cri/config.md. The names
// of all versions of the format (1 to 4) lead to one set of settings: in version 1 the plugin is `cri`, in version 2
// `io.containerd.grpc.v1.cri`, from version 3 on `io.containerd.cri.v1.images`. Imports are read after the file that
// names them, and a later file wins setting by setting.
struct ContainerdConfig {
  std::int64_t version = 0;        // 0: no file says
  std::vector<std::string> files;  // as read, in order

  // io.containerd.image-verifier.v1.bindir
  Setting<std::string> bin_dir{"/opt/containerd/image-verifier/bin"};
  Setting<std::int64_t> max_verifiers{10};  // below 0: no bound
  Setting<std::chrono::milliseconds> per_verifier_timeout{std::chrono::seconds(10)};
  std::optional<ConfigPlace> verifier_disabled;  // by disabled_plugins
  std::optional<ConfigPlace> cri_disabled;

  // CRI's images. Only their defaults leave pulls to the transfer service, which asks the verifiers; any other value
  // has CRI pull by itself, without a word to them.
  Setting<bool> use_local_image_pull{false};
  Setting<bool> disable_snapshot_annotations{true};
  Setting<bool> discard_unpacked_layers{false};
  Setting<bool> image_pull_with_sync_fs{false};
  Setting<std::int64_t> max_concurrent_downloads{3};
  std::vector<Setting<std::string>> registry_mirrors;  // names of registries
  std::vector<Setting<std::string>> registry_configs;
  std::vector<Setting<std::string>> registry_auths;

  Setting<std::string> registry_path;  // `config_path` of CRI: folders with colons between
  Setting<std::string> transfer_path;  // `config_path` of the transfer service, for ctr

  // Reads the file and what it imports. Kind of errors: config, with file and line: what is no TOML, a known setting of
  // another type, a version that no containerd has, an import that is not there.
  [[nodiscard]] static Result<ContainerdConfig> read(const Root& root, const std::filesystem::path& file);
  // Adds the settings of one file over those that are there; answers with its `imports`, as written.
  [[nodiscard]] Result<std::vector<std::string>> add(std::string_view text, const std::string& file);

  // The certs.d folders: CRI's, then the transfer service's; containerd's defaults where neither names any.
  [[nodiscard]] std::vector<std::filesystem::path> certs_dirs() const;
};

// A setting that has CRI pull without asking the verifiers, since containerd 2.1.
struct SwitchOff {
  std::string id;       // stable: "discard-unpacked-layers"
  std::string setting;  // as written: "discard_unpacked_layers = true"
  ConfigPlace place;
  std::string remedy;
};
[[nodiscard]] std::vector<SwitchOff> switch_offs(const ContainerdConfig& config);

}  // namespace hallmark::node
