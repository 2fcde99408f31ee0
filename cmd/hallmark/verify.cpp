#include "hallmark/verify.h"

#include <exception>

#include "base/try.h"
#include "cmd/common/in_order.h"
#include "cmd/common/json_report.h"
#include "cmd/common/line_source.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/options.h"
#include "hallmark/keys.h"
#include "policy/precedence.h"

namespace hallmark::cmd {

namespace {

struct VerifyFlags {
  std::vector<std::string> references;
  std::string from_file;
  std::vector<std::string> keys;
  std::string format;
  std::vector<std::string> annotations;
  bool recursive = false;
  std::string platform;
  bool content = false;
  bool check_name = false;
  std::string signature_repository;
  OutputFlags output;
  RegistryFlags registry;
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
  std::unique_ptr<Images> images;
  VerifyOptions options;
};

Result<VerifyOptions> options_of(const VerifyFlags& flags) {
  VerifyOptions options;
  for (const std::string& key : flags.keys) {
    HM_TRY(PublicKey opened, keys::open_public_key(key));
    options.keys.push_back(std::move(opened));
  }
  HM_TRY(options.annotations, parse_annotations(flags.annotations));
  HM_TRY(options.format, parse_format(flags.format));
  HM_TRY(options.platform, parse_platform(flags.platform));
  options.recursive = flags.recursive;
  options.content = flags.content;
  return options;
}

// What the options mean for this image.
Result<VerifyOptions> options_for(const Run& run, const ImageName& name) {
  VerifyOptions options = run.options;
  if (name.place() != ImageName::Place::registry) options.content = true;  // it is all here, and cheap to hash
  if (!run.flags.check_name) return options;
  if (name.place() != ImageName::Place::registry)
    return fail(Outcome::usage,
                "--check-name needs an image in a registry: " + name.place_text() + " is no repository name");
  options.name = name.repository()->text();
  return options;
}

// What an image sent, where nobody below knew what to do next.
Error with_next_step(Error error) {
  if (error.kind() != Outcome::malformed || !error.hint().empty()) return error;
  return error.with_hint("it is damaged or was tampered with: fetch it again, from where it was signed");
}

Result<Verdict> verify_one(Run& run, const std::string& reference, std::string& image) {
  HM_TRY(const ImageName name, ImageName::parse(reference));
  HM_TRY(VerifyOptions options, options_for(run, name));
  HM_TRY(OpenedImage opened, run.images->open(name, OpenMode::read));
  HM_TRY(auto signatures, open_signature_repository(*run.images, run.flags.signature_repository, name, OpenMode::read,
                                                    run.context.environment));
  if (signatures) options.signatures = &signatures->store();
  HM_TRY(const Digest digest, Images::resolve(opened, name));
  image = name.pinned(digest);
  Result<Verdict> verdict = verify(opened.store(), digest, options);
  if (!verdict) return fail(with_next_step(std::move(verdict).error()));
  verdict->reference = name.text();
  image = name.pinned(verdict->digest);
  return verdict;
}

Answer answer(Run& run, const std::string& reference) {
  Answer answer{.reference = reference, .image = {}, .verdict = fail(Outcome::internal, "nothing was decided")};
  try {
    answer.verdict = verify_one(run, reference, answer.image);
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
  run.options.parallel = 1;  // many images at once are enough: threads of their own would cost more than they save
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

int verify_all(Context& context, const VerifyFlags& flags) {
  std::optional<Run> ready;
  std::optional<LineSource> list;
  const int code = run(context, flags.output, "", [&]() -> Result<void> {
    if (flags.references.empty() && flags.from_file.empty())
      return fail(Error(Outcome::usage, "no image given").with_hint("name one, or a list with --from-file"));
    HM_TRY(RegistryOptions registry, registry_options(flags.registry, context.environment));
    HM_TRY(VerifyOptions options, options_of(flags));
    if (!flags.from_file.empty()) {
      HM_TRY(list, LineSource::open(flags.from_file));
    }
    ready.emplace(
        Run{context, flags, std::make_unique<Images>(std::move(registry), context.clock), std::move(options)});
    return {};
  });
  if (code != 0) return code;
  const bool one = !list && flags.references.size() == 1;
  const int result =
      one ? exit_code(tell(context.output, answer(*ready, flags.references.front()))) : verify_list(*ready, list);
  print_statistics(context.output, *ready->images);
  return result;
}

void add_flags(Command& command, VerifyFlags& flags) {
  command.positional({.names = "REF",
                      .value = "",
                      .help = "images: registry references, oci:DIR[:TAG][@DIGEST], oci-archive:FILE[:TAG]"},
                     flags.references);
  command.option({.names = "-k,--key",
                  .value = "KEY",
                  .help = "public key file (PEM); may be repeated, then a signature by any of them will do",
                  .required = true},
                 flags.keys);
  command.option(
      {.names = "-a,--annotation", .value = "KEY=VALUE", .help = "must be said by the signature; may be repeated"},
      flags.annotations);
  command.option({.names = "--format",
                  .value = "FORMAT",
                  .help = "look for signatures of this format only; saves requests",
                  .choices = {"bundle", "simple"}},
                 flags.format);
  command.option(
      {.names = "-r,--recursive", .value = "", .help = "demand signatures of the index and of every manifest in it"},
      flags.recursive);
  command.option({.names = "--platform",
                  .value = "OS/ARCH",
                  .help = "demand a signature of this one manifest of an index",
                  .excludes = "--recursive"},
                 flags.platform);
  command.option({.names = "--from-file", .value = "LIST", .help = "a reference a line; - is standard input"},
                 flags.from_file);
  command.option({.names = "--content",
                  .value = "",
                  .help = "fetch and hash every blob of the image, too; always done in a layout or archive"},
                 flags.content);
  command.option(
      {.names = "--check-name", .value = "", .help = "the signature must state this repository (simple format)"},
      flags.check_name);
  command.option({.names = "--signature-repository",
                  .value = "REPO",
                  .help = "look for signatures there instead of beside the image; COSIGN_REPOSITORY does the same",
                  .variable = "HALLMARK_SIGNATURE_REPOSITORY"},
                 flags.signature_repository);
  add_output_flags(command, flags.output);
  add_registry_flags(command, flags.registry);
}

}  // namespace

void add_verify(Command& root, Context& context) {
  auto flags = std::make_shared<VerifyFlags>();
  Command& command = root.add("verify", "Verify that images are signed");
  command.details(
      "Exits 0 and prints the pinned reference when the image's digest is signed by one of the keys; else tells why "
      "not, "
      "and exits with a code of its own for each reason. Several images: one answer each, in the order given.");
  command.examples({
      "hallmark verify --key release.pub registry.example/shop/api:1.4",
      "hallmark verify --key release.pub -o json oci:build/image:1.4",
      "hallmark verify --key release.pub --from-file images.txt -o json",
  });
  add_flags(command, *flags);
  command.action([&context, flags] { return verify_all(context, *flags); });
}

}  // namespace hallmark::cmd
