#include "keys/kms/aws_kms.h"

#include "base/encoding.h"
#include "base/try.h"
#include "keys/kms/aws_client.h"
#include "keys/kms/aws_metadata.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

using namespace aws;

constexpr std::string_view kService = "AWS KMS";

class AwsKms final : public KeyProvider {
 public:
  explicit AwsKms(const Services& services) : services_(services) {}

  std::string_view scheme() const override { return "awskms"; }
  Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) override;
  Result<PublicKey> public_key(const std::string& reference) override;
  Result<PublicKey> create(const std::string& reference, const KeyType& type) override;
  Result<KeyInfo> inspect(const std::string& reference) override;

  // For one call, whose time begins now.
  Result<Client> client_for(const Reference& reference);
  Client client_at(const Place& place) { return {services_, *settings_, *chain_, place, services_.deadline()}; }

 private:
  Result<void> read_settings();
  Result<Place> place_of(const Reference& reference, net::Deadline deadline);
  Result<std::string> region_for(const Reference& reference, net::Deadline deadline);

  const Services& services_;
  std::optional<Settings> settings_;
  std::optional<CredentialChain> chain_;
};

class AwsSigner final : public Signer {
 public:
  AwsSigner(AwsKms& provider, Place place, Reference reference, KmsKey key)
      : provider_(provider), place_(std::move(place)), reference_(std::move(reference)), key_(std::move(key)) {}

  const PublicKey& public_key() const override { return key_.public_key; }
  Result<Bytes> sign(BytesView message) override { return provider_.client_at(place_).sign(reference_, key_, message); }

 private:
  AwsKms& provider_;
  Place place_;
  Reference reference_;
  KmsKey key_;
};

Result<void> AwsKms::read_settings() {
  if (settings_) return {};
  HM_TRY(settings_, Settings::load(services_));
  chain_.emplace(services_, *settings_);
  return {};
}

std::string host_in(const std::string& url) {
  const auto begin = url.find("//") == std::string::npos ? 0 : url.find("//") + 2;
  const std::string authority = url.substr(begin);
  return authority.substr(0, authority.find_first_of(":/"));
}

// The key's own, then the endpoint's, then what is set, then where this machine is.
Result<std::string> AwsKms::region_for(const Reference& reference, net::Deadline deadline) {
  const std::string endpoint = reference.endpoint().empty() ? settings_->kms.override : reference.endpoint();
  const auto of_endpoint = region_of_host(host_in(endpoint));
  if (reference.arn()) {
    if (of_endpoint && *of_endpoint != reference.arn()->region)
      return fail(service_error(kService,
                                "the key is in " + reference.arn()->region + ", the endpoint " +
                                    base::printable(endpoint) + " in " + *of_endpoint,
                                Cause::wrong_region));
    return reference.arn()->region;
  }
  if (of_endpoint) return *of_endpoint;
  if (!settings_->region.empty()) {
    if (is_region(settings_->region)) return settings_->region;
    return fail(
        service_error(kService, "\"" + base::printable(settings_->region, 60) + "\" is no region", Cause::wrong_region)
            .with_hint("regions are written as eu-north-1: AWS_REGION, AWS_DEFAULT_REGION or the profile"));
  }
  std::string why;
  HM_TRY(const auto here, instance_region({services_, *settings_, "", deadline}, why));
  if (here) return *here;
  return fail(service_error(kService,
                            "no region is known: AWS_REGION and AWS_DEFAULT_REGION are not set; profile " +
                                base::printable(settings_->profile, 100) + " names none; EC2 metadata service: " + why,
                            Cause::wrong_region)
                  .with_hint("set AWS_REGION, or name the key by its ARN"));
}

Result<Place> AwsKms::place_of(const Reference& reference, net::Deadline deadline) {
  HM_TRY(const std::string region, region_for(reference, deadline));
  EndpointChoice choice = settings_->kms;
  if (!reference.endpoint().empty()) choice.override = "https://" + reference.endpoint();
  HM_TRY(std::string endpoint, endpoint_of("kms", region, choice));
  return Place{std::move(endpoint), region};
}

Result<Client> AwsKms::client_for(const Reference& reference) {
  const auto deadline = services_.deadline();
  HM_DO(read_settings());
  HM_TRY(Place place, place_of(reference, deadline));
  return Client(services_, *settings_, *chain_, std::move(place), deadline);
}

// GetPublicKey tells state, usage and algorithm in one: it fails for a key that is disabled or to be deleted.
Result<std::unique_ptr<Signer>> AwsKms::open_signer(const std::string& text) {
  HM_TRY(Reference reference, Reference::parse(text));
  HM_TRY(Client client, client_for(reference));
  HM_TRY(KmsKey key, client.public_key(reference));
  return std::make_unique<AwsSigner>(*this, client.place(), std::move(reference), std::move(key));
}

Result<PublicKey> AwsKms::public_key(const std::string& text) {
  HM_TRY(const Reference reference, Reference::parse(text));
  HM_TRY(Client client, client_for(reference));
  HM_TRY(const KmsKey key, client.public_key(reference));
  return key.public_key;
}

// Nothing is made before it is known that the alias is free.
Result<void> must_be_free(Client& client, const Reference& reference) {
  const auto there = client.describe(reference);
  if (there)
    return fail(
        service_error(kService, reference.alias() + " exists already and leads to " + there->arn.text, Cause::exists)
            .with_hint("choose another alias, or sign with this key"));
  if (there.error().cause() != Cause::not_found) return fail(there.error());
  return {};
}

Error left_behind(const Error& error, const Arn& key, std::string_view doing) {
  return error.within("the key " + key.text + " was made, but " + std::string(doing))
      .with_hint(
          "give it the alias with \"aws kms create-alias\", or delete it with \"aws kms schedule-key-deletion\"" +
          (error.hint().empty() ? std::string() : "; " + error.hint()));
}

Result<PublicKey> AwsKms::create(const std::string& text, const KeyType& type) {
  HM_TRY(const Reference reference, Reference::parse(text));
  const std::string alias = reference.alias();
  if (alias.empty())
    return fail(
        service_error(kService, "a key's id is chosen by AWS, so a new one is made by an alias", Cause::unsupported)
            .with_hint("name it awskms:///alias/NAME"));
  const std::string spec = key_spec(type);
  if (spec.empty())
    return fail(service_error(kService, "it makes no " + hallmark::describe(type.algorithm, type.bits) + " keys",
                              Cause::unsupported)
                    .with_hint("its RSA keys take both paddings: ask for rsa-3072"));
  HM_TRY(Client client, client_for(reference));
  HM_DO(must_be_free(client, reference));
  HM_TRY(const KeyDescription made, client.create_key(spec, "image signing key " + alias + ", made by hallmark"));
  if (const auto named = client.create_alias(alias, made.arn); !named)
    return fail(left_behind(named.error(), made.arn, "the alias was not"));
  HM_TRY(const Reference by_arn, Reference::parse("awskms://" + reference.endpoint() + "/" + made.arn.text));
  const auto key = client.public_key(by_arn);
  if (!key) return fail(key.error().within("the key " + made.arn.text + " and its alias were made"));
  return key->public_key;
}

std::string place_text(const Arn& arn, const std::optional<KeyDescription>& description) {
  std::string text = "AWS KMS in " + arn.region;
  if (!arn.account.empty()) text += ", account " + arn.account;
  if (!description) return text;
  if (description->multi_region) text += ", multi-Region";
  if (description->origin == "EXTERNAL") text += ", imported key material";
  if (description->origin == "AWS_CLOUDHSM") text += ", in CloudHSM";
  if (description->origin == "EXTERNAL_KEY_STORE") text += ", in an external key store";
  return text;
}

Result<KeyInfo> AwsKms::inspect(const std::string& text) {
  HM_TRY(const Reference reference, Reference::parse(text));
  HM_TRY(Client client, client_for(reference));
  HM_TRY(const KmsKey key, client.public_key(reference));
  std::optional<KeyDescription> description;
  // A right of its own, which a signer can do without.
  if (auto described = client.describe(reference))
    description = *std::move(described);
  else if (described.error().cause() != Cause::access_denied)
    return fail(described.error());
  if (description && description->arn.resource != key.arn.resource)
    return fail(service_error(kService,
                              "it gave the public key of " + key.arn.text + " and described " + description->arn.text,
                              Cause::wrong_answer));
  KeyInfo info;
  info.is_private = true;
  info.format = scheme();
  const Arn& arn = description ? description->arn : key.arn;
  info.place = place_text(arn, description);
  info.name = arn.text;
  info.public_key = key.public_key;
  info.exportable = Known::no;  // no action of KMS gives out the private half of a KMS key
  HM_TRY(const Known may_sign, client.may_sign(reference, key));
  info.rights = {{KeyRight::Action::read_public_key, Known::yes, "kms:GetPublicKey"},
                 {KeyRight::Action::sign, may_sign, "kms:Sign"},
                 {KeyRight::Action::delete_key, Known::unknown, "kms:ScheduleKeyDeletion"}};
  return info;
}

}  // namespace

std::unique_ptr<KeyProvider> aws_kms(const Services& services) { return std::make_unique<AwsKms>(services); }

}  // namespace hallmark::keys
