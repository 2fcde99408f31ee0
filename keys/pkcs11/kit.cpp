#include "keys/pkcs11/kit.h"

#include <dlfcn.h>

#include "base/encoding.h"

namespace hallmark::keys::token {
namespace {

constexpr const char* kLibrary = "libp11-kit.so.0";

std::unexpected<Error> not_there(std::string problem) {
  return fail(Error(Outcome::key, "PKCS#11: " + std::move(problem))
                  .because(Cause::unsupported)
                  .with_hint("install p11-kit (Debian: libp11-kit0)"));
}

template <class Function>
bool bind(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

bool bind_uris(void* library, Kit& kit) {
  return bind(library, "p11_kit_uri_new", kit.uri_new) && bind(library, "p11_kit_uri_free", kit.uri_free) &&
         bind(library, "p11_kit_uri_parse", kit.uri_parse) &&
         bind(library, "p11_kit_uri_any_unrecognized", kit.uri_any_unrecognized) &&
         bind(library, "p11_kit_uri_get_attribute", kit.uri_get_attribute) &&
         bind(library, "p11_kit_uri_get_pin_value", kit.uri_get_pin_value) &&
         bind(library, "p11_kit_uri_get_pin_source", kit.uri_get_pin_source) &&
         bind(library, "p11_kit_uri_get_module_name", kit.uri_get_module_name) &&
         bind(library, "p11_kit_uri_get_module_path", kit.uri_get_module_path) &&
         bind(library, "p11_kit_uri_get_slot_id", kit.uri_get_slot_id) &&
         bind(library, "p11_kit_uri_get_vendor_query", kit.uri_get_vendor_query) &&
         bind(library, "p11_kit_uri_match_module_info", kit.uri_match_module_info) &&
         bind(library, "p11_kit_uri_match_slot_info", kit.uri_match_slot_info) &&
         bind(library, "p11_kit_uri_match_token_info", kit.uri_match_token_info);
}

bool bind_modules(void* library, Kit& kit) {
  return bind(library, "p11_kit_modules_load_and_initialize", kit.modules_load_and_initialize) &&
         bind(library, "p11_kit_modules_finalize_and_release", kit.modules_finalize_and_release) &&
         bind(library, "p11_kit_module_load", kit.module_load) &&
         bind(library, "p11_kit_module_initialize", kit.module_initialize) &&
         bind(library, "p11_kit_module_finalize", kit.module_finalize) &&
         bind(library, "p11_kit_module_release", kit.module_release) &&
         bind(library, "p11_kit_module_get_name", kit.module_get_name) &&
         bind(library, "p11_kit_module_get_filename", kit.module_get_filename) &&
         bind(library, "p11_kit_message", kit.message) && bind(library, "p11_kit_be_quiet", kit.be_quiet);
}

Result<Kit> open_kit() {
  // Never closed: modules keep what they took from it.
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return not_there("p11-kit cannot be loaded: " + base::printable(why == nullptr ? kLibrary : why));
  }
  Kit kit{};
  if (!bind_uris(library, kit) || !bind_modules(library, kit))
    return not_there(std::string(kLibrary) + " is older than 0.23.11");
  kit.be_quiet();  // else it speaks on stderr of modules that nobody asked for
  return kit;
}

}  // namespace

Result<const Kit*> Kit::load() {
  static const Result<Kit> kit = open_kit();
  if (!kit) return fail(kit.error());
  return &*kit;
}

std::string Kit::last_words() const {
  const char* words = message();
  return words == nullptr ? std::string("no reason given") : base::printable(words);
}

}  // namespace hallmark::keys::token
