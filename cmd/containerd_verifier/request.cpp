#include "cmd/containerd_verifier/request.h"

#include <array>

#include "base/encoding.h"
#include "base/json.h"
#include "base/try.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::cmd {
namespace {

constexpr std::string_view kDescriptor = "application/vnd.oci.descriptor.v1+json";
constexpr std::string_view kEnvelope = "application/vnd.containerd.image-verifier.input.v1+json";
constexpr std::string_view kCaller = "containerd calls this program; by hand use \"hallmark verify\"";

struct Flag {
  std::string_view name;
  std::string VerifierArguments::* value;
};
constexpr std::array kFlags = {
    Flag{"name", &VerifierArguments::name},
    Flag{"digest", &VerifierArguments::digest},
    Flag{"stdin-media-type", &VerifierArguments::stdin_media_type},
    Flag{"operation", &VerifierArguments::operation},
};

std::unexpected<Error> wrong(std::string message) {
  return fail(Error(Outcome::usage, std::move(message)).with_hint(std::string(kCaller)));
}

const Flag* flag_named(std::string_view name) {
  for (const Flag& flag : kFlags)
    if (flag.name == name) return &flag;
  return nullptr;
}

Result<void> check_operation(std::string_view operation, std::string_view where) {
  if (operation == "pull" || operation == "run") return {};
  return wrong(std::string(where) + " \"" + base::printable(operation, 64) + "\" is neither pull nor run");
}

// The descriptor alone, or the one in the envelope.
Result<Descriptor> descriptor_in(const VerifierArguments& arguments, BytesView input) {
  if (input.empty()) return fail(Outcome::malformed, "standard input is empty, and should hold the image's descriptor");
  HM_TRY(const base::Json json, base::Json::parse(input, "descriptor on standard input"));
  const base::JsonReader reader(json, "standard input");
  if (arguments.stdin_media_type == kDescriptor) return oci::parse_descriptor(reader);
  if (reader.has("operation")) {
    HM_TRY(const std::string operation, reader.string("operation"));
    HM_DO(check_operation(operation, "standard input: operation"));
    if (!arguments.operation.empty() && operation != arguments.operation)
      return fail(Outcome::malformed,
                  "standard input says operation " + operation + ", the flag says " + arguments.operation);
  }
  HM_TRY(const base::JsonReader descriptor, reader.at("descriptor"));
  return oci::parse_descriptor(descriptor);
}

}  // namespace

Result<VerifierArguments> VerifierArguments::parse(std::span<const char* const> arguments) {
  VerifierArguments parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (!word.starts_with('-')) return wrong("\"" + base::printable(word, 64) + "\" is no flag");
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto equals = word.find('=');
    const Flag* flag = flag_named(word.substr(0, equals));
    if (flag == nullptr) return wrong("unknown flag \"" + base::printable(arguments[i], 64) + "\"");
    if (equals == std::string_view::npos && ++i == arguments.size())
      return wrong("flag -" + std::string(flag->name) + " has no value");
    std::string& value = parsed.*(flag->value);
    if (!value.empty()) return wrong("flag -" + std::string(flag->name) + " is given twice");
    value = equals == std::string_view::npos ? std::string_view(arguments[i]) : word.substr(equals + 1);
    if (value.empty()) return wrong("flag -" + std::string(flag->name) + " has no value");
  }
  for (const Flag& flag : kFlags)
    if (flag.name != "operation" && (parsed.*(flag.value)).empty())
      return wrong("flag -" + std::string(flag.name) + " is missing");
  if (!parsed.operation.empty()) HM_DO(check_operation(parsed.operation, "-operation"));
  if (parsed.stdin_media_type != kDescriptor && parsed.stdin_media_type != kEnvelope)
    return wrong("-stdin-media-type \"" + base::printable(parsed.stdin_media_type, 128) + "\" is not known");
  return parsed;
}

Result<VerifierRequest> VerifierRequest::parse(const VerifierArguments& arguments, BytesView input) {
  auto name = Reference::parse(arguments.name);
  if (!name) return fail(name.error().within("-name"));
  auto digest = Digest::parse(arguments.digest);
  if (!digest) return fail(digest.error().as(Outcome::usage).within("-digest"));
  if (name->digest() && *name->digest() != *digest)
    return fail(Outcome::malformed, "-digest is " + digest->text() + ", and -name asks for " + name->digest()->text());
  HM_TRY(Descriptor image, descriptor_in(arguments, input));
  if (image.digest != *digest)
    return fail(Outcome::malformed,
                "the descriptor on standard input is of " + image.digest.text() + ", -digest is " + digest->text());
  namespace media_type = oci::media_type;
  if (media_type::is_schema1(image.media_type))
    return fail(Error(Outcome::malformed, std::string(media_type::kSchema1Refused))
                    .with_hint(std::string(media_type::kSchema1Hint)));
  if (!media_type::is_manifest(image.media_type) && !media_type::is_index(image.media_type))
    return fail(Outcome::malformed, "the descriptor on standard input is of \"" +
                                        base::printable(image.media_type, 128) + "\", which is no image");
  return VerifierRequest{*std::move(name), std::move(image)};
}

}  // namespace hallmark::cmd
