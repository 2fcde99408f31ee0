#include "hallmark/verify.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/try.h"
#include "oci/image_walk.h"
#include "verify/by_policy.h"
#include "verify/decide.h"
#include "verify/search.h"

namespace hallmark {
namespace {

Result<Verdict> verify_one(ContentStore& image, const Digest& digest, const VerifyOptions& options) {
  if (options.policy != nullptr) {
    if (auto verdict = verification::verdict_without_lookup(image, digest, options)) return *std::move(verdict);
  }
  ContentStore& signatures = options.signatures != nullptr ? *options.signatures : image;
  auto verdict = verification::decide({image, signatures, options.format}, digest,
                                      verification::Search(signatures, digest, options).run());
  if (verdict && options.policy != nullptr) verification::apply_policy(*verdict, options);
  return verdict;
}

// The index and every manifest below it: all must be admitted on their own. A signature of the index covers no child.
Result<Verdict> verify_tree(ContentStore& image, const Digest& root, const VerifyOptions& options) {
  HM_TRY(const auto nodes, oci::signable(image, root));
  VerifyOptions each = options;
  each.parallel = std::max<std::size_t>(1, options.parallel / std::max<std::size_t>(1, nodes.size()));
  std::vector<std::optional<Result<Verdict>>> slots(nodes.size());
  base::for_each_parallel(nodes.size(), options.parallel, [&](std::size_t i) {
    slots[i] = verify_one(image, nodes[i].digest, each);
    if (*slots[i]) (*slots[i])->platform = nodes[i].platform;
  });
  std::vector<Result<Verdict>> results;
  for (auto& slot : slots) results.push_back(*std::move(slot));
  Verdict parent{image.name() + "@" + root.text(), root, Outcome::verified, true, {}, {}, {}, {}, {}};
  if (results.front()) {  // nodes begin with the root
    parent = *std::move(results.front());
    results.erase(results.begin());
  }
  return verification::decide_all(std::move(parent), std::move(results));
}

// The one manifest that serves a platform: its own digest is what is verified, and what the verdict names.
Result<Verdict> verify_platform(ContentStore& image, const Digest& root, const VerifyOptions& options) {
  HM_TRY(const auto chosen, oci::select_platform(image, root, *options.platform));
  HM_TRY(auto child, verify_one(image, chosen.digest, options));
  child.platform = chosen.platform ? chosen.platform : options.platform;
  Verdict verdict{image.name() + "@" + root.text(), chosen.digest, Outcome::verified, true, {}, {}, {}, {}, {}};
  std::vector<Result<Verdict>> children;
  children.emplace_back(std::move(child));
  return verification::decide_all(std::move(verdict), std::move(children));
}

}  // namespace

Result<Verdict> verify(ContentStore& image, const Digest& digest, const VerifyOptions& options) {
  if (options.keys.empty() == (options.policy == nullptr)) {
    return fail(Outcome::usage, options.policy == nullptr ? "no key to verify with" : "keys and a policy at once");
  }
  if (options.recursive && options.platform) {
    return fail(Outcome::usage, "--recursive and --platform exclude each other");
  }
  if (options.policy != nullptr) {
    // A refusal that needs no look at signatures needs none at the manifests below either.
    auto refused = verification::verdict_without_lookup(image, digest, options);
    if (refused && !refused->admitted) return *std::move(refused);
  }
  auto verdict = options.recursive  ? verify_tree(image, digest, options)
                 : options.platform ? verify_platform(image, digest, options)
                                    : verify_one(image, digest, options);
  if (!verdict) verdict = verification::admit_if_warned(image, digest, options, std::move(verdict).error());
  if (!verdict || !verdict->admitted || !options.content) return verdict;
  HM_DO(oci::check_content(image, verdict->digest));
  return verdict;
}

}  // namespace hallmark
