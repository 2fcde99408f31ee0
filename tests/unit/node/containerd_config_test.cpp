#include "node/containerd_config.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using node::ContainerdConfig;
using test::TemporaryFolder;

namespace {

ContainerdConfig read(std::string_view text) {
  ContainerdConfig config;
  const auto imports = config.add(text, "config.toml");
  INFO(text << (imports ? "" : "\n" + imports.error().message()));
  REQUIRE(imports);
  return config;
}

std::vector<std::string> ids(const ContainerdConfig& config) {
  std::vector<std::string> out;
  for (const auto& off : switch_offs(config)) out.push_back(off.id + " " + std::to_string(off.place.line));
  return out;
}

std::filesystem::path testdata(const std::string& name) {
  return std::filesystem::path(std::getenv("HALLMARK_SOURCE")) / "testdata/containerd" / name;
}

}  // namespace

TEST_CASE("an empty configuration is containerd's default") {
  const auto config = read("");
  CHECK(config.bin_dir.value == "/opt/containerd/image-verifier/bin");
  CHECK(config.max_verifiers.value == 10);
  CHECK(config.per_verifier_timeout.value == std::chrono::seconds(10));
  CHECK_FALSE(config.bin_dir.place);
  CHECK(switch_offs(config).empty());
  CHECK(config.certs_dirs() == std::vector<std::filesystem::path>{"/etc/containerd/certs.d", "/etc/docker/certs.d"});
}

TEST_CASE("the defaults that containerd prints of itself switch nothing off") {
  struct Case {
    std::string file;
    std::int64_t version;
    std::string bin_dir;
  };
  const auto [file, version, bin_dir] = GENERATE(values<Case>({
      {"default-1.7.35.toml", 2, "/opt/containerd/image-verifier/bin"},
      {"default-2.0.14.toml", 3, "/opt/containerd/image-verifier/bin"},
      {"default-2.1.9.toml", 3, "/opt/containerd/image-verifier/bin"},
      {"default-2.4.2.toml", 4, "/opt/containerd/image-verifier/bin"},
  }));
  INFO(file);
  const TemporaryFolder root;
  const auto bytes = base::read_file(testdata(file), 1 << 20, Outcome::config);
  REQUIRE(bytes);
  root.put("etc/containerd/config.toml", as_text(*bytes));
  const auto config = ContainerdConfig::read({root.path()}, "/etc/containerd/config.toml");
  REQUIRE(config);
  CHECK(config->version == version);
  CHECK(config->bin_dir.value == bin_dir);
  CHECK(config->max_verifiers.value == 10);
  CHECK(config->per_verifier_timeout.value == std::chrono::seconds(10));
  CHECK(config->disable_snapshot_annotations.place.has_value());
  CHECK(config->max_concurrent_downloads.place.has_value());
  CHECK(ids(*config).empty());
  CHECK_FALSE(config->verifier_disabled);
}

TEST_CASE("each setting that has CRI pull by itself is found under the names of each version") {
  struct Case {
    std::string text;
    std::string id;
  };
  const auto [text, id] = GENERATE(values<Case>({
      {"version = 3\n[plugins.'io.containerd.cri.v1.images']\nuse_local_image_pull = true", "use-local-image-pull 3"},
      {"version = 3\n[plugins.'io.containerd.cri.v1.images']\ndisable_snapshot_annotations = false",
       "disable-snapshot-annotations 3"},
      {"version = 3\n[plugins.'io.containerd.cri.v1.images']\ndiscard_unpacked_layers = true",
       "discard-unpacked-layers 3"},
      {"version = 3\n[plugins.'io.containerd.cri.v1.images']\nimage_pull_with_sync_fs = true",
       "image-pull-with-sync-fs 3"},
      {"version = 4\n[plugins.'io.containerd.cri.v1.images']\nmax_concurrent_downloads = 10",
       "max-concurrent-downloads 3"},
      {"version = 4\n[plugins.'io.containerd.cri.v1.images']\nmax_concurrent_downloads = 0",
       "max-concurrent-downloads 3"},
      {"version = 3\n[plugins.'io.containerd.cri.v1.images'.registry.mirrors.'docker.io']\nendpoint = ['https://m']",
       "registry-mirrors 2"},
      {"version = 3\n[plugins.'io.containerd.cri.v1.images'.registry.configs.'r.example'.tls]\nca_file = '/ca'",
       "registry-configs 2"},
      {"version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\nauths = {'https://r.example' = {}}",
       "registry-auths 3"},
      {"version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd]\ndiscard_unpacked_layers = true",
       "discard-unpacked-layers 3"},
      {"version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd]\ndisable_snapshot_annotations = false",
       "disable-snapshot-annotations 3"},
      {"version = 2\n[plugins.'io.containerd.grpc.v1.cri']\nmax_concurrent_downloads = 1",
       "max-concurrent-downloads 3"},
      {"version = 2\n[plugins.'io.containerd.grpc.v1.cri']\nimage_pull_with_sync_fs = true",
       "image-pull-with-sync-fs 3"},
      {"version = 2\n[plugins.'io.containerd.grpc.v1.cri'.registry.mirrors.'docker.io']\nendpoint = []",
       "registry-mirrors 2"},
      {"[plugins.cri.registry.configs.'r.example'.auth]\nusername = 'u'", "registry-configs 1"},
      {"version = 1\n[plugins.cri.containerd]\ndiscard_unpacked_layers = true", "discard-unpacked-layers 3"},
  }));
  INFO(text);
  CHECK(ids(read(text)) == std::vector<std::string>{id});
}

TEST_CASE("settings that keep the verifier asked are no switch-off") {
  const std::string settings =
      GENERATE(as<std::string>(), "use_local_image_pull = false", "disable_snapshot_annotations = true",
               "discard_unpacked_layers = false", "max_concurrent_downloads = 3", "image_pull_with_sync_fs = false",
               "registry = {config_path = '/etc/containerd/certs.d', mirrors = {}, configs = {}, auths = {}}",
               "registry = {headers = {X = ['y']}}", "concurrent_layer_fetch_buffer = 1024", "snapshotter = 'native'");
  INFO(settings);
  CHECK(ids(read("version = 3\n[plugins.'io.containerd.cri.v1.images']\n" + settings)).empty());
}

TEST_CASE("the verifier's own settings and registry folders are read") {
  const auto config = read(R"(
version = 3
disabled_plugins = ["io.containerd.image-verifier.v1.bindir", "io.containerd.grpc.v1.cri"]
[plugins."io.containerd.image-verifier.v1.bindir"]
  bin_dir = "/opt/verify"
  max_verifiers = -1
  per_verifier_timeout = "1m30s"
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/a/certs.d::/etc/b/certs.d"
[plugins."io.containerd.transfer.v1.local"]
  config_path = "/etc/b/certs.d:/etc/c/certs.d"
)");
  CHECK(config.bin_dir.value == "/opt/verify");
  CHECK(config.bin_dir.place->text() == "config.toml:5");
  CHECK(config.max_verifiers.value == -1);
  CHECK(config.per_verifier_timeout.value == std::chrono::seconds(90));
  REQUIRE(config.verifier_disabled);
  CHECK(config.verifier_disabled->line == 3);
  CHECK(config.cri_disabled);
  CHECK(config.certs_dirs() ==
        std::vector<std::filesystem::path>{"/etc/a/certs.d", "/etc/b/certs.d", "/etc/c/certs.d"});
}

TEST_CASE("imports are read after what names them, and the last word counts") {
  const TemporaryFolder root;
  root.put("etc/containerd/config.toml",
           "version = 3\nimports = ['conf.d/*.toml', '/etc/more/../more/x.toml']\n"
           "[plugins.'io.containerd.cri.v1.images']\ndiscard_unpacked_layers = true\nuse_local_image_pull = false\n");
  root.put("etc/containerd/conf.d/20.toml",
           "[plugins.'io.containerd.cri.v1.images']\ndiscard_unpacked_layers = true\nuse_local_image_pull = true\n");
  root.put("etc/containerd/conf.d/.10.toml", "imports = ['.10.toml', 'deeper/last.toml']\n");
  root.put("etc/containerd/conf.d/30.toml.bak", "version = 99\n");
  root.put("etc/containerd/conf.d/deeper/last.toml",
           "[plugins.'io.containerd.cri.v1.images']\ndiscard_unpacked_layers = false\n"
           "[plugins.'io.containerd.image-verifier.v1.bindir']\nmax_verifiers = 2\n");
  root.put("etc/more/x.toml", "[plugins.'io.containerd.image-verifier.v1.bindir']\nmax_verifiers = 1\n");
  const auto config = ContainerdConfig::read({root.path()}, "/etc/containerd/config.toml");
  REQUIRE(config);
  CHECK(config->files == std::vector<std::string>{"/etc/containerd/config.toml", "/etc/containerd/conf.d/.10.toml",
                                                  "/etc/containerd/conf.d/20.toml", "/etc/more/x.toml",
                                                  "/etc/containerd/conf.d/deeper/last.toml"});
  CHECK(config->max_verifiers.value == 2);
  CHECK(ids(*config) == std::vector<std::string>{"use-local-image-pull 3"});
}

TEST_CASE("what containerd could not start with is an error with file and line") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"version = 5", "/config.toml:1: version 5 is no version of containerd's configuration"},
      {"version = -1", "version -1 is no version"},
      {"version = '3'", "\"version\" must be an integer"},
      {"\nimports = 'a'", "/config.toml:2: \"imports\" must be a list of strings"},
      {"imports = [1]", "\"imports\" must be a list of strings"},
      {"imports = ['gone.toml']", "/gone.toml: no such file"},
      {"plugins = 1", "\"plugins\" must be a table"},
      {"[plugins]\ncri = 1", "/config.toml:2: \"cri\" must be a table"},
      {"[plugins.'io.containerd.image-verifier.v1.bindir']\nbin_dir = 1", "\"bin_dir\" must be a string"},
      {"[plugins.'io.containerd.image-verifier.v1.bindir']\nmax_verifiers = 'x'",
       "\"max_verifiers\" must be an integer"},
      {"[plugins.'io.containerd.image-verifier.v1.bindir']\nper_verifier_timeout = '10'",
       "/config.toml:2: \"10\" is not a duration"},
      {"[plugins.'io.containerd.cri.v1.images']\ndiscard_unpacked_layers = 1",
       "\"discard_unpacked_layers\" must be true or false"},
      {"[plugins.'io.containerd.cri.v1.images'.registry]\nmirrors = true", "\"mirrors\" must be a table"},
      {"[plugins.'io.containerd.cri.v1.images']\nregistry = 1", "\"registry\" must be a table"},
      {"disabled_plugins = 'cri'", "\"disabled_plugins\" must be a list of strings"},
      {"a = [", "/config.toml:1:"},
  }));
  INFO(text);
  const TemporaryFolder root;
  root.put("config.toml", text);
  const auto config = ContainerdConfig::read({root.path()}, "/config.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error().kind() == Outcome::config);
  CHECK_THAT(config.error().message(), Catch::Contains(reason));
}

TEST_CASE("imports end, whatever they name") {
  const TemporaryFolder root;
  root.put("config.toml", "imports = ['conf.d/*.toml']\n");
  for (int i = 0; i < 300; ++i) root.put("conf.d/" + std::to_string(1000 + i) + ".toml", "");
  const auto config = ContainerdConfig::read({root.path()}, "/config.toml");
  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().message(), Catch::Contains("more than 256 files"));
}
