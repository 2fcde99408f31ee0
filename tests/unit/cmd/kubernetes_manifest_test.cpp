#include "cmd/common/kubernetes_manifest.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using cmd::KubernetesManifest;

namespace {

KubernetesManifest read(const std::string& text) {
  auto manifest = KubernetesManifest::parse(text, "m.yaml");
  INFO(text << (manifest ? "" : manifest.error().message()));
  REQUIRE(manifest);
  return *std::move(manifest);
}

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  const auto manifest = read(text);
  for (const auto& image : manifest.images()) names.push_back(image.name);
  return names;
}

std::string workload(const std::string& kind, const std::string& path) {
  return "kind: " + kind + "\n" + path + ": {containers: [{name: a, image: r.test/a}]}" +
         std::string(static_cast<std::size_t>(std::count(path.begin(), path.end(), '{')), '}') + "\n";
}

}  // namespace

TEST_CASE("the images of every kind of workload are found [attack 42]") {
  struct Case {
    const char* kind;
    const char* path;
  };
  const auto [kind, path] = GENERATE(values<Case>({
      {"Pod", "spec"},
      {"PodTemplate", "template: {spec"},
      {"Deployment", "spec: {template: {spec"},
      {"ReplicaSet", "spec: {template: {spec"},
      {"DaemonSet", "spec: {template: {spec"},
      {"StatefulSet", "spec: {template: {spec"},
      {"ReplicationController", "spec: {template: {spec"},
      {"Job", "spec: {template: {spec"},
      {"CronJob", "spec: {jobTemplate: {spec: {template: {spec"},
      {"Rollout", "spec: {template: {spec"},
  }));
  CHECK(names_in(workload(kind, path)) == std::vector<std::string>{"r.test/a"});
}

TEST_CASE("containers of all sorts, image volumes, lists and documents") {
  const std::string pod =
      "spec:\n  initContainers: [{image: r.test/init}]\n  containers: [{image: r.test/a}, {image: \"r.test/b\"}]\n"
      "  ephemeralContainers: [{image: 'r.test/debug'}]\n"
      "  volumes: [{image: {reference: r.test/model, pullPolicy: Always}}, {emptyDir: {}}]\n";
  CHECK(names_in(pod) ==
        std::vector<std::string>{"r.test/init", "r.test/a", "r.test/b", "r.test/debug", "r.test/model"});
  CHECK(names_in("kind: List\nitems:\n- {spec: {containers: [{image: r.test/a}]}}\n- {spec: {containers: [{image: "
                 "r.test/b}]}}\n") == std::vector<std::string>{"r.test/a", "r.test/b"});
  CHECK(names_in(pod + "---\n" + pod).size() == 10);
  CHECK(names_in("kind: ConfigMap\ndata:\n  README: x\n  readme: x\n  image: alpine\n").empty());
  CHECK(names_in("kind: CustomResourceDefinition\nproperties: {containers: {type: array}}\n").empty());
}

TEST_CASE("other names go in, and everything else stays byte for byte") {
  const std::string text =
      "# the shop\r\nspec:\r\n  containers:\r\n  - image:   \"r.test/a:1\"   # pinned by us\r\n    name: a\r\n"
      "  - {name: b, image: r.test/b}\r\n---\r\n{\"spec\":{\"containers\":[{\"image\":\"r.test/a:1\"}]}}\r\n";
  const auto manifest = read(text);
  REQUIRE(manifest.images().size() == 3);
  CHECK(manifest.images()[0].line == 4);
  CHECK(manifest.with({"r.test/a:1", "r.test/b", "r.test/a:1"}) == text);
  const auto pinned = manifest.with({"r.test/a@sha256:1", "r.test/b@sha256:2", "r.test/a@sha256:1"});
  CHECK(
      pinned ==
      "# the shop\r\nspec:\r\n  containers:\r\n  - image:   \"r.test/a@sha256:1\"   # pinned by us\r\n    name: a\r\n"
      "  - {name: b, image: r.test/b@sha256:2}\r\n---\r\n{\"spec\":{\"containers\":[{\"image\":\"r.test/a@sha256:1\"}]"
      "}}\r\n");
}

TEST_CASE("a manifest whose images cannot be told for sure is refused with its place [attack 37]") {
  struct Case {
    const char* text;
    const char* reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"spec: {containers: [{name: a}]}", "m.yaml:1:21: a container without an image"},
      {"spec: {containers: [alpine]}", "a container is no mapping"},
      {"spec: {containers: [{image: 1.4}]}", "expected the name of an image"},
      {"spec: {containers: [{image: \"\"}]}", "expected the name of an image"},
      {"spec: {containers: [{image: [a]}]}", "expected the name of an image"},
      {"spec: {containers: [{image: \"\\u0061lpine\"}]}", "in one piece, without escapes"},
      {"containers:\n- image: >-\n    alpine\n", "in one piece, without escapes"},
      {"containers:\n- image: al\n    pine\n", "in one piece, without escapes"},
      {"spec: {containers: [{image: a, image: b}]}", "duplicate key \"image\""},
      {"spec: {containers: &x [{image: a}], initContainers: *x}", "anchors are not allowed"},
      {"spec: {containers: [{image: !!str a}]}", "tags are not allowed"},
      {"volumes: [{image: {pullPolicy: Always}}]", "an image volume without a reference"},
      {"spec: {containers: [{image: a}]", "not valid YAML"},
  }));
  const auto manifest = KubernetesManifest::parse(text, "m.yaml");
  CAPTURE(text);
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().kind() == Outcome::malformed);
  CHECK_THAT(manifest.error().message(), Catch::Contains(reason));
}
