#include "cmd/common/environment.h"

#include <stdlib.h>

#include <catch2/catch.hpp>

using hallmark::cmd::Environment;

TEST_CASE("passwords are taken out of the process's environment and wiped where they stood") {
  REQUIRE(::setenv("HALLMARK_PASSWORD", "correct horse", 1) == 0);
  REQUIRE(::setenv("COSIGN_PASSWORD", "battery staple", 1) == 0);
  const char* stood = ::getenv("HALLMARK_PASSWORD");
  const Environment environment = Environment::of_process();
  CHECK(::getenv("HALLMARK_PASSWORD") == nullptr);
  CHECK(::getenv("COSIGN_PASSWORD") == nullptr);
  CHECK(std::string_view(stood, 7) == std::string_view("\0\0\0\0\0\0\0", 7));
  CHECK(environment.find("HALLMARK_PASSWORD") == nullptr);
  REQUIRE(environment.password());
  CHECK(environment.password()->text() == "correct horse");
}

TEST_CASE("cosign's password is used where there is none of ours, and an empty one is a password") {
  ::unsetenv("HALLMARK_PASSWORD");
  REQUIRE(::setenv("COSIGN_PASSWORD", "", 1) == 0);
  const Environment environment = Environment::of_process();
  REQUIRE(environment.password());
  CHECK(environment.password()->empty());
  CHECK_FALSE(Environment::of_process().password());
}

TEST_CASE("an unset variable and an empty one are told apart") {
  const Environment environment({{"EMPTY", ""}, {"SET", "value"}});
  CHECK(environment.find("UNSET") == nullptr);
  REQUIRE(environment.find("EMPTY") != nullptr);
  CHECK(environment.first_of({"UNSET", "EMPTY", "SET"}) == "value");
}

TEST_CASE("what key services are asked with is taken out of the process's environment, and still found [attack 31]") {
  const std::string name =
      GENERATE("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET", "VAULT_TOKEN", "BAO_TOKEN",
               "VAULT_SECRET_ID", "HALLMARK_PIN", "COSIGN_PKCS11_PIN", "HALLMARK_TPM_PASSWORD", "IDENTITY_HEADER");
  CAPTURE(name);
  REQUIRE(::setenv(name.c_str(), "s.marked-secret", 1) == 0);
  const char* stood = ::getenv(name.c_str());
  const Environment environment = Environment::of_process();
  CHECK(::getenv(name.c_str()) == nullptr);
  CHECK(std::string_view(stood, 7) == std::string_view("\0\0\0\0\0\0\0", 7));
  CHECK(environment.find(name) == nullptr);
  REQUIRE(environment.secret(name));
  CHECK(environment.secret(name)->text() == "s.marked-secret");
}
