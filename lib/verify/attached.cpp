#include "verify/attached.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/try.h"
#include "formats/bundle.h"
#include "formats/dsse.h"
#include "formats/simple_signing.h"
#include "formats/statement.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::verification {
namespace {

// What an artifact type alone tells, for artifacts whose format is not hallmark's.
std::string kind_of_type(std::string_view type) {
  constexpr std::array<std::string_view, 2> kSignatures = {"application/vnd.cncf.notary.signature",
                                                           formats::kSimpleArtifactType};
  if (std::ranges::find(kSignatures, type) != kSignatures.end()) return "signature";
  if (type == "application/vnd.dev.cosign.artifact.att.v1+json" || type == formats::kEnvelopeType ||
      type == "application/vnd.in-toto+json") {
    return "attestation";
  }
  const bool sbom = type == "application/vnd.dev.cosign.artifact.sbom.v1+json" ||
                    type.find("spdx") != std::string_view::npos || type.find("cyclonedx") != std::string_view::npos;
  return sbom ? "sbom" : "other";
}

std::vector<std::string> log_lines(const std::vector<formats::LogEntry>& entries) {
  std::vector<std::string> lines;
  for (const auto& entry : entries) {
    std::string line = "entry " + std::to_string(entry.log_index);
    if (!entry.log_id.empty()) line += " of log " + base::printable(entry.log_id, 64);
    if (!entry.kind.empty()) line += ", " + base::printable(entry.kind, 40);
    lines.push_back(line + ", not verified");
  }
  return lines;
}

// A hint is base64 of the key's id where cosign and hallmark wrote it; any other is shown as it is.
std::string key_of_hint(const std::string& hint) {
  const auto bytes = base::base64_decode(hint);
  return bytes && bytes->size() == 32 ? base::hex_encode(*bytes) : base::printable(hint, 80);
}

// What a claim says beside its kind, and whether it is of this image at all.
void note_claim(const formats::Claim& claim, const Digest& subject, Attached& into) {
  for (const auto& [key, value] : claim.annotations) into.annotations[base::printable(key)] = base::printable(value);
  into.docker_reference = base::printable(claim.docker_reference);
  if (std::ranges::find(claim.subjects, subject) != claim.subjects.end()) return;
  into.problem = Error(Outcome::malformed, claim.subjects.empty()
                                               ? "it names no digest of a known algorithm"
                                               : "it is about " + claim.subjects.front().text() + ", not this image");
}

void read_bundle_into(ContentStore& store, const Descriptor& layer, const Digest& subject, Attached& into) {
  into.format = name(Format::bundle);
  const auto blob = store.blob(layer, limits::payload_bytes);
  const auto signature = blob ? formats::read_bundle(into.descriptor, *blob) : fail(blob.error());
  if (!signature) {
    into.problem = signature.error();
    return;
  }
  into.key_hint = key_of_hint(signature->key_hint);
  into.log_entries = log_lines(signature->log_entries);
  const auto claim = formats::claim_of_statement(signature->payload, subject);
  if (!claim) {
    into.problem = claim.error();
    return;
  }
  into.predicate_type = base::printable(claim->predicate_type);
  into.kind = claim->predicate_type == kCosignSignPredicate ? "signature" : "attestation";
  note_claim(*claim, subject, into);
}

void read_simple_into(ContentStore& store, const Descriptor& layer, const Digest& subject, Attached& into) {
  into.format = name(Format::simple);
  auto blob = store.blob(layer, limits::payload_bytes);
  const auto signature = blob ? formats::read_simple_signature(layer, *std::move(blob)) : fail(blob.error());
  if (!signature) {
    into.problem = signature.error();
    return;
  }
  into.log_entries = log_lines(signature->log_entries);
  const auto claim = formats::claim_of_simple_signing(signature->payload);
  if (claim) {
    note_claim(*claim, subject, into);
  } else {
    into.problem = claim.error();
  }
}

Result<formats::Claim> claim_of_envelope(BytesView blob, const Digest& subject) {
  HM_TRY(const auto json, base::Json::parse(blob, "envelope"));
  HM_TRY(const auto envelope, formats::Envelope::parse(base::JsonReader(json, "envelope")));
  return formats::claim_of_statement(envelope.payload, subject);
}

void read_envelope_into(ContentStore& store, const Descriptor& layer, const Digest& subject, Attached& into) {
  const auto blob = store.blob(layer, limits::payload_bytes);
  const auto claim = blob ? claim_of_envelope(*blob, subject) : fail(blob.error());
  if (!claim) {
    into.problem = claim.error();
    return;
  }
  into.predicate_type = base::printable(claim->predicate_type);
  note_claim(*claim, subject, into);
}

Attached layer_of(ContentStore& store, const Descriptor& layer, const Digest& subject, std::string_view found_by) {
  Attached one{kind_of_type(layer.media_type),
               base::printable(layer.media_type),
               layer,
               std::string(found_by),
               {},
               {},
               {},
               {},
               {},
               {}};
  if (layer.media_type == formats::kSimpleSigningType) {
    one.kind = "signature";
    read_simple_into(store, layer, subject, one);
  } else if (layer.media_type == formats::kEnvelopeType) {
    read_envelope_into(store, layer, subject, one);
  }
  return one;
}

std::vector<Attached> read_layers(ContentStore& store, const oci::Manifest& manifest, const Digest& subject,
                                  std::string_view found_by) {
  std::vector<std::optional<Attached>> read(manifest.layers.size());
  base::for_each_parallel(read.size(), limits::parallel_requests,
                          [&](std::size_t i) { read[i] = layer_of(store, manifest.layers[i], subject, found_by); });
  std::vector<Attached> all;
  for (auto& one : read) all.push_back(*std::move(one));
  return all;
}

std::optional<Error> subject_problem(const oci::Manifest& manifest, const Digest& subject) {
  if (manifest.subject && manifest.subject->digest == subject) return std::nullopt;
  return Error(Outcome::malformed, manifest.subject
                                       ? "listed here, but its subject is " + manifest.subject->digest.text()
                                       : "listed here, but it has no subject");
}

std::vector<Attached> read_manifest(ContentStore& store, const oci::Manifest& manifest, Attached one,
                                    const Digest& subject) {
  const std::optional<Error> problem = subject_problem(manifest, subject);
  const std::string& type = manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type;
  one.kind = kind_of_type(type);
  one.format = base::printable(type);
  const bool is_bundle = !manifest.layers.empty() && formats::is_bundle_type(manifest.layers.front().media_type);
  if (is_bundle) {
    read_bundle_into(store, manifest.layers.front(), subject, one);
  } else if (type == formats::kSimpleArtifactType) {
    auto layers = read_layers(store, manifest, subject, one.found_by);
    for (auto& layer : layers) {
      if (!layer.problem) layer.problem = problem;
    }
    return layers;
  }
  if (!one.problem) one.problem = problem;
  return {std::move(one)};
}

}  // namespace

std::vector<Attached> read_referrer(ContentStore& store, const Descriptor& listed, const Digest& subject) {
  Attached one{kind_of_type(listed.artifact_type),
               base::printable(listed.artifact_type),
               listed,
               "referrers",
               {},
               {},
               {},
               {},
               {},
               {}};
  const auto content = store.manifest(listed.digest);
  if (!content) {
    one.problem = content.error();
    return {std::move(one)};
  }
  one.descriptor = content->descriptor;
  if (!oci::media_type::is_manifest(content->descriptor.media_type)) return {std::move(one)};
  const auto manifest = oci::Manifest::parse(*content);
  if (!manifest) {
    one.problem = manifest.error();
    return {std::move(one)};
  }
  return read_manifest(store, *manifest, std::move(one), subject);
}

std::vector<Attached> read_tagged(ContentStore& store, const Content& tagged, std::string_view suffix,
                                  const Digest& subject) {
  const std::string found_by = std::string(suffix) + " tag";
  const auto manifest = oci::Manifest::parse(tagged);
  if (!manifest) {
    return {Attached{"other",
                     base::printable(tagged.descriptor.media_type),
                     tagged.descriptor,
                     found_by,
                     {},
                     {},
                     {},
                     manifest.error(),
                     {},
                     {}}};
  }
  auto all = read_layers(store, *manifest, subject, found_by);
  if (suffix == ".sbom") {
    for (auto& one : all) one.kind = "sbom";
  }
  return all;
}

}  // namespace hallmark::verification
