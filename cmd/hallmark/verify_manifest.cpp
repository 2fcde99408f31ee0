#include "cmd/hallmark/verify_manifest.h"

#include <unistd.h>

#include <algorithm>

#include <exception>
#include <map>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "cmd/common/in_order.h"
#include "cmd/common/json_report.h"
#include "cmd/common/kubernetes_manifest.h"
#include "cmd/common/text_report.h"
#include "policy/precedence.h"

namespace hallmark::cmd {

namespace {

struct Answer {
  std::string reference;
  std::string image;
  Result<Verdict> verdict;
};

Result<KubernetesManifest> read_manifest(const std::string& file) {
  if (file == "-") {
    HM_TRY(const Secret text,
           base::read_secret(STDIN_FILENO, limits::yaml_bytes, "standard input", Outcome::malformed));
    return KubernetesManifest::parse(std::string(text.text()), "standard input");
  }
  HM_TRY(const Bytes bytes, base::read_file(file, limits::yaml_bytes, Outcome::malformed));
  return KubernetesManifest::parse(std::string(as_text(bytes)), file);
}

Answer answer(ImageVerifier& verifier, const std::string& reference) {
  Answer answer{.reference = reference, .image = {}, .verdict = fail(Outcome::internal, "nothing was decided")};
  try {
    // In a manifest a name is an image in a registry: nothing there may point into the file system.
    if (const auto parsed = Reference::parse(reference); !parsed) {
      answer.verdict = fail(parsed.error());
    } else {
      answer.verdict = verifier.verify(parsed->text(), answer.image);
    }
  } catch (const std::exception& problem) {
    answer.verdict = fail(Outcome::internal, std::string("unexpected: ") + problem.what());
  }
  return answer;
}

Outcome outcome_of(const Answer& answer) {
  if (!answer.verdict) return answer.verdict.error().kind();
  return answer.verdict->admitted ? Outcome::verified : answer.verdict->outcome;
}

base::Json json_of(const Answer& answer) {
  base::Json json = answer.verdict ? to_json(*answer.verdict) : to_json(answer.verdict.error(), answer.reference);
  if (!answer.verdict) json.set("admitted", false);
  if (!answer.image.empty()) json.set("image", answer.image);
  return json;
}

void print(Output& output, const Answer& answer) {
  if (answer.verdict) {
    print_verdict(output, *answer.verdict, answer.image);
  } else {
    print_error(output, answer.verdict.error(), answer.reference);
  }
}

// Each name once, in the order of the manifest.
std::vector<Answer> verify_images(ImageVerifier& verifier, const KubernetesManifest& manifest) {
  std::vector<std::string> names;
  for (const auto& image : manifest.images()) {
    if (std::ranges::find(names, image.name) == names.end()) names.push_back(image.name);
  }
  std::vector<Answer> answers;
  std::size_t given = 0;
  work_in_order<Answer>(
      {}, [&]() { return given < names.size() ? std::optional(names[given++]) : std::nullopt; },
      [&](const std::string& name) { return answer(verifier, name); },
      [&](Answer&& one) { answers.push_back(std::move(one)); });
  return answers;
}

std::string pinned(const KubernetesManifest& manifest, const std::vector<Answer>& answers) {
  std::map<std::string_view, std::string> image_of;
  for (const Answer& answer : answers) image_of.emplace(answer.reference, answer.image);
  std::vector<std::string> images;
  for (const auto& image : manifest.images()) images.push_back(image_of.at(image.name));
  return manifest.with(images);
}

void print_result(Output& output, const KubernetesManifest& manifest, const std::vector<Answer>& answers,
                  Outcome gravest) {
  const bool admitted = gravest == Outcome::verified;
  if (!output.json()) {
    if (admitted) output.raw_result(pinned(manifest, answers));
    return;
  }
  base::Json json = base::Json::object({{"outcome", word(gravest)}, {"exit_code", exit_code(gravest)}});
  json.set("admitted", admitted);
  base::Json::Array images;
  for (const Answer& answer : answers) images.push_back(json_of(answer));
  json.set("images", std::move(images));
  if (admitted) json.set("manifest", pinned(manifest, answers));
  output.result(json.dump());
}

}  // namespace

int verify_manifest(Context& context, ImageVerifier& verifier, const std::string& file) {
  auto manifest = read_manifest(file);
  if (manifest && manifest->images().empty()) {
    // A manifest whose images were not seen must not look like one whose images are all good.
    manifest = fail(Outcome::usage, base::printable(file) + " names no image");
  }
  if (!manifest) {
    print_error(context.output, manifest.error(), "");
    if (context.output.json()) context.output.result(to_json(manifest.error(), "").dump());
    return exit_code(manifest.error().kind());
  }
  verifier.one_request_at_a_time();
  const auto answers = verify_images(verifier, *manifest);
  Outcome gravest = Outcome::verified;
  for (const Answer& one : answers) {
    print(context.output, one);
    if (policy::outranks(outcome_of(one), gravest)) gravest = outcome_of(one);
  }
  print_result(context.output, *manifest, answers, gravest);
  return exit_code(gravest);
}

}  // namespace hallmark::cmd
