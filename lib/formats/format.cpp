#include "hallmark/format.h"

namespace hallmark {

std::string_view name(Format format) {
  switch (format) {
    case Format::simple:
      return "simple";
    case Format::bundle:
      return "bundle";
    case Format::dsse:
      return "dsse";
  }
  return "";
}

std::optional<Format> format_named(std::string_view name) {
  if (name == "simple") return Format::simple;
  if (name == "bundle") return Format::bundle;
  return std::nullopt;
}

}  // namespace hallmark
