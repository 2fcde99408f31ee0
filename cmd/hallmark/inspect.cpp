#include "hallmark/inspect.h"

#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/options.h"

namespace hallmark::cmd {

namespace {

struct InspectFlags {
  std::string reference;
  std::string signature_repository;
  OutputFlags output;
  RegistryFlags registry;
};

// The exit code: a list that may lack something is shown, but is no success.
Result<int> inspect_image(Context& context, const InspectFlags& flags) {
  HM_TRY(const ImageName name, ImageName::parse(flags.reference));
  HM_TRY(RegistryOptions options, registry_options(flags.registry, context.environment));
  Images images(std::move(options), context.clock, flags.registry);
  HM_TRY(OpenedImage image, images.open(name, OpenMode::read));
  HM_TRY(auto signatures,
         open_signature_repository(images, flags.signature_repository, name, OpenMode::read, context.environment));
  HM_TRY(const Digest digest, Images::resolve(image, name));
  HM_TRY(Inspection inspection, inspect(image.store(), digest, signatures ? &signatures->store() : nullptr));
  HM_DO(image.expect_in_time());
  if (signatures) HM_DO(signatures->expect_in_time());
  inspection.reference = name.pinned(digest);
  if (context.output.json()) {
    context.output.result(to_json(inspection).dump());
  } else {
    for (const std::string& line : tree_of(inspection)) context.output.result(line);
    context.output.note("nothing of this was verified; \"hallmark verify\" does");
  }
  print_statistics(context.output, images);
  const auto missing = incompleteness(inspection);
  if (!missing) return 0;
  print_error(context.output, missing->within("not everything could be looked at"), inspection.reference);
  return exit_code(missing->kind());
}

}  // namespace

void add_inspect(Command& root, Context& context) {
  auto flags = std::make_shared<InspectFlags>();
  Command& command = root.add("inspect", "Show everything attached to an image, good or not");
  command.alias("tree");
  command.details(
      "Lists signatures, attestations and whatever else refers to the image and to the manifests of its index, from "
      "every place where the peers put them. It verifies nothing. Where a place cannot be asked, the rest is shown, "
      "and "
      "the exit code is that failure's.");
  command.examples({"hallmark inspect registry.example/shop/api:1.4", "hallmark tree -o json oci:build/image:1.4"});
  command.positional({.names = "REF",
                      .value = "",
                      .help = "registry reference, oci:DIR[:TAG][@DIGEST] or oci-archive:FILE[:TAG]",
                      .required = true},
                     flags->reference);
  command.option({.names = "--signature-repository",
                  .value = "REPO",
                  .help = "look there instead of beside the image; COSIGN_REPOSITORY does the same",
                  .variable = "HALLMARK_SIGNATURE_REPOSITORY"},
                 flags->signature_repository);
  add_output_flags(command, flags->output);
  add_registry_flags(command, flags->registry);
  command.action([&context, flags] {
    int code = 0;
    const int failed = run(context, flags->output, flags->reference, [&]() -> Result<void> {
      HM_TRY(code, inspect_image(context, *flags));
      return {};
    });
    return failed != 0 ? failed : code;
  });
}

}  // namespace hallmark::cmd
