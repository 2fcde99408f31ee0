#include "keys/kms/aws_xml.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/try.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::size_t kDepth = 8;        // STS uses 4
constexpr std::size_t kElements = 1024;  // STS uses 15

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

std::unexpected<Error> refused(std::string_view problem) {
  return fail(Outcome::malformed, "answer: " + std::string(problem));
}

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  Result<XmlElement> document() {
    skip_blanks();
    if (rest_.starts_with("<?xml ")) {
      const auto end = rest_.find("?>");
      if (end == std::string_view::npos) return refused("its XML declaration does not end");
      rest_.remove_prefix(end + 2);
      skip_blanks();
    }
    HM_TRY(XmlElement root, element(1));
    skip_blanks();
    if (!rest_.empty()) return refused("something follows its XML document");
    return root;
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool skip_blanks() {
    const auto end = std::ranges::find_if_not(rest_, is_blank);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(count);
    return count > 0;
  }

  std::string name() {
    const auto end = std::ranges::find_if_not(rest_, is_name_byte);
    const std::string out(rest_.begin(), end);
    rest_.remove_prefix(out.size());
    return out;
  }

  // <Name xmlns="…">…</Name>, or <Name/>
  Result<XmlElement> element(std::size_t depth) {
    if (depth > kDepth || ++elements_ > kElements) return refused("its XML has too many elements");
    if (!take("<")) return refused("an XML element is missing");
    XmlElement out;
    out.name = name();
    if (out.name.empty()) return refused("an XML element has no name, or is none of those that are read");
    HM_DO(namespaces());
    if (take("/>")) return out;
    if (!take(">")) return refused("an XML tag does not end");
    HM_DO(contents(out, depth));
    if (!take("</") || name() != out.name) return refused("an XML element is closed by another's tag");
    skip_blanks();
    if (!take(">")) return refused("an XML tag does not end");
    return out;
  }

  Result<void> namespaces() {
    while (skip_blanks() && rest_.starts_with("xmlns")) {
      if (!take("xmlns=\"")) return refused("an XML tag has an attribute that is not read");
      const auto end = rest_.find_first_of("\"<");
      if (end == std::string_view::npos || rest_[end] == '<') return refused("an XML attribute does not end");
      rest_.remove_prefix(end + 1);
    }
    return {};
  }

  Result<void> contents(XmlElement& into, std::size_t depth) {
    std::string text;
    while (!rest_.starts_with("</")) {
      if (rest_.empty()) return refused("its XML ends in the middle");
      if (rest_.front() == '<') {
        HM_TRY(XmlElement child, element(depth + 1));
        into.children.push_back(std::move(child));
      } else {
        HM_DO(character(text));
      }
    }
    if (into.children.empty())
      into.text = std::move(text);
    else if (!std::ranges::all_of(text, is_blank))
      return refused("its XML has text between elements");
    return {};
  }

  Result<void> character(std::string& text) {
    static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
        {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    if (rest_.front() != '&') {
      text += rest_.front();
      rest_.remove_prefix(1);
      return {};
    }
    for (const auto& [entity, meaning] : kEntities) {
      if (!take(entity)) continue;
      text += meaning;
      return {};
    }
    return refused("its XML has an entity that is not read");
  }

  std::string_view rest_;
  std::size_t elements_ = 0;
};

}  // namespace

Result<XmlElement> XmlElement::parse(std::string_view document) { return XmlReader(document).document(); }

const XmlElement* XmlElement::find(std::initializer_list<std::string_view> path) const {
  const XmlElement* at = this;
  for (const std::string_view step : path) {
    const auto found = std::ranges::find(at->children, step, &XmlElement::name);
    if (found == at->children.end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string XmlElement::text_at(std::initializer_list<std::string_view> path) const {
  const XmlElement* found = find(path);
  return found == nullptr ? std::string() : found->text;
}

}  // namespace hallmark::keys::aws
