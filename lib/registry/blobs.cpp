
#include "base/limits.h"
#include "base/try.h"
#include "registry/store.h"

namespace hallmark::registry {
namespace {

// Small blobs of a mirror are checked before any of it is handed on, so that the next place can still be asked.
constexpr std::uint64_t kHeldBack = limits::payload_bytes;

}  // namespace

Result<bool> RegistryStore::has_blob(const Descriptor& descriptor) {
  HM_TRY(const Endpoint* endpoint, write_endpoint());
  return exists(*endpoint, "blobs/" + descriptor.digest.text(),
                "looking for blob " + repository_.text() + "@" + descriptor.digest.text());
}

Result<void> RegistryStore::fetch_blob(const Endpoint& endpoint, const Descriptor& descriptor,
                                       const BlobSink& sink) const {
  const std::string doing = "reading blob " + repository_.text() + "@" + descriptor.digest.text();
  net::Request request;
  request.url = url(endpoint, "blobs/" + descriptor.digest.text());
  request.sink = sink;
  auto answer = ask(endpoint, std::move(request), "pull");
  if (!answer) return fail(answer.error().within(doing));
  if (answer->response.status != 200) return fail(refused(endpoint, *answer, doing));
  return {};
}

Result<void> RegistryStore::read_blob(const Descriptor& descriptor, const BlobSink& sink) {
  bool delivered = false;  // once a byte is handed on, another place cannot start over
  std::optional<Error> final_error;
  auto done = first_of<bool>(Use::pull, [&](const Endpoint& endpoint) -> Result<bool> {
    Bytes held;
    const bool hold = endpoint.mirror() && descriptor.size <= kHeldBack;
    auto result = fetch_blob(endpoint, descriptor, [&](BytesView piece) -> Result<void> {
      if (!hold) {
        delivered = true;
        return sink(piece);
      }
      if (held.size() + piece.size() > descriptor.size)
        return fail(Outcome::malformed, "mirror " + endpoint.host + " sends more than the descriptor says");
      held.insert(held.end(), piece.begin(), piece.end());
      return {};
    });
    if (result && hold) {
      if (!descriptor.digest.matches(held))
        return fail(Outcome::malformed,
                    "mirror " + endpoint.host + " sends other bytes than " + descriptor.digest.text());
      delivered = true;
      result = sink(held);
    }
    if (result) return true;
    if (!delivered) return fail(result.error());
    final_error = result.error();
    return true;
  });
  if (final_error) return fail(*final_error);
  if (!done) return fail(done.error());
  return {};
}

}  // namespace hallmark::registry
