// Repository and references: which image a user means. A tag and a digest are different types.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hallmark/digest.h"

namespace hallmark {

// "registry.example:5000/shop/api", normalised as Docker does: "alpine" is docker.io/library/alpine, "index.docker.io"
// is docker.io.
class Repository {
 public:
  [[nodiscard]] static Result<Repository> parse(std::string_view text);    // kind: usage
  [[nodiscard]] const std::string& registry() const { return registry_; }  // host[:port], [v6]:port
  [[nodiscard]] const std::string& path() const { return path_; }          // "library/alpine"
  [[nodiscard]] std::string text() const { return registry_ + "/" + path_; }
  friend bool operator==(const Repository&, const Repository&) = default;

 private:
  friend class Reference;
  Repository(std::string registry, std::string path) : registry_(std::move(registry)), path_(std::move(path)) {}
  std::string registry_;
  std::string path_;
};

// "repo@sha256:…"; cannot hold a bare tag.
class PinnedReference {
 public:
  PinnedReference(Repository repository, Digest digest)
      : repository_(std::move(repository)), digest_(std::move(digest)) {}
  [[nodiscard]] static Result<PinnedReference> parse(std::string_view text);  // kind: usage
  [[nodiscard]] const Repository& repository() const { return repository_; }
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::string text() const { return repository_.text() + "@" + digest_.text(); }
  friend bool operator==(const PinnedReference&, const PinnedReference&) = default;

 private:
  Repository repository_;
  Digest digest_;
};

// What a user typed: a repository with a tag, a digest, or both (then the digest decides and the tag is only shown).
// Source: distribution/reference, grammar in reference.go; repository names up to 255 bytes, tags [\w][\w.-]{0,127}.
class Reference {
 public:
  [[nodiscard]] static Result<Reference> parse(
      std::string_view text);  // kind: usage; without tag and digest: tag "latest"
  [[nodiscard]] const Repository& repository() const { return repository_; }
  [[nodiscard]] const std::optional<std::string>& tag() const { return tag_; }
  [[nodiscard]] const std::optional<Digest>& digest() const { return digest_; }
  [[nodiscard]] std::string text() const;  // normalised: "docker.io/library/alpine:3.20@sha256:…"
  friend bool operator==(const Reference&, const Reference&) = default;

 private:
  Reference(Repository repository, std::optional<std::string> tag, std::optional<Digest> digest)
      : repository_(std::move(repository)), tag_(std::move(tag)), digest_(std::move(digest)) {}
  Repository repository_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

// [\w][\w.-]{0,127}: whether text may be a tag.
[[nodiscard]] bool is_tag(std::string_view text);

}  // namespace hallmark
