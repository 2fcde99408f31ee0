// Manifests and indexes from JSON that was parsed already, for who looks first at what a document is.
#pragma once

#include "base/json.h"
#include "oci/manifest.h"

namespace hallmark::oci {

// As Manifest::parse, Index::parse and look_at of the bytes; the reader's path opens errors.
[[nodiscard]] Result<Manifest> manifest_in(const base::JsonReader& json, std::string_view said_by_transport);
[[nodiscard]] Result<Index> index_in(const base::JsonReader& json, std::string_view said_by_transport);
[[nodiscard]] Result<Look> look_at(const base::JsonReader& json, std::string_view said_by_transport);

}  // namespace hallmark::oci
