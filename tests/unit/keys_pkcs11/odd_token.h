// A PKCS#11 module that misbehaves on demand: what a test and the module, loaded into one process, share.
#pragma once

#include <map>
#include <string>

namespace hallmark::test {

// One token "odd" with one key pair of P-256, object "release", id 01; its PIN is 1234, and it locks after three wrong
// ones.
struct OddToken {
  // What it does wrong, any of: another-key another-digest short long empty huge-attribute no-attributes endless
  // too-many wrong-bool bad-point many-slots another-token twins two-keys two-public no-public private-public
  // cannot-sign always-authenticate keypad no-login no-pin locked final-try odd-type exportable
  std::map<std::string, bool> does;
  std::map<std::string, unsigned long> fails;       // function → what it answers from now on: "C_Sign" → CKR_…
  std::map<std::string, unsigned long> fails_once;  // the same, for the next call only
  std::map<std::string, int> calls;                 // function → how often it was called
  int wrong_pins = 0;
  std::string last_pin;

  void reset() { *this = OddToken(); }
};

}  // namespace hallmark::test
