#include "base/shown_reference.h"

#include <catch2/catch.hpp>

namespace hallmark::base {
namespace {

TEST_CASE("a reference is shown without the secrets that stand in it, where they belong or not [attack 48]") {
  const auto [typed, shown] = GENERATE(table<std::string, std::string>({
      {"pkcs11:token=t;object=o?pin-value=hush&module-path=/m.so",
       "pkcs11:token=t;object=o?pin-value=…&module-path=/m.so"},
      {"pkcs11:token=t;object=o?module-path=/m.so&pin-value=12&hush",
       "pkcs11:token=t;object=o?module-path=/m.so&pin-value=…"},
      {"pkcs11:token=t;object=o;pin-value=hush?module-path=/m.so",
       "pkcs11:token=t;object=o;pin-value=…?module-path=/m.so"},
      {"pkcs11:token=t;object=o&pin-value=hush", "pkcs11:token=t;object=o&pin-value=…"},
      {"pkcs11:object=o?module-path=/x.so?pin-value=hush", "pkcs11:object=o?module-path=/x.so?pin-value=…"},
      {"pkcs11:object=o?module-path=/x.so;pin-value=hush", "pkcs11:object=o?module-path=/x.so;pin-value=…"},
      {"pkcs11:object=o?PIN-VALUE=hush", "pkcs11:object=o?PIN-VALUE=…"},
      {"PKCS11:token=t;object=o?pin-value=hush", "PKCS11:token=t;object=o?pin-value=…"},
      {"pcks11:token=t;object=o?pin-value=hush", "pcks11:token=t;object=o?pin-value=…"},
      {"pkcs11:object=o?pin%2Dvalue%3Dhush", "pkcs11:object=o?pin%2Dvalue%3D…"},
      {"pkcs11:object=o%26%70in-value%3dhush", "pkcs11:object=o%26%70in-value%3d…"},
      {"pkcs11:object=o?pin-value:hush", "pkcs11:object=o?pin-value:…"},
      {"pkcs11:object=o?pin-valuehush", "pkcs11:object=o?pin-value…"},
      {"pkcs11:object=o?pin-value hush", "pkcs11:object=o?pin-value …"},
      {"pkcs11:object=o?pin_value=hush", "pkcs11:object=o?pin_value=…"},
      {"pkcs11:object=o?pin=hush", "pkcs11:object=o?pin=…"},
      {"pkcs11:object=o?user-pin=hush", "pkcs11:object=o?user-pin=…"},
      {"pkcs11:object=o?pinvlaue=hush?hush;hush", "pkcs11:object=o?pinvlaue=…"},
      {"pkcs11:object=o?pin-value=hush&pin-value=hush", "pkcs11:object=o?pin-value=…&pin-value=…"},
      {"pkcs11:object=o?pin-value=hush\n", "pkcs11:object=o?pin-value=…"},
      {"tpm:handle=0x81000010?password=hush", "tpm:handle=0x81000010?password=…"},
      {"tpm:file=/k.pem?passwd=hush&tcti=device:/dev/tpm0", "tpm:file=/k.pem?passwd=…&tcti=device:/dev/tpm0"},
      {"hashivault://release?token=hush", "hashivault://release?token=…"},
      {"hashivault://release?VAULT_TOKEN=hush&version=2", "hashivault://release?VAULT_TOKEN=…&version=2"},
      {"awskms://u:hush@host/alias/x", "awskms://…@host/alias/x"},
      {"awskms://u:hu/s@h?hush@host/alias/x", "awskms://…@host/alias/x"},
      {"awskms://u:hush%40host/alias/x", "awskms://…%40host/alias/x"},
      {"awskms:/u:hush@host/alias/x", "awskms:/…@host/alias/x"},
      {"u:hush@host/alias/x", "u:…@host/alias/x"},
      {"awskms://u:hush@host/alias/x?token=a@hush", "awskms://…"},
      {"pin-valueawskms://?pin-source=%40&", "pin-value…"},
      {"azurekms://u:hush@v.vault.azure.net/k", "azurekms://…@v.vault.azure.net/k"},
  }));
  CHECK(shown_reference(typed) == shown);
  CHECK(without_secrets(without_secrets(typed)) == without_secrets(typed));
}

TEST_CASE("of a reference without a secret everything is shown") {
  const auto* text = GENERATE(
      "", ":", "@", "%", "%4", "=", "release.key", "/home/u@host/release.key",
      "pkcs11:token=My%20token;object=a@b;id=%01",
      "pkcs11:token=t;object=shopping?pin-source=file:///run/pin&module-path=/m.so", "pkcs11:object=pin",
      "pkcs11:object=o?pin-value=", "tpm:file=/home/a:b@c/k.pem?tcti=swtpm:host=127.0.0.1,port=2321",
      "awskms://localhost:4566/alias/release", "hashivault://token?version=2", "k8s://ci/secret-key", "env://NAME");
  CAPTURE(text);
  CHECK(without_secrets(text) == text);
  CHECK(shown_reference(text) == text);
}

TEST_CASE("what is shown is printable and cut") {
  CHECK(shown_reference("tpm:\x1b[2J") == "tpm:\\x1b[2J");
  CHECK(shown_reference("abcdef", 5) == "abcde…");
}

}  // namespace
}  // namespace hallmark::base
