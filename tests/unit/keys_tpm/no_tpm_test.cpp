#include <catch2/catch.hpp>

#include "keys/tpm/tpm.h"
#include "support/key_services.h"

using namespace hallmark;
using namespace hallmark::keys;

TEST_CASE("a static program says that it has no keys in a TPM, whatever is asked") {
  test::KeyServices world;
  const Services services = world.services();
  const auto provider = tpm(services);
  CHECK(provider->scheme() == "tpm");
  const std::string reference = "tpm:handle=0x81000010";
  const auto refused = [](const auto& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == Outcome::key);
    CHECK(result.error().cause() == Cause::unsupported);
    CHECK_THAT(result.error().message(), Catch::Contains("linked statically"));
  };
  refused(provider->open_signer(reference));
  refused(provider->public_key(reference));
  refused(provider->create(reference, {}));
  refused(provider->inspect(reference));
}
