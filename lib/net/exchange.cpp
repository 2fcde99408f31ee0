#include "net/exchange.h"

#include <algorithm>
#include <cstdio>

#include "base/try.h"
#include "net/easy_options.h"

namespace hallmark::net {
namespace {

template <class T>
T info(CURL* handle, CURLINFO which) {
  T value{};
  curl_easy_getinfo(handle, which, &value);
  return value;
}

}  // namespace

std::uint64_t Exchange::upload_bytes(const Request& request) {
  if (request.body == nullptr || request.aws) return 0;
  if (request.body_length) return *request.body_length;
  const std::uint64_t size = request.body->size();
  return size - std::min(size, request.body_offset);
}

Exchange::Exchange(const Try& what, EasyPool& handles, EasyHandle handle)
    : what_(what),
      answer_({.limit = what.request.limit,
               .streamed = static_cast<bool>(what.request.sink),
               .head = what.request.method == "HEAD",
               .resume_from = what.resume_from}),
      mailbox_(upload_bytes(what.request)),
      delivered_(what.resume_from),
      handles_(handles),
      handle_(std::move(handle)) {}

// What failed is not used again: its handle might know why.
Exchange::~Exchange() {
  if (breakage_.code == CURLE_OK && !refused_ && !what_.request.sink) handles_.give_back(std::move(handle_));
}

Result<std::unique_ptr<Exchange>> Exchange::create(const Try& what, EasyPool& handles) {
  EasyHandle handle = what.request.sink ? EasyPool::fresh() : handles.take();
  if (!handle) return fail(Outcome::internal, "no memory for a request");
  std::unique_ptr<Exchange> exchange(new Exchange(what, handles, std::move(handle)));
  HM_DO(add_header_lines(what, exchange->lines_));
  HM_DO(set_options(exchange->handle(), what, upload_bytes(what.request)));
  exchange->set_callbacks();
  if (upload_bytes(what.request) > 0) HM_DO(exchange->read_source(0));  // a small body never pauses
  return exchange;
}

void Exchange::set_callbacks() {
  CURL* const handle = handle_.get();
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines_.get());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Exchange::on_read);
  curl_easy_setopt(handle, CURLOPT_READDATA, this);
  curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, &Exchange::on_seek);
  curl_easy_setopt(handle, CURLOPT_SEEKDATA, this);
}

std::expected<Answer, Failure> Exchange::run(EventLoop& loop) {
  if (auto worked = work_through(loop); !worked) return std::unexpected(Failure{worked.error(), false});
  if (refused_) {
    return std::unexpected(Failure{refused_->within(what_.url.authority()), false});
  }
  if (breakage_.code != CURLE_OK) return std::unexpected(explain(breakage_, what_.route));
  return std::move(answer_);
}

// The sender's thread serves sink and source until the loop says that all is over. The error is the sink's or source's.
Result<void> Exchange::work_through(EventLoop& loop) {
  const EventLoop::Id id = loop.add(*this);
  Result<void> own;
  for (;;) {
    const Mailbox::Work work = mailbox_.wait();
    const bool good = own.has_value();
    if (good && !work.received.empty()) {
      own = what_.request.sink(work.received);
      delivered_ += work.received.size();
    }
    if (own && work.wanted) own = read_source(*work.wanted);
    if (good && !own) loop.cancel(id);
    if (work.done) return own;
    if (own && (work.resume || work.wanted)) loop.resume(id);
  }
}

Result<void> Exchange::read_source(std::uint64_t position) {
  const std::uint64_t left = upload_bytes(what_.request) - position;
  Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(left, Mailbox::kChunk)));
  HM_TRY(const std::size_t count, what_.request.body->read(what_.request.body_offset + position, piece));
  if (count == 0) return fail(Outcome::malformed, "what is to be sent ends before the size it said");
  piece.resize(count);
  mailbox_.supply(position, std::move(piece));
  return {};
}

void Exchange::finish(CURLcode code) {
  CURL* const curl = handle_.get();
  breakage_.code = code;
  breakage_.detail = detail_.data();
  breakage_.verify_result = info<long>(curl, CURLINFO_SSL_VERIFYRESULT);
  breakage_.proxy_verify_result = info<long>(curl, CURLINFO_PROXY_SSL_VERIFYRESULT);
  breakage_.connect_status = info<long>(curl, CURLINFO_HTTP_CONNECTCODE);
  breakage_.os_error = info<long>(curl, CURLINFO_OS_ERRNO);
  breakage_.connected = info<curl_off_t>(curl, CURLINFO_CONNECT_TIME_T) > 0;
  breakage_.got_status = answer_.status() != 0;
  new_connections_ = info<long>(curl, CURLINFO_NUM_CONNECTS);
  multiplexed_ = info<long>(curl, CURLINFO_HTTP_VERSION) >= CURL_HTTP_VERSION_2_0;
  mailbox_.finish();
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  auto taken = exchange.answer_.header_line({data, size * count});
  if (taken) return size * count;
  exchange.refused_ = std::move(taken).error();
  return 0;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const BytesView piece = as_bytes({data, size * count});
  if (exchange.answer_.streams()) {
    if (!exchange.mailbox_.has_room()) return CURL_WRITEFUNC_PAUSE;
    exchange.mailbox_.deliver(exchange.answer_.unseen(piece));
  } else if (auto kept = exchange.answer_.keep(piece); !kept) {
    exchange.refused_ = std::move(kept).error();
    return 0;
  }
  exchange.body_bytes_ += piece.size();
  return piece.size();
}

std::size_t Exchange::on_read(char* into, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.mailbox_.take_upload({into, size * count}).value_or(CURL_READFUNC_PAUSE);
}

int Exchange::on_seek(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(self)->mailbox_.rewind(static_cast<std::uint64_t>(offset));
  return CURL_SEEKFUNC_OK;
}

}  // namespace hallmark::net
