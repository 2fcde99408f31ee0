#include "net/http_client.h"

#include <openssl/rand.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/limits.h"
#include "base/try.h"
#include "net/event_loop.h"
#include "net/exchange.h"
#include "net/retry.h"

namespace hallmark::net {
namespace {

using std::chrono::milliseconds;

// One request to one URL, without redirects.
struct Hop {
  const Request& request;
  Url url;
  Headers headers;
  TlsOptions tls;
  Deadline deadline;
};

class PooledClient final : public HttpClient {
 public:
  PooledClient(ClientOptions options, ProxyRules proxies, const Clock& clock)
      : options_(std::move(options)), proxies_(std::move(proxies)), clock_(clock) {}

  Result<Response> send(const Request& request) override;
  Statistics statistics() const override { return {requests_.load(), bytes_received_.load(), connections_.load()}; }

 private:
  // What the tries of one hop share.
  struct Course {
    const TlsSettings* tls = nullptr;
    const TlsSettings* proxy_tls = nullptr;
    const Proxy* proxy = nullptr;
    EventLoop* loop = nullptr;
    std::uint64_t delivered = 0;
  };

  Result<Response> send_hop(const Hop& hop);
  Result<Course> plan(const Hop& hop);
  std::expected<Answer, Failure> try_once(const Hop& hop, Course& course);
  milliseconds time_left(const Hop& hop) const;
  milliseconds asked_pause(const Answer& answer) const;  // 0: not asked

  Result<EventLoop*> loop();
  Result<const TlsSettings*> settings_for(const TlsOptions& tls);
  Result<const TlsSettings*> settings_for_proxy(const TlsSettings* server);
  Result<const ProxyRules*> proxies_for(const Request& request);
  bool may_multiplex(const std::string& origin);
  void take_note(const Hop& hop, const Exchange& exchange, bool answered);

  const ClientOptions options_;
  const ProxyRules proxies_;
  const Clock& clock_;

  std::mutex mutex_;
  std::optional<SystemCas> system_cas_;
  std::vector<std::pair<TlsOptions, std::unique_ptr<const TlsSettings>>> settings_;
  std::map<std::string, std::unique_ptr<const ProxyRules>> own_proxies_;  // of requests that name theirs
  std::set<std::string> single_file_;  // origins that speak HTTP/1.1: nothing is shared there, so nobody waits
  EasyPool handles_;
  std::unique_ptr<EventLoop> loop_;

  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> bytes_received_ = 0;
  std::atomic<std::uint64_t> connections_ = 0;
};

std::uint32_t random_number() {
  std::uint32_t value = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) != 1) return 0;
  return value;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Where a redirect leads. https never goes to http: what was to be private and authentic would be neither.
Result<Url> redirect_target(const Url& from, const Response& response) {
  const std::string* location = response.headers.find("Location");
  if (location == nullptr || location->empty())
    return fail(Outcome::malformed,
                from.authority() + " redirects (" + std::to_string(response.status) + ") to nowhere");
  auto target = from.resolve(*location);
  if (!target) return fail(target.error().within(from.authority() + " redirects to a place that cannot be followed"));
  if (from.tls() && !target->tls())
    return fail(Outcome::malformed,
                from.authority() + " redirects from https to http, which is refused: " + redacted(target->text));
  return target;
}

// Credentials are for the origin they were given for, and nobody else; so is the permission to skip verification.
void forget_credentials(Hop& hop) {
  // Headers of certs.d may be secrets under any name: only what says what is wanted goes along.
  Headers kept;
  for (const char* name : {"Accept", "Range"}) {
    for (const std::string& value : hop.headers.all(name)) kept.add(name, value);
  }
  hop.headers = std::move(kept);
  hop.tls.client_certificate.clear();
  hop.tls.client_key.clear();
  hop.tls.client_certificate_pem.clear();
  hop.tls.client_key_pem.clear();
  hop.tls.skip_verify = false;
}

std::string status_words(int status) {
  switch (status) {
    case 429:
      return "429 (too many requests)";
    case 502:
      return "502 (bad gateway)";
    case 503:
      return "503 (service unavailable)";
    default:
      return "504 (gateway timeout)";
  }
}

// `too_long`: the pause that the server asked for, where it would end after the deadline.
Error gave_up(const Hop& hop, int status, std::size_t tries, milliseconds too_long) {
  std::string message = hop.url.authority() + " answers " + status_words(status);
  if (too_long.count() > 0)
    message += " and asks to wait " + std::to_string(too_long.count() / 1000) + " s, longer than the time limit allows";
  if (tries > 1) message += ", after " + std::to_string(tries) + " tries";
  return {status == 429 ? Outcome::throttled : Outcome::unreachable, std::move(message)};
}

// Servers of TLS ports that are kind enough to say so in plain HTTP: nginx's words and Go's.
bool wants_tls(const Hop& hop, const Response& response) {
  const std::string_view body = as_text(response.body);
  return !hop.url.tls() && response.status == 400 &&
         (body.find("plain HTTP request was sent to HTTPS port") != std::string_view::npos ||
          body.find("HTTP request to an HTTPS server") != std::string_view::npos);
}

// nginx asks for client certificates, and then lets the handshake pass to say in HTTP what is wrong.
bool wants_client_certificate(const Hop& hop, const Response& response) {
  return hop.url.tls() && response.status == 400 &&
         as_text(response.body).find("SSL certificate") != std::string_view::npos;
}

Result<Response> checked(const Hop& hop, const Proxy* proxy, bool resumed, Response response) {
  if (resumed && response.status == 206) response.status = 200;  // in parts, but whole: that is our affair
  if (response.status == 407)
    return fail(Error(Outcome::unreachable,
                      proxy == nullptr ? hop.url.authority() + " answers as a proxy that wants credentials (407)"
                                       : "the proxy " + proxy->url + " wants credentials, or others than were given")
                    .with_hint("put them into the proxy's URL: http://user:password@host:port"));
  if (wants_tls(hop, response))
    return fail(Error(Outcome::unreachable, hop.url.authority() + " speaks TLS on this port, not plain HTTP")
                    .with_hint("pass --tls, or leave --plain-http out"));
  if (wants_client_certificate(hop, response)) return fail(client_certificate_wanted(hop.url));
  return response;
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::create(ClientOptions options, const Clock& clock) {
  HM_TRY(ProxyRules proxies, ProxyRules::parse(options.http_proxy, options.https_proxy, options.no_proxy));
  return std::make_unique<PooledClient>(std::move(options), std::move(proxies), clock);
}

Result<Response> PooledClient::send(const Request& request) {
  HM_TRY(Url url, Url::parse(request.url));
  const Deadline deadline =
      request.deadline == Deadline{} ? clock_.steady() + limits::operation_time : request.deadline;
  Hop hop{request, std::move(url), request.headers, request.tls, deadline};
  const bool follows = request.follow_redirects && (request.method == "GET" || request.method == "HEAD");
  for (std::size_t redirects = 0;; ++redirects) {
    HM_TRY(Response response, send_hop(hop));
    if (!follows || !is_redirect(response.status)) return response;
    if (redirects == limits::redirects)
      return fail(Outcome::malformed,
                  hop.url.authority() + " redirects more than " + std::to_string(limits::redirects) + " times");
    HM_TRY(Url next, redirect_target(hop.url, response));
    if (next.origin() != hop.url.origin()) forget_credentials(hop);
    hop.url = std::move(next);
  }
}

Result<Response> PooledClient::send_hop(const Hop& hop) {
  HM_TRY(Course course, plan(hop));
  for (std::size_t tries = 1;; ++tries) {
    if (time_left(hop) <= milliseconds(0))
      return fail(Outcome::unreachable, "the time limit was reached before " + hop.url.authority() + " was asked");
    const bool resumed = course.delivered > 0;
    auto answer = try_once(hop, course);
    if (answer && !is_temporary(answer->status()))
      return checked(hop, course.proxy, resumed, (*std::move(answer)).take(hop.url.text));
    // A part that the caller asked for by Range, and that broke in the middle, cannot be asked for as a part of a part.
    const bool restarts = course.delivered == 0 || hop.headers.find("Range") == nullptr;
    if (!answer && !(answer.error().transient && restarts)) return fail(std::move(answer).error().error);

    const milliseconds asked = answer ? asked_pause(*answer) : milliseconds(0);
    const milliseconds pause = std::max(backoff(tries - 1, random_number()), asked);
    const milliseconds left = time_left(hop);
    // Who sends a request once, to see for itself what became of it, may send another at once: a pause that the server
    // asked for is kept here.
    if (!hop.request.may_retry && asked < left) std::this_thread::sleep_for(asked);
    if (!hop.request.may_retry || tries > limits::retries || pause >= left) {
      if (answer && hop.request.temporary_answers) return (*std::move(answer)).take(hop.url.text);
      return fail(answer ? gave_up(hop, answer->status(), tries, asked >= left ? asked : milliseconds(0))
                         : std::move(answer).error().error);
    }
    std::this_thread::sleep_for(pause);
  }
}

Result<PooledClient::Course> PooledClient::plan(const Hop& hop) {
  Course course;
  HM_TRY(const ProxyRules* const proxies, proxies_for(hop.request));
  course.proxy = proxies->proxy_for(hop.url);
  if (hop.url.tls()) {
    HM_TRY(course.tls, settings_for(hop.tls));
  }
  if (course.proxy != nullptr && course.proxy->tls()) {
    HM_TRY(course.proxy_tls, settings_for_proxy(course.tls));
  }
  HM_TRY(course.loop, loop());
  return course;
}

std::expected<Answer, Failure> PooledClient::try_once(const Hop& hop, Course& course) {
  const Try what{.request = hop.request,
                 .url = hop.url,
                 .headers = hop.headers,
                 .route = {hop.url, course.proxy, options_.connect_timeout},
                 .tls = course.tls,
                 .proxy_tls = course.proxy_tls,
                 .user_agent = options_.user_agent,
                 .time_left = time_left(hop),
                 .resume_from = course.delivered,
                 .http2 = options_.http2,
                 .wait_for_multiplex = options_.http2 && hop.url.tls() && may_multiplex(hop.url.origin())};
  auto exchange = Exchange::create(what, handles_);
  if (!exchange) return std::unexpected(Failure{std::move(exchange).error(), false});
  ++requests_;
  auto answer = (*exchange)->run(*course.loop);
  course.delivered = (*exchange)->delivered();
  take_note(hop, **exchange, answer.has_value());
  return answer;
}

milliseconds PooledClient::time_left(const Hop& hop) const {
  return std::chrono::duration_cast<milliseconds>(hop.deadline - clock_.steady());
}

milliseconds PooledClient::asked_pause(const Answer& answer) const {
  const std::string* value = answer.headers().find("Retry-After");
  if (value == nullptr) return milliseconds(0);
  return parse_retry_after(*value, clock_.now()).value_or(std::chrono::seconds(0));
}

Result<EventLoop*> PooledClient::loop() {
  const std::lock_guard lock(mutex_);
  if (!loop_) {
    HM_TRY(loop_, EventLoop::start());
  }
  return loop_.get();
}

Result<const TlsSettings*> PooledClient::settings_for(const TlsOptions& tls) {
  const std::lock_guard lock(mutex_);
  for (const auto& [options, settings] : settings_) {
    if (options == tls) return settings.get();
  }
  if (!system_cas_) system_cas_ = SystemCas::choose(options_.ca_dir, options_.ca_file);
  HM_TRY(TlsSettings settings, TlsSettings::prepare(tls, *system_cas_));
  settings_.emplace_back(tls, std::make_unique<const TlsSettings>(std::move(settings)));
  return settings_.back().second.get();
}

Result<const TlsSettings*> PooledClient::settings_for_proxy(const TlsSettings* server) {
  TlsOptions tls;
  if (!options_.proxy_ca_file.empty()) tls.ca_files.push_back(options_.proxy_ca_file);
  if (server == nullptr || server->trusts_system) return settings_for(tls);
  // curl has one hook for both of them, through which the system's bundle would reach the server as well: here the
  // proxy gets its bundle as a file.
  const SystemCas system = SystemCas::choose(options_.ca_dir, options_.ca_file);
  if (!system.file.empty()) tls.ca_files.push_back(system.file);
  return settings_for(tls);
}

Result<const ProxyRules*> PooledClient::proxies_for(const Request& request) {
  if (request.proxy.empty()) return &proxies_;
  const std::lock_guard lock(mutex_);
  std::unique_ptr<const ProxyRules>& own = own_proxies_[request.proxy];
  if (!own) {
    HM_TRY(ProxyRules rules, ProxyRules::parse(request.proxy, request.proxy, {}));
    own = std::make_unique<const ProxyRules>(std::move(rules));
  }
  return own.get();
}

bool PooledClient::may_multiplex(const std::string& origin) {
  const std::lock_guard lock(mutex_);
  return !single_file_.contains(origin);
}

void PooledClient::take_note(const Hop& hop, const Exchange& exchange, bool answered) {
  bytes_received_ += exchange.body_bytes();
  connections_ += static_cast<std::uint64_t>(exchange.new_connections());
  if (!answered || exchange.multiplexed() || !hop.url.tls()) return;
  const std::lock_guard lock(mutex_);
  single_file_.insert(hop.url.origin());
}

}  // namespace hallmark::net
