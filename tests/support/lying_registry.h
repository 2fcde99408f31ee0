// LyingRegistry: an honest registry on a loopback port that lies as a test tells it to, and remembers every call.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/honest_registry.h"
#include "support/test_ca.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace hallmark::test {

// Which calls are lied to, and how. Handlers may run side by side and must not use Catch's macros.
struct Lie {
  std::string method = {};       // empty: any
  std::string target = {};       // a part of path and query; empty: any
  std::size_t from = 1;          // of the calls that match, the first that is lied to …
  std::size_t count = SIZE_MAX;  // … and how many
  // Answers in place of the honest registry, which does not see the call; nothing: it is asked after all.
  std::function<std::optional<Reply>(const Call&)> instead = {};
  // Changes the honest answer.
  std::function<void(const Call&, Reply&)> change = {};
};

class LyingRegistry {
 public:
  // Listens on 127.0.0.1, on a free port; with an identity, over TLS.
  explicit LyingRegistry(RegistryFeatures features = {}, const std::optional<Issued>& identity = std::nullopt);
  ~LyingRegistry();
  LyingRegistry(const LyingRegistry&) = delete;
  LyingRegistry& operator=(const LyingRegistry&) = delete;

  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url() const;  // "http://127.0.0.1:port", without a slash at the end
  [[nodiscard]] HonestRegistry& honest() { return honest_; }

  // Lies are told in the order they were given; all that match take part, the first `instead` ends it.
  void tell(Lie lie);
  void be_honest();  // forgets all lies

  // Short forms.
  void answer(std::string method, std::string target, Reply reply);
  void change(std::string method, std::string target, std::function<void(const Call&, Reply&)> change);

  [[nodiscard]] std::vector<Call> calls() const;
  // The number of calls of this method (empty: any) whose target contains this text.
  [[nodiscard]] std::size_t count(std::string_view method, std::string_view target = {}) const;
  void forget_calls();

 private:
  struct Told {
    Lie lie;
    std::size_t seen = 0;
  };
  Reply reply_to(Call call);
  void serve(const httplib::Request& request, httplib::Response& response);
  void send(Reply reply, httplib::Response& response);
  bool pause(std::chrono::milliseconds time) const;  // false once the server ends

  HonestRegistry honest_;
  bool tls_;
  std::shared_ptr<httplib::Server> server_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<Told> lies_;
  std::vector<Call> calls_;
  std::size_t number_ = 0;
  std::thread thread_;
};

}  // namespace hallmark::test
