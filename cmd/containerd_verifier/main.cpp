// hallmark-verifier: containerd's image-verifier plugin. Exit 0 admits; everything else refuses, with the reason on
// standard output.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>

#include "base/encoding.h"
#include "base/limits.h"
#include "cmd/common/output.h"
#include "cmd/common/static_program.h"
#include "cmd/common/system_clock.h"
#include "cmd/containerd_verifier/help.h"
#include "cmd/containerd_verifier/judge.h"

namespace {

using namespace hallmark;
using namespace hallmark::cmd;

// One paragraph: containerd puts it into the error of the pull.
std::string paragraph(std::string_view word, std::string_view subject, std::string_view reason, std::string_view hint) {
  std::string text = std::string(word);
  if (!subject.empty() && !reason.starts_with(subject)) text.append(": ").append(subject);
  if (!reason.empty()) text.append(": ").append(reason);
  if (!hint.empty()) text.append(" (").append(hint).append(")");
  constexpr std::size_t kMost = 4'000;
  return base::printable(text, kMost);
}

int refuse(Output& output, const Error& error) {
  output.result(paragraph(word(error.kind()), "", error.message(), error.hint()));
  return exit_code(error.kind());
}

int tell(Output& output, const Judgement& judgement) {
  const Decision& decision = judgement.decision;
  if (!judgement.note.empty()) output.note(judgement.note);
  if (judgement.cached) output.note("decided earlier");
  const std::string admission = decision.enforced ? "" : "the policy only warns: ";
  output.result(paragraph(word(decision.outcome), judgement.image,
                          (decision.admitted ? admission : "") + decision.reason, decision.hint));
  if (decision.admitted) return 0;
  const int code = exit_code(decision.outcome);
  return code == 0 ? exit_code(Outcome::internal) : code;
}

}  // namespace

int main(int argc, char** argv) {
  // The proxy variables are asked for by name; no library gets to see any other (OPENSSL_CONF loads code).
  const auto environment = Environment::of_process();
  (void)::clearenv();
  prepare_static_program();
  occupy_standard_descriptors();
  (void)std::signal(SIGPIPE, SIG_IGN);
  const SystemClock clock;
  const auto deadline = clock.steady() + limits::verifier_time;
  Output output;
  int code = exit_code(Outcome::internal);
  try {
    const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
    const auto arguments = all.subspan(argc > 0 ? 1 : 0);
    if (const auto answer = answer_to_people(arguments)) {
      output.raw_result(*answer);
      code = exit_code(Outcome::usage);  // nothing was verified, and 0 admits
    } else {
      const auto judgement = judge(arguments, 0, environment, clock, deadline);
      code = judgement ? tell(output, *judgement) : refuse(output, judgement.error());
    }
  } catch (const std::exception& problem) {
    code = refuse(output, Error(Outcome::internal, std::string("unexpected: ") + problem.what()));
  } catch (...) {
    code = refuse(output, Error(Outcome::internal, "unexpected exception"));
  }
  // Without its reason an admission may be a half-told refusal of somebody who wraps this program.
  if (!output.finish() && code == 0) code = exit_code(Outcome::internal);
  return code;
}
