// ImageName: what a user types as REF: a registry reference, oci:DIR[:TAG][@DIGEST] or oci-archive:FILE[:TAG][@DIGEST].
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "hallmark/reference.h"

namespace hallmark::cmd {

class ImageName {
 public:
  enum class Place : std::uint8_t { registry, layout, archive };

  // Kind of errors: usage. The transports of other tools (docker://, https://) are errors that say what to type.
  [[nodiscard]] static Result<ImageName> parse(std::string_view text);

  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }                  // layout and archive
  [[nodiscard]] const std::optional<Repository>& repository() const { return repository_; }  // registry
  // A registry reference without tag and digest has the tag "latest"; a layout's has none.
  [[nodiscard]] const std::optional<std::string>& tag() const { return tag_; }
  [[nodiscard]] const std::optional<Digest>& digest() const { return digest_; }
  // Whether the tag was typed, rather than Docker's "latest".
  [[nodiscard]] bool names_a_version() const { return names_a_version_; }

  [[nodiscard]] std::string text() const;        // normalised
  [[nodiscard]] std::string place_text() const;  // without tag and digest: "registry.example/app", "oci:DIR"
  [[nodiscard]] std::string pinned(const Digest& digest) const;  // "registry.example/app@sha256:…", a REF again

 private:
  explicit ImageName(Place place) : place_(place) {}
  static Result<ImageName> parse_file(Place place, std::string_view rest);
  static Result<ImageName> parse_registry(std::string_view text);

  Place place_;
  std::filesystem::path path_;
  std::optional<Repository> repository_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
  bool names_a_version_ = false;
};

}  // namespace hallmark::cmd
