// Images and signatures put into a store by hand: right ones, and wrong in one chosen way.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/format.h"
#include "hallmark/key.h"
#include "oci/manifest.h"
#include "support/memory_store.h"

namespace hallmark::test {

// A manifest with a config and one layer that hold `word`; its platform is linux/<word> where `word` is short.
Descriptor add_image(MemoryStore& store, std::string_view word = "amd64");
// An OCI index of these, each with a platform of its own: linux/p0, linux/p1, … unless it has one.
Descriptor add_index(MemoryStore& store, std::vector<Descriptor> manifests);

struct BundleSpec {
  Annotations annotations = {};
  std::string predicate = std::string(kCosignSignPredicate);
  std::string payload_type = "application/vnd.in-toto+json";
  std::optional<std::string> statement = {};  // in place of the one for the subject
  std::optional<Digest> claimed = {};         // what the statement names instead of the subject
  std::function<void(std::string& bundle)> edit_bundle = {};
  std::function<void(oci::Manifest&)> edit_manifest = {};
};
// Answers the referrer.
Descriptor attach_bundle(MemoryStore& store, const Descriptor& subject, Signer& signer, const BundleSpec& spec = {});

struct SimpleSpec {
  Annotations annotations = {};
  std::string reference = "registry.example/shop/api";
  std::optional<std::string> payload = {};
  std::optional<Digest> claimed = {};
  std::function<void(Descriptor& layer)> edit_layer = {};
};
// The layer alone, its blob stored; and the `.sig` manifest with one more layer.
Descriptor simple_layer(MemoryStore& store, const Digest& subject, Signer& signer, const SimpleSpec& spec = {});
void attach_simple(MemoryStore& store, const Digest& subject, Signer& signer, const SimpleSpec& spec = {});
// Puts a `.sig` manifest of just these layers.
Descriptor put_simple(MemoryStore& store, const Digest& subject, std::vector<Descriptor> layers);

}  // namespace hallmark::test
