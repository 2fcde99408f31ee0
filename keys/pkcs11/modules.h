// Modules: the PKCS#11 libraries that a reference may find its token in, initialised while this lives.
#pragma once

#include <string>
#include <vector>

#include "hallmark/result.h"
#include "keys/pkcs11/kit.h"

namespace hallmark::keys::token {

struct Module {
  CK_FUNCTION_LIST* functions;
  std::string name;  // "softhsm2": p11-kit's, or that of its file without "lib" and ".so"
  std::string file;  // may be empty
};

class Modules {
 public:
  // Those that p11-kit is configured with (/usr/share/p11-kit/modules, /etc/pkcs11, ~/.config/pkcs11); one that does
  // not start is left out.
  [[nodiscard]] static Result<Modules> configured(const Kit& kit);
  // One file, by its absolute path. Refused where others than its owner could have put it there: it runs with what this
  // process may do, and sees the PIN.
  [[nodiscard]] static Result<Modules> of_file(const Kit& kit, const std::string& path);

  Modules(Modules&& other) noexcept;
  Modules& operator=(Modules&&) = delete;
  ~Modules();
  [[nodiscard]] const std::vector<Module>& all() const { return modules_; }

 private:
  explicit Modules(const Kit& kit) : kit_(&kit) {}
  void add(CK_FUNCTION_LIST* functions);

  const Kit* kit_;
  CK_FUNCTION_LIST** listed_ = nullptr;  // configured ones
  CK_FUNCTION_LIST* single_ = nullptr;   // of_file's
  std::vector<Module> modules_;
};

// As module-name= means it: "a case-insensitive PKCS#11 module name (not path nor filename) without system-specific
// affixes" (RFC 7512 section 2.3).
[[nodiscard]] bool has_name(const Module& module, std::string_view name);

}  // namespace hallmark::keys::token
