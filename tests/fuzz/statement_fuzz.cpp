// An in-toto statement or a reason; what is taken stays within its limits.
#include <cstdlib>

#include "base/limits.h"
#include "formats/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  static const Digest subject = Digest::of(as_bytes("image"));
  const auto claim = formats::claim_of_statement({data, size}, subject);
  if (!claim) {
    if (claim.error().kind() != Outcome::malformed || claim.error().message().empty()) std::abort();
    return 0;
  }
  if (claim->predicate_type.empty()) std::abort();
  if (claim->subjects.size() > limits::statement_subjects * limits::subject_digests) std::abort();
  const auto again =
      formats::claim_of_statement(as_bytes(formats::sign_statement(subject, claim->annotations)), subject);
  if (!again || again->annotations != claim->annotations || again->subjects != std::vector{subject}) std::abort();
  return 0;
}
