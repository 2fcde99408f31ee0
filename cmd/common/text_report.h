// Text reports: verdicts and inspections for human eyes.
#pragma once

#include <string>
#include <vector>

#include "cmd/common/output.h"
#include "hallmark/inspect.h"
#include "hallmark/verdict.h"

namespace hallmark::cmd {

// The first hex digits of a key id, enough to tell keys apart: "9c1e52f0a1b2".
[[nodiscard]] std::string short_id(std::string_view id);

// "verified registry.example/app@sha256:… by key 9c1e… (bundle)", or the error and its hint. `image` is the pinned
// reference. With --verbose each signature and its checks follow.
void print_verdict(Output& output, const Verdict& verdict, std::string_view image);

// "refused: untrusted …", as every command ends that could not do its work; the word is the one of JSON.
void print_error(Output& output, const Error& error, std::string_view reference);

// Each signature that was looked at and its checks, a line each.
[[nodiscard]] std::vector<std::string> findings_of(const Verdict& verdict);

// What a rule demanded and what of it was met, a line each.
[[nodiscard]] std::vector<std::string> tree_of(const PolicyExplanation& explained);

// The tree of `hallmark inspect`, a line each.
[[nodiscard]] std::vector<std::string> tree_of(const Inspection& inspection);

}  // namespace hallmark::cmd
