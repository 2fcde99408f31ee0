#include "cmd/common/images.h"

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::cmd {

namespace {

// Tags that say something about another image: cosign's `.sig`, `.att`, `.sbom` and the referrers fallback.
bool names_attachment(std::string_view tag) {
  for (const std::string_view algorithm : {"sha256-", "sha384-", "sha512-"})
    if (tag.starts_with(algorithm)) return true;
  return false;
}

std::string list_of(const std::vector<std::string>& tags) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < tags.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + base::printable(tags[i]);
  return tags.size() > kShown ? text + ", …" : text;
}

}  // namespace

Result<RegistryClient*> Images::registry() {
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr) {
    HM_TRY(client_, RegistryClient::create(options_, clock_));
  }
  return client_.get();
}

std::optional<RegistryClient::Statistics> Images::statistics() const {
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr) return std::nullopt;
  return client_->statistics();
}

Result<OpenedImage> Images::open(const ImageName& name, OpenMode mode) {
  switch (name.place()) {
    case ImageName::Place::layout: {
      HM_TRY(auto store, open_layout(name.path(), mode));
      return OpenedImage(std::move(store));
    }
    case ImageName::Place::archive: {
      HM_TRY(auto store, ArchiveStore::open(name.path(), mode));
      ArchiveStore* archive = mode == OpenMode::write ? store.get() : nullptr;
      return OpenedImage(std::move(store), archive);
    }
    case ImageName::Place::registry:
      break;
  }
  HM_TRY(RegistryClient * client, registry());
  return OpenedImage(client->open(*name.repository()));
}

Result<Digest> Images::resolve(ContentStore& store, const ImageName& name) {
  if (name.digest()) return *name.digest();
  if (name.tag()) {
    HM_TRY(const Descriptor descriptor, store.resolve(*name.tag()));
    return descriptor.digest;
  }
  HM_TRY(std::vector<std::string> tags, store.tags());
  std::erase_if(tags, names_attachment);
  if (tags.empty())
    return fail(Error(Outcome::not_found, name.text() + " holds no tagged image")
                    .with_hint("name the image by its digest: " + name.place_text() + "@sha256:…"));
  std::optional<Digest> only;
  for (const std::string& tag : tags) {
    HM_TRY(const Descriptor descriptor, store.resolve(tag));
    if (only && *only != descriptor.digest)
      return fail(Error(Outcome::usage, name.text() + " holds several images: " + list_of(tags))
                      .with_hint("add the one you mean: " + name.place_text() + ":" + base::printable(tags.front())));
    only = descriptor.digest;
  }
  return *only;
}

}  // namespace hallmark::cmd
