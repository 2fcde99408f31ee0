#include "keys/pkcs11/modules.h"

#include <strings.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

constexpr std::string_view kService = "PKCS#11";

Error refused(const std::string& file, const std::string& problem) {
  return service_error(kService, "the module " + base::printable(file) + " " + problem, Cause::access_denied)
      .with_hint("a module sees the PIN: it, and the folder it lies in, must be for its owner alone to write");
}

// The file behind all links.
Result<std::string> real_path(const std::string& path) {
  std::error_code problem;
  const auto real = std::filesystem::canonical(path, problem);
  if (!problem) return real.string();
  return fail(
      service_error(kService, "the module " + base::printable(path) + ": " + problem.message(), Cause::not_found)
          .with_hint("module-path=, or COSIGN_PKCS11_MODULE_PATH, is the absolute path of a PKCS#11 module, as "
                     "/usr/lib/softhsm/libsofthsm2.so"));
}

Result<void> nobody_else_writes(const std::string& file) {
  struct ::stat status{};
  if (::stat(file.c_str(), &status) != 0)
    return fail(refused(file, "cannot be looked at: " + std::generic_category().message(errno)));
  if (!S_ISREG(status.st_mode)) return fail(refused(file, "is not a regular file"));
  if ((status.st_mode & 022) != 0) return fail(refused(file, "can be changed by others"));
  if (::stat(std::filesystem::path(file).parent_path().c_str(), &status) != 0)
    return fail(refused(file, "lies in a folder that cannot be looked at"));
  if ((status.st_mode & 02) != 0 && (status.st_mode & S_ISVTX) == 0)
    return fail(refused(file, "lies in a folder where anybody can put another in its place"));
  return {};
}

std::string owned(char* text) {
  const std::unique_ptr<char, decltype(&std::free)> kept(text, &std::free);
  return text == nullptr ? std::string() : std::string(text);
}

// "/usr/lib/softhsm/libsofthsm2.so" → "softhsm2".
std::string stem_of(const std::string& file) {
  std::string stem = std::filesystem::path(file).filename().string();
  if (const auto suffix = stem.find(".so"); suffix != std::string::npos) stem.resize(suffix);
  return stem.starts_with("lib") ? stem.substr(3) : stem;
}

bool same_name(const std::string& a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), b.size()) == 0;
}

}  // namespace

bool has_name(const Module& module, std::string_view name) {
  return same_name(module.name, name) || same_name(stem_of(module.file), name);
}

Result<Modules> Modules::configured(const Kit& kit) {
  Modules modules(kit);
  modules.listed_ = kit.modules_load_and_initialize(0);
  if (modules.listed_ == nullptr)
    return fail(service_error(kService, "p11-kit's modules cannot be loaded: " + kit.last_words(), Cause::unsupported)
                    .with_hint("name the module: module-path=/PATH/MODULE.so, or COSIGN_PKCS11_MODULE_PATH"));
  for (CK_FUNCTION_LIST** each = modules.listed_; *each != nullptr; ++each) modules.add(*each);
  return modules;
}

Result<Modules> Modules::of_file(const Kit& kit, const std::string& path) {
  HM_TRY(const std::string file, real_path(path));
  HM_DO(nobody_else_writes(file));
  Modules modules(kit);
  CK_FUNCTION_LIST* loaded = kit.module_load(file.c_str(), 0);
  if (loaded == nullptr)
    return fail(service_error(kService,
                              "the module " + base::printable(path) + " cannot be loaded: " + kit.last_words(),
                              Cause::unsupported)
                    .with_hint("it has to be a PKCS#11 library for this machine"));
  if (const CK_RV code = kit.module_initialize(loaded); code != CKR_OK) {
    kit.module_release(loaded);
    return fail(
        module_error(kService, "starting the module " + base::printable(path), code)
            .with_hint("see its own documentation: many modules need a configuration file or a running service"));
  }
  modules.single_ = loaded;
  modules.add(loaded);
  return modules;
}

void Modules::add(CK_FUNCTION_LIST* functions) {
  Module module{functions, owned(kit_->module_get_name(functions)), owned(kit_->module_get_filename(functions))};
  if (module.name.empty()) module.name = stem_of(module.file);
  modules_.push_back(std::move(module));
}

Modules::Modules(Modules&& other) noexcept
    : kit_(other.kit_),
      listed_(std::exchange(other.listed_, nullptr)),
      single_(std::exchange(other.single_, nullptr)),
      modules_(std::move(other.modules_)) {}

Modules::~Modules() {
  if (listed_ != nullptr) kit_->modules_finalize_and_release(listed_);
  if (single_ == nullptr) return;
  kit_->module_finalize(single_);
  kit_->module_release(single_);
}

}  // namespace hallmark::keys::token
