// KubernetesManifest: the images of workloads in Kubernetes YAML or JSON, and the same bytes with other images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::cmd {

// Images stand in `containers`, `initContainers` and `ephemeralContainers`, and in volumes of type image, wherever a
// document has these: Pods, every kind with a pod template, lists of them, kinds of others that are made like them.
class KubernetesManifest {
 public:
  struct Image {
    std::string name;  // as written
    std::uint32_t line;
    std::uint32_t column;
    std::size_t offset;  // of the name's bytes, within quotes where it has them
  };

  // One or several documents. Kind of errors: malformed, with file, line and column. YAML's anchors, aliases and tags,
  // a container without an image, and an image that is not written in one piece are errors: what they mean is not the
  // same to all readers.
  [[nodiscard]] static Result<KubernetesManifest> parse(std::string text, const std::string& file);

  [[nodiscard]] const std::vector<Image>& images() const { return images_; }  // in the order they stand there
  // The text with names()[i] in place of images()[i], everything else byte for byte.
  [[nodiscard]] std::string with(const std::vector<std::string>& names) const;

 private:
  std::string text_;
  std::vector<Image> images_;
};

}  // namespace hallmark::cmd
