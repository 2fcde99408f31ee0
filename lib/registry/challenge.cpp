#include "registry/challenge.h"

#include <optional>

#include "base/encoding.h"
#include "base/try.h"
#include "registry/cursor.h"

namespace hallmark::registry {
namespace {

constexpr std::size_t kMostChallenges = 16;
constexpr std::size_t kMostParameters = 32;

std::unexpected<Error> broken(std::string_view field, std::string_view problem) {
  return fail(Outcome::malformed,
              "WWW-Authenticate " + std::string(problem) + ": \"" + base::printable(field, 120) + "\"");
}

bool is_token68_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == '+' || c == '/';
}

// "YWJj==" up to a comma or the end; nothing when what follows is a parameter or the next scheme.
std::optional<std::string> token68(Cursor& cursor) {
  const std::size_t start = cursor.position();
  std::string out;
  while (is_token68_char(cursor.peek())) {
    out += cursor.peek();
    cursor.take(cursor.peek());
  }
  while (!out.empty() && cursor.take('=')) out += '=';
  cursor.skip_space();
  if (!out.empty() && (cursor.done() || cursor.peek() == ',')) return out;
  cursor.go_to(start);
  return std::nullopt;
}

// One name=value; false when what stands here is not a parameter but the next challenge.
Result<bool> parameter(Cursor& cursor, Challenge& challenge, std::string_view field) {
  const std::size_t start = cursor.position();
  const std::string name = lower(cursor.token());
  cursor.skip_space();
  if (name.empty() || !cursor.take('=')) {
    cursor.go_to(start);
    return false;
  }
  cursor.skip_space();
  std::optional<std::string> value;
  if (cursor.take('"')) {
    value = cursor.quoted();
    if (!value) return broken(field, "has a string without an end");
  } else {
    value = std::string(trim(cursor.until(" \t,")));  // more than a token: some servers leave URLs unquoted
  }
  if (!challenge.parameters.emplace(name, *std::move(value)).second)
    return broken(field, "says \"" + base::printable(name, 40) + "\" twice");
  if (challenge.parameters.size() > kMostParameters) return broken(field, "has too many parameters");
  return true;
}

Result<Challenge> one(Cursor& cursor, std::string_view field) {
  Challenge challenge;
  challenge.scheme = lower(cursor.token());
  if (challenge.scheme.empty()) return broken(field, "has no scheme");
  if (!cursor.done() && cursor.peek() != ' ' && cursor.peek() != '\t' && cursor.peek() != ',')
    return broken(field, "has a scheme that is no token");
  cursor.skip_space();
  if (cursor.done() || cursor.peek() == ',') return challenge;
  if (auto token = token68(cursor)) {
    // "Basic" followed by the next scheme alone ("Basic Bearer") reads like this too, and means nothing either way.
    challenge.token68 = *std::move(token);
    return challenge;
  }
  while (true) {
    HM_TRY(const bool more, parameter(cursor, challenge, field));
    if (!more) break;
    cursor.skip_space();
    if (!cursor.done() && cursor.peek() != ',') return broken(field, "has no comma between parameters");
    cursor.skip_commas();
    if (cursor.done()) break;
  }
  return challenge;
}

}  // namespace

std::string Challenge::parameter(std::string_view name) const {
  const auto found = parameters.find(std::string(name));
  return found == parameters.end() ? std::string() : found->second;
}

Result<std::vector<Challenge>> parse_challenges(std::string_view field) {
  Cursor cursor(field);
  std::vector<Challenge> challenges;
  for (cursor.skip_commas(); !cursor.done(); cursor.skip_commas()) {
    HM_TRY(Challenge challenge, one(cursor, field));
    challenges.push_back(std::move(challenge));
    if (challenges.size() > kMostChallenges) return broken(field, "has too many challenges");
  }
  return challenges;
}

}  // namespace hallmark::registry
