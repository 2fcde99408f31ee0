// GcpCredentials: who we are to Google, as a credentials file says it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

// "service_account": a key of its own.
struct GcpServiceAccount {
  std::string email;
  std::string key_id;  // may be empty
  Secret private_key;  // PEM
  std::string token_url;
};

// "authorized_user", as "gcloud auth application-default login" writes it, and "external_account_authorized_user", the
// same of a workforce pool: the token server is then asked with the client in a header.
struct GcpUser {
  std::string client_id;
  Secret client_secret;
  Secret refresh_token;
  std::string token_url;
  bool workforce = false;
};

// AWS: where its metadata service says who this machine is, and what Google is to ask of AWS. The first three may be
// empty.
struct GcpAwsSource {
  std::string region_url;
  std::string role_url;
  std::string session_url;       // of IMDSv2
  std::string verification_url;  // with "{region}"
};

// Where the token of another identity provider lies.
struct GcpSubjectSource {
  enum class Kind : std::uint8_t { file, url, executable, aws } kind = Kind::file;
  std::string place;                                         // path, URL, or command line
  std::vector<std::pair<std::string, Secret>> headers = {};  // of a URL
  std::string field = {};                                    // of a JSON answer; empty: the token is all there is
  std::string output_file = {};                              // of an executable
  std::chrono::milliseconds patience = std::chrono::seconds(30);
  GcpAwsSource aws = {};
};

// "external_account": workload identity federation.
struct GcpExternalAccount {
  std::string audience;
  std::string subject_token_type;
  std::string token_url;
  std::string client_id;
  Secret client_secret;
  std::string workforce_user_project;
  GcpSubjectSource source;
};

// The service account that a login turns into; no URL: none.
struct GcpImpersonation {
  std::string url;  // "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/EMAIL:generateAccessToken"
  std::vector<std::string> delegates = {};
  std::uint64_t lifetime = 3600;            // seconds
  [[nodiscard]] std::string email() const;  // what the URL says; empty: nothing
};

// No file: the metadata server of a machine at Google.
struct GcpMetadataServer {
  std::string url = "http://169.254.169.254";
};

struct GcpCredentials {
  std::variant<GcpMetadataServer, GcpServiceAccount, GcpUser, GcpExternalAccount> login;
  GcpImpersonation impersonation = {};
  std::string quota_project = {};
  std::string universe = "googleapis.com";

  // google.aip.dev/auth/4110 to 4117. URLs that get a credential are https and Google's own: of `universe_domain`, or
  // accounts.google.com. Kind of errors: key, cause no_credentials, or unsupported for what hallmark cannot do;
  // `what` opens them, and none holds anything of a secret field.
  [[nodiscard]] static Result<GcpCredentials> parse(BytesView json, std::string_view what);

  // Who that is, for messages: an e-mail address or a kind.
  [[nodiscard]] std::string who() const;
};

// "googleapis.com" or another domain of the same form, lower case.
[[nodiscard]] bool is_universe(std::string_view domain);
// https, and the host is the universe's or below it.
[[nodiscard]] bool is_google(std::string_view url, std::string_view universe);

}  // namespace hallmark::keys
