#include "cmd/common/kubernetes_manifest.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "base/yaml.h"

namespace hallmark::cmd {

namespace {

using base::Yaml;

class Collector {
 public:
  Collector(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<void> visit(const Yaml& node) {
    if (const auto* items = node.as_sequence()) {
      for (const Yaml& item : *items) HM_DO(visit(item));
    }
    if (const auto* members = node.as_mapping()) {
      for (const auto& [key, line, column, value] : *members) HM_DO(visit_member(key, value));
    }
    return {};
  }
  std::vector<KubernetesManifest::Image> take() { return std::move(images_); }

 private:
  [[nodiscard]] std::unexpected<Error> refuse(const Yaml& at, const std::string& problem) const {
    return fail(Outcome::malformed, base::printable(file_) + ":" + std::to_string(at.line()) + ":" +
                                        std::to_string(at.column()) + ": " + problem);
  }

  Result<void> visit_member(std::string_view key, const Yaml& value) {
    const auto* list = value.as_sequence();
    if (list != nullptr && (key == "containers" || key == "initContainers" || key == "ephemeralContainers")) {
      for (const Yaml& container : *list) HM_DO(add_container(container));
    }
    if (list != nullptr && key == "volumes") {
      for (const Yaml& volume : *list) HM_DO(add_volume(volume));
    }
    return visit(value);
  }

  Result<void> add_container(const Yaml& container) {
    if (container.as_mapping() == nullptr) return refuse(container, "a container is no mapping");
    const Yaml* image = container.find("image");
    if (image == nullptr) return refuse(container, "a container without an image: nothing can be said of it");
    return add(*image);
  }

  Result<void> add_volume(const Yaml& volume) {
    const Yaml* image = volume.find("image");
    if (image == nullptr) return {};
    const Yaml* reference = image->find("reference");
    if (reference == nullptr) return refuse(*image, "an image volume without a reference");
    return add(*reference);
  }

  Result<void> add(const Yaml& image) {
    const std::string* name = image.as_scalar();
    if (name == nullptr || name->empty() || image.kind() != Yaml::Kind::text) {
      return refuse(image, "expected the name of an image");
    }
    const char first = text_[image.offset()];
    const bool quoted = image.style() == Yaml::Style::quoted;
    const std::size_t offset = image.offset() + (quoted ? 1 : 0);
    const std::size_t end = offset + name->size();
    const bool in_one_piece =
        text_.substr(offset, name->size()) == *name &&
        (!quoted || ((first == '"' || first == '\'') && text_.substr(end, 1) == std::string(1, first)));
    if (!in_one_piece) return refuse(image, "write the name of the image in one piece, without escapes");
    images_.push_back({*name, image.line(), image.column(), offset});
    return {};
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<KubernetesManifest::Image> images_;
};

}  // namespace

Result<KubernetesManifest> KubernetesManifest::parse(std::string text, const std::string& file) {
  KubernetesManifest manifest;
  manifest.text_ = std::move(text);
  // Labels and the keys of a ConfigMap are names: those that differ in case are two.
  HM_TRY(const auto documents, Yaml::parse_all(manifest.text_, file, {.fold_keys = false, .many_documents = true}));
  Collector collector(manifest.text_, file);
  for (const Yaml& document : documents) HM_DO(collector.visit(document));
  manifest.images_ = collector.take();
  std::ranges::sort(manifest.images_, {}, &Image::offset);
  return manifest;
}

std::string KubernetesManifest::with(const std::vector<std::string>& names) const {
  std::string text;
  std::size_t at = 0;
  for (std::size_t i = 0; i < images_.size() && i < names.size(); ++i) {
    text.append(text_, at, images_[i].offset - at);
    text += names[i];
    at = images_[i].offset + images_[i].name.size();
  }
  return text.append(text_, at);
}

}  // namespace hallmark::cmd
