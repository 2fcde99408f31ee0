// Parts that descriptors, manifests and indexes have in common; for this room only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"
#include "hallmark/descriptor.h"

namespace hallmark::oci {

// A media type of RFC 6838 with or without parameters, printable ASCII only.
[[nodiscard]] Result<std::string> media_type_at(const base::JsonReader& json, std::string_view key);
// Empty where it is absent or no media type: it only orders candidates, so one bad word must not spoil a whole listing.
[[nodiscard]] std::string artifact_type_at(const base::JsonReader& json);
// Bounded by limits::annotation_bytes.
[[nodiscard]] Result<Annotations> annotations_at(const base::JsonReader& json);
// Peers written in Go take "Layers" for "layers"; a document that means two things to two readers is refused.
[[nodiscard]] Result<void> refuse_other_spelling(const base::JsonReader& json,
                                                 std::initializer_list<std::string_view> keys);

}  // namespace hallmark::oci
