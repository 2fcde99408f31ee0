#include "keys/kms/vault_settings.h"

#include "unit/keys_vault/vault_fixture.h"

namespace hallmark::keys {
namespace {

Result<VaultSettings> read(std::map<std::string, std::string> variables) {
  test::KeyServices world;
  world.variables = std::move(variables);
  return VaultSettings::read(world.services());
}

}  // namespace

TEST_CASE("Vault is found where its own client and cosign find it, and VAULT_ goes before BAO_") {
  const auto plain = read({{"BAO_ADDR", "https://bao.test/"}, {"BAO_NAMESPACE", "team-b"}});
  REQUIRE(plain);
  CHECK(plain->address == "https://bao.test");
  CHECK(plain->mount == "transit");
  CHECK(plain->space == "team-b");
  CHECK(plain->place() == "Vault at https://bao.test, mount transit, namespace team-b");

  const auto both = read({{"BAO_ADDR", "https://bao.test"},
                          {"VAULT_ADDR", "https://vault.test:8200/behind/"},
                          {"VAULT_NAMESPACE", "a/b"},
                          {"TRANSIT_SECRET_ENGINE_PATH", "/team/transit/"},
                          {"VAULT_HTTP_PROXY", "http://old:3128"},
                          {"VAULT_PROXY_ADDR", "http://proxy:3128"}});
  REQUIRE(both);
  CHECK(both->url("x") == "https://vault.test:8200/behind/v1/x");
  CHECK(both->mount == "team/transit");
  CHECK(both->space == "a/b");
  CHECK(both->proxy == "http://proxy:3128");
  CHECK_FALSE(both->by_agent);

  const auto agent = read({{"VAULT_ADDR", "https://vault.test"}, {"VAULT_AGENT_ADDR", "http://127.0.0.1:8100"}});
  REQUIRE(agent);
  CHECK(agent->address == "http://127.0.0.1:8100");
  CHECK(agent->by_agent);
}

TEST_CASE("settings that would lay the token open, or cannot be followed, are refused and not left out [attack 35]") {
  struct Case {
    std::map<std::string, std::string> variables;
    Cause cause;
    std::string words;
  };
  const std::string address = "https://vault.test";
  const auto [variables, cause, words] = GENERATE_COPY(values<Case>({
      {{}, Cause::no_credentials, "neither VAULT_ADDR nor BAO_ADDR is set"},
      {{{"VAULT_ADDR", "http://vault.test:8200"}},
       Cause::unsupported,
       "VAULT_ADDR is http://vault.test:8200: without TLS"},
      {{{"BAO_ADDR", "http://10.0.0.1"}}, Cause::unsupported, "BAO_ADDR is http://10.0.0.1:80: without TLS"},
      {{{"VAULT_ADDR", "unix:///run/vault.sock"}}, Cause::unsupported, "sockets (unix://) are not supported"},
      {{{"VAULT_ADDR", "vault.test"}}, Cause::unsupported, "which is no address"},
      {{{"VAULT_ADDR", "https://u:hush@vault.test"}},
       Cause::unsupported,
       "VAULT_ADDR is \"https://vault.test\" with a user or password, which are not taken there"},
      {{{"VAULT_ADDR", "https://vault.test?x=hush"}}, Cause::unsupported, "which is no address"},
      {{{"VAULT_ADDR", address}, {"VAULT_SKIP_VERIFY", "true"}}, Cause::unsupported, "VAULT_SKIP_VERIFY is set"},
      {{{"VAULT_ADDR", address}, {"BAO_SKIP_VERIFY", "1"}}, Cause::unsupported, "BAO_SKIP_VERIFY is set"},
      {{{"VAULT_ADDR", address}, {"VAULT_TLS_SERVER_NAME", "x"}}, Cause::unsupported, "VAULT_TLS_SERVER_NAME"},
      {{{"VAULT_ADDR", address}, {"VAULT_SRV_LOOKUP", "true"}}, Cause::unsupported, "VAULT_SRV_LOOKUP"},
      {{{"VAULT_ADDR", address}, {"VAULT_CAPATH", "/etc/x"}}, Cause::unsupported, "VAULT_CACERT"},
      {{{"VAULT_ADDR", address}, {"VAULT_CACERT", "/no/such"}}, Cause::unreachable, "VAULT_CACERT: /no/such"},
      {{{"VAULT_ADDR", address}, {"VAULT_CLIENT_KEY", "k"}}, Cause::unsupported, "VAULT_CLIENT_KEY is set without"},
      {{{"VAULT_ADDR", address}, {"VAULT_CLIENT_CERT", "c"}}, Cause::unsupported, "VAULT_CLIENT_CERT is set without"},
      {{{"VAULT_ADDR", address}, {"TRANSIT_SECRET_ENGINE_PATH", "a/../b"}}, Cause::unsupported, "no mount path"},
      {{{"VAULT_ADDR", address}, {"TRANSIT_SECRET_ENGINE_PATH", "a%2fb"}}, Cause::unsupported, "no mount path"},
      {{{"VAULT_ADDR", address}, {"TRANSIT_SECRET_ENGINE_PATH", "//"}}, Cause::unsupported, "no mount path"},
      {{{"VAULT_ADDR", address}, {"TRANSIT_SECRET_ENGINE_PATH", "a b"}}, Cause::unsupported, "no mount path"},
  }));
  const auto settings = read(variables);
  REQUIRE_FALSE(settings);
  test::check_failure(settings.error(), cause, words);
}

TEST_CASE("Vault's own CA and client certificate go along, and what is switched off is no matter") {
  const test::TemporaryFolder folder;
  const auto ca = folder.put("ca.pem", "the CA");
  const auto settings = read({{"VAULT_ADDR", "http://localhost:8200"},
                              {"VAULT_CACERT", ca.string()},
                              {"VAULT_CLIENT_CERT", "c.pem"},
                              {"BAO_CLIENT_KEY", "k.pem"},
                              {"VAULT_SKIP_VERIFY", "false"},
                              {"VAULT_SRV_LOOKUP", "0"}});
  REQUIRE(settings);
  CHECK(settings->tls.ca_pem == "the CA");
  CHECK(settings->tls.client_certificate == "c.pem");
  CHECK(settings->tls.client_key == "k.pem");
  const auto bytes = read({{"VAULT_ADDR", "https://v"}, {"VAULT_CACERT", "/no/such"}, {"VAULT_CACERT_BYTES", "PEM"}});
  REQUIRE(bytes);
  CHECK(bytes->tls.ca_pem == "PEM");
}

}  // namespace hallmark::keys
