#include "hallmark/login.h"

#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/password.h"
#include "cmd/hallmark/options.h"

namespace hallmark::cmd {

namespace {

struct LoginFlags {
  std::string registry;
  std::string user;
  bool password_stdin = false;
  OutputFlags output;
  RegistryFlags connection;
};

LoginOptions login_options(const Environment& environment, const RegistryOptions& registry) {
  const std::vector<std::filesystem::path> files = auth_files(environment);
  return {.auth_file = files.empty() ? std::filesystem::path() : files.front(),
          .helper_path = registry.helper_path,
          .helper_environment = registry.helper_environment};
}

Result<void> check_place(const LoginOptions& options) {
  if (!options.auth_file.empty()) return {};
  return fail(Error(Outcome::config, "there is no place to keep credentials: neither HOME nor DOCKER_CONFIG is set")
                  .with_hint("set REGISTRY_AUTH_FILE to the file to use"));
}

Result<Secret> password_for(const LoginFlags& flags) {
  if (flags.password_stdin) {
    HM_TRY(Secret password, read_password_stdin());
    if (password.empty()) return fail(Outcome::usage, "standard input holds no password");
    return password;
  }
  HM_TRY(std::optional<Secret> typed,
         ask_password("Password of " + base::printable(flags.user) + " at " + base::printable(flags.registry) + ": "));
  if (typed) return *std::move(typed);
  return fail(
      Error(Outcome::usage, "there is no terminal to ask for the password").with_hint("pipe it in: --password-stdin"));
}

Result<void> log_in(Context& context, const LoginFlags& flags) {
  protect_secrets(context.output);
  HM_TRY(RegistryOptions registry, registry_options(flags.connection, context.environment));
  const LoginOptions options = login_options(context.environment, registry);
  HM_DO(check_place(options));
  HM_TRY(const std::string host, login_host(flags.registry));  // before anybody types a password for it
  HM_TRY(const Secret password, password_for(flags));
  Images images(std::move(registry), context.clock, flags.connection);
  HM_TRY(RegistryClient * client, images.registry());
  // Asked first: a password that the registry does not take is not kept.
  HM_DO(client->check_login(host, flags.user, password));
  HM_TRY(const LoginPlace place, store_login(flags.registry, flags.user, password, options));
  if (place.plain_text)
    context.output.warning("the password is kept unencrypted in " + place.text,
                           "a credential helper (credsStore) keeps it in the system's key store");
  context.output.note("logged in to " + flags.registry + " as " + flags.user + ", kept in " + place.text);
  if (context.output.json()) {
    base::Json json = done();
    json.set("registry", flags.registry);
    json.set("user", flags.user);
    json.set("place", place.text);
    context.output.result(json.dump());
  }
  return {};
}

Result<void> log_out(Context& context, const LoginFlags& flags) {
  HM_TRY(const RegistryOptions registry, registry_options({}, context.environment));
  const LoginOptions options = login_options(context.environment, registry);
  HM_DO(check_place(options));
  HM_TRY(const bool forgotten, erase_login(flags.registry, options));
  context.output.note(forgotten ? "logged out of " + flags.registry : "there was no login to " + flags.registry);
  if (context.output.json()) {
    base::Json json = done();
    json.set("registry", flags.registry);
    json.set("forgotten", forgotten);
    context.output.result(json.dump());
  }
  return {};
}

}  // namespace

void add_login(Command& root, Context& context) {
  auto flags = std::make_shared<LoginFlags>();
  Command& command = root.add("login", "Keep the credentials of a registry");
  command.details(
      "Asks the registry whether it takes them, then keeps them where docker and podman find them too: "
      "$REGISTRY_AUTH_FILE, "
      "else docker's config.json, by its credential helper where it names one.");
  command.examples({"hallmark login registry.example -u robot",
                    "pass show registry | hallmark login registry.example -u robot --password-stdin"});
  command.positional({.names = "HOST", .value = "", .help = "registry: host[:port]", .required = true},
                     flags->registry);
  command.option({.names = "-u,--username", .value = "USER", .help = "user name", .required = true}, flags->user);
  command.option({.names = "--password-stdin", .value = "", .help = "read the password from standard input"},
                 flags->password_stdin);
  add_output_flags(command, flags->output);
  add_registry_flags(command, flags->connection);
  command.action([&context, flags] {
    return run(context, flags->output, flags->registry, [&] { return log_in(context, *flags); });
  });
}

void add_logout(Command& root, Context& context) {
  auto flags = std::make_shared<LoginFlags>();
  Command& command = root.add("logout", "Forget the credentials of a registry");
  command.examples({"hallmark logout registry.example"});
  command.positional({.names = "HOST", .value = "", .help = "registry: host[:port]", .required = true},
                     flags->registry);
  add_output_flags(command, flags->output);
  command.action([&context, flags] {
    return run(context, flags->output, flags->registry, [&] { return log_out(context, *flags); });
  });
}

}  // namespace hallmark::cmd
