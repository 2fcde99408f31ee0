// ImageVerifier: everything between a reference as typed and a verdict on it; shared by the commands that verify.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/common/images.h"
#include "cmd/common/policy_desk.h"
#include "cmd/hallmark/options.h"
#include "hallmark/verify.h"

namespace hallmark::cmd {

// What to verify by, and how.
struct VerifyingFlags {
  std::vector<std::string> keys;
  std::vector<std::string> policies;
  std::string trust;
  std::string as;
  std::string format;
  std::vector<std::string> annotations;
  bool recursive = false;
  std::string platform;
  bool content = false;
  bool check_name = false;
  std::string signature_repository;
  RegistryFlags registry;
};

// --key, --policy and all that narrows them down, and the registry's.
void add_verifying_flags(Command& command, VerifyingFlags& flags);

class ImageVerifier {
 public:
  // Opens keys or reads the policy: that of --policy, else of HALLMARK_POLICY, else of config.yaml, else of
  // /etc/hallmark/policy.d; signed and no older than before, where config.yaml has a policy-key.
  [[nodiscard]] static Result<ImageVerifier> open(Context& context, const VerifyingFlags& flags);

  // Thread-safe. `image` is set to the pinned reference as soon as there is a digest. An Error of kind `denied` is a
  // policy's refusal of a tag that was not even resolved.
  [[nodiscard]] Result<Verdict> verify(const std::string& reference, std::string& image);

  [[nodiscard]] const Images& images() const { return *images_; }
  // nullptr with --key.
  [[nodiscard]] PolicyDesk* desk() { return desk_.get(); }
  // The repository whose rule decides on this image. Kind of errors: usage, where it has none and --as was not given.
  [[nodiscard]] Result<Repository> repository_of(const ImageName& name) const;
  // Many images at once are enough: threads for the requests of each would cost more than they save.
  void one_request_at_a_time() { options_.parallel = 1; }

 private:
  ImageVerifier(Context& context, const VerifyingFlags& flags, RegistryOptions registry)
      : context_(&context),
        flags_(&flags),
        images_(std::make_unique<Images>(std::move(registry), context.clock, flags.registry)) {}
  [[nodiscard]] Result<VerifyOptions> options_for(const ImageName& name) const;
  [[nodiscard]] Result<std::optional<OpenedImage>> signatures_for(const ImageName& name, const VerifyOptions& options);

  Context* context_;
  const VerifyingFlags* flags_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<PolicyDesk> desk_;
  VerifyOptions options_;
};

}  // namespace hallmark::cmd
