#include "formats/dsse.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::formats {

Bytes pre_authentication_encoding(std::string_view payload_type, BytesView payload) {
  // PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body: the lengths come first, so
  // that no payload type can pretend to be another type and part of a body.
  Bytes encoded = to_bytes("DSSEv1 " + std::to_string(payload_type.size()) + " ");
  encoded.insert(encoded.end(), payload_type.begin(), payload_type.end());
  const std::string middle = " " + std::to_string(payload.size()) + " ";
  encoded.insert(encoded.end(), middle.begin(), middle.end());
  encoded.insert(encoded.end(), payload.begin(), payload.end());
  return encoded;
}

namespace {

Result<Bytes> decode(const base::JsonReader& json, std::string_view key) {
  HM_TRY(const std::string text, json.string(key));
  auto bytes = base::base64_decode_any(text);
  if (!bytes) return fail(json.error(std::string(key) + " is not base64: " + bytes.error().message()));
  return bytes;
}

}  // namespace

Result<Envelope> Envelope::parse(const base::JsonReader& json) {
  HM_DO(json.expect_object());
  Envelope envelope;
  HM_TRY(envelope.payload_type, json.string("payloadType"));
  HM_TRY(envelope.payload, decode(json, "payload"));
  HM_TRY(const auto signatures, json.array("signatures"));
  if (signatures.empty()) return fail(json.error("no signatures"));
  for (const auto& signature : signatures) {
    HM_DO(signature.expect_object());
    HM_TRY(auto bytes, decode(signature, "sig"));  // keyid is a hint that nobody signed: not read
    if (bytes.empty()) return fail(signature.error("the signature is empty"));
    envelope.signatures.push_back(std::move(bytes));
  }
  return envelope;
}

Result<Signature> read_envelope(const Descriptor& layer, BytesView envelope) {
  HM_TRY(const auto json, base::Json::parse(envelope, "envelope"));
  const base::JsonReader root(json, "envelope");
  HM_TRY(auto parsed, Envelope::parse(root));
  if (parsed.signatures.size() > limits::envelope_signatures) {
    return fail(root.error("more than " + std::to_string(limits::envelope_signatures) + " signatures"));
  }
  Signature signature{Format::dsse, layer, {}, {}, {}, {}, {}, {}, {}};
  signature.signed_bytes = pre_authentication_encoding(parsed.payload_type, parsed.payload);
  signature.payload = std::move(parsed.payload);
  signature.payload_type = std::move(parsed.payload_type);
  signature.signatures = std::move(parsed.signatures);
  return signature;
}

base::Json Envelope::to_json() const {
  base::Json list{base::Json::Array{}};
  for (const auto& signature : signatures) {
    list.push_back(base::Json::object({{"sig", base::base64_encode(signature)}}));
  }
  return base::Json::object(
      {{"payload", base::base64_encode(payload)}, {"payloadType", payload_type}, {"signatures", list}});
}

}  // namespace hallmark::formats
