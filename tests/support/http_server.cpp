#include "support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <stdexcept>

namespace hallmark::test {
namespace {

[[noreturn]] void give_up(const std::string& what) { throw std::runtime_error("test server: " + what); }

std::shared_ptr<BIO> reader(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

std::shared_ptr<SSL_CTX> context_of(const ServerTls& tls) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const std::shared_ptr<X509> certificate(
      PEM_read_bio_X509(reader(tls.identity.certificate).get(), nullptr, nullptr, nullptr), X509_free);
  const std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(reader(tls.identity.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    give_up("bad certificate");
  if (tls.only_tls_1_0) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_VERSION);
  }
  if (!tls.client_ca.empty()) {
    const std::shared_ptr<X509> ca(PEM_read_bio_X509(reader(tls.client_ca).get(), nullptr, nullptr, nullptr),
                                   X509_free);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  // Tickets would let a client that trusts nothing of ours resume a session of one that does: clients are to prevent
  // it.
  return context;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

ReceivedRequest parse_head(const std::string& head) {
  ReceivedRequest request;
  std::size_t at = head.find("\r\n");
  const std::string first = head.substr(0, at);
  request.method = first.substr(0, first.find(' '));
  const std::size_t target = request.method.size() + 1;
  request.target = first.substr(std::min(target, first.size()), first.rfind(' ') - target);
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    if (const std::size_t colon = line.find(": "); colon != std::string::npos)
      request.headers.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
    at = end;
  }
  return request;
}

}  // namespace

std::string ReceivedRequest::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

std::string response(int status, std::string_view body, std::string_view header_lines) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(header_lines) + "\r\n" + std::string(body);
}

class HttpServer::Connection final : public Peer {
 public:
  Connection(int socket, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {}

  bool handshake(SSL_CTX* context) {
    if (context == nullptr) return true;
    ssl_.reset(SSL_new(context), SSL_free);
    SSL_set_fd(ssl_.get(), socket_);
    const bool done = SSL_accept(ssl_.get()) == 1;
    ERR_clear_error();
    if (!done) {  // let the alert arrive: closing with bytes unread would send an RST after it
      ::shutdown(socket_, SHUT_WR);
      std::string rest(4096, '\0');
      while (readable(std::chrono::seconds(1)) && ::recv(socket_, rest.data(), rest.size(), 0) > 0) {
      }
    }
    return done;
  }
  bool send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const long sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ERR_clear_error();
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  std::string receive(std::size_t most) override {
    std::string bytes(most, '\0');
    const long got =
        ssl_ ? SSL_read(ssl_.get(), bytes.data(), static_cast<int>(most)) : ::recv(socket_, bytes.data(), most, 0);
    ERR_clear_error();
    bytes.resize(static_cast<std::size_t>(std::max(0L, got)));
    return bytes;
  }
  bool readable(std::chrono::milliseconds time) override {
    if (ssl_ && SSL_pending(ssl_.get()) > 0) return true;
    pollfd poll{socket_, POLLIN, 0};
    return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
  }
  void hang_up(bool reset) override {
    over_ = true;
    const linger now{1, 0};
    if (reset) ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  bool pause(std::chrono::milliseconds time) override {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!stopping_ && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return !stopping_;
  }
  [[nodiscard]] bool over() const { return over_ || stopping_; }

  // False at the end of the connection.
  bool read_request(ReceivedRequest& request) {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      const std::string more = receive(16 << 10);
      if (more.empty()) return false;
      buffer_ += more;
      if (buffer_.front() == '\x16') {  // a TLS handshake: what servers say to a line that is none
        send(response(400, "bad request"));
        return false;
      }
    }
    request = parse_head(buffer_.substr(0, end + 2));
    buffer_.erase(0, end + 4);
    const std::string length = request.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size) {
      const std::string more = receive(64 << 10);
      if (more.empty()) return false;
      buffer_ += more;
    }
    request.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return true;
  }

 private:
  int socket_;
  const std::atomic<bool>& stopping_;
  std::shared_ptr<SSL> ssl_;
  std::string buffer_;
  bool over_ = false;
};

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) { listen(); }

HttpServer::HttpServer(Handler handler, ServerTls tls) : handler_(std::move(handler)), tls_context_(context_of(tls)) {
  listen();
}

void HttpServer::listen() {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    give_up("cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void HttpServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0 || stopping_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    const std::size_t number = ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(socket);
    threads_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void HttpServer::serve(int socket, std::size_t number) {
  {
    Connection connection(socket, stopping_);
    ReceivedRequest request;
    bool open = connection.handshake(static_cast<SSL_CTX*>(tls_context_.get()));
    while (open && !connection.over() && connection.read_request(request)) {
      request.connection = number;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      handler_(request, connection);
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, socket);
  ::close(socket);
}

std::string HttpServer::authority() const { return "127.0.0.1:" + std::to_string(port_); }

std::string HttpServer::url(std::string_view path) const {
  return (tls_context_ ? "https://" : "http://") + authority() + std::string(path);
}

std::vector<ReceivedRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace hallmark::test
