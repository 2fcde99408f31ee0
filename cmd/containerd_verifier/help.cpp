#include "cmd/containerd_verifier/help.h"

#include <string_view>

namespace hallmark::cmd {
namespace {

constexpr std::string_view kHelp = R"(hallmark-verifier decides for containerd whether an image may be pulled.

containerd runs it before each pull when it lies in the folder of image verifiers
(/opt/containerd/image-verifier/bin), gives it the image's name and digest as flags and its
descriptor on standard input, and pulls only if it ends with 0. Every other code refuses:
it is the number of the outcome whose word comes first in the one paragraph on standard
output, which containerd puts into the error of the pull. Details go to standard error.

What decides is the policy of the machine. There are no flags for it and no variables:
they could be set by those whom the policy is there to stop. Policy, settings and keys have
to belong to root, and nobody else may write them or the folders above them; anything else
refuses. "hallmark doctor" says whether everything is in place, and "hallmark policy
explain" why an image is refused.

Usage: hallmark-verifier -name REF -digest DIGEST -stdin-media-type TYPE [-operation OPERATION]

Options:
  -name REF                       the image as it was asked for
  -digest DIGEST                  what it was resolved to
  -stdin-media-type TYPE          of what is on standard input: a descriptor
                                  (application/vnd.oci.descriptor.v1+json), or newer containerd's
                                  envelope of one
  -operation OPERATION            of newer containerd: pull or run

Files:
  /etc/hallmark/policy.d/*.yaml   the policy
  /etc/hallmark/config.yaml       policy, policy-key: where it lies, and whose signature it must have;
                                  containerd-config, credential-provider-config,
                                  credential-provider-bin-dir: where they are, if elsewhere
  /etc/hallmark/certs.d           certificates and mirrors of registries, before containerd's own
  /etc/hallmark/auth.json         logins of registries, before kubelet's, docker's and podman's
  /var/lib/hallmark               decisions that are remembered

Environment:
  HTTP_PROXY, HTTPS_PROXY         the way to registries, in either case of letters
  NO_PROXY                        hosts that are reached without it
)";

}  // namespace

std::optional<std::string> answer_to_people(std::span<const char* const> arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const std::string_view word = arguments.front();
  if (word == "--help" || word == "-help" || word == "-h" || word == "help") return std::string(kHelp);
  if (word == "--version" || word == "-version" || word == "version") return "hallmark-verifier " HALLMARK_VERSION "\n";
  return std::nullopt;
}

}  // namespace hallmark::cmd
