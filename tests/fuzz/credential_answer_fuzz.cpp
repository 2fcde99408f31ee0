// What a credential plugin of kubelet answers.
#include <cstdint>
#include <cstdlib>

#include "hallmark/bytes.h"
#include "node/credential_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto answer = node::CredentialAnswer::parse({data, size}, "credentialprovider.kubelet.k8s.io/v1");
  if (!answer) return 0;
  if (answer->cache_duration && answer->cache_duration->count() < 0) std::abort();
  if (const auto* login = answer->find("registry.example:5000/shop/api"); login != nullptr && login->key.empty())
    std::abort();
  return 0;
}
