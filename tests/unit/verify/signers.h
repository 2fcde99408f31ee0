// Who signs in the tests of verify: the one who is trusted, and somebody else.
#pragma once

#include "hallmark/verify.h"
#include "support/test_signer.h"

namespace hallmark::test {

inline TestSigner& release() {
  static auto signer = TestSigner::generate();
  return signer;
}
inline TestSigner& stranger() {
  static auto signer = TestSigner::generate();
  return signer;
}

inline VerifyOptions by(const Signer& signer) {
  VerifyOptions options;
  options.keys = {signer.public_key()};
  return options;
}

}  // namespace hallmark::test
