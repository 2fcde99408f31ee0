// token_cost WHAT REFERENCE COUNT: signs COUNT messages on a token, in one process, and prints what that cost as JSON.
// `hallmark` goes through the provider of pkcs11: references; `bare` calls the module itself, C_SignInit and C_Sign
// with a digest: what no implementation gets below. The PIN is in HALLMARK_PIN.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "hallmark/key.h"
#include "keys/pkcs11/pkcs11.h"
#include "keys/provider/services.h"
#include "net/http_client.h"

namespace {

using namespace hallmark;

class NoHttp final : public net::HttpClient {
 public:
  Result<net::Response> send(const net::Request& request) override {
    return fail(Outcome::internal, "nothing is asked of " + request.url);
  }
  net::Statistics statistics() const override { return {}; }
};

class SystemTime final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now()); }
  std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::now(); }
};

struct Cost {
  double wall;
  double cpu;
};

Cost now() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const auto wall = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch());
  return {wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime)};
}

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "token_cost: " << why << "\n";
  std::exit(1);
}

void print(const Cost& begin, const Cost& opened, const Cost& end, int count) {
  std::printf(R"({"open_cpu": %.6f, "signature_wall": %.9f, "signature_cpu": %.9f})"
              "\n",
              opened.cpu - begin.cpu, (end.wall - opened.wall) / count, (end.cpu - opened.cpu) / count);
}

void by_hallmark(const std::string& reference, int count) {
  NoHttp http;
  const SystemTime clock;
  const keys::Services services{clock, http, http, [](const std::string& name) -> std::optional<Secret> {
                                  const char* value = std::getenv(name.c_str());
                                  if (value == nullptr) return std::nullopt;
                                  return Secret::copy_of(std::string_view(value));
                                }};
  const Cost begin = now();
  const auto provider = keys::pkcs11(services);
  auto signer = provider->open_signer(reference);
  if (!signer) give_up(signer.error().message());
  const Cost opened = now();
  for (int i = 0; i < count; ++i) {
    const auto signature = (*signer)->sign(as_bytes("message " + std::to_string(i)));
    if (!signature) give_up(signature.error().message());
  }
  print(begin, opened, now(), count);
}

void expect(CK_RV code, const char* what) {
  if (code != CKR_OK) give_up(std::string(what) + " answered " + std::to_string(code));
}

// The slot whose token is initialised; the bench makes one token.
CK_SLOT_ID slot_of(CK_FUNCTION_LIST& module) {
  std::array<CK_SLOT_ID, 16> slots{};
  CK_ULONG count = slots.size();
  expect(module.C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList");
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO info{};
    if (module.C_GetTokenInfo(slots.at(i), &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) != 0)
      return slots.at(i);
  }
  give_up("there is no token");
}

void bare(const std::string& path, int count) {
  const Cost begin = now();
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) give_up(::dlerror());
  CK_FUNCTION_LIST* module = nullptr;
  expect(reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"))(&module), "C_GetFunctionList");
  expect(module->C_Initialize(nullptr), "C_Initialize");
  CK_SESSION_HANDLE session = 0;
  expect(module->C_OpenSession(slot_of(*module), CKF_SERIAL_SESSION, nullptr, nullptr, &session), "C_OpenSession");
  std::string pin = std::getenv("HALLMARK_PIN");
  expect(module->C_Login(session, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size()), "C_Login");
  CK_OBJECT_CLASS type = CKO_PRIVATE_KEY;
  std::string label = "p256";
  std::array<CK_ATTRIBUTE, 2> wanted{{{CKA_CLASS, &type, sizeof type}, {CKA_LABEL, label.data(), label.size()}}};
  CK_OBJECT_HANDLE key = 0;
  CK_ULONG found = 0;
  expect(module->C_FindObjectsInit(session, wanted.data(), wanted.size()), "C_FindObjectsInit");
  expect(module->C_FindObjects(session, &key, 1, &found), "C_FindObjects");
  expect(module->C_FindObjectsFinal(session), "C_FindObjectsFinal");
  const Cost opened = now();
  std::array<unsigned char, 32> digest{};
  std::array<unsigned char, 512> signature{};
  for (int i = 0; i < count; ++i) {
    CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
    CK_ULONG length = signature.size();
    expect(module->C_SignInit(session, &mechanism, key), "C_SignInit");
    expect(module->C_Sign(session, digest.data(), digest.size(), signature.data(), &length), "C_Sign");
  }
  print(begin, opened, now(), count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 || std::getenv("HALLMARK_PIN") == nullptr)
    give_up("usage: token_cost hallmark|bare REFERENCE|MODULE COUNT");
  const int count = std::atoi(argv[3]);
  if (std::string(argv[1]) == "bare")
    bare(argv[2], count);
  else
    by_hallmark(argv[2], count);
  return 0;
}
