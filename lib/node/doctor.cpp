#include "node/doctor.h"

namespace hallmark::node {

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "error";
}

Diagnoses diagnose(const NodeFacts& facts) {
  Diagnoses out;
  check_containerd(facts, out);
  check_verifiers(facts, out);
  check_policy(facts, out);
  check_registries(facts, out);
  check_machine(facts, out);
  return out;
}

}  // namespace hallmark::node
