// RegistryStore: a repository of a registry as a ContentStore.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"
#include "hallmark/content_store.h"
#include "hallmark/reference.h"
#include "registry/parts.h"

namespace hallmark::registry {

class RegistryStore final : public ContentStore {
 public:
  RegistryStore(RegistryClient::Parts& parts, Repository repository)
      : parts_(parts),
        repository_(std::move(repository)),
        deadline_(parts.deadline()),
        upstream_(new RegistryStore(*this, AuthorityAlone())) {}

  [[nodiscard]] std::string name() const override { return repository_.text(); }
  [[nodiscard]] ContentStore* upstream() override;
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest) override;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& descriptor) override;
  [[nodiscard]] Result<Referrers> referrers(const Digest& subject, std::string_view artifact_type) override;
  using ContentStore::put_blob;
  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BlobSource& source) override;
  [[nodiscard]] Result<bool> mount_blob(const Descriptor& descriptor, const ContentStore& from) override;
  [[nodiscard]] Result<Descriptor> put_manifest(std::string_view media_type, BytesView bytes,
                                                const std::optional<std::string>& tag) override;
  [[nodiscard]] Result<Descriptor> attach(const Content& referrer, const Descriptor& subject) override;
  [[nodiscard]] Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor) override;
  [[nodiscard]] Result<std::vector<std::string>> tags() override;

 protected:
  [[nodiscard]] Result<Content> read_manifest(std::string_view tag_or_digest) override;
  [[nodiscard]] Result<Descriptor> read_descriptor(std::string_view tag) override;
  [[nodiscard]] Result<void> read_blob(const Descriptor& descriptor, const BlobSink& sink) override;

 private:
  // The same operation, with names asked of the authority alone.
  struct AuthorityAlone {};
  RegistryStore(const RegistryStore& other, AuthorityAlone /*names*/)
      : parts_(other.parts_), repository_(other.repository_), deadline_(other.deadline_), authority_alone_(true) {}

  enum class Use : std::uint8_t { pull, resolve };
  [[nodiscard]] bool may_ask(const Endpoint& endpoint, Use use) const;

  // ---- Requests (store.cpp)
  [[nodiscard]] std::string url(const Endpoint& endpoint, std::string_view rest) const;
  [[nodiscard]] net::Deadline deadline_for(const Endpoint& endpoint) const;
  // `rights` "pull" or "pull,push". Whoever was sent as is kept in `sent_as_` of the answer for messages.
  struct Answer {
    net::Response response;
    std::string sent_as;
  };
  [[nodiscard]] Result<Answer> ask(const Endpoint& endpoint, net::Request request, std::string_view rights) const;
  [[nodiscard]] Result<Answer> ask(const Access& access, net::Request request) const;
  [[nodiscard]] Result<Answer> ask_patiently(const Endpoint& endpoint, const net::Request& request) const;
  [[nodiscard]] Access access_to(const Endpoint& endpoint, std::string_view rights) const;
  // What an answer that was not hoped for means; `doing` opens the message: "reading shop/api:1.4".
  [[nodiscard]] Error refused(const Endpoint& endpoint, const Answer& answer, const std::string& doing) const;
  // Asks endpoint after endpoint. A mirror's failure and a mirror's "not found" are never the last word: the next is
  // asked, and the registry itself at last. Where all fail, it is the registry's own error that is told.
  template <class T>
  [[nodiscard]] Result<T> first_of(Use use, const std::function<Result<T>(const Endpoint&)>& work) const;
  [[nodiscard]] Result<const Endpoint*> write_endpoint() const;

  // ---- Manifests (manifests.cpp)
  struct Fetched {
    Content content;
    std::string etag;  // empty: none
  };
  [[nodiscard]] Result<Fetched> fetch_manifest(const Endpoint& endpoint, std::string_view tag_or_digest) const;
  struct Conditions {
    std::string if_match;    // an ETag
    bool if_absent = false;  // If-None-Match: *
    bool may_retry = true;
  };
  // The answer as it comes; only failures of the transport are errors.
  [[nodiscard]] Result<Answer> send_manifest(const Endpoint& endpoint, std::string_view tag_or_digest,
                                             std::string_view media_type, BytesView bytes,
                                             const Conditions& conditions) const;
  // By its own digest; again, where the registry is busy with what the manifest names.
  [[nodiscard]] Result<Answer> send_patiently(const Endpoint& endpoint, const std::string& digest,
                                              std::string_view media_type, BytesView bytes) const;
  [[nodiscard]] Result<Descriptor> published(const Endpoint& endpoint, const Answer& answer,
                                             std::string_view media_type, BytesView bytes,
                                             const std::string& doing) const;
  [[nodiscard]] Result<bool> exists(const Endpoint& endpoint, const std::string& path, const std::string& doing) const;

  // ---- Blobs (blobs.cpp)
  [[nodiscard]] Result<void> fetch_blob(const Endpoint& endpoint, const Descriptor& descriptor,
                                        const BlobSink& sink) const;

  // ---- Referrers (referrers.cpp)
  class Listing;
  // Nothing: this endpoint has no referrers API.
  [[nodiscard]] Result<std::optional<Referrers>> listed(const Endpoint& endpoint, const Digest& subject,
                                                        std::string_view artifact_type) const;
  [[nodiscard]] Result<Referrers> tagged(const Endpoint& endpoint, const Digest& subject) const;
  [[nodiscard]] Result<std::string> next_page(const Endpoint& endpoint, const net::Response& response) const;
  [[nodiscard]] Result<std::vector<std::string>> tags_at(const Endpoint& endpoint) const;

  // ---- Uploads (upload.cpp)
  class Upload;
  [[nodiscard]] Result<void> upload(const Endpoint& endpoint, const Descriptor& descriptor, BlobSource& source) const;

  // ---- Tags and referrers that nobody loses (tag_edit.cpp, attach.cpp)
  friend class TagWriter;
  enum class Listed : std::uint8_t { there, missing, no_api };
  // Whether the referrers API lists it by now; `promised` when the registry said so.
  [[nodiscard]] Result<Listed> read_back(const Endpoint& endpoint, const Digest& referrer, const Digest& subject,
                                         bool promised) const;

  RegistryClient::Parts& parts_;
  const Repository repository_;
  const net::Deadline deadline_;
  const bool authority_alone_ = false;
  const std::unique_ptr<RegistryStore> upstream_;
};

template <class T>
Result<T> RegistryStore::first_of(Use use, const std::function<Result<T>(const Endpoint&)>& work) const {
  HM_TRY(const auto endpoints, parts_.endpoints_for(repository_.registry()));
  std::optional<Error> told;
  bool last_word = false;
  for (const Endpoint& endpoint : *endpoints) {
    if (!may_ask(endpoint, use)) continue;
    auto result = work(endpoint);
    if (result) return result;
    if (!last_word) told = std::move(result).error();
    last_word = last_word || endpoint.authority;
  }
  if (told) return fail(*std::move(told));
  return fail(Outcome::config, "certs.d leaves no place to read " + repository_.registry() + " from");
}

}  // namespace hallmark::registry
