#include "transfer/signature_tag.h"

#include <algorithm>

#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::transfer {
namespace {

TagEdit as_it_is(const Content& source) { return {source.descriptor.media_type, source.bytes}; }

// Layers of `these` that are not among `others`: two signatures over one payload differ in their annotations only.
std::vector<Descriptor> missing_from(const std::vector<Descriptor>& others, const std::vector<Descriptor>& these) {
  std::vector<Descriptor> missing;
  for (const auto& layer : these) {
    const auto same = [&](const Descriptor& other) {
      return other.digest == layer.digest && other.annotations == layer.annotations;
    };
    if (std::none_of(others.begin(), others.end(), same)) missing.push_back(layer);
  }
  return missing;
}

// The configuration lists each layer's digest once more; cosign writes it so and appends to it.
Result<Descriptor> config_with(const Descriptor& config, const std::vector<Descriptor>& added, ContentStore& to) {
  HM_TRY(const Bytes bytes, to.blob(config, limits::manifest_bytes));
  auto json = base::Json::parse(bytes, "signature configuration");
  const auto* rootfs = json && json->is_object() ? json->find("rootfs") : nullptr;
  const auto* known = rootfs != nullptr ? rootfs->find("diff_ids") : nullptr;
  if (known == nullptr || !known->is_array()) return config;
  base::Json ids = *known;
  for (const auto& layer : added) ids.push_back(layer.digest.text());
  base::Json changed = *rootfs;
  changed.set("diff_ids", std::move(ids));
  json->set("rootfs", std::move(changed));
  const auto text = json->dump();
  Descriptor descriptor{config.media_type, Digest::of(as_bytes(text)), text.size()};
  HM_DO(to.put_blob(descriptor, as_bytes(text)));
  return descriptor;
}

}  // namespace

Result<std::optional<TagEdit>> merge_signatures(const Content& source, const std::optional<Content>& current,
                                                ContentStore& to) {
  if (!current) return as_it_is(source);
  if (current->descriptor.digest == source.descriptor.digest) return std::nullopt;
  HM_TRY(const oci::Manifest theirs, oci::Manifest::parse(source));
  HM_TRY(oci::Manifest ours, oci::Manifest::parse(*current));
  const auto added = missing_from(ours.layers, theirs.layers);
  if (added.empty()) return std::nullopt;
  if (missing_from(theirs.layers, ours.layers).empty()) return as_it_is(source);
  HM_TRY(ours.config, config_with(ours.config, added, to));
  ours.layers.insert(ours.layers.end(), added.begin(), added.end());
  if (ours.layers.size() > limits::manifest_layers) {
    return fail(Outcome::malformed,
                "both sides together have more than " + std::to_string(limits::manifest_layers) + " signatures");
  }
  return TagEdit{std::string(oci::media_type::kManifest), to_bytes(ours.to_json())};
}

}  // namespace hallmark::transfer
