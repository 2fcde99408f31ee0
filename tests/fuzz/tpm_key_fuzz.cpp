// What names a key in a TPM: its file, as PEM or DER, and its reference. What is taken is written as the same key.
#include <cstdlib>

#include "base/encoding.h"
#include "keys/tpm/key_file.h"
#include "keys/tpm/reference.h"

using namespace hallmark;

namespace {

void expect_told(const Error& error) {
  const auto& message = error.message();
  if (error.kind() != Outcome::key || base::printable(message, message.size()) != message) std::abort();
}

void try_reference(std::string_view text) {
  const auto reference = keys::TpmReference::parse(std::string(text));
  if (!reference) return expect_told(reference.error());
  if (reference->handle.has_value() != reference->file.empty()) std::abort();
  if (reference->name().empty()) std::abort();
  if (!reference->tcti) return;
  const auto tcti = keys::Tcti::parse(*reference->tcti, reference->text);
  if (!tcti) return expect_told(tcti.error());
  // A configuration that is empty is none: "device:" is "device".
  const auto again = keys::Tcti::parse(tcti->text(), "again");
  if (!again || *again != *tcti) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  if (as_text(input).starts_with("tpm:")) {
    try_reference(as_text(input));
    return 0;
  }
  const auto file =
      size > 0 && data[0] == 0x30 ? keys::TpmKeyFile::parse(input) : keys::TpmKeyFile::from_pem(as_text(input));
  if (!file) {
    expect_told(file.error());
    return 0;
  }
  const auto again = keys::TpmKeyFile::from_pem(file->pem());
  if (!again || again->der() != file->der() || again->empty_auth != file->empty_auth) std::abort();
  if (!keys::is_persistent(file->parent) && !keys::is_hierarchy(file->parent)) std::abort();
  return 0;
}
