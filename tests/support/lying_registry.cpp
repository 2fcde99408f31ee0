#include "support/lying_registry.h"

#include <httplib.h>
#include <openssl/pem.h>

#include <stdexcept>

namespace hallmark::test {

namespace {

constexpr std::size_t kThreads = 64;  // each connection holds one, however slow it is

std::shared_ptr<httplib::Server> server_for(const std::optional<Issued>& identity) {
  if (!identity) return std::make_shared<httplib::Server>();
  const auto reader = [](const std::string& pem) {
    return std::shared_ptr<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  };
  const std::shared_ptr<X509> certificate(
      PEM_read_bio_X509(reader(identity->certificate).get(), nullptr, nullptr, nullptr), X509_free);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader(identity->key).get(), nullptr, nullptr, nullptr),
                                      EVP_PKEY_free);
  return std::make_shared<httplib::SSLServer>(certificate.get(), key.get());
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

Call call_of(const httplib::Request& request) {
  Call call{
      .method = request.method, .target = request.target, .path = {}, .query = {}, .headers = {}, .body = request.body};
  const auto mark = call.target.find('?');
  call.path = unescaped(call.target.substr(0, mark));
  std::string_view rest =
      mark == std::string::npos ? std::string_view() : std::string_view(call.target).substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    call.query[unescaped(pair.substr(0, equals))] =
        equals == std::string_view::npos ? "" : unescaped(pair.substr(equals + 1));
  }
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    call.headers.emplace_back(std::move(lower), value);
  }
  return call;
}

}  // namespace

LyingRegistry::LyingRegistry(RegistryFeatures features, const std::optional<Issued>& identity)
    : honest_(features), tls_(identity.has_value()), server_(server_for(identity)) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server_->set_tcp_nodelay(true);
  server_->set_keep_alive_max_count(100'000);
  server_->set_keep_alive_timeout(1);
  const auto serve_all = [this](const httplib::Request& request, httplib::Response& response) {
    serve(request, response);
  };
  server_->Get(".*", serve_all).Delete(".*", serve_all);
  server_->Post(".*", serve_all).Put(".*", serve_all).Patch(".*", serve_all);
  port_ = server_->bind_to_any_port("127.0.0.1");
  if (port_ <= 0) throw std::runtime_error("the test registry cannot listen");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

LyingRegistry::~LyingRegistry() {
  stopping_ = true;
  server_->stop();
  thread_.join();
}

std::string LyingRegistry::url() const { return (tls_ ? "https://" : "http://") + authority(); }

void LyingRegistry::tell(Lie lie) {
  const std::lock_guard lock(mutex_);
  lies_.push_back({std::move(lie)});
}

void LyingRegistry::be_honest() {
  const std::lock_guard lock(mutex_);
  lies_.clear();
}

void LyingRegistry::answer(std::string method, std::string target, Reply reply) {
  tell({.method = std::move(method), .target = std::move(target), .instead = [reply](const Call&) { return reply; }});
}

void LyingRegistry::change(std::string method, std::string target, std::function<void(const Call&, Reply&)> change) {
  tell({.method = std::move(method), .target = std::move(target), .change = std::move(change)});
}

std::vector<Call> LyingRegistry::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::size_t LyingRegistry::count(std::string_view method, std::string_view target) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(), [&](const Call& call) {
    return (method.empty() || call.method == method) && call.target.find(target) != std::string::npos;
  }));
}

void LyingRegistry::forget_calls() {
  const std::lock_guard lock(mutex_);
  calls_.clear();
}

Reply LyingRegistry::reply_to(Call call) {
  std::vector<Lie> told;
  {
    const std::lock_guard lock(mutex_);
    call.number = ++number_;
    calls_.push_back(call);
    for (auto& [lie, seen] : lies_) {
      if (!lie.method.empty() && lie.method != call.method) continue;
      if (call.target.find(lie.target) == std::string::npos) continue;
      ++seen;
      if (seen >= lie.from && seen - lie.from < lie.count) told.push_back(lie);
    }
  }
  for (const auto& lie : told) {
    if (!lie.instead) continue;
    if (auto reply = lie.instead(call)) return *std::move(reply);
  }
  Reply reply = honest_.answer(call);
  for (const auto& lie : told) {
    if (lie.change) lie.change(call, reply);
  }
  return reply;
}

void LyingRegistry::serve(const httplib::Request& request, httplib::Response& response) {
  send(reply_to(call_of(request)), response);
}

bool LyingRegistry::pause(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!stopping_ && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::min(time, std::chrono::milliseconds(5)));
  return !stopping_;
}

void LyingRegistry::send(Reply reply, httplib::Response& response) {
  if (reply.delay.count() > 0) pause(reply.delay);
  response.status = reply.status;
  // Not set_header: it would drop values with line breaks, and a liar sends those.
  for (const auto& [name, value] : reply.headers) response.headers.emplace(name, value);
  if (reply.endless) {
    response.set_chunked_content_provider(reply.content_type, [this, reply](std::size_t, httplib::DataSink& sink) {
      return !stopping_ && pause(reply.drip) && sink.write(reply.body.data(), reply.body.size());
    });
    return;
  }
  if (reply.declared_length || reply.drip.count() > 0) {
    const auto length = static_cast<std::size_t>(reply.declared_length.value_or(reply.body.size()));
    response.set_content_provider(length, reply.content_type,
                                  [this, reply](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                    if (offset >= reply.body.size() || !pause(reply.drip)) return false;
                                    const std::size_t piece = reply.drip.count() > 0 ? 1 : reply.body.size() - offset;
                                    return sink.write(reply.body.data() + offset, piece);
                                  });
    return;
  }
  response.set_content(std::move(reply.body), reply.content_type);
}

}  // namespace hallmark::test
