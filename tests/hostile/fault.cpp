// Preloaded into a program under test: lets the N-th call of one function fail.
// HALLMARK_TEST_FAULT=NAME:N; with N 0, the number of calls is written to the file HALLMARK_TEST_FAULT_COUNT at the
// end. HALLMARK_TEST_FAULT_ANSWER is what a failing function of OpenSSL answers, where it is not the usual.
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// NOLINTBEGIN(readability-identifier-naming, bugprone-reserved-identifier): the names are those of others.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}

namespace {

struct Plan {
  char name[64] = {};
  long nth = -1;
  const char* answer = std::getenv("HALLMARK_TEST_FAULT_ANSWER");
  std::atomic<long> seen{0};

  Plan() {
    const char* text = std::getenv("HALLMARK_TEST_FAULT");
    const char* colon = text != nullptr ? std::strrchr(text, ':') : nullptr;
    if (colon == nullptr || static_cast<std::size_t>(colon - text) >= sizeof name) return;
    std::memcpy(name, text, static_cast<std::size_t>(colon - text));
    nth = std::atol(colon + 1);
  }
  ~Plan() {
    const char* path = nth == 0 ? std::getenv("HALLMARK_TEST_FAULT_COUNT") : nullptr;
    std::FILE* file = path != nullptr ? std::fopen(path, "w") : nullptr;
    if (file == nullptr) return;
    (void)std::fprintf(file, "%ld\n", seen.load());
    (void)std::fclose(file);
  }
};

bool ready = false;

Plan& plan() {
  static Plan the_plan;
  return the_plan;
}

// Before main, the loader and the libraries' own initialisers allocate: their failures are none of ours.
[[gnu::constructor]] void get_ready() {
  (void)plan();
  ready = true;
}

bool fails(const char* name) {
  if (!ready) return false;
  Plan& the_plan = plan();
  if (the_plan.nth < 0 || std::strcmp(the_plan.name, name) != 0) return false;
  return ++the_plan.seen == the_plan.nth;
}

}  // namespace

extern "C" void* malloc(std::size_t size) {
  if (fails("malloc")) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(size);
}

extern "C" void* calloc(std::size_t count, std::size_t size) {
  if (fails("malloc")) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_calloc(count, size);
}

extern "C" void* realloc(void* memory, std::size_t size) {
  if (fails("malloc")) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_realloc(memory, size);
}

// On every ABI that hallmark is built for, six integer or pointer arguments travel in registers, whatever their types,
// and so does the result: one shape serves all. 0 is both "no" and "nothing" in OpenSSL's answers.
#define FAIL_ON_DEMAND(name, failure)                                               \
  extern "C" long name(long a, long b, long c, long d, long e, long f) {            \
    using Function = long (*)(long, long, long, long, long, long);                  \
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, #name)); \
    if (fails(#name)) {                                                             \
      errno = EIO;                                                                  \
      return plan().answer != nullptr ? std::atol(plan().answer) : failure;         \
    }                                                                               \
    return real(a, b, c, d, e, f);                                                  \
  }

// These are declared by system headers, so they keep their types.
extern "C" ssize_t read(int fd, void* into, std::size_t size) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, void*, std::size_t)>(::dlsym(RTLD_NEXT, "read"));
  if (!fails("read")) return real(fd, into, size);
  errno = EIO;
  return -1;
}

extern "C" ssize_t recv(int fd, void* into, std::size_t size, int flags) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, void*, std::size_t, int)>(::dlsym(RTLD_NEXT, "recv"));
  if (!fails("recv")) return real(fd, into, size, flags);
  errno = EIO;
  return -1;
}

extern "C" ssize_t send(int fd, const void* from, std::size_t size, int flags) {
  static const auto real =
      reinterpret_cast<ssize_t (*)(int, const void*, std::size_t, int)>(::dlsym(RTLD_NEXT, "send"));
  if (!fails("send")) return real(fd, from, size, flags);
  errno = EIO;
  return -1;
}

extern "C" ssize_t write(int fd, const void* from, std::size_t size) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, const void*, std::size_t)>(::dlsym(RTLD_NEXT, "write"));
  if (!fails("write")) return real(fd, from, size);
  errno = EIO;
  return -1;
}

extern "C" int fsync(int fd) {
  static const auto real = reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fsync"));
  if (!fails("fsync")) return real(fd);
  errno = EIO;
  return -1;
}

extern "C" int fdatasync(int fd) {
  static const auto real = reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fdatasync"));
  if (!fails("fsync")) return real(fd);
  errno = EIO;
  return -1;
}

FAIL_ON_DEMAND(EVP_MD_CTX_new, 0)
FAIL_ON_DEMAND(EVP_DigestInit_ex2, 0)
FAIL_ON_DEMAND(EVP_DigestUpdate, 0)
FAIL_ON_DEMAND(EVP_DigestFinal_ex, 0)
FAIL_ON_DEMAND(EVP_Digest, 0)
FAIL_ON_DEMAND(EVP_DigestVerifyInit, 0)
FAIL_ON_DEMAND(EVP_DigestVerify, 0)
FAIL_ON_DEMAND(d2i_PUBKEY, 0)
FAIL_ON_DEMAND(d2i_PUBKEY_ex, 0)
FAIL_ON_DEMAND(i2d_PUBKEY, -1)
FAIL_ON_DEMAND(EVP_EncodeBlock, -1)
FAIL_ON_DEMAND(EVP_DecodeBlock, -1)
// NOLINTEND(readability-identifier-naming, bugprone-reserved-identifier)
