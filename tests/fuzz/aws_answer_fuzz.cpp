// What KMS, STS, the metadata services and credential_process answer.
#include <cstdint>
#include <cstdlib>

#include "keys/kms/aws_key.h"
#include "keys/kms/aws_process.h"
#include "keys/kms/aws_sts.h"

namespace {

using namespace hallmark;
using namespace hallmark::keys::aws;

const keys::aws::Reference& reference() {
  static const auto one = *keys::aws::Reference::parse("awskms:///alias/release");
  return one;
}

// Only keys of the region that was asked for, with an algorithm of ours; and then a signature of theirs.
void read_kms(const base::Json& json, std::size_t size) {
  if (const auto key = read_public_key(json, reference(), "eu-north-1")) {
    if (key->arn.region != "eu-north-1" || key->signing_algorithm.empty()) std::abort();
    if (const auto signature = read_signature(json, *key); signature && signature->size() > size) std::abort();
  }
  if (const auto description = read_description(json); description && !description->arn.resource.starts_with("key/"))
    std::abort();
}

void check(const Result<Credentials>& credentials) {
  if (!credentials) return;
  if (credentials->access_key_id.empty() || credentials->secret_access_key.empty()) std::abort();
  if (credentials->access_key_id.find_first_of("\r\n ") != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(data, size);
  if (const auto json = base::Json::parse(bytes, "answer")) {
    read_kms(*json, size);
    check(read_credentials(*json, "Token", "the metadata service"));
  }
  check(read_process_answer(bytes));
  check(read_role_answer(as_text(bytes), "AssumeRole", "arn:aws:iam::123456789012:role/release"));
  return 0;
}
