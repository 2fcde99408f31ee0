#include "hallmark/verify.h"

#include <exception>

#include "base/try.h"
#include "cmd/common/in_order.h"
#include "cmd/common/json_report.h"
#include "cmd/common/line_source.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/image_verifier.h"
#include "cmd/hallmark/verify_manifest.h"
#include "policy/precedence.h"

namespace hallmark::cmd {

namespace {

struct VerifyFlags {
  std::vector<std::string> references;
  std::string from_file;
  std::string manifest;
  VerifyingFlags verifying;
  OutputFlags output;
};

// The answer about one image, ready to be printed.
struct Answer {
  std::string reference;  // as typed
  std::string image;      // pinned
  Result<Verdict> verdict;
};

// Everything that is the same for all images of the run.
struct Run {
  Context& context;
  const VerifyFlags& flags;
  ImageVerifier verifier;
};

Answer answer(Run& run, const std::string& reference) {
  Answer answer{.reference = reference, .image = {}, .verdict = fail(Outcome::internal, "nothing was decided")};
  try {
    answer.verdict = run.verifier.verify(reference, answer.image);
  } catch (const std::exception& problem) {
    answer.verdict = fail(Outcome::internal, std::string("unexpected: ") + problem.what());
  }
  return answer;
}

// Prints an answer; returns the outcome it counts as.
Outcome tell(Output& output, const Answer& answer) {
  if (!answer.verdict) {
    const Error& error = answer.verdict.error();
    print_error(output, error, answer.reference);
    if (output.json()) {
      base::Json json = to_json(error, answer.reference);
      json.set("admitted", false);
      if (!answer.image.empty()) json.set("image", answer.image);
      output.result(json.dump());
    }
    return error.kind();
  }
  const Verdict& verdict = *answer.verdict;
  print_verdict(output, verdict, answer.image);
  if (output.json()) {
    base::Json json = to_json(verdict);
    json.set("image", answer.image);
    output.result(json.dump());
  } else if (verdict.admitted) {
    output.result(answer.image);
  }
  return verdict.admitted ? Outcome::verified : verdict.outcome;
}

int verify_list(Run& run, std::optional<LineSource>& list) {
  run.verifier.one_request_at_a_time();
  Outcome gravest = Outcome::verified;
  std::size_t images = 0;
  std::size_t admitted = 0;
  std::size_t given = 0;
  std::optional<Error> broken_list;
  const auto next = [&]() -> std::optional<std::string> {
    if (given < run.flags.references.size()) return run.flags.references[given++];
    if (!list) return std::nullopt;
    auto line = list->next();
    if (line) return *std::move(line);
    broken_list = line.error();
    return std::nullopt;
  };
  work_in_order<Answer>(
      {}, next, [&](const std::string& reference) { return answer(run, reference); },
      [&](Answer&& answer) {
        const Outcome outcome = tell(run.context.output, answer);
        run.context.output.flush();  // who feeds the list line by line reads each answer before the next line
        ++images;
        admitted += outcome == Outcome::verified ? 1 : 0;
        if (policy::outranks(outcome, gravest)) gravest = outcome;
      });
  // A list that names nothing must not look like one whose images are all good.
  if (!broken_list && images == 0) broken_list = Error(Outcome::usage, "the list names no image");
  if (broken_list) {
    print_error(run.context.output, *broken_list, "");
    if (run.context.output.json()) run.context.output.result(to_json(*broken_list, "").dump());
    if (policy::outranks(broken_list->kind(), gravest)) gravest = broken_list->kind();
  }
  run.context.output.note(std::to_string(admitted) + " of " + std::to_string(images) + " images verified");
  return exit_code(gravest);
}

// References, a list, both, or a manifest alone.
Result<void> check_images(const VerifyFlags& flags) {
  const bool named = !flags.references.empty() || !flags.from_file.empty();
  if (named && !flags.manifest.empty())
    return fail(Outcome::usage, "--manifest names its images itself: give no others with it");
  if (!named && flags.manifest.empty())
    return fail(Error(Outcome::usage, "no image given")
                    .with_hint("name one, or a list with --from-file, or a Kubernetes manifest with --manifest"));
  return {};
}

int verify_all(Context& context, const VerifyFlags& flags) {
  std::optional<Run> ready;
  std::optional<LineSource> list;
  const int code = run(context, flags.output, "", [&]() -> Result<void> {
    HM_DO(check_images(flags));
    HM_TRY(ImageVerifier verifier, ImageVerifier::open(context, flags.verifying));
    if (!flags.from_file.empty()) {
      HM_TRY(list, LineSource::open(flags.from_file));
    }
    ready.emplace(Run{context, flags, std::move(verifier)});
    return {};
  });
  if (code != 0) return code;
  const bool one = !list && flags.references.size() == 1;
  const int result = !flags.manifest.empty() ? verify_manifest(context, ready->verifier, flags.manifest)
                     : one                   ? exit_code(tell(context.output, answer(*ready, flags.references.front())))
                                             : verify_list(*ready, list);
  print_statistics(context.output, ready->verifier.images());
  return result;
}

void add_flags(Command& command, VerifyFlags& flags) {
  command.positional({.names = "REF",
                      .value = "",
                      .help = "images: registry references, oci:DIR[:TAG][@DIGEST], oci-archive:FILE[:TAG]"},
                     flags.references);
  add_verifying_flags(command, flags.verifying);
  command.option({.names = "--from-file", .value = "LIST", .help = "a reference a line; - is standard input"},
                 flags.from_file);
  command.option({.names = "--manifest",
                  .value = "FILE",
                  .help = "verify the images of this Kubernetes manifest and print it with digests in their place; - "
                          "is standard input"},
                 flags.manifest);
  add_output_flags(command, flags.output);
}

}  // namespace

void add_verify(Command& root, Context& context) {
  auto flags = std::make_shared<VerifyFlags>();
  Command& command = root.add("verify", "Verify that images are signed");
  command.details(
      "Exits 0 and prints the pinned reference when the image's digest is signed by one of the keys, or shows what the "
      "policy's rule for its repository demands; else tells why not, and exits with a code of its own for each reason. "
      "Several images: one answer each, in the order given. Without --key and --policy, the policy of HALLMARK_POLICY "
      "or of /etc/hallmark/policy.d decides.");
  command.examples({
      "hallmark verify --key release.pub registry.example/shop/api:1.4",
      "hallmark verify --policy policy.yaml registry.example/shop/api:1.4",
      "hallmark verify --key release.pub -o json oci:build/image:1.4",
      "hallmark verify --key release.pub --from-file images.txt -o json",
      "hallmark verify --policy policy.yaml --manifest deployment.yaml | kubectl apply -f -",
  });
  add_flags(command, *flags);
  command.action([&context, flags] { return verify_all(context, *flags); });
}

}  // namespace hallmark::cmd
