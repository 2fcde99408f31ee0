#include <catch2/catch.hpp>

#include "keys/pkcs11/pkcs11.h"
#include "support/key_services.h"

namespace hallmark::test {
namespace {

TEST_CASE("a program that loads no modules says so, whatever is asked of a token") {
  KeyServices world;
  const auto services = world.services();
  const auto provider = keys::pkcs11(services);
  const std::string reference = "pkcs11:token=t;object=o";
  const Error errors[] = {provider->open_signer(reference).error(), provider->public_key(reference).error(),
                          provider->create(reference, {}).error(), provider->inspect(reference).error()};
  CHECK(provider->scheme() == "pkcs11");
  for (const Error& error : errors) {
    CHECK(error.kind() == Outcome::key);
    CHECK(error.cause() == Cause::unsupported);
    CHECK_THAT(error.hint(), Catch::Contains("shared libraries"));
  }
}

}  // namespace
}  // namespace hallmark::test
