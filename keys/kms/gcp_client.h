// GcpClient: the calls to Cloud KMS that hallmark makes, each one request.
#pragma once

#include "keys/kms/gcp_algorithm.h"
#include "keys/kms/gcp_answer.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_reference.h"
#include "keys/kms/gcp_session.h"

namespace hallmark::keys {

// Source: cloud.google.com/kms/docs/reference/rest, v1. Kind of errors: key.
class GcpClient {
 public:
  explicit GcpClient(const Services& services) : services_(services), session_(services) {}

  [[nodiscard]] Result<GcpPublicKey> public_key(const GcpKeyName& name, net::Deadline deadline);
  // Of the message, hashed here where the algorithm prehashes. Checked by nothing but the service's own checksums.
  [[nodiscard]] Result<Bytes> sign(const std::string& version, KeyAlgorithm algorithm, BytesView message,
                                   net::Deadline deadline);
  // The name with the version that signs: its own, or else the newest that is enabled, as cosign takes it.
  [[nodiscard]] Result<GcpKeyName> with_version(GcpKeyName name, net::Deadline deadline);
  [[nodiscard]] Result<std::set<std::string>> held_permissions(const GcpKeyName& name,
                                                               const std::vector<std::string>& asked,
                                                               net::Deadline deadline);
  [[nodiscard]] Result<void> create(const GcpKeyName& name, const GcpAlgorithm& algorithm, net::Deadline deadline);

 private:
  // `path` is what follows "/v1/".
  [[nodiscard]] Result<base::Json> call(const std::string& method, const std::string& path, const std::string& body,
                                        GcpAction action, net::Deadline deadline);

  const Services& services_;
  GcpSession session_;
};

}  // namespace hallmark::keys
