#include "crypto/pem.h"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::crypto {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kColumns = 64;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// "-----BEGIN X-----" → "X"; nothing where the line is not that.
std::string_view label_of(std::string_view line, std::string_view opening) {
  line = trimmed(line);
  if (!line.starts_with(opening) || !line.ends_with(kDashes) || line.size() <= opening.size() + kDashes.size())
    return {};
  return line.substr(opening.size(), line.size() - opening.size() - kDashes.size());
}

// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

std::vector<std::string> labels_in(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty())
    if (const auto label = label_of(take_line(text), kBegin); !label.empty())
      labels.push_back(base::printable(label, 40));
  return labels;
}

Result<void> expect_one_block(std::string_view text, const std::vector<std::string>& labels) {
  if (text.empty()) return fail(Outcome::key, "is empty");
  if (labels.size() == 1) return {};
  if (labels.empty()) {
    if (text.find(kBegin) != std::string_view::npos)
      return fail(Outcome::key, "the BEGIN line of its PEM block is not whole");
    if (text[0] == '\x30')
      return fail(Error(Outcome::key, "has no PEM block; it looks like DER")
                      .with_hint("convert it with \"openssl pkey -inform DER\""));
    return fail(Outcome::key, "has no PEM block (-----BEGIN …-----)");
  }
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(labels.size(), 4); ++i) names += (i == 0 ? "" : ", ") + labels[i];
  return fail(Error(Outcome::key, "holds " + std::to_string(labels.size()) + " PEM blocks (" + names +
                                      (labels.size() > 4 ? ", …" : "") + "), expected exactly one")
                  .with_hint("leave only the block that is the key in the file"));
}

// The base64 between the BEGIN and the END line.
Result<std::string_view> body_of(std::string_view text, std::string_view label) {
  const auto name = "PEM block " + base::printable(label, 40);
  if (label_of(take_line(text), kBegin) != label) return fail(Outcome::key, "has text before its " + name);
  const auto* const start = text.data();
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.find(':') != std::string_view::npos)
      return fail(Error(Outcome::key, name + " has headers (OpenSSL's old encryption), which is not accepted")
                      .with_hint("convert it with \"openssl pkcs8 -topk8 -v2 aes-256-cbc\""));
    if (!line.starts_with("-")) continue;
    if (const auto closing = label_of(line, kEnd); closing != label)
      return fail(Outcome::key, name + (closing.empty() ? " is cut off: its END line is not whole"
                                                        : " ends with another label: " + base::printable(closing, 40)));
    if (!trimmed(text).empty()) return fail(Outcome::key, "has text after its " + name);
    return std::string_view(start, static_cast<std::size_t>(line.data() - start));
  }
  return fail(Outcome::key, name + " is cut off: it has no END line");
}

}  // namespace

Result<PemBlock> read_pem(std::string_view text) {
  if (text.size() > limits::key_file_bytes)
    return fail(Outcome::key, "has more than " + std::to_string(limits::key_file_bytes) + " bytes");
  text = trimmed(text);
  const auto labels = labels_in(text);
  HM_DO(expect_one_block(text, labels));
  auto rest = text;
  const std::string label(label_of(take_line(rest), kBegin));
  HM_TRY(const auto body, body_of(text, label.empty() ? std::string_view(labels[0]) : std::string_view(label)));

  PemBlock block{label, Secret(body.size() / 4 * 3 + 3)};
  std::size_t size = 0;
  // Strict (padding, trailing bits) and without branches on the secret.
  if (sodium_base642bin(block.bytes.writable().data(), block.bytes.size(), body.data(), body.size(), "\r\n", &size,
                        nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return fail(Outcome::key, "PEM block " + base::printable(label, 40) + " is not base64, or cut off");
  if (size == 0) return fail(Outcome::key, "PEM block " + base::printable(label, 40) + " is empty");
  block.bytes.shrink(size);
  return block;
}

Secret write_pem(std::string_view label, BytesView bytes) {
  const auto encoded_size = sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL);  // with its NUL
  Secret encoded(encoded_size);
  sodium_bin2base64(reinterpret_cast<char*>(encoded.writable().data()), encoded.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  auto body = encoded.text().substr(0, encoded_size - 1);

  const auto opening = std::string(kBegin) + std::string(label) + "-----\n";
  const auto closing = std::string(kEnd) + std::string(label) + "-----\n";
  Secret pem(opening.size() + body.size() + (body.size() + kColumns - 1) / kColumns + closing.size());
  auto next = std::ranges::copy(opening, pem.writable().begin()).out;
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), kColumns))) {
    next = std::ranges::copy(body.substr(0, kColumns), next).out;
    *next++ = '\n';
  }
  std::ranges::copy(closing, next);
  return pem;
}

std::string write_public_pem(std::string_view label, BytesView bytes) {
  return std::string(write_pem(label, bytes).text());
}

}  // namespace hallmark::crypto
