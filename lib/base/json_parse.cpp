#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"

namespace hallmark::base {

namespace {

// How Go's encoding/json folds a key before it looks for a struct field: ASCII case, and the two characters outside
// ASCII whose simple case folding is an ASCII letter (U+017F, U+212A).
std::string folded(std::string_view key) {
  std::string text;
  text.reserve(key.size());
  while (!key.empty()) {
    if (key.starts_with("\xC5\xBF")) {
      text += 's';
      key.remove_prefix(2);
    } else if (key.starts_with("\xE2\x84\xAA")) {
      text += 'k';
      key.remove_prefix(3);
    } else {
      text += key[0] >= 'A' && key[0] <= 'Z' ? static_cast<char>(key[0] - 'A' + 'a') : key[0];
      key.remove_prefix(1);
    }
  }
  return text;
}

// Builds the tree from nlohmann's events, which come without recursion, whatever the depth of the input.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(static_cast<std::int64_t>(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return stop("an integer that does not fit 64 bits signed");
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    // nlohmann hands over integers that are too large as floats: a rounded size or index would be a lie.
    if (text.find_first_of(".eE") == std::string::npos) return stop("an integer that does not fit 64 bits signed");
    return add(Json(value));
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return stop("binary data"); }

  bool start_object(std::size_t) override { return open(true); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(false); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    if (value.find('\0') != std::string::npos) return stop("a key with a NUL character");
    Level& level = levels_.back();
    if (!level.keys.insert(folded(value)).second) {
      const bool same =
          std::any_of(level.members.begin(), level.members.end(), [&](const auto& m) { return m.first == value; });
      const std::string name = "\"" + printable(value, 80) + "\"";
      return stop(same ? "duplicate key " + name
                       : "key " + name + " differs from another only in upper and lower case");
    }
    level.key = std::move(value);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    return stop("not valid JSON at byte " + std::to_string(position) + ": " + reason_in(error.what()));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  Json take() { return std::move(root_); }

 private:
  struct Level {
    bool is_object;
    Json::Object members = {};
    Json::Array items = {};
    std::string key = {};             // of the member that comes next
    std::set<std::string> keys = {};  // folded; no hashes, whose collisions the sender could choose
  };

  // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing value - invalid
  // literal; last read: '…'": only the reason, without foreign bytes.
  static std::string reason_in(std::string_view what) {
    if (const auto at = what.find("] "); at != std::string_view::npos) what.remove_prefix(at + 2);
    if (const auto at = what.find(" - "); at != std::string_view::npos) what.remove_prefix(at + 3);
    what = what.substr(0, what.find("; last read"));
    return printable(what);
  }
  bool stop(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool count() {
    if (++values_ > limits::json_values)
      return stop("more than the limit of " + std::to_string(limits::json_values) + " values");
    return true;
  }
  bool add(Json value) { return count() && place(std::move(value)); }
  bool place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& level = levels_.back();
    if (level.is_object) {
      level.members.emplace_back(std::move(level.key), std::move(value));
    } else {
      level.items.push_back(std::move(value));
    }
    return true;
  }
  bool open(bool is_object) {
    if (levels_.size() == limits::json_depth)
      return stop("nested deeper than the limit of " + std::to_string(limits::json_depth));
    if (!count()) return false;
    levels_.push_back({is_object});
    return true;
  }
  bool close() {
    Level& level = levels_.back();
    Json value = level.is_object ? Json(std::move(level.members)) : Json(std::move(level.items));
    levels_.pop_back();
    return place(std::move(value));
  }

  std::vector<Level> levels_;
  Json root_;
  std::size_t values_ = 0;
  std::string problem_;
};

}  // namespace

Result<Json> Json::parse(BytesView bytes, std::string_view what) {
  const std::string_view text = as_text(bytes);
  const auto refuse = [&](const std::string& problem) {
    return fail(Outcome::malformed, std::string(what) + ": " + problem);
  };
  if (text.empty()) return refuse("empty, expected JSON");
  // nlohmann skips the one and takes the other for the end of the input.
  if (text.starts_with("\xEF\xBB\xBF")) return refuse("starts with a byte order mark, expected JSON");
  if (const auto at = text.find('\0'); at != std::string_view::npos)
    return refuse("not valid JSON at byte " + std::to_string(at) + ": a NUL byte");
  TreeBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder, nlohmann::json::input_format_t::json, true))
    return refuse(builder.problem());
  return builder.take();
}

}  // namespace hallmark::base
