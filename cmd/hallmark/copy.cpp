#include "hallmark/copy.h"

#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/options.h"

namespace hallmark::cmd {

namespace {

struct CopyFlags {
  std::string source;
  std::string destination;
  bool image_only = false;
  OutputFlags output;
  RegistryFlags registry;
};

std::string in_mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t kTenth = (1u << 20) / 10;
  const std::uint64_t tenths = bytes / kTenth;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

std::string describe(const CopyProgress& progress) {
  return "copied " + std::to_string(progress.blobs_done) + " of " + std::to_string(progress.blobs_total) + " blobs, " +
         in_mebibytes(progress.bytes_done) + " of " + in_mebibytes(progress.bytes_total);
}

std::string describe(const CopyResult& result) {
  return std::to_string(result.manifests) + " manifests, " + std::to_string(result.blobs_copied) + " blobs (" +
         in_mebibytes(result.bytes_copied) + "), " + std::to_string(result.blobs_present) + " blobs were there, " +
         std::to_string(result.referrers) + " referrers, " + std::to_string(result.signature_tags) + " signature tags";
}

// The tag at the destination: its own, else the source's; a digest alone tags nothing.
std::optional<std::string> tag_for(const ImageName& source, const ImageName& destination) {
  if (destination.digest() && !destination.tag()) return std::nullopt;
  if (destination.tag() && destination.names_a_version()) return destination.tag();
  if (source.digest() && !source.tag() && destination.place() != ImageName::Place::registry) return std::nullopt;
  if (source.names_a_version() && source.tag()) return source.tag();
  return destination.tag();
}

// What was to come along and could not: the copy has the image, and not all that refers to it.
Error left_out(const std::string& what) {
  return Error(Outcome::malformed, "left out, broken at the source: " + base::printable(what, 400))
      .with_hint("what refers to the image is not all there; \"hallmark inspect\" shows it at the source");
}

// As of a copy that has all, or of an error that says what was left out.
base::Json head_of(const CopyResult& result, const std::string& reference) {
  if (result.skipped.empty()) {
    base::Json json = done();
    json.set("reference", reference);
    return json;
  }
  const std::size_t others = result.skipped.size() - 1;
  return to_json(left_out(result.skipped.front() + (others == 0 ? "" : " (and " + std::to_string(others) + " more)")),
                 reference);
}

// Whether all came along.
Result<bool> copy_image(Context& context, const CopyFlags& flags) {
  HM_TRY(const ImageName source, ImageName::parse(flags.source));
  HM_TRY(const ImageName destination, ImageName::parse(flags.destination));
  if (source.place_text() == destination.place_text() && source.place() == ImageName::Place::archive)
    return fail(Outcome::usage, "the archive " + source.place_text() + " cannot be copied onto itself");
  HM_TRY(RegistryOptions options, registry_options(flags.registry, context.environment));
  // The usual time is for small documents. Blobs take what they take: a transfer that comes to a standstill ends by
  // itself.
  if (flags.registry.timeout.empty()) options.timeout = std::chrono::hours(12);
  Images images(std::move(options), context.clock, flags.registry);
  HM_TRY(OpenedImage from, images.open(source, OpenMode::read));
  HM_TRY(const Digest digest, Images::resolve(from, source));
  if (destination.digest() && *destination.digest() != digest)
    return fail(Outcome::usage,
                "the destination names " + destination.digest()->text() + ", the source is " + digest.text());

  HM_TRY(OpenedImage to, images.open(destination, OpenMode::write));
  CopyOptions how;
  how.tag = tag_for(source, destination);
  how.signatures = !flags.image_only;
  how.progress = [&](const CopyProgress& progress) { context.output.progress(describe(progress)); };
  HM_TRY(const CopyResult result, copy(from.store(), digest, to.store(), how));
  HM_DO(to.finish());

  const std::string pinned = destination.pinned(digest);
  context.output.note("copied " + source.pinned(digest) + ": " + describe(result));
  for (const std::string& skipped : result.skipped) print_error(context.output, left_out(skipped), flags.source);
  if (context.output.json()) {
    base::Json json = head_of(result, source.text());
    json.set("image", pinned);
    json.set("digest", digest.text());
    if (how.tag) json.set("tag", *how.tag);
    json.set("copied", to_json(result));
    context.output.result(json.dump());
  } else {
    context.output.result(pinned);
  }
  print_statistics(context.output, images);
  return result.skipped.empty();
}

// Of two places, one is at fault: an error that names the destination must not read as one of the source.
Error between(const Error& error, const CopyFlags& flags) {
  if (error.kind() == Outcome::usage && error.message().starts_with("malformed reference")) return error;
  const auto source = ImageName::parse(flags.source);
  if (!source || error.message().find(source->place_text()) != std::string::npos) return error;
  return error.within("copying " + base::printable(flags.source) + " to " + base::printable(flags.destination));
}

}  // namespace

void add_copy(Command& root, Context& context) {
  auto flags = std::make_shared<CopyFlags>();
  Command& command = root.add("copy", "Copy an image and all that refers to it");
  command.details(
      "Between registries, layouts and archives, byte for byte: the digest stays, and so do the signatures. What is "
      "there "
      "already is not sent again, so a copy that broke off goes on where it stopped. What refers to the image and is "
      "broken at the source is left out, and the copy ends as malformed.");
  command.examples({
      "hallmark copy registry.example/shop/api:1.4 oci-archive:api.tar.gz:1.4",
      "hallmark copy oci:build/image:1.4 registry.example/shop/api:1.4",
      "hallmark copy registry.example/shop/api@sha256:… mirror.example/shop/api:1.4",
  });
  command.positional({.names = "SRC",
                      .value = "",
                      .help = "the image: a registry reference, oci:DIR[:TAG] or oci-archive:FILE[:TAG]",
                      .required = true},
                     flags->source);
  command.positional(
      {.names = "DST", .value = "", .help = "where to: the same; without a tag, the source's", .required = true},
      flags->destination);
  command.option(
      {.names = "--image-only", .value = "", .help = "leave out signatures and all else that refers to the image"},
      flags->image_only);
  add_output_flags(command, flags->output);
  add_registry_flags(command, flags->registry);
  command.action([&context, flags] {
    bool complete = true;
    const int code = run(context, flags->output, flags->source, [&]() -> Result<void> {
      auto copied = copy_image(context, *flags);
      if (!copied) return fail(between(copied.error(), *flags));
      complete = *copied;
      return {};
    });
    return code == 0 && !complete ? exit_code(Outcome::malformed) : code;
  });
}

}  // namespace hallmark::cmd
