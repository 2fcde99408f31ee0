#include "hallmark/key_provider.h"

#include <catch2/catch.hpp>

namespace hallmark::keys {
namespace {

class NamedProvider final : public KeyProvider {
 public:
  explicit NamedProvider(std::string_view name) : name_(name) {}
  std::string_view scheme() const override { return name_; }
  Result<std::unique_ptr<Signer>> open_signer(const std::string&) override { return fail(Outcome::key, "none"); }
  Result<PublicKey> public_key(const std::string&) override { return fail(Outcome::key, "none"); }
  Result<KeyInfo> inspect(const std::string&) override { return fail(Outcome::key, "none"); }

 private:
  std::string_view name_;
};

}  // namespace

TEST_CASE("a reference is its provider's only with the whole scheme before the colon") {
  std::vector<std::unique_ptr<KeyProvider>> list;
  list.push_back(std::make_unique<NamedProvider>("tpm"));
  list.push_back(std::make_unique<NamedProvider>("tpm2"));
  const KeyProviders providers(std::move(list));
  CHECK(providers.find("tpm:handle=1") == providers.all()[0].get());
  CHECK(providers.find("tpm2://x") == providers.all()[1].get());
  CHECK(providers.find("tpm:") == providers.all()[0].get());
  for (const char* text : {"", "tpm", "TPM:x", "tp:x", "tpm3:x", "./tpm:x", ":tpm"})
    CHECK(providers.find(text) == nullptr);
}

TEST_CASE("a provider that makes no keys says so, and shows the reference as it is fit for a terminal") {
  NamedProvider provider("tpm");
  const auto made = provider.create("tpm:\x1b[2J", {});
  REQUIRE_FALSE(made);
  CHECK(made.error().kind() == Outcome::key);
  CHECK(made.error().cause() == Cause::unsupported);
  CHECK_THAT(made.error().message(), Catch::Contains("tpm:\\x1b[2J"));
}

}  // namespace hallmark::keys
