#include "keys/kms/gcp_reference.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys;

TEST_CASE("a reference is spelled as cosign spells it, with a version or without") {
  const auto [text, version] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"/versions/3", "3"},
      {"/cryptoKeyVersions/12", "12"},
  }));
  const auto name = GcpKeyName::parse("gcpkms://projects/shop-1/locations/global/keyRings/r_1/cryptoKeys/K-2" + text);
  REQUIRE(name);
  CHECK(name->ring_path() == "projects/shop-1/locations/global/keyRings/r_1");
  CHECK(name->key_path() == "projects/shop-1/locations/global/keyRings/r_1/cryptoKeys/K-2");
  CHECK(name->version == version);
  if (!version.empty())
    CHECK(name->version_path() ==
          "projects/shop-1/locations/global/keyRings/r_1/cryptoKeys/K-2/cryptoKeyVersions/" + version);
}

TEST_CASE("a project of an organisation has its domain in its id") {
  const auto name = GcpKeyName::parse("gcpkms://projects/example.com:shop/locations/eu/keyRings/r/cryptoKeys/k");
  REQUIRE(name);
  CHECK(name->project == "example.com:shop");
}

TEST_CASE("a reference that names no key says the right form") {
  const std::string key = "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k";
  const auto text = GENERATE_COPY(values<std::string>({
      "gcpkms://",
      "gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k",
      "gcpkms:///projects/p/locations/l/keyRings/r/cryptoKeys/k",
      "gcpkms://projects/p/locations/l/keyRings/r",
      "gcpkms://projects//locations/l/keyRings/r/cryptoKeys/k",
      "gcpkms://projects/p/locations/l/keyrings/r/cryptoKeys/k",
      key + "/",
      key + "/versions",
      key + "/versions/",
      key + "/versions/latest",
      key + "/versions/1/",
      key + "/versions/1x",
      key + "/primary/1",
      key + "/versions/1/publicKey",
      key + "?x=1",
      key + "#1",
      key + "%2f..",
      "gcpkms://projects/../locations/l/keyRings/r/cryptoKeys/k",
      "gcpkms://projects/p/locations/l/keyRings/r r/cryptoKeys/k",
      "gcpkms://projects/p/locations/l\r\nX: y/keyRings/r/cryptoKeys/k",
      "gcpkms://projects/" + std::string(5'000, 'p') + "/locations/l/keyRings/r/cryptoKeys/k",
      key + "/versions/99999999999999999999",
  }));
  const auto name = GcpKeyName::parse(text);
  REQUIRE_FALSE(name);
  CHECK(name.error().kind() == Outcome::key);
  CHECK(name.error().cause() == Cause::not_found);
  CHECK_THAT(name.error().hint(), Catch::Contains("projects/PROJECT/locations/LOCATION"));
}

TEST_CASE("a project may be answered by its number, all else must be the same") {
  CHECK(same_gcp_resource("projects/shop/locations/l", "projects/shop/locations/l"));
  CHECK(same_gcp_resource("projects/shop/locations/l", "projects/123/locations/l"));
  CHECK(same_gcp_resource("projects/123/locations/l", "projects/shop/locations/l"));
  const auto answered = GENERATE(values<std::string>({
      "projects/other/locations/l",
      "projects/shop/locations/m",
      "projects/123/locations/m",
      "projects/shop/locations/l/",
      "locations/l",
      "projects/123",
      "projects/",
      "",
      "//cloudkms.googleapis.com/projects/shop/locations/l",
  }));
  CHECK_FALSE(same_gcp_resource("projects/shop/locations/l", answered));
  CHECK_FALSE(same_gcp_resource("projects/1/locations/l", "projects/2/locations/l"));
}
