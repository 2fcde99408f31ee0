// Settings: what config.yaml says to this program, and where its pins are.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cmd/common/registry_settings.h"
#include "hallmark/trust.h"
#include "node/config_file.h"

namespace hallmark::cmd {

// The file that HALLMARK_CONFIG names, else /etc/hallmark/config.yaml, which need not exist.
[[nodiscard]] Result<node::ConfigFile> read_config(const Environment& environment);

struct TrustPlaces {
  std::filesystem::path own;                // where `trust pin` writes; empty: there is no home
  std::vector<std::filesystem::path> read;  // all that are looked at
  bool named = false;                       // by a flag, a variable or config.yaml: then it must exist to be read
};
// Kind of errors: config. A named file that is missing would have a key service believed without its pins.
[[nodiscard]] Result<void> expect_there(const TrustPlaces& places);

// What --trust names alone; else HALLMARK_TRUST, else `trust` of config.yaml; else the user's
// ($XDG_CONFIG_HOME/hallmark/trust.json) and the machine's (/etc/hallmark/trust.json). Kind of errors: config.
[[nodiscard]] Result<TrustPlaces> trust_places(const std::string& flag, const Environment& environment);

// The pins of all those files.
class Pins {
 public:
  [[nodiscard]] static Result<Pins> read(const TrustPlaces& places);
  // Null: not pinned. Two files that pin it to different keys are an error of kind key that names both.
  [[nodiscard]] Result<const Pin*> find(const std::string& reference) const;

 private:
  struct File {
    std::filesystem::path path;
    TrustFile trust;
  };
  std::vector<File> files_;
};

}  // namespace hallmark::cmd
