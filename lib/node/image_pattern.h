// ImagePattern: an entry of kubelet's matchImages, and a key of what its credential plugins answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::node {

// "*.registry.example:8080/path": `*` stands for any letters within one part of the host's name; the port must be the
// same, one that is missing included; the path is the beginning of the image's, letter by letter. Source: kubelet's
// configuration reference, CredentialProvider.matchImages.
class ImagePattern {
 public:
  // A scheme and Docker's old "/v1/" or "/v2/" behind the host are passed over. Kind of errors: config.
  [[nodiscard]] static Result<ImagePattern> parse(std::string_view text);
  // "registry.example:8080/path/app", without tag and digest.
  [[nodiscard]] bool matches(std::string_view image) const;

 private:
  struct Name {
    std::vector<std::string> host;  // in parts, lower case
    std::string port;
    std::string path;  // with its slash, or empty
  };
  static Name split(std::string_view text);
  Name name_;
};

}  // namespace hallmark::node
