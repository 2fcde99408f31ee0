// persistently: a question to AWS, asked again where its answer says that this may help.
#pragma once

#include <functional>

#include "keys/kms/aws_error.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {

struct Answered {
  Reply reply;
  ErrorAnswer error;  // of a reply that is not ok
};

struct Patience {
  const Services& services;
  net::Deadline deadline;
  bool may_retry = true;
};

// lib/net tries again on 429 and 502 to 504; AWS says 400 when it throttles, and 500 in trouble of its own.
// limits::retries times at most, with its pauses, and never past the deadline.
[[nodiscard]] Result<Answered> persistently(const Patience& patience, const std::function<Result<Reply>()>& ask,
                                            const std::function<ErrorAnswer(const Reply&)>& read_error);

}  // namespace hallmark::keys::aws
