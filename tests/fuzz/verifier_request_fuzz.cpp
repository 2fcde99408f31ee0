// The descriptor, or the envelope around it, as containerd hands it to hallmark-verifier.
#include "cmd/containerd_verifier/request.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  static const std::string digest = "sha256:4f2a8d6c1b0e9f7a3c5d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b";
  for (const char* type :
       {"application/vnd.oci.descriptor.v1+json", "application/vnd.containerd.image-verifier.input.v1+json"}) {
    const char* const words[] = {"-name",        "registry.example/app:1", "-digest",
                                 digest.c_str(), "-stdin-media-type",      type};
    const auto arguments = cmd::VerifierArguments::parse(words);
    if (!arguments) std::abort();
    const auto request = cmd::VerifierRequest::parse(*arguments, {data, size});
    if (request && request->image.digest.text() != digest) std::abort();
  }
  // The bytes as flags, a word a line.
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size() && lines.size() < 16;) {
    const auto end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  std::vector<const char*> words;
  for (const auto& line : lines) words.push_back(line.c_str());
  (void)cmd::VerifierArguments::parse(words);
  return 0;
}
