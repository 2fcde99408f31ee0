// Statement: in-toto's "this predicate is true of these subjects".
#pragma once

#include "formats/signature.h"

namespace hallmark::formats {

inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

// Statement v1 that signs an image: one subject {digest, annotations}, predicateType kCosignSignPredicate, predicate
// {}.
[[nodiscard]] std::string sign_statement(const Digest& subject, const Annotations& annotations);
// Statement v0.1 and v1; at least one subject, limits::statement_subjects and subject_digests. Digests of unknown
// algorithms are left out; a known name with a value of another length is malformed. `subject` picks whose annotations
// the claim carries.
[[nodiscard]] Result<Claim> claim_of_statement(BytesView payload, const Digest& subject);

}  // namespace hallmark::formats
