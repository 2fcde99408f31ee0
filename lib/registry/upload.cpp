#include <algorithm>

#include "base/limits.h"
#include "registry/checked_source.h"
#include "registry/registry_error.h"
#include "registry/store.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

constexpr int kMostResumes = 4;

Result<std::uint64_t> decimal(std::string_view text) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return fail(Outcome::malformed, "not a number");
  return std::stoull(std::string(text));
}

// "0-1023" or "bytes=0-1023": how far an upload has come, as the offset of the next byte.
std::optional<std::uint64_t> next_offset(const net::Response& response) {
  const std::string* field = response.headers.find("Range");
  if (field == nullptr) return std::nullopt;
  const auto dash = field->rfind('-');
  const auto last = dash == std::string::npos ? Result<std::uint64_t>(0) : decimal(field->substr(dash + 1));
  if (dash == std::string::npos || !last) return std::nullopt;
  return *last == 0 ? 0 : *last + 1;
}

}  // namespace

// One upload session. Source: distribution-spec, "Pushing a blob monolithically" (POST then PUT), "in chunks".
class RegistryStore::Upload {
 public:
  Upload(const RegistryStore& store, const Endpoint& endpoint, const Descriptor& descriptor, BlobSource& source)
      : store_(store),
        endpoint_(endpoint),
        descriptor_(descriptor),
        source_(descriptor, source),
        doing_("writing blob " + store.repository_.text() + "@" + descriptor.digest.text()) {}

  [[nodiscard]] Result<void> run();

 private:
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<std::uint64_t> send_chunks();
  [[nodiscard]] Result<void> send_chunk(std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] Result<std::uint64_t> progress();
  [[nodiscard]] Result<void> finish(std::uint64_t offset);
  [[nodiscard]] Result<Answer> ask(net::Request request) const;
  [[nodiscard]] Result<void> move_to(const net::Response& response);

  const RegistryStore& store_;
  const Endpoint& endpoint_;
  const Descriptor& descriptor_;
  CheckedSource source_;
  const std::string doing_;
  std::string location_;
  std::uint64_t least_chunk_ = 0;
};

Result<RegistryStore::Answer> RegistryStore::Upload::ask(net::Request request) const {
  request.limit = limits::error_body_bytes;
  auto answer = store_.ask(endpoint_, std::move(request), "pull,push");
  if (!answer) return fail(answer.error().within(doing_));
  return answer;
}

// Where the session goes on. It may be another host, which then gets no credentials (Parts::send), but never http after
// https.
Result<void> RegistryStore::Upload::move_to(const net::Response& response) {
  const std::string* field = response.headers.find("Location");
  if (field == nullptr) return fail(Outcome::malformed, doing_ + ": registry " + endpoint_.host + " names no Location");
  auto target = net::resolve_url(response.url.empty() ? location_ : response.url, *field);
  if (!target) return fail(target.error().within(doing_ + ": Location"));
  if (endpoint_.origin.starts_with("https://") && !target->starts_with("https://"))
    return fail(Outcome::malformed,
                doing_ + ": registry " + endpoint_.host + " sends the upload to plain http: " + net::redacted(*target));
  location_ = *std::move(target);
  return {};
}

Result<void> RegistryStore::Upload::begin() {
  net::Request request;
  request.method = "POST";
  request.url = location_ = store_.url(endpoint_, "blobs/uploads/");
  HM_TRY(const Answer answer, ask(std::move(request)));
  if (answer.response.status != 202) return fail(store_.refused(endpoint_, answer, doing_));
  if (const std::string* least = answer.response.headers.find("OCI-Chunk-Min-Length"))
    least_chunk_ = decimal(*least).value_or(0);
  return move_to(answer.response);
}

Result<void> RegistryStore::Upload::send_chunk(std::uint64_t offset, std::uint64_t length) {
  net::Request request;
  request.method = "PATCH";
  request.url = location_;
  request.headers.add("Content-Type", "application/octet-stream");
  request.headers.add("Content-Range", std::to_string(offset) + "-" + std::to_string(offset + length - 1));
  request.body = &source_;
  request.body_offset = offset;
  request.body_length = length;
  request.may_retry = false;  // half of it may have arrived: ask first
  HM_TRY(const Answer answer, ask(std::move(request)));
  if (answer.response.status != 202 && answer.response.status != 204)
    return fail(store_.refused(endpoint_, answer, doing_));
  return move_to(answer.response);
}

// How much of the session's bytes the registry holds.
Result<std::uint64_t> RegistryStore::Upload::progress() {
  net::Request request;
  request.url = location_;
  HM_TRY(const Answer answer, ask(std::move(request)));
  if (answer.response.status != 204 && answer.response.status != 200)
    return fail(store_.refused(endpoint_, answer, doing_));
  const auto offset = next_offset(answer.response);
  if (!offset) return fail(Outcome::malformed, doing_ + ": registry " + endpoint_.host + " does not say how far it is");
  if (answer.response.headers.find("Location") != nullptr) HM_DO(move_to(answer.response));
  return *offset;
}

Result<std::uint64_t> RegistryStore::Upload::send_chunks() {
  const std::uint64_t chunk = std::max(store_.parts_.tuning.chunk_bytes, least_chunk_);
  std::uint64_t offset = 0;
  int resumes = 0;
  while (descriptor_.size - offset > chunk) {  // the last piece goes with the PUT
    const auto sent = send_chunk(offset, chunk);
    if (sent) {
      offset += chunk;
      continue;
    }
    const Outcome kind = sent.error().kind();
    if ((kind != Outcome::unreachable && kind != Outcome::throttled) || ++resumes > kMostResumes)
      return fail(sent.error());
    auto held = progress();
    if (!held || *held < offset || *held > offset + chunk) return fail(sent.error());
    offset = *held;
  }
  return offset;
}

Result<void> RegistryStore::Upload::finish(std::uint64_t offset) {
  net::Request request;
  request.method = "PUT";
  request.url = location_;
  add_query(request.url, "digest", descriptor_.digest.text());
  request.headers.add("Content-Type", "application/octet-stream");
  if (offset > 0)
    request.headers.add("Content-Range", std::to_string(offset) + "-" + std::to_string(descriptor_.size - 1));
  request.body = &source_;
  request.body_offset = offset;
  request.body_length = descriptor_.size - offset;
  HM_TRY(const Answer answer, ask(std::move(request)));
  if (answer.response.status != 201 && answer.response.status != 204)
    return fail(store_.refused(endpoint_, answer, doing_));
  return {};
}

Result<void> RegistryStore::Upload::run() {
  HM_DO(begin());
  HM_TRY(const std::uint64_t offset, send_chunks());
  const auto finished = finish(offset);
  if (finished || finished.error().kind() == Outcome::unauthorized) return finished;
  // An answer may be lost on its way after the work was done; sent again, the session is not there any more.
  const auto there = store_.exists(endpoint_, "blobs/" + descriptor_.digest.text(), doing_);
  if (there && *there && !source_.spoiled()) return {};
  return finished;
}

Result<void> RegistryStore::upload(const Endpoint& endpoint, const Descriptor& descriptor, BlobSource& source) const {
  return Upload(*this, endpoint, descriptor, source).run();
}

Result<void> RegistryStore::put_blob(const Descriptor& descriptor, BlobSource& source) {
  if (source.size() != descriptor.size)
    return fail(Outcome::malformed,
                "blob " + descriptor.digest.text() + " is not " + std::to_string(descriptor.size) + " bytes long");
  HM_TRY(const Endpoint* endpoint, write_endpoint());
  HM_TRY(const bool there, exists(*endpoint, "blobs/" + descriptor.digest.text(),
                                  "looking for blob " + repository_.text() + "@" + descriptor.digest.text()));
  if (there) return {};
  return upload(*endpoint, descriptor, source);
}

// Source: distribution-spec, "Mounting a blob from another repository". 202 means that the registry wants the bytes;
// the session that it opened then is left to expire. A mount only spares work: whatever else is answered (a 401 for the
// other repository, an error of a registry that knows no mounts), sending the bytes shows what is wrong, if anything.
Result<bool> RegistryStore::mount_blob(const Descriptor& descriptor, const ContentStore& from) {
  const auto* other = dynamic_cast<const RegistryStore*>(&from);
  if (other == nullptr || other->repository_.registry() != repository_.registry() || other->repository_ == repository_)
    return false;
  HM_TRY(const Endpoint* endpoint, write_endpoint());
  net::Request request;
  request.method = "POST";
  request.url = url(*endpoint, "blobs/uploads/");
  add_query(request.url, "mount", descriptor.digest.text());
  add_query(request.url, "from", other->repository_.path());
  request.limit = limits::error_body_bytes;
  Access access = access_to(*endpoint, "pull,push");
  access.rights.emplace_back(other->repository_.path(), "pull");
  const auto answer = ask(access, std::move(request));
  if (answer) return answer->response.status == 201;
  if (answer.error().kind() == Outcome::unauthorized) return false;  // by the token server
  return fail(answer.error().within("mounting blob " + repository_.text() + "@" + descriptor.digest.text()));
}

}  // namespace hallmark::registry
