#include "transfer/signature_tag.h"

#include <catch2/catch.hpp>

#include "base/json.h"
#include "support/image_maker.h"
#include "support/memory_store.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

Content signatures(MemoryStore& store, const std::vector<std::string>& words) {
  auto manifest = image_of(store, "signatures");
  manifest.layers.clear();
  for (const auto& word : words) {
    // One payload, told apart by the signature in its annotation.
    manifest.layers.push_back(put_text(store, "application/x-payload", "payload"));
    manifest.layers.back().annotations["signature"] = word;
  }
  const auto json = manifest.to_json();
  return {{std::string(oci::media_type::kManifest), Digest::of(as_bytes(json)), json.size()}, to_bytes(json)};
}

std::string words_of(const TagEdit& edit) {
  const auto manifest =
      must(oci::Manifest::parse({{edit.media_type, Digest::of(edit.bytes), edit.bytes.size()}, edit.bytes}));
  std::string words;
  for (const auto& layer : manifest.layers) words += layer.annotations.at("signature");
  return words;
}

}  // namespace

TEST_CASE("signatures come together without losing one") {
  MemoryStore store;
  const auto merged = [&](const std::vector<std::string>& source, const std::vector<std::string>& current) {
    const auto edit = must(transfer::merge_signatures(signatures(store, source), signatures(store, current), store));
    return edit ? words_of(*edit) : "as it is";
  };
  CHECK(merged({"a"}, {"a"}) == "as it is");
  CHECK(merged({"a"}, {"a", "b"}) == "as it is");
  CHECK(merged({"a", "b"}, {"a"}) == "ab");
  CHECK(merged({"b"}, {"a"}) == "ab");
  CHECK(merged({"b", "c"}, {"a", "c"}) == "acb");
}

TEST_CASE("where there is nothing yet, the source's own bytes are taken") {
  MemoryStore store;
  const auto source = signatures(store, {"a"});
  CHECK(must(transfer::merge_signatures(source, std::nullopt, store))->bytes == source.bytes);
  CHECK(must(transfer::merge_signatures(signatures(store, {"a", "b"}), signatures(store, {"a"}), store))->bytes ==
        signatures(store, {"a", "b"}).bytes);
}

TEST_CASE("the configuration of merged signatures lists the layers that came") {
  MemoryStore store;
  const auto edit = must(transfer::merge_signatures(signatures(store, {"b"}), signatures(store, {"a"}), store));
  const auto manifest =
      must(oci::Manifest::parse({{edit->media_type, Digest::of(edit->bytes), edit->bytes.size()}, edit->bytes}));
  const auto config = must(base::Json::parse(must(store.blob(manifest.config, 1 << 20)), "config"));
  const auto* ids = config.find("rootfs")->find("diff_ids")->as_array();
  REQUIRE(ids->size() == 1);
  CHECK(*ids->front().as_string() == Digest::of(as_bytes("payload")).text());
}

TEST_CASE("what is no signature manifest is not merged") {
  MemoryStore store;
  const auto text = to_bytes(R"({"schemaVersion":2,"manifests":[]})");
  const Content index{{std::string(oci::media_type::kIndex), Digest::of(text), text.size()}, text};
  CHECK(transfer::merge_signatures(index, signatures(store, {"a"}), store).error().kind() == Outcome::malformed);
  CHECK(transfer::merge_signatures(signatures(store, {"a"}), index, store).error().kind() == Outcome::malformed);
}
