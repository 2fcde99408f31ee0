// verify --manifest: verifies the images of a Kubernetes manifest and pins them.
#pragma once

#include <string>

#include "cmd/hallmark/image_verifier.h"

namespace hallmark::cmd {

// The exit code. The manifest goes to standard output only if every image was admitted; with -o json it is a member of
// the one document that is printed. `file` "-" is standard input.
[[nodiscard]] int verify_manifest(Context& context, ImageVerifier& verifier, const std::string& file);

}  // namespace hallmark::cmd
