#include "keys/kubernetes/secret_reference.h"

#include <catch2/catch.hpp>

namespace hallmark::keys {

TEST_CASE("a secret is named by namespace and name, as cosign names it") {
  const auto reference = SecretReference::parse("k8s://ci/release-key.v2");
  REQUIRE(reference);
  CHECK(reference->space == "ci");
  CHECK(reference->name == "release-key.v2");
  CHECK(reference->path() == "ci/release-key.v2");
  CHECK(SecretReference::parse("k8s://" + std::string(63, 'a') + "/" + std::string(253, 'b')));
}

TEST_CASE("what no API server would take is refused before it is asked [attack 27]") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"k8s:ci/key", "expected k8s://NAMESPACE/SECRET"},
      {"k8s://ci", "expected k8s://NAMESPACE/SECRET"},
      {"k8s://ci/key/x", "expected k8s://NAMESPACE/SECRET"},
      {"k8s:///key", "its namespace is none"},
      {"k8s://ci/", "its secret has no valid name"},
      {"k8s://CI/key", "its namespace is none"},
      {"k8s://c.i/key", "its namespace is none"},
      {"k8s://../key", "its namespace is none"},
      {"k8s://ci/..", "its secret has no valid name"},
      {"k8s://ci/key%2f", "its secret has no valid name"},
      {"k8s://ci/key?x=y", "its secret has no valid name"},
      {"k8s://ci/key\r\nHost: x", "its secret has no valid name"},
      {"k8s://ci/-key", "its secret has no valid name"},
      {"k8s://ci/key.", "its secret has no valid name"},
      {"k8s://" + std::string(64, 'a') + "/key", "its namespace is none"},
      {"k8s://ci/" + std::string(254, 'a'), "its secret has no valid name"},
  }));
  const auto reference = SecretReference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK(reference.error().cause() == Cause::not_found);
  CHECK_THAT(reference.error().message(), Catch::Contains(words) && !Catch::Contains("\r"));
  CHECK_THAT(reference.error().hint(), Catch::Contains("k8s://NAMESPACE/SECRET"));
}

}  // namespace hallmark::keys
