// Options that several commands share, and what every command is given.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "cmd/common/environment.h"
#include "cmd/common/images.h"
#include "cmd/common/output.h"
#include "cmd/common/registry_settings.h"
#include "cmd/hallmark/command_line.h"
#include "hallmark/clock.h"
#include "hallmark/descriptor.h"
#include "hallmark/format.h"

namespace hallmark::cmd {

// What main hands to every command.
struct Context {
  const Environment& environment;
  const Clock& clock;
  Output& output;
};

struct OutputFlags {
  std::string format = "text";
  bool quiet = false;
  bool verbose = false;
  void apply(Output& output) const;
};

// What KEY may be, for --help.
inline constexpr const char* kKeySchemes =
    "awskms://, gcpkms://, azurekms://, hashivault://, openbao://, k8s://, pkcs11: or tpm:";
inline constexpr const char* kKeyForms =
    "FILE, env://NAME, fd:N, or one of awskms://, gcpkms://, azurekms://, hashivault://, openbao://, k8s://, "
    "pkcs11:, tpm: (docs/kms.md)";

// Each command adds the groups it needs; the structs must outlive the command line.
void add_output_flags(Command& command, OutputFlags& flags);
void add_registry_flags(Command& command, RegistryFlags& flags);
// Of these, what key services need as well: --proxy, --proxy-ca and --timeout.
inline constexpr const char* kKeyTimeoutHelp = "for all that is asked of a key service (30s)";
void add_network_flags(Command& command, RegistryFlags& flags, const char* timeout_help);
void add_password_flag(Command& command, std::string& password_file);

// Runs the working part of a command: prints an error as text or as JSON, and makes it an exit code. `add` puts what
// was done before the error into the document.
[[nodiscard]] int run(Context& context, const OutputFlags& flags, std::string_view reference,
                      const std::function<Result<void>()>& work, const std::function<void(base::Json&)>& add = {});

// "k=v" each; the same key twice is an error. Kind of errors: usage.
[[nodiscard]] Result<Annotations> parse_annotations(const std::vector<std::string>& texts);
[[nodiscard]] Result<std::optional<Platform>> parse_platform(const std::string& text);
[[nodiscard]] Result<std::optional<Format>> parse_format(const std::string& text);

// The store that --signature-repository names, else COSIGN_REPOSITORY where the image is in a registry, else none:
// signatures lie beside the image.
[[nodiscard]] Result<std::optional<OpenedImage>> open_signature_repository(Images& images, const std::string& flag,
                                                                           const ImageName& image, OpenMode mode,
                                                                           const Environment& environment);

// With --verbose: how much was asked of registries.
void print_statistics(Output& output, const Images& images);

// One function a command: adds it to the root.
void add_sign(Command& root, Context& context);
void add_verify(Command& root, Context& context);
void add_inspect(Command& root, Context& context);
void add_key(Command& root, Context& context);
void add_trust(Command& root, Context& context);
void add_copy(Command& root, Context& context);
void add_policy(Command& root, Context& context);
void add_login(Command& root, Context& context);
void add_logout(Command& root, Context& context);
void add_doctor(Command& root, Context& context);
void add_version(Command& root, Context& context);
void add_completion(Command& root, Context& context, const CommandLine& line);

}  // namespace hallmark::cmd
