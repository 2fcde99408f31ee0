#include "cmd/hallmark/options.h"

#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/text_report.h"

namespace hallmark::cmd {

void OutputFlags::apply(Output& output) const {
  output.configure({.format = format == "json" ? OutputFormat::json : OutputFormat::text,
                    .quiet = quiet,
                    .verbose = verbose && !quiet});
}

void add_output_flags(Command& command, OutputFlags& flags) {
  command.option({.names = "-o,--output",
                  .value = "FORMAT",
                  .help = "text, or json: one document on standard output",
                  .group = "Output",
                  .variable = "HALLMARK_OUTPUT",
                  .choices = {"text", "json"}},
                 flags.format);
  command.option({.names = "-q,--quiet", .value = "", .help = "Print errors only", .group = "Output"}, flags.quiet);
  command.option({.names = "--verbose", .value = "", .help = "Say what was checked and asked for", .group = "Output"},
                 flags.verbose);
}

void add_network_flags(Command& command, RegistryFlags& flags, const char* timeout_help) {
  const auto text = [&](const char* names, const char* value, const char* help, const char* variable, auto& into) {
    command.option({.names = names, .value = value, .help = help, .group = "Network", .variable = variable}, into);
  };
  text("--proxy", "URL", "instead of HTTP_PROXY and HTTPS_PROXY", "HALLMARK_PROXY", flags.proxy);
  text("--proxy-ca", "FILE", "CA certificates of an https:// proxy", "HALLMARK_PROXY_CA", flags.proxy_ca);
  text("--timeout", "TIME", timeout_help, "HALLMARK_TIMEOUT", flags.timeout);
}

void add_registry_flags(Command& command, RegistryFlags& flags) {
  constexpr const char* kGroup = "Registry";
  const auto text = [&](const char* names, const char* value, const char* help, const char* variable, auto& into) {
    command.option({.names = names, .value = value, .help = help, .group = kGroup, .variable = variable}, into);
  };
  text("--registry-ca", "FILE", "CA certificates (PEM) to trust beside the system's", "HALLMARK_REGISTRY_CA", flags.ca);
  text("--registry-client-cert", "FILE", "client certificate (PEM) for mutual TLS", "HALLMARK_REGISTRY_CLIENT_CERT",
       flags.client_cert);
  text("--registry-client-key", "FILE", "its private key (PEM)", "HALLMARK_REGISTRY_CLIENT_KEY", flags.client_key);
  text("--certs-dir", "DIR", "look here for HOST/hosts.toml, HOST/*.crt first; may be repeated", "HALLMARK_CERTS_DIR",
       flags.certs_dirs);
  text("--plain-http", "", "speak HTTP to registries that are not on loopback", "HALLMARK_PLAIN_HTTP",
       flags.plain_http);
  text("--tls", "", "speak HTTPS to registries on loopback, too", "HALLMARK_TLS", flags.tls);
  add_network_flags(command, flags,
                    "for all that is asked or read about one image (30s; 10m in a layout or archive; copy: 12h)");
  text("--token-realm", "URL",
       "a token server elsewhere than the registry that may get its credentials; may be repeated",
       "HALLMARK_TOKEN_REALM", flags.token_realms);
}

void add_password_flag(Command& command, std::string& password_file) {
  command.option({.names = "--password-file",
                  .value = "FILE",
                  .help = "the key's password; - is standard input. Else HALLMARK_PASSWORD, COSIGN_PASSWORD, a prompt",
                  .variable = "HALLMARK_PASSWORD_FILE"},
                 password_file);
}

int run(Context& context, const OutputFlags& flags, std::string_view reference,
        const std::function<Result<void>()>& work, const std::function<void(base::Json&)>& add) {
  flags.apply(context.output);
  const Result<void> done = work();
  if (done) return 0;
  print_error(context.output, done.error(), reference);
  if (context.output.json()) {
    base::Json json = to_json(done.error(), reference);
    if (add) add(json);
    context.output.result(json.dump());
  }
  return exit_code(done.error().kind());
}

Result<Annotations> parse_annotations(const std::vector<std::string>& texts) {
  Annotations annotations;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(Error(Outcome::usage, "annotation '" + base::printable(text) + "' is not KEY=VALUE"));
    std::string key = text.substr(0, equals);
    if (!annotations.emplace(key, text.substr(equals + 1)).second)
      return fail(Error(Outcome::usage, "annotation '" + base::printable(key) + "' is given twice"));
  }
  return annotations;
}

Result<std::optional<Platform>> parse_platform(const std::string& text) {
  if (text.empty()) return std::nullopt;
  HM_TRY(Platform platform, Platform::parse(text));
  return platform;
}

Result<std::optional<Format>> parse_format(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (const std::optional<Format> format = format_named(text)) return format;
  return fail(Error(Outcome::usage, "unknown format '" + base::printable(text) + "'").with_hint("bundle or simple"));
}

Result<std::optional<OpenedImage>> open_signature_repository(Images& images, const std::string& flag,
                                                             const ImageName& image, OpenMode mode,
                                                             const Environment& environment) {
  std::string named = flag;
  if (named.empty() && image.place() == ImageName::Place::registry) named = environment.get("COSIGN_REPOSITORY");
  if (named.empty()) return std::nullopt;
  auto name = ImageName::parse(named);
  if (!name) return fail(std::move(name).error().within("the signature repository"));
  if (name->names_a_version())
    return fail(Error(Outcome::usage, "the signature repository " + name->text() + " has a tag or digest")
                    .with_hint("name the repository alone: " + name->place_text()));
  HM_TRY(OpenedImage opened, images.open(*name, mode));
  return opened;
}

void print_statistics(Output& output, const Images& images) {
  if (!output.verbose()) return;
  if (const auto asked = images.statistics())
    output.detail(std::to_string(asked->requests) + " requests, " + std::to_string(asked->bytes_received) +
                  " bytes received, " + std::to_string(asked->connections) + " connections");
}

}  // namespace hallmark::cmd
