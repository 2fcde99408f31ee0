// HonestRegistry: a registry of the distribution-spec in memory, as a function from request to reply.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "hallmark/bytes.h"
#include "hallmark/descriptor.h"

namespace hallmark::test {

struct Call {
  std::string method;
  std::string target;  // path and query as they were sent
  std::string path;
  std::map<std::string, std::string> query;                  // decoded
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::size_t number = 0;  // of all calls, from 1

  // The first header of this (lower-case) name, or empty.
  [[nodiscard]] std::string header(std::string_view name) const;
};

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string content_type = "application/json";

  // How the body is sent, where that is not as it should be.
  std::optional<std::uint64_t> declared_length = {};  // of Content-Length; the connection ends when `body` does
  bool endless = false;                               // `body` again and again, in chunks
  std::chrono::milliseconds drip{0};                  // pause after each byte
  std::chrono::milliseconds delay{0};                 // before the first byte

  // Replaces the header, or adds it; an empty value removes it.
  void set(std::string_view name, std::string_view value);
  [[nodiscard]] std::string header(std::string_view name) const;
};

[[nodiscard]] Reply error_reply(int status, std::string_view code, std::string_view message = {});

struct RegistryFeatures {
  bool referrers_api = true;  // without it, GET …/referrers/ is 404 and no OCI-Subject is sent: docker-registry 2.8
  bool conditional = false;   // honours If-Match and If-None-Match on manifests
  std::size_t page = 0;       // entries per page of referrers and tags; 0: all
};

class HonestRegistry {
 public:
  explicit HonestRegistry(RegistryFeatures features) : features_(features) {}

  [[nodiscard]] Reply answer(const Call& call);  // thread-safe

  // Behind the registry's back, in a repository ("shop/api").
  Descriptor add_blob(const std::string& repository, std::string_view media_type, std::string_view bytes);
  // A manifest as it is, whatever it says; the tag may be empty.
  Descriptor add_manifest(const std::string& repository, std::string_view media_type, std::string_view json,
                          const std::string& tag = {});
  [[nodiscard]] std::optional<std::string> digest_of(const std::string& repository, const std::string& tag) const;
  [[nodiscard]] std::optional<std::string> manifest(const std::string& repository, const std::string& reference) const;
  void set_tag(const std::string& repository, const std::string& tag, const std::string& digest);
  void remove_manifest(const std::string& repository, const std::string& digest);
  // Replaces stored bytes under an unchanged digest, of a manifest or a blob.
  void corrupt(const std::string& repository, const std::string& digest, std::string_view bytes);

 private:
  struct Manifest {
    std::string media_type;
    std::string bytes;
    std::string subject;  // digest, or empty
    base::Json entry;     // as a listing of referrers names it
  };
  struct Repository {
    std::map<std::string, Manifest> manifests;
    std::vector<std::string> order;  // of manifests, as they came: referrers are listed so
    std::map<std::string, std::string> blobs;
    std::map<std::string, std::string> tags;
  };

  Reply manifests(const Call& call, Repository& repository, const std::string& reference);
  Reply put_manifest(const Call& call, Repository& repository, const std::string& reference);
  Reply blobs(const Call& call, Repository& repository, const std::string& digest);
  Reply uploads(const Call& call, const std::string& name, Repository& repository, const std::string& id);
  Reply referrers(const Call& call, Repository& repository, const std::string& subject);
  Reply tags(const Call& call, const Repository& repository);
  [[nodiscard]] std::pair<std::size_t, std::size_t> page_of(const Call& call, std::size_t count, Reply& reply) const;
  static std::string store(Repository& repository, std::string_view media_type, std::string_view bytes);
  static const Manifest* find(const Repository& repository, const std::string& reference, std::string& digest);

  RegistryFeatures features_;
  mutable std::mutex mutex_;
  std::map<std::string, Repository> repositories_;
  std::map<std::string, std::string> uploads_;  // what has come so far
  std::size_t next_upload_ = 1;
};

}  // namespace hallmark::test
