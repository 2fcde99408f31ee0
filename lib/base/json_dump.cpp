#include <array>
#include <charconv>
#include <cmath>

#include "base/encoding.h"
#include "base/json.h"
#include "base/utf8.h"

namespace hallmark::base {

namespace {

void write_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD: what we write is always valid JSON
      text.remove_prefix(1);
      continue;
    }
    if (code == '"' || code == '\\') {
      out += '\\';
      out += text[0];
    } else if (code == '\n') {
      out += "\\n";
    } else if (code == '\r') {
      out += "\\r";
    } else if (code == '\t') {
      out += "\\t";
    } else if (code < 0x20) {
      out += "\\u00" + hex_encode(as_bytes(text.substr(0, 1)));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no word for it
    out += "null";
    return;
  }
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& value, int depth) {
    if (const auto* members = value.as_object()) {
      write_object(*members, depth);
    } else if (const auto* items = value.as_array()) {
      write_array(*items, depth);
    } else if (const auto* text = value.as_string()) {
      write_string(out_, *text);
    } else if (const auto integer = value.as_integer()) {
      out_ += std::to_string(*integer);
    } else if (const auto truth = value.as_bool()) {
      out_ += *truth ? "true" : "false";
    } else if (const auto number = value.as_double()) {
      write_double(out_, *number);
    } else {
      out_ += "null";
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void line(int depth) {
    if (indent_ <= 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth) * static_cast<std::size_t>(indent_), ' ');
  }
  void write_object(const Json::Object& members, int depth) {
    out_ += '{';
    bool first = true;
    for (const auto& [key, value] : members) {
      if (!first) out_ += ',';
      first = false;
      line(depth + 1);
      write_string(out_, key);
      out_ += indent_ > 0 ? ": " : ":";
      write(value, depth + 1);
    }
    if (!members.empty()) line(depth);
    out_ += '}';
  }
  void write_array(const Json::Array& items, int depth) {
    out_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      line(depth + 1);
      write(item, depth + 1);
    }
    if (!items.empty()) line(depth);
    out_ += ']';
  }

  int indent_;
  std::string out_;
};

}  // namespace

std::string Json::dump(int indent) const {
  Writer writer(indent);
  writer.write(*this, 0);
  return writer.take();
}

}  // namespace hallmark::base
