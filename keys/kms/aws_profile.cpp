#include "keys/kms/aws_profile.h"

#include <algorithm>
#include <functional>

#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// A value ends where a blank and a comment begin; "#" within a word is part of it, as in secrets.
std::string_view without_comment(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if ((text[at] == '#' || text[at] == ';') && kBlank.find(text[at - 1]) != std::string_view::npos)
      return text.substr(0, at - 1);
  }
  return text;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

struct Line {
  std::size_t number;
  std::string_view text;
};

// Reads one file, line by line. `open` says which section a name in brackets is; null: one that is passed over.
class ProfileReader {
 public:
  using Open = std::function<Section*(std::string_view name)>;
  ProfileReader(Open open, std::string file) : open_(std::move(open)), file_(std::move(file)) {}

  Result<void> read(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const auto end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      HM_DO(take({number, line}));
    }
    return {};
  }

 private:
  Result<void> take(const Line& line) {
    const std::string_view content = trimmed(line.text);
    if (content.empty() || content.front() == '#' || content.front() == ';') return {};
    if (std::ranges::any_of(content, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }))
      return refused(line, "holds a control byte");
    if (content.front() == '[') return take_heading(line, content);
    const bool indented = kBlank.find(line.text.front()) != std::string_view::npos;
    return indented ? take_indented(line, content) : take_property(line, without_comment(content), "");
  }

  Result<void> take_heading(const Line& line, std::string_view content) {
    const auto end = content.find(']');
    if (end == std::string_view::npos) return refused(line, "begins with [ and has no ]");
    section_ = open_(trimmed(content.substr(1, end - 1)));
    key_.clear();
    return {};
  }

  Result<void> take_property(const Line& line, std::string_view content, const std::string& above) {
    const auto equals = content.find('=');
    if (equals == std::string_view::npos || trimmed(content.substr(0, equals)).empty())
      return refused(line, "is neither [SECTION] nor KEY = VALUE");
    const std::string key = above + lower(trimmed(content.substr(0, equals)));
    const auto value = unquoted(trimmed(content.substr(equals + 1)));
    if (above.empty()) key_ = key;
    if (section_ != nullptr) section_->insert_or_assign(key, std::string(value));
    return {};
  }

  // Below a key that has a value: its next line. Below one without: a group of settings.
  Result<void> take_indented(const Line& line, std::string_view content) {
    if (section_ == nullptr || key_.empty()) return {};
    std::string& value = (*section_)[key_];
    if (value.empty()) return take_property(line, content, key_ + ".");
    value += "\n" + std::string(content);
    return {};
  }

  std::unexpected<Error> refused(const Line& line, std::string_view problem) const {
    return fail(service_error("AWS", file_ + ", line " + std::to_string(line.number) + " " + std::string(problem),
                              Cause::no_credentials)
                    .with_hint("docs/kms/aws.md shows the form of the file"));
  }

  Open open_;
  std::string file_;
  Section* section_ = nullptr;
  std::string key_;
};

// "profile NAME" → "NAME"
std::string_view name_after(std::string_view heading, std::string_view kind) {
  if (!heading.starts_with(kind) || heading.size() == kind.size()) return {};
  const std::string_view rest = heading.substr(kind.size());
  return kBlank.find(rest.front()) == std::string_view::npos ? std::string_view() : unquoted(trimmed(rest));
}

const Section* find(const std::map<std::string, Section, std::less<>>& sections, std::string_view name) {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

}  // namespace

Result<void> Profiles::add_config(std::string_view text, const std::filesystem::path& file) {
  const auto open = [this](std::string_view heading) -> Section* {
    if (heading == "default") return &profiles_["default"];
    if (const auto name = name_after(heading, "profile"); !name.empty()) return &profiles_[std::string(name)];
    if (const auto name = name_after(heading, "services"); !name.empty()) return &services_[std::string(name)];
    return nullptr;
  };
  return ProfileReader(open, file.string()).read(text);
}

Result<void> Profiles::add_credentials(std::string_view text, const std::filesystem::path& file) {
  const auto open = [this](std::string_view heading) -> Section* {
    return heading.empty() ? nullptr : &profiles_[std::string(heading)];
  };
  return ProfileReader(open, file.string()).read(text);
}

const Section* Profiles::profile(std::string_view name) const { return find(profiles_, name); }
const Section* Profiles::services(std::string_view name) const { return find(services_, name); }

std::string value_of(const Section& section, std::string_view key) {
  const auto found = section.find(key);
  return found == section.end() ? std::string() : found->second;
}

}  // namespace hallmark::keys::aws
