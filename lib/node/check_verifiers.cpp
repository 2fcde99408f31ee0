#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/limits.h"
#include "node/check_files.h"
#include "node/doctor.h"

namespace hallmark::node {
namespace {

constexpr std::string_view kName = "hallmark-verifier";

std::string name_of(const FileFacts& file) { return std::filesystem::path(file.path).filename().string(); }

bool is_ours(const FileFacts& file) { return file.goes_by(kName); }

std::string put_it_there(const VerifierFacts& verifiers) {
  const std::string from = verifiers.elsewhere.empty() ? std::string(kName) : verifiers.elsewhere.front();
  return "install -D -m 755 " + from + " " + verifiers.folder + "/" + std::string(kName);
}

void check_presence(const VerifierFacts& verifiers, Diagnoses& out) {
  if (std::ranges::any_of(verifiers.entries, is_ours)) return;
  std::string what;
  if (verifiers.folders.front().kind == FileFacts::Kind::missing) {
    what = "the folder of verifiers is not there: containerd lets every image pass";
  } else if (verifiers.entries.empty()) {
    what = "the folder of verifiers is empty: containerd lets every image pass";
  } else {
    what = "hallmark-verifier is not among the verifiers that containerd runs";
  }
  if (!verifiers.elsewhere.empty()) what += "; it lies in " + verifiers.elsewhere.front();
  out.push_back({verifiers.elsewhere.empty() ? "verifier-missing" : "verifier-wrong-folder", Severity::error, what,
                 verifiers.folder, put_it_there(verifiers)});
}

// Each entry is run, whatever it is; what cannot be run is an error of the pull.
void check_entries(const VerifierFacts& verifiers, Diagnoses& out) {
  for (const FileFacts& entry : verifiers.entries) {
    if (entry.executable()) continue;
    const bool ours = is_ours(entry);
    const char* what = entry.kind == FileFacts::Kind::folder    ? " is a folder"
                       : entry.kind == FileFacts::Kind::missing ? " leads nowhere"
                                                                : " is not executable";
    out.push_back(
        {ours ? "verifier-not-executable" : "verifier-stray", Severity::error,
         base::printable(name_of(entry), 100) + what +
             ", and every entry of this folder is run: no image can be pulled",
         entry.path,
         ours && entry.kind == FileFacts::Kind::file ? "chmod 755 " + entry.path : "move it out of the folder"});
  }
}

void check_number(const VerifierFacts& verifiers, const Setting<std::int64_t>& most, Diagnoses& out) {
  if (most.value < 0 || verifiers.entries.size() <= static_cast<std::size_t>(most.value)) return;
  const auto ours = std::ranges::find_if(verifiers.entries, is_ours);
  const bool skipped = ours != verifiers.entries.end() && ours - verifiers.entries.begin() >= most.value;
  out.push_back({"verifier-count", skipped || most.value == 0 ? Severity::error : Severity::warning,
                 std::to_string(verifiers.entries.size()) + " verifiers, and containerd runs the first " +
                     std::to_string(most.value) + " by name" +
                     (skipped ? ": hallmark-verifier is not among them" : "; the others are skipped"),
                 most.place ? most.place->text() : verifiers.folder, "set max_verifiers = -1, or remove some"});
}

void check_time(const Setting<std::chrono::milliseconds>& time, Diagnoses& out) {
  if (time.value >= std::chrono::seconds(10)) return;
  out.push_back({"verifier-timeout", Severity::warning,
                 "per_verifier_timeout is " + std::to_string(time.value.count()) +
                     " ms: hallmark-verifier takes up to " + std::to_string(limits::verifier_time.count()) +
                     " ms where a registry is slow, and is killed before it can say why",
                 time.place ? time.place->text() : "", "set per_verifier_timeout = \"10s\", or take the line out"});
}

}  // namespace

void check_verifiers(const NodeFacts& facts, Diagnoses& out) {
  const std::size_t before = out.size();
  const VerifierFacts& verifiers = facts.verifiers;
  if (verifiers.problem) {
    out.push_back({"verifier-folder", Severity::error,
                   "the folder of verifiers " + verifiers.problem->message() +
                       "; if containerd cannot, either, no image can be pulled",
                   verifiers.folder, "run this as root, and make it a folder"});
    return;
  }
  check_presence(verifiers, out);
  check_entries(verifiers, out);
  for (const Error& impostor : verifiers.impostors)
    out.push_back({"verifier-impostor", Severity::error, impostor.message() + ": no image can be pulled, or any can",
                   verifiers.folder, put_it_there(verifiers)});
  check_number(verifiers, facts.containerd.config.max_verifiers, out);
  check_time(facts.containerd.config.per_verifier_timeout, out);
  for (const auto& files : {verifiers.entries, verifiers.folders}) {
    for (const FileFacts& file : files) {
      if (auto problem = check_file(file, facts.owner, "verifier-mode")) out.push_back(*std::move(problem));
    }
  }
  if (out.size() == before)
    out.push_back({"verifier", Severity::ok, "hallmark-verifier is where containerd runs it", verifiers.folder, ""});
}

}  // namespace hallmark::node
