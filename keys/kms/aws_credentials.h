// Credentials: who signs the requests to AWS, and until when.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "keys/kms/aws_settings.h"
#include "keys/provider/services.h"
#include "net/http_client.h"

namespace hallmark::keys::aws {

struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;            // empty: none
  std::optional<Time> expiration;  // none: they do not end, or nobody says when
  std::string source;              // "the environment", "profile release", for messages

  [[nodiscard]] net::AwsSignature signature(const std::string& region, const std::string& service) const;
  // X-Amz-Security-Token, where there is one: signed with the rest.
  void add_token(net::Headers& headers) const;
};

// What every source needs.
struct Scene {
  const Services& services;
  const Settings& settings;
  std::string region;  // of STS
  net::Deadline deadline;
};

// Both halves, and a date that is one. Kind of errors: key, cause malformed_answer; they hold none of the three texts.
struct CredentialText {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string expiration;  // RFC 3339; empty: none
};
[[nodiscard]] Result<Credentials> make_credentials(const CredentialText& text, std::string_view source);

// What metadata services and credential_process answer: AccessKeyId, SecretAccessKey, Expiration, and the token under
// the name that is given ("Token", "SessionToken").
[[nodiscard]] Result<Credentials> read_credentials(const base::Json& answer, std::string_view token_name,
                                                   std::string_view source);

}  // namespace hallmark::keys::aws
