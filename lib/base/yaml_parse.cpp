#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>
#include <unordered_set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "base/utf8.h"
#include "base/yaml.h"

namespace hallmark::base {

namespace {

std::unexpected<Error> refuse(std::string_view file, std::size_t line, std::size_t column, const std::string& problem) {
  return fail(Outcome::malformed,
              std::string(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + problem);
}

// Reads what the caller holds, without a copy of it.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    auto* begin = const_cast<char*>(text.data());  // std::streambuf's get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

// Thrown through yaml-cpp's parser, which has no other way to stop; caught below.
struct Stop {
  std::size_t line;
  std::size_t column;
  std::string problem;
};

bool is_forbidden(char32_t c) {
  const bool control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0);
  // A byte order mark, and the line ends of Unicode, which some readers of YAML take for one and some do not.
  return control || c == 0xFEFF || c == 0x2028 || c == 0x2029;
}

// yaml-cpp replaces bytes that are no UTF-8, takes 0x04 for the end of the file and guesses UTF-16.
Result<void> check_characters(std::string_view text, std::string_view file) {
  std::size_t line = 1;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      continue;
    }
    if (byte == '\n' || (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n')) {
      at += byte == '\n' ? 1 : 2;
      start = at;
      ++line;
      continue;
    }
    const auto character = first_character(text.substr(at));
    if (character.length == 0) return refuse(file, line, at - start + 1, "not valid UTF-8");
    if (is_forbidden(character.code)) {
      return refuse(file, line, at - start + 1, "a control character: " + printable(text.substr(at, character.length)));
    }
    at += character.length;
  }
  return {};
}

std::string folded(std::string_view key) {
  std::string text(key);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

// Builds the tree from yaml-cpp's events.
class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(std::string_view text, const YamlOptions& options) : text_(text), options_(options) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1 && !options_.many_documents) stop(mark, "a second document: a file holds one");
    // What belongs into no document ("," alone) stays where it is, and yaml-cpp would find it there for ever.
    if (mark.pos <= last_start_) stop(mark, "not valid YAML: unexpected here");
    last_start_ = mark.pos;
  }
  void OnDocumentEnd() override {
    if (root_.kind() != Yaml::Kind::null) done_.push_back(std::move(root_));
    root_ = {};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (wants_key()) stop(mark, "a key is missing");
    place(node(mark, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    stop(mark, "aliases are not allowed; a text that starts with * stands in quotes");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag == "!") check_end(mark);
    if (wants_key()) return take_key(mark, tag, anchor, value);
    Yaml scalar = node(mark, anchor);
    scalar.value_ = value;
    scalar.style_ = tag == "!" ? Yaml::Style::quoted : Yaml::Style::plain;
    place(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, true);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] std::vector<Yaml> take() { return std::move(done_); }

 private:
  struct Level {
    Yaml node;
    bool is_mapping;
    bool has_key = false;
    std::unordered_set<std::string> keys = {};  // only where a mapping has many
  };
  static constexpr std::size_t kFewKeys = 8;

  [[noreturn]] static void stop(const YAML::Mark& mark, std::string problem) {
    throw Stop{static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1, std::move(problem)};
  }
  [[nodiscard]] bool wants_key() const {
    return !levels_.empty() && levels_.back().is_mapping && !levels_.back().has_key;
  }
  // The checks that every node has to pass.
  Yaml node(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (++values_ > limits::yaml_values) {
      stop(mark, "more than the limit of " + std::to_string(limits::yaml_values) + " values");
    }
    if (anchor != YAML::NullAnchor) stop(mark, "anchors are not allowed; a text that starts with & stands in quotes");
    const auto at = static_cast<std::size_t>(mark.pos);
    if (at < text_.size() && text_[at] == '!')
      stop(mark, "tags are not allowed; a text that starts with ! stands in quotes");
    Yaml made;
    made.line_ = static_cast<std::uint32_t>(mark.line) + 1;
    made.column_ = static_cast<std::uint32_t>(mark.column) + 1;
    made.offset_ = static_cast<std::uint32_t>(at);
    return made;
  }
  // yaml-cpp takes the end of the file for the end of a quoted text.
  void check_end(const YAML::Mark& mark) const {
    const auto start = static_cast<std::size_t>(mark.pos);
    if (start >= text_.size() || (text_[start] != '"' && text_[start] != '\'')) return;  // a block scalar
    const char quote = text_[start];
    for (std::size_t at = start + 1; at < text_.size(); ++at) {
      const bool escape = quote == '"' ? text_[at] == '\\' : text_.substr(at, 2) == "''";
      if (!escape && text_[at] == quote) return;
      if (escape) ++at;
    }
    stop(mark, "a quoted text has no end");
  }
  void take_key(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
    const Yaml checked = node(mark, anchor);
    const bool plain = tag != "!";
    if (plain && value == "<<") stop(mark, "merge keys are not allowed");
    Level& level = levels_.back();
    auto& members = std::get<Yaml::Mapping>(level.node.value_);
    if (is_repeated(level, members, value)) stop(mark, "duplicate key \"" + printable(value, 80) + "\"");
    members.push_back({value, checked.line_, checked.column_, {}});
    level.has_key = true;
  }
  // Few keys are compared, many are hashed: a policy has thousands of small mappings.
  bool is_repeated(Level& level, const Yaml::Mapping& members, const std::string& key) const {
    const std::string name = options_.fold_keys ? folded(key) : key;
    const auto name_of = [&](const YamlMember& member) { return options_.fold_keys ? folded(member.key) : member.key; };
    if (members.size() < kFewKeys) {
      for (const auto& member : members) {
        if (member.key.size() == name.size() && name_of(member) == name) return true;
      }
      return false;
    }
    if (level.keys.empty()) {
      for (const auto& member : members) level.keys.insert(name_of(member));
    }
    return !level.keys.insert(name).second;
  }
  void place(Yaml value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    if (level.is_mapping) {
      std::get<Yaml::Mapping>(level.node.value_).back().value = std::move(value);
      level.has_key = false;
    } else {
      std::get<Yaml::Sequence>(level.node.value_).push_back(std::move(value));
    }
  }
  void open(const YAML::Mark& mark, YAML::anchor_t anchor, bool is_mapping) {
    if (wants_key()) stop(mark, "a key must be text");
    if (levels_.size() == limits::yaml_depth) {
      stop(mark, "nested deeper than the limit of " + std::to_string(limits::yaml_depth));
    }
    Level level{node(mark, anchor), is_mapping};
    if (is_mapping) {
      level.node.value_ = Yaml::Mapping();
    } else {
      level.node.value_ = Yaml::Sequence();
    }
    levels_.push_back(std::move(level));
  }
  void close() {
    Yaml value = std::move(levels_.back().node);
    levels_.pop_back();
    place(std::move(value));
  }

  std::string_view text_;
  const YamlOptions& options_;
  std::vector<Level> levels_;
  std::vector<Yaml> done_;
  Yaml root_;
  std::size_t values_ = 0;
  std::size_t documents_ = 0;
  int last_start_ = -1;
};

namespace {

// A directive changes how the rest is read; yaml-cpp obeys %TAG and skips the others.
Result<void> refuse_directives(std::string_view text, std::string_view file) {
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    if (text[at] == '%') return refuse(file, line, 1, "directives are not allowed");
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return {};
}

}  // namespace

Result<std::vector<Yaml>> Yaml::parse_all(std::string_view text, std::string_view file, const YamlOptions& options) {
  if (text.size() > limits::yaml_bytes) {
    return refuse(file, 1, 1, "more than the limit of " + std::to_string(limits::yaml_bytes >> 20) + " MiB");
  }
  HM_DO(check_characters(text, file));
  HM_DO(refuse_directives(text, file));
  YamlBuilder builder(text, options);
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    return refuse(file, stop.line, stop.column, stop.problem);
  } catch (const YAML::Exception& error) {
    // The message is yaml-cpp's own words and holds no bytes of the file.
    return refuse(file, static_cast<std::size_t>(error.mark.line) + 1, static_cast<std::size_t>(error.mark.column) + 1,
                  "not valid YAML: " + printable(error.msg));
  }
  return builder.take();
}

Result<Yaml> Yaml::parse(std::string_view text, std::string_view file) {
  HM_TRY(auto documents, parse_all(text, file, {}));
  if (documents.empty()) return refuse(file, 1, 1, "empty");
  return std::move(documents.front());
}

}  // namespace hallmark::base
