#include "keys/kms/gcp_session.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_error.h"

namespace hallmark::keys {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileVariable = "GOOGLE_APPLICATION_CREDENTIALS";
constexpr const char* kWellKnown = "application_default_credentials.json";

Result<GcpCredentials> read_credentials(const fs::path& path) {
  const auto bytes = base::read_secret_file(path, limits::cloud_config_bytes, Outcome::key);
  if (!bytes)
    return fail(bytes.error()
                    .because(Cause::no_credentials)
                    .with_hint("\"gcloud auth application-default login\" writes one; the key file of a service "
                               "account, or a workload identity configuration, does as well"));
  return GcpCredentials::parse(bytes->view(), base::printable(path.string()));
}

// Empty: there is no such place.
fs::path well_known_file(const Services& services) {
  if (const auto folder = services.setting("CLOUDSDK_CONFIG")) return fs::path(*folder) / kWellKnown;
  return services.home.empty() ? fs::path() : services.home / ".config" / "gcloud" / kWellKnown;
}

// "HOST[:PORT]", as Google's clients take it; the name that every machine at Google resolves is the address itself.
// Another name could lead anywhere.
Result<std::string> metadata_url(const Services& services) {
  const auto host = services.setting("GCE_METADATA_HOST");
  if (!host || *host == "metadata.google.internal" || *host == "metadata") return GcpMetadataServer{}.url;
  std::string url = "http://" + *host;
  if (host->find('/') == std::string::npos && stays_near(url)) return url;
  return fail(gcp_error("GCE_METADATA_HOST names no address near by: " + base::printable(net::redacted(*host), 120),
                        Cause::no_credentials)
                  .with_hint("credentials of a metadata server only come from link-local addresses"));
}

Error nothing_found(const std::string& looked_at, const Error& metadata) {
  return gcp_error("no credentials were found: " + looked_at + "; " + metadata.message(), Cause::no_credentials)
      .with_hint(
          "log in with \"gcloud auth application-default login\", or let GOOGLE_APPLICATION_CREDENTIALS name a "
          "credentials file");
}

}  // namespace

Result<void> GcpSession::find() {
  if (credentials_) return {};
  if (const auto file = services_.setting(kFileVariable)) {
    auto found = read_credentials(*file);
    if (!found) return fail(found.error().within(std::string(kGcpService) + ": " + kFileVariable));
    credentials_ = *std::move(found);
    return {};
  }
  looked_at_ = std::string(kFileVariable) + " is not set";
  if (const fs::path path = well_known_file(services_); !path.empty()) {
    HM_TRY(const bool there, base::is_there(path, Outcome::key));
    if (there) {
      HM_TRY(credentials_, read_credentials(path));
      return {};
    }
    looked_at_ += "; " + base::printable(path.string()) + " is not there";
  } else {
    looked_at_ += "; there is no home to look for .config/gcloud in";
  }
  HM_TRY(std::string url, metadata_url(services_));
  credentials_.emplace();
  credentials_->login = GcpMetadataServer{std::move(url)};
  return {};
}

// That nobody answers as a metadata server is how a machine elsewhere looks: nothing was found. After it has answered
// once, its failure is one.
Result<void> GcpSession::renew(net::Deadline deadline) {
  if (token_ && token_->expires > services_.clock.now() + limits::login_margin) return {};
  token_.reset();
  auto token = log_in(*credentials_, services_, deadline);
  if (token) {
    token_ = *std::move(token);
    known_ = true;
    return {};
  }
  const Error& error = token.error();
  const bool nobody = error.cause() == Cause::unreachable || error.cause() == Cause::no_credentials;
  if (!known_ && nobody && std::holds_alternative<GcpMetadataServer>(credentials_->login))
    return fail(nothing_found(looked_at_, error));
  return fail(error);
}

// Google's clouds for others have the same services under another domain. An endpoint of one's own (Private Service
// Connect, a regional one) is told as gcloud is told it.
Result<std::string> GcpSession::origin() const {
  std::string universe = credentials_->universe;
  // Neither a file nor a variable alone has the machine's credentials sent to another domain.
  const std::string wanted = services_.setting("GOOGLE_CLOUD_UNIVERSE_DOMAIN").value_or("googleapis.com");
  if (wanted != universe)
    return fail(gcp_error("GOOGLE_CLOUD_UNIVERSE_DOMAIN says " + base::printable(wanted, 80) +
                              " and the credentials are of " + universe,
                          Cause::refused_credentials)
                    .with_hint("credentials of another universe count only where the variable names it, too"));
  const auto own = services_.setting("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS");
  if (!own) return "https://cloudkms." + universe;
  const auto origin = net::origin_of(*own);
  const std::size_t path = own->find('/', std::string_view("https://").size());
  if (!origin || !is_google(*own, universe) || (path != std::string::npos && path + 1 < own->size()))
    return fail(gcp_error("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS is no https URL of " + universe +
                              " without a path: " + base::printable(net::redacted(*own)),
                          Cause::unsupported));
  return *origin;
}

Result<GcpSession::Access> GcpSession::access(net::Deadline deadline) {
  HM_DO(find());
  HM_TRY(std::string url, origin());
  HM_DO(renew(deadline));
  Access access{std::move(url), {}, token_->value.text(), credentials_->who()};
  access.headers.add("Authorization", "Bearer " + std::string(token_->value.text()));
  if (auto project = services_.setting("GOOGLE_CLOUD_QUOTA_PROJECT"))
    access.headers.add("X-Goog-User-Project", *std::move(project));
  else if (!credentials_->quota_project.empty())
    access.headers.add("X-Goog-User-Project", credentials_->quota_project);
  return access;
}

}  // namespace hallmark::keys
