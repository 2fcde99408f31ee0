#include "hallmark/sign.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/key_desk.h"
#include "policy/precedence.h"

namespace hallmark::cmd {

namespace {

struct SignFlags {
  std::vector<std::string> references;
  std::vector<std::string> keys;
  std::string format = "bundle";
  std::vector<std::string> annotations;
  bool recursive = false;
  std::string platform;
  std::string signature_repository;
  std::string container_identity;
  std::string password_file;
  std::string trust;
  OutputFlags output;
  RegistryFlags registry;
};

struct NamedSigner {
  std::string name;  // the reference, as it may be printed
  std::unique_ptr<Signer> signer;
};
using Signers = std::vector<NamedSigner>;

Result<Signers> open_signers(KeyDesk& desk, const SignFlags& flags) {
  Signers signers;
  for (const std::string& key : flags.keys) {
    HM_TRY(auto signer, desk.signer(key));
    const std::string name = base::printable(without_pin(key));
    for (const NamedSigner& other : signers)
      if (other.signer->public_key() == signer->public_key())
        return fail(Outcome::usage, "--key " + name + " is the same key as " + other.name + ", before it");
    signers.push_back({name, std::move(signer)});
  }
  return signers;
}

const std::string& signer_of(const Signed& made, const Signers& signers) {
  const auto found =
      std::ranges::find(signers, made.key, [](const NamedSigner& one) { return one.signer->public_key().id(); });
  return found == signers.end() ? made.key : found->name;
}

base::Json signatures_json(const std::vector<Signed>& made, const Signers& signers) {
  base::Json::Array list;
  const base::Json plain = to_json(made);
  for (std::size_t i = 0; i < made.size(); ++i) {
    base::Json one = plain.as_array()->at(i);
    one.set("signer", signer_of(made[i], signers));
    list.push_back(std::move(one));
  }
  return list;
}

// What the signature of a simple format says the image is called.
std::string identity_of(const SignFlags& flags, const ImageName& name, Output& output) {
  if (!flags.container_identity.empty()) return flags.container_identity;
  if (name.place() == ImageName::Place::registry) return name.repository()->text();
  if (flags.format == "simple")
    output.warning("an image in " + name.place_text() + " has no repository name to sign",
                   "give the one it is meant for with --sign-container-identity");
  return {};
}

void warn_of_tag(Output& output, const ImageName& name, const Digest& digest) {
  if (name.digest() || name.place() != ImageName::Place::registry) return;
  output.warning("tag " + *name.tag() + " may move; what is signed is " + digest.text(),
                 "use the printed reference from here on");
}

// Signs; what is out is in `made` even when it fails.
Result<void> sign_with(const Signers& signers, OpenedImage& image, std::optional<OpenedImage>& signatures,
                       const Digest& digest, SignOptions options, Time now, std::vector<Signed>& made) {
  OpenedImage& target = signatures ? *signatures : image;
  if (signatures) options.signatures = &signatures->store();
  std::vector<Signer*> by;
  by.reserve(signers.size());
  for (const NamedSigner& one : signers) {
    by.push_back(one.signer.get());
    options.key_names.emplace(one.signer->public_key().id(), one.name);
  }
  options.on_published = [&](const Signed& one) { made.push_back(one); };
  auto done = sign(image.store(), digest, by, options, now);
  auto finished = done ? target.finish() : fail(std::move(done).error());
  if (finished || !target.written_at_end()) return finished;
  made.clear();
  return fail(finished.error().within(target.store().name() + " stays as it was"));
}

Result<void> sign_one(Context& context, const SignFlags& flags, Images& images, const Signers& signers,
                      const std::string& reference, std::vector<Signed>& made) {
  HM_TRY(const ImageName name, ImageName::parse(reference));
  SignOptions options;
  options.format = *format_named(flags.format);
  HM_TRY(options.annotations, parse_annotations(flags.annotations));
  HM_TRY(options.platform, parse_platform(flags.platform));
  options.recursive = flags.recursive;
  options.docker_reference = identity_of(flags, name, context.output);

  // Opened for reading first: opening for writing would make a layout that is not there.
  std::optional<Digest> digest;
  {
    HM_TRY(OpenedImage readable, images.open(name, OpenMode::read));
    HM_TRY(digest, Images::resolve(readable, name));
  }
  HM_TRY(auto signatures,
         open_signature_repository(images, flags.signature_repository, name, OpenMode::write, context.environment));
  HM_TRY(OpenedImage image, images.open(name, signatures ? OpenMode::read : OpenMode::write));
  warn_of_tag(context.output, name, *digest);

  HM_DO(sign_with(signers, image, signatures, *digest, std::move(options), context.clock.now(), made));

  const Digest subject = !flags.platform.empty() && !made.empty() ? made.front().digest : *digest;
  const std::string pinned = name.pinned(subject);
  for (const Signed& one : made)
    context.output.note("signed " + name.pinned(one.digest) + " by key " + short_id(one.key) + " of " +
                        signer_of(one, signers) + " (" + std::string(hallmark::name(one.format)) + ")");
  if (context.output.json()) {
    base::Json json = done();
    json.set("reference", name.text());
    json.set("image", pinned);
    json.set("digest", subject.text());
    json.set("signatures", signatures_json(made, signers));
    context.output.result(json.dump());
  } else {
    context.output.result(pinned);
  }
  return {};
}

int sign_all(Context& context, const SignFlags& flags) {
  protect_secrets(context.output);
  KeyDesk desk(context, {.network = flags.registry, .password_file = flags.password_file, .trust_file = flags.trust});
  Signers signers;
  std::optional<Images> images;
  const int ready = run(context, flags.output, "", [&]() -> Result<void> {
    HM_TRY(RegistryOptions options, registry_options(flags.registry, context.environment));
    images.emplace(std::move(options), context.clock, flags.registry);
    HM_TRY(signers, open_signers(desk, flags));
    return {};
  });
  if (ready != 0) return ready;
  // The first image that fails ends it: what comes after may depend on it, and what was signed is on stdout.
  for (const std::string& reference : flags.references) {
    std::vector<Signed> made;
    const int code = run(
        context, flags.output, reference, [&] { return sign_one(context, flags, *images, signers, reference, made); },
        [&](base::Json& json) {
          if (!made.empty()) json.set("signatures", signatures_json(made, signers));
        });
    if (code != 0) return code;
  }
  print_statistics(context.output, *images);
  return 0;
}

void add_flags(Command& command, SignFlags& flags) {
  command.positional({.names = "REF",
                      .value = "",
                      .help = "images: registry references, oci:DIR[:TAG], oci-archive:FILE[:TAG]",
                      .required = true},
                     flags.references);
  command.option({.names = "-k,--key",
                  .value = "KEY",
                  .help = std::string("private key: ") + kKeyForms + "; may be repeated",
                  .required = true},
                 flags.keys);
  add_password_flag(command, flags.password_file);
  add_trust_flag(command, flags.trust);
  command.option({.names = "--format",
                  .value = "FORMAT",
                  .help = "bundle (Sigstore bundle, cosign 3's own) or simple (cosign's .sig tag)",
                  .choices = {"bundle", "simple"}},
                 flags.format);
  command.option(
      {.names = "-a,--annotation", .value = "KEY=VALUE", .help = "said by the signature too; may be repeated"},
      flags.annotations);
  command.option({.names = "-r,--recursive", .value = "", .help = "sign the index and every manifest in it"},
                 flags.recursive);
  command.option({.names = "--platform",
                  .value = "OS/ARCH",
                  .help = "sign this one manifest of an index",
                  .excludes = "--recursive"},
                 flags.platform);
  command.option({.names = "--signature-repository",
                  .value = "REPO",
                  .help = "put signatures there instead of beside the image; COSIGN_REPOSITORY does the same",
                  .variable = "HALLMARK_SIGNATURE_REPOSITORY"},
                 flags.signature_repository);
  command.option({.names = "--sign-container-identity",
                  .value = "NAME",
                  .help = "the name that a simple signature states, instead of the repository"},
                 flags.container_identity);
  add_output_flags(command, flags.output);
  add_registry_flags(command, flags.registry);
}

}  // namespace

void add_sign(Command& root, Context& context) {
  auto flags = std::make_shared<SignFlags>();
  Command& command = root.add("sign", "Sign images");
  command.details(
      "Signs the digest of each image and puts the signature beside it. A tag is resolved once. Standard output gets "
      "the "
      "pinned reference of each image, to be used from then on.");
  command.examples({
      "hallmark sign --key release.key registry.example/shop/api:1.4",
      "hallmark sign --key release.key --recursive -a commit=4f2a registry.example/shop/api@sha256:…",
      "hallmark sign --key release.key --format simple oci:build/image:1.4",
      "hallmark sign --key awskms:///alias/release --key hashivault://second registry.example/shop/api:1.4",
  });
  add_flags(command, *flags);
  command.action([&context, flags] { return sign_all(context, *flags); });
}

}  // namespace hallmark::cmd
