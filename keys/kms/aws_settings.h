// Settings: region, endpoints and profile, as AWS's tools find them: variables first, then the shared files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "keys/kms/aws_endpoint.h"
#include "keys/kms/aws_profile.h"
#include "keys/provider/services.h"

namespace hallmark::keys::aws {

// The two shared files. Empty paths: there is no home to find them in.
struct SharedFiles {
  std::filesystem::path config;       // AWS_CONFIG_FILE, ~/.aws/config
  std::filesystem::path credentials;  // AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials

  [[nodiscard]] static SharedFiles of(const Services& services);
  // A file that is not there is none. Kind of errors: key.
  [[nodiscard]] Result<Profiles> read() const;
  [[nodiscard]] std::string text() const;  // "FILE and FILE", for messages
};

struct MetadataSettings {
  bool disabled = false;  // AWS_EC2_METADATA_DISABLED
  std::string endpoint;   // "http://169.254.169.254"
};

struct Settings {
  SharedFiles files;
  std::string profile;  // AWS_PROFILE, AWS_DEFAULT_PROFILE, "default"
  std::string region;   // empty: none is set
  EndpointChoice kms;   // its override: AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, the profile's
  EndpointChoice sts;
  MetadataSettings metadata;
  std::filesystem::path ca_bundle;  // AWS_CA_BUNDLE: CAs beside the system's

  [[nodiscard]] net::TlsOptions tls() const;
  // Kind of errors: key; a profile that is named must be there.
  [[nodiscard]] static Result<Settings> load(const Services& services);
};

}  // namespace hallmark::keys::aws
