#include "base/try.h"
#include "hallmark/key_provider.h"
#include "keys/kms/aws_kms.h"
#include "keys/kms/azure_key_vault.h"
#include "keys/kms/gcp_kms.h"
#include "keys/kms/vault_provider.h"
#include "keys/kubernetes/kubernetes_secrets.h"
#include "keys/pkcs11/pkcs11.h"
#include "keys/provider/services.h"
#include "keys/tpm/tpm.h"

namespace hallmark::keys {
namespace {

// What the providers of one program share. Neither client opens a connection, or starts its thread, before it is used.
struct World {
  std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<net::HttpClient> metadata;
  Services services;
};

Result<std::shared_ptr<World>> make_world(const ProviderOptions& options, const Clock& clock) {
  net::ClientOptions client;
  client.http_proxy = options.proxy.http;
  client.https_proxy = options.proxy.https;
  client.no_proxy = options.proxy.none;
  client.proxy_ca_file = options.proxy.ca_file;
  client.connect_timeout = options.connect_timeout;
  client.user_agent = options.user_agent;
  if (!options.system_ca_dir.empty()) client.ca_dir = options.system_ca_dir;
  client.ca_file = options.system_ca_file;
  client.http2 = false;
  HM_TRY(auto http, net::HttpClient::create(client, clock));
  client.http_proxy.clear();
  client.https_proxy.clear();
  HM_TRY(auto metadata, net::HttpClient::create(client, clock));
  net::HttpClient& through_proxies = *http;
  net::HttpClient& near = *metadata;
  return std::make_shared<World>(
      World{std::move(http),
            std::move(metadata),
            {clock, through_proxies, near, options.variable, options.password, options.home, options.timeout}});
}

}  // namespace

Result<KeyProviders> every_provider(const ProviderOptions& options, const Clock& clock) {
  HM_TRY(const std::shared_ptr<World> world, make_world(options, clock));
  std::vector<std::unique_ptr<KeyProvider>> providers;
  providers.push_back(aws_kms(world->services));
  providers.push_back(hashivault(world->services));
  providers.push_back(openbao(world->services));
  providers.push_back(gcp_kms(world->services));
  providers.push_back(kubernetes_secrets(world->services, {.plugin_environment = options.plugin_environment}));
  providers.push_back(pkcs11(world->services));
  providers.push_back(azure_key_vault(world->services));
  providers.push_back(tpm(world->services));
  return KeyProviders(std::move(providers), world);
}

}  // namespace hallmark::keys
