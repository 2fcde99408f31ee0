// A provider whose module is the one that misbehaves on demand.
#pragma once

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <stdexcept>

#include "keys/pkcs11/pkcs11.h"
#include "keys/provider/services.h"
#include "odd_token.h"
#include "support/key_services.h"

namespace hallmark::test {

struct OddFixture {
  OddFixture() {
    odd.reset();
    world.variables["HALLMARK_PIN"] = "1234";
  }
  OddFixture(const OddFixture&) = delete;
  OddFixture& operator=(const OddFixture&) = delete;
  ~OddFixture() { odd.reset(); }

  // "pkcs11:" + path, by that module.
  [[nodiscard]] static std::string reference(const std::string& path = "token=odd;object=release",
                                             const std::string& query = "") {
    return "pkcs11:" + path + "?module-path=" + HALLMARK_ODD_TOKEN + (query.empty() ? "" : "&" + query);
  }
  [[nodiscard]] keys::KeyProvider& provider() {
    if (!provider_) {
      services_.emplace(world.services());
      services_->password = password;
      provider_ = keys::pkcs11(*services_);
    }
    return *provider_;
  }
  // The same process, the key asked for anew.
  void start_over() { provider_.reset(); }

  [[nodiscard]] static OddToken& control() {
    void* module = ::dlopen(HALLMARK_ODD_TOKEN, RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) throw std::runtime_error(::dlerror());
    return *reinterpret_cast<OddToken* (*)()>(::dlsym(module, "odd_token"))();
  }

  OddToken& odd = control();
  KeyServices world;
  keys::PasswordSource password;

 private:
  std::optional<keys::Services> services_;
  std::unique_ptr<keys::KeyProvider> provider_;
};

}  // namespace hallmark::test
