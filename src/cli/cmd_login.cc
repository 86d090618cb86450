#include <fmt/format.h>
#include <unistd.h>

#include "archive/byte_stream.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/output/text.h"
#include "cli/prompt.h"
#include "cli/registry_client.h"
#include "oci/shown.h"

namespace nacre::cli {

namespace {

constexpr std::uint64_t longest_password = 64 * 1024;

struct Options {
  std::string username;
  std::string password;
  bool password_stdin = false;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.password, "password", 'p', "string", "Password or Personal Access Token (PAT)");
  flags.toggle(options.password_stdin, "password-stdin", '\0',
               "Take the Password or Personal Access Token (PAT) from stdin");
  flags.text(options.username, "username", 'u', "string", "Username");
}

void check(const Options& options) {
  if (!options.password.empty() && options.password_stdin) {
    throw Error(Code::invalid_argument, "--password and --password-stdin are mutually exclusive");
  }
  if (options.password_stdin && options.username.empty()) {
    throw Error(Code::invalid_argument, "Must provide --username with --password-stdin");
  }
}

std::string password_from_stdin(const CancelToken& cancel) {
  const Fd input = Fd::duplicate_of(STDIN_FILENO);
  std::string password = archive::read_all(*archive::stream_source(input, cancel), longest_password);
  while (password.ends_with('\n') || password.ends_with('\r')) {
    password.pop_back();
  }
  return password;
}

// What was given, and what a user at a terminal is asked for.
registry::Credentials typed_credentials(Context& context, const Options& options) {
  registry::Credentials credentials{.username = options.username};
  if (options.password_stdin) {
    credentials.password = Secret(password_from_stdin(context.cancel()));
  } else if (!options.password.empty()) {
    context.print_error("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
    credentials.password = Secret(options.password);
  }
  const bool asks = credentials.username.empty() || credentials.password.empty();
  if (asks && !is_terminal(STDIN_FILENO)) {
    throw Error(Code::invalid_argument,
                "cannot perform an interactive login from a non TTY device; use --username and "
                "--password-stdin");
  }
  if (credentials.username.empty()) {
    credentials.username = ask("Username: ", Echo::on, context.cancel());
  }
  if (credentials.username.empty()) {
    throw Error(Code::invalid_argument, "username is required");
  }
  if (credentials.password.empty()) {
    credentials.password = Secret(ask("Password: ", Echo::off, context.cancel()));
  }
  if (credentials.password.empty()) {
    throw Error(Code::invalid_argument, "password is required");
  }
  return credentials;
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  check(options);
  const std::string registry = registry::registry_of(arguments.empty() ? "" : arguments[0]);
  const auto client = make_registry_client();
  const std::string what = "login to " + oci::shown(registry);
  if (options.username.empty() && options.password.empty()) {
    if (const auto known = client->credentials().find(registry, "")) {
      context.print("Authenticating with existing credentials...\n");
      with_context(what, [&] { client->login(registry, *known, context.cancel()); });
      context.print("Login Succeeded\n");
      return 0;
    }
  }
  const auto typed = typed_credentials(context, options);
  const auto verified = with_context(what, [&] { return client->login(registry, typed, context.cancel()); });
  const auto kept = client->credentials().keep(registry, verified);
  if (!kept.helper) {
    context.print_error(
        fmt::format("WARNING! Your password is stored unencrypted in {}.\nConfigure a credential helper "
                    "to remove this warning: \"credsStore\" in the same file names one.\n",
                    kept.file.native()));
  }
  context.print("Login Succeeded\n");
  return 0;
}

}  // namespace

Command login_command() {
  return make_command<Options>(
      {.name = "login",
       .aliases = {},
       .usage = "[OPTIONS] [SERVER]",
       .summary = "Authenticate to a registry",
       .description =
           "Without a server, to Docker Hub. Verifies against the registry, then keeps the login where docker\n"
           "keeps it: with the credential helper that config.json names, or in config.json itself.",
       .min_arguments = 0,
       .max_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
