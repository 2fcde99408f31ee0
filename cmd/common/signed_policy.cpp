#include "cmd/common/signed_policy.h"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "formats/message_bundle.h"
#include "hallmark/keys.h"

namespace hallmark::cmd {

namespace {

namespace fs = std::filesystem;
using Serials = std::map<std::string, std::int64_t>;

constexpr const char* kSerials = "policy-serials.json";

Result<Serials> read_serials(const fs::path& file) {
  Serials serials;
  HM_TRY(const bool there, base::is_there(file, Outcome::config));
  if (!there) return serials;
  HM_TRY(const Bytes bytes, base::read_file(file, limits::config_file_bytes, Outcome::config));
  const auto json = base::Json::parse(bytes, file.string());
  if (!json) return fail(json.error().as(Outcome::config));
  if (!json->is_object()) return fail(Outcome::config, file.string() + ": expected an object");
  for (const auto& [path, serial] : *json->as_object()) {
    if (!serial.as_integer()) return fail(Outcome::config, file.string() + ": expected integers");
    serials.emplace(path, *serial.as_integer());
  }
  return serials;
}

bool write_serials(const fs::path& file, const Serials& serials) {
  base::Json json{base::Json::Object()};
  for (const auto& [path, serial] : serials) json.set(path, serial);
  return base::write_file(file, as_bytes(json.dump() + "\n"), {.mode = 0600}).has_value();
}

std::string path_of(const std::string& file) {
  std::error_code ignored;
  return fs::weakly_canonical(file, ignored).string();
}

// A signature does not say what its file is called. So a file that was in force may not leave: an older one under
// another name, or none in place of one that only revokes, would be a way back.
Result<void> check_none_is_gone(const Policy& policy, const Serials& serials) {
  std::set<std::string> present;
  std::set<std::string> folders;
  for (const std::string& file : policy.files()) {
    present.insert(path_of(file));
    folders.insert(fs::path(path_of(file)).parent_path().string());
  }
  for (const auto& [path, serial] : serials) {
    if (present.contains(path) || !folders.contains(fs::path(path).parent_path().string())) continue;
    return fail(Error(Outcome::config,
                      base::printable(path) + " was in force with serial " + std::to_string(serial) + " and is gone")
                    .with_hint("put it back; if it is to go, take its line out of policy-serials.json"));
  }
  return {};
}

// Takes up what is new; whether there was any.
Result<bool> take_serials(const Policy& policy, Serials& serials) {
  HM_DO(check_none_is_gone(policy, serials));
  bool news = false;
  for (std::size_t i = 0; i < policy.files().size(); ++i) {
    const auto serial = static_cast<std::int64_t>(policy.serials()[i]);
    const auto [known, added] = serials.emplace(path_of(policy.files()[i]), serial);
    if (serial < known->second) {
      return fail(Error(Outcome::config, base::printable(policy.files()[i]) + ": serial " + std::to_string(serial) +
                                             " is older than " + std::to_string(known->second) +
                                             ", which was in force before")
                      .with_hint("a change of the policy needs a higher serial and a new signature"));
    }
    news = news || added || serial > known->second;
    known->second = serial;
  }
  return news;
}

// A file beside them that none but their owner can open, locked; not valid where that cannot be done in a second.
base::FileDescriptor hold(const fs::path& folder) {
  base::FileDescriptor fd(
      ::open((folder / "policy-serials.lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  for (int tries = 0; fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == 100) return base::FileDescriptor();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return fd;
}

}  // namespace

std::string signature_file_of(const std::string& policy_file) { return policy_file + ".sigstore.json"; }

Result<void> check_policy_signatures(const std::vector<PolicySource>& sources, const std::string& key_file) {
  const auto key = keys::open_public_key(key_file);
  if (!key) return fail(key.error().as(Outcome::config).within("policy-key"));
  for (const PolicySource& source : sources) {
    const std::string file = signature_file_of(source.file);
    HM_TRY(const bool there, base::is_there(file, Outcome::config));
    if (!there) {
      return fail(
          Error(Outcome::config, base::printable(source.file) + ": not signed: there is no " +
                                     base::printable(fs::path(file).filename().string()) + " beside it")
              .with_hint("sign it with \"hallmark policy sign --key KEY " + base::printable(source.file) + "\""));
    }
    HM_TRY(const Bytes bundle, base::read_file(file, limits::payload_bytes, Outcome::config));
    const auto checked = formats::check_message_bundle(bundle, as_bytes(source.text), *key);
    if (!checked) {
      return fail(checked.error().as(Outcome::config).within(base::printable(source.file) + " (policy-key is set)"));
    }
  }
  return {};
}

Result<void> expect_policy_serials(const Policy& policy, const fs::path& folder) {
  HM_TRY(Serials serials, read_serials(folder / kSerials));
  HM_TRY([[maybe_unused]] const bool news, take_serials(policy, serials));
  return {};
}

Result<bool> keep_policy_serials(const Policy& policy, const fs::path& folder) {
  const fs::path file = folder / kSerials;
  HM_TRY(Serials serials, read_serials(file));
  HM_TRY(bool news, take_serials(policy, serials));
  if (!news) return true;
  const auto held = hold(folder);
  if (!held.valid()) return false;
  HM_TRY(serials, read_serials(file));  // another may have written meanwhile
  HM_TRY(news, take_serials(policy, serials));
  return !news || write_serials(file, serials);
}

}  // namespace hallmark::cmd
