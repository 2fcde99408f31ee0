#include "keys/kubernetes/kubernetes_secrets.h"

#include <optional>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kubernetes/api.h"
#include "keys/kubernetes/cluster.h"
#include "keys/kubernetes/key_secret.h"
#include "keys/kubernetes/login.h"
#include "keys/software/software_signer.h"

namespace hallmark::keys {
namespace {

// A cluster that was found, and the login to it.
struct Connection {
  Connection(Cluster found, const Services& services, const KubernetesOptions& options)
      : cluster(std::move(found)),
        login(cluster, services, options.plugin_environment),
        api(cluster, login, services) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Cluster cluster;
  Login login;
  Api api;
};

class KubernetesSecrets final : public KeyProvider {
 public:
  KubernetesSecrets(const Services& services, KubernetesOptions options)
      : services_(services), options_(std::move(options)) {}

  [[nodiscard]] std::string_view scheme() const override { return "k8s"; }
  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) override;
  [[nodiscard]] Result<PublicKey> public_key(const std::string& reference) override;
  [[nodiscard]] Result<PublicKey> create(const std::string& reference, const KeyType& type) override;
  [[nodiscard]] Result<KeyInfo> inspect(const std::string& reference) override;

 private:
  [[nodiscard]] Result<Connection*> connection();
  [[nodiscard]] Result<KeySecret> fetch(const SecretReference& reference, net::Deadline deadline);
  [[nodiscard]] Result<Secret> ask_password(const SecretReference& reference) const;

  const Services& services_;
  const KubernetesOptions options_;
  std::unique_ptr<Connection> connection_;  // made when a key is first asked for
};

Result<Connection*> KubernetesSecrets::connection() {
  if (!connection_) {
    HM_TRY(Cluster cluster, find_cluster(services_, options_));
    connection_ = std::make_unique<Connection>(std::move(cluster), services_, options_);
  }
  return connection_.get();
}

Result<KeySecret> KubernetesSecrets::fetch(const SecretReference& reference, net::Deadline deadline) {
  HM_TRY(Connection* const to, connection());
  HM_TRY(base::Json answer, to->api.get_secret(reference, deadline));
  auto secret = KeySecret::parse(answer, reference);
  wipe_texts(answer);
  return secret;
}

Result<std::unique_ptr<Signer>> KubernetesSecrets::open_signer(const std::string& text) {
  HM_TRY(const SecretReference reference, SecretReference::parse(text));
  HM_TRY(const KeySecret secret, fetch(reference, services_.deadline()));
  HM_TRY(PrivateKey key, secret.open_private(reference, services_.password));
  return std::make_unique<SoftwareSigner>(std::move(key));
}

Result<PublicKey> KubernetesSecrets::public_key(const std::string& text) {
  HM_TRY(const SecretReference reference, SecretReference::parse(text));
  HM_TRY(const KeySecret secret, fetch(reference, services_.deadline()));
  return secret.open_public(reference);
}

Result<Secret> KubernetesSecrets::ask_password(const SecretReference& reference) const {
  if (services_.password) return services_.password("k8s://" + reference.path());
  return fail(Error(Outcome::key, "a password for the new key k8s://" + reference.path() + " is missing")
                  .because(Cause::no_credentials)
                  .with_hint("give it by --password-file"));
}

Result<PublicKey> KubernetesSecrets::create(const std::string& text, const KeyType& type) {
  HM_TRY(const SecretReference reference, SecretReference::parse(text));
  HM_TRY(Connection* const to, connection());
  HM_TRY(const Secret password, ask_password(reference));
  const PasswordSource source = [&](std::string_view) -> Result<Secret> { return Secret::copy_of(password.view()); };
  HM_TRY(KeyPair pair, generate(type, text, {.format = KeyFormat::sigstore, .password = source}));
  // Only now: typing a password takes its time.
  const net::Deadline deadline = services_.deadline();
  base::Json document = key_secret_document(reference, pair, password);
  auto answer = to->api.create_secret(reference, document.dump(), deadline);
  wipe_texts(document);
  if (!answer) return fail(answer.error());
  auto made = KeySecret::parse(*answer, reference);
  wipe_texts(*answer);
  if (!made) return fail(made.error());
  HM_TRY(const PublicKey told, made->open_public(reference));
  if (!(told == pair.public_key))
    return fail(service_error("Kubernetes", "it answered with another key than was sent", Cause::wrong_answer));
  return std::move(pair.public_key);
}

Result<KeyInfo> KubernetesSecrets::inspect(const std::string& text) {
  HM_TRY(const SecretReference reference, SecretReference::parse(text));
  const net::Deadline deadline = services_.deadline();
  HM_TRY(const KeySecret secret, fetch(reference, deadline));
  KeyInfo info;
  info.is_private = secret.key.has_value();
  info.encrypted = secret.key && secret.key->text().find("ENCRYPTED ") != std::string_view::npos;
  info.format = "k8s";
  HM_TRY(Connection* const to, connection());
  info.place = "Kubernetes at " + to->cluster.authority + ", namespace " + reference.space;
  info.name = reference.name + (secret.uid.empty() ? "" : " (uid " + base::printable(secret.uid, 80) + ")");
  if (!secret.key || secret.public_key) {
    HM_TRY(info.public_key, secret.open_public(reference));
  }
  info.exportable = Known::yes;  // who reads the secret has the key, and its password
  // It was read just now: that is all that signing and exporting take.
  using Action = KeyRight::Action;
  info.rights = {{Action::read_public_key, Known::yes, "get secrets/" + reference.name}};
  if (secret.key) {
    info.rights.push_back({Action::sign, Known::yes, "get secrets/" + reference.name});
    info.rights.push_back({Action::export_key, Known::yes, "get secrets/" + reference.name});
  }
  for (const char* verb : {"delete", "update"}) {
    if (secret.immutable && verb == std::string_view("update")) continue;
    info.rights.push_back(
        {Action::delete_key, to->api.may(verb, reference, deadline), verb + (" secrets/" + reference.name)});
  }
  return info;
}

}  // namespace

std::unique_ptr<KeyProvider> kubernetes_secrets(const Services& services, KubernetesOptions options) {
  return std::make_unique<KubernetesSecrets>(services, std::move(options));
}

}  // namespace hallmark::keys
