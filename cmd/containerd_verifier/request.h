// VerifierRequest: what containerd asks of an image verifier.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/descriptor.h"
#include "hallmark/reference.h"

namespace hallmark::cmd {

// The flags, before standard input was read.
struct VerifierArguments {
  std::string name;              // -name
  std::string digest;            // -digest
  std::string stdin_media_type;  // -stdin-media-type
  std::string operation;         // -operation, of newer versions: "pull" or "run"; empty: not given

  // As Go's flag package writes and reads them: -flag VALUE or -flag=VALUE, one dash or two. A flag that is unknown,
  // twice, without value, or a word that is no flag is refused: a newer containerd that says more is not guessed at.
  // Kind of errors: usage.
  [[nodiscard]] static Result<VerifierArguments> parse(std::span<const char* const> arguments);
};

// Source: containerd docs/image-verification.md. Standard input holds a descriptor
// (application/vnd.oci.descriptor.v1+json), or an object with `descriptor`, `operation` and `annotations`
// (application/vnd.containerd.image-verifier.input.v1+json); annotations come from whoever made the pod and are not
// looked at.
struct VerifierRequest {
  Reference name;
  Descriptor image;  // digest, size and media type as resolved: of an index or a manifest

  // Kind of errors: usage for arguments, malformed for standard input: absent, cut off, not an image, or of another
  // digest than the flag or the name has.
  [[nodiscard]] static Result<VerifierRequest> parse(const VerifierArguments& arguments, BytesView input);
};

}  // namespace hallmark::cmd
