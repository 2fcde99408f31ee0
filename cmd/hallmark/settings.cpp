#include "cmd/hallmark/settings.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/try.h"

namespace hallmark::cmd {

namespace fs = std::filesystem;

Result<node::ConfigFile> read_config(const Environment& environment) {
  const std::string named = environment.get("HALLMARK_CONFIG");
  const fs::path file = named.empty() ? node::NodePaths().config_file() : fs::path(named);
  if (named.empty()) {
    HM_TRY(const bool there, base::is_there(file, Outcome::config));
    if (!there) return node::ConfigFile();
  }
  return node::ConfigFile::read({}, file);
}

Result<TrustPlaces> trust_places(const std::string& flag, const Environment& environment) {
  const std::string named = flag.empty() ? environment.get("HALLMARK_TRUST") : flag;
  if (!named.empty()) return TrustPlaces{named, {named}, true};
  HM_TRY(const node::ConfigFile config, read_config(environment));
  if (!config.trust.empty()) return TrustPlaces{config.trust, {config.trust}, true};
  const fs::path of_machine = node::NodePaths().trust_file;
  const fs::path home = config_home(environment);
  if (home.empty()) return TrustPlaces{{}, {of_machine}};
  const fs::path own = home / "hallmark/trust.json";
  return TrustPlaces{own, {own, of_machine}};
}

Result<void> expect_there(const TrustPlaces& places) {
  if (!places.named) return {};
  HM_TRY(const bool there, base::is_there(places.own, Outcome::config));
  if (there) return {};
  return fail(Error(Outcome::config, "there is no trust file " + base::printable(places.own.string()))
                  .with_hint("\"hallmark trust pin\" makes it; or look at --trust, HALLMARK_TRUST and config.yaml"));
}

Result<Pins> Pins::read(const TrustPlaces& places) {
  HM_DO(expect_there(places));
  Pins pins;
  for (const fs::path& file : places.read) {
    HM_TRY(TrustFile trust, TrustFile::read(file));
    pins.files_.push_back({file, std::move(trust)});
  }
  return pins;
}

Result<const Pin*> Pins::find(const std::string& reference) const {
  const Pin* first = nullptr;
  const fs::path* place = nullptr;
  for (const File& file : files_) {
    const Pin* pin = file.trust.find(reference);
    if (pin == nullptr) continue;
    if (first == nullptr) {
      first = pin;
      place = &file.path;
    }
    if (first->key == pin->key) continue;
    const auto said = [](const Pin& one, const fs::path& path) {
      return "key " + one.key.id() + " (" + base::printable(path.string()) + ", since " +
             base::format_time(one.pinned) + ")";
    };
    return fail(Error(Outcome::key, "the trust files contradict each other: " + base::printable(first->reference) +
                                        " is pinned to " + said(*first, *place) + " and to " + said(*pin, file.path))
                    .because(Cause::wrong_answer)
                    .with_hint("find out which key is the right one, and take the other pin out with \"hallmark trust "
                               "unpin --trust FILE\""));
  }
  return first;
}

}  // namespace hallmark::cmd
