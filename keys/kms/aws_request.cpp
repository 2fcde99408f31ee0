#include "keys/kms/aws_request.h"

#include <cstring>
#include <thread>

#include "base/limits.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "net/retry.h"

namespace hallmark::keys::aws {
namespace {

std::uint32_t random_number() {
  std::uint32_t number = 0;
  const Bytes bytes = crypto::random_bytes(sizeof number);
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

Result<Answered> persistently(const Patience& patience, const std::function<Result<Reply>()>& ask,
                              const std::function<ErrorAnswer(const Reply&)>& read_error) {
  for (std::size_t failed = 0;; ++failed) {
    HM_TRY(Reply reply, ask());
    if (reply.ok()) return Answered{std::move(reply), {}};
    ErrorAnswer error = read_error(reply);
    error.status = reply.status;
    const auto pause = net::backoff(failed, random_number());
    const bool again = patience.may_retry && failed < limits::retries && is_temporary(error) &&
                       !net::is_temporary(reply.status) && patience.services.clock.steady() + pause < patience.deadline;
    if (!again) return Answered{std::move(reply), std::move(error)};
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace hallmark::keys::aws
