#include "cmd/common/image_name.h"

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::cmd {

namespace {

constexpr std::string_view kLayout = "oci:";
constexpr std::string_view kArchive = "oci-archive:";

// Transports that users of skopeo, podman and browsers bring along.
std::optional<Error> foreign_transport(std::string_view text) {
  const auto refuse = [&](std::string_view prefix, std::string hint) {
    return Error(Outcome::usage, "'" + base::printable(text) + "': hallmark has no transport " + std::string(prefix))
        .with_hint(std::move(hint));
  };
  for (const std::string_view prefix : {"docker://", "https://", "http://", "oci://"})
    if (text.starts_with(prefix))
      return refuse(prefix, "write the reference alone: " + base::printable(text.substr(prefix.size())));
  for (const std::string_view prefix : {"docker-daemon:", "docker-archive:", "containers-storage:", "dir:"})
    if (text.starts_with(prefix)) return refuse(prefix, "hallmark reads registries, oci:DIR and oci-archive:FILE");
  return std::nullopt;
}

}  // namespace

Result<ImageName> ImageName::parse(std::string_view text) {
  if (text.empty()) return fail(Error(Outcome::usage, "an image reference is empty"));
  if (auto foreign = foreign_transport(text)) return fail(*std::move(foreign));
  if (text.starts_with(kLayout)) return parse_file(Place::layout, text.substr(kLayout.size()));
  if (text.starts_with(kArchive)) return parse_file(Place::archive, text.substr(kArchive.size()));
  return parse_registry(text);
}

Result<ImageName> ImageName::parse_registry(std::string_view text) {
  auto parsed = Reference::parse(text);
  if (!parsed) {
    // "./image" and "/srv/image" are paths to whoever typed them.
    if (text.starts_with('.') || text.starts_with('/'))
      return fail(std::move(parsed).error().with_hint("a layout directory is written oci:" + base::printable(text)));
    return fail(std::move(parsed).error());
  }
  ImageName name(Place::registry);
  name.repository_ = parsed->repository();
  name.tag_ = parsed->tag();
  name.digest_ = parsed->digest();
  name.names_a_version_ = name.digest_.has_value() || (name.tag_ && text.ends_with(":" + *name.tag_));
  return name;
}

Result<ImageName> ImageName::parse_file(Place place, std::string_view rest) {
  ImageName name(place);
  const std::string typed((place == Place::layout ? kLayout : kArchive));
  if (const std::size_t at = rest.rfind('@');
      at != std::string_view::npos && rest.find('/', at) == std::string_view::npos) {
    auto digest = Digest::parse(rest.substr(at + 1));
    if (!digest) return fail(std::move(digest).error().as(Outcome::usage).within(typed + base::printable(rest)));
    name.digest_ = *std::move(digest);
    rest = rest.substr(0, at);
  }
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos && is_tag(rest.substr(colon + 1))) {
    name.tag_ = std::string(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
  }
  if (rest.empty())
    return fail(Outcome::usage, "'" + typed + "' names no " + (place == Place::layout ? "directory" : "file"));
  if (rest.find('\0') != std::string_view::npos) return fail(Outcome::usage, "a path holds a NUL byte");
  name.path_ = std::filesystem::path(rest);
  name.names_a_version_ = name.tag_ || name.digest_;
  return name;
}

std::string ImageName::place_text() const {
  if (place_ == Place::registry) return repository_->text();
  return std::string(place_ == Place::layout ? kLayout : kArchive) + path_.string();
}

std::string ImageName::text() const {
  std::string text = place_text();
  if (tag_) text += ":" + *tag_;
  if (digest_) text += "@" + digest_->text();
  return text;
}

std::string ImageName::pinned(const Digest& digest) const {
  const std::string place = place_text();
  // In a folder called "build:arm64" the tag has to stay, or "arm64" would be taken for it.
  const bool ambiguous = place_ != Place::registry && tag_ && path_.string().find(':') != std::string::npos;
  return place + (ambiguous ? ":" + *tag_ : "") + "@" + digest.text();
}

}  // namespace hallmark::cmd
