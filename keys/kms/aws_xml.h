// XmlElement: the little XML that STS answers with, read strictly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::keys::aws {

struct XmlElement {
  std::string name;
  std::string text;                  // of an element without children; entities are resolved
  std::vector<XmlElement> children;  // of one with children the text between them is white space

  // Elements, default namespaces, text and the five named entities; one XML declaration before it all. Anything more
  // (document types, comments, CDATA, processing instructions, other attributes, prefixes) is an error, as are more
  // than 8 levels. Kind of errors: malformed.
  [[nodiscard]] static Result<XmlElement> parse(std::string_view document);

  // The first child of this name, and so on downwards; null: there is none.
  [[nodiscard]] const XmlElement* find(std::initializer_list<std::string_view> path) const;
  // Its text; "" where there is none.
  [[nodiscard]] std::string text_at(std::initializer_list<std::string_view> path) const;
};

}  // namespace hallmark::keys::aws
