// TestSigner: a P-256 key made on the spot, and signers that misbehave.
#pragma once

#include <memory>

#include "hallmark/key.h"

namespace hallmark::test {

class TestSigner : public Signer {
 public:
  [[nodiscard]] static TestSigner generate();

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }
  [[nodiscard]] Result<Bytes> sign(BytesView message) override;

  int calls = 0;

 private:
  struct Handle;
  TestSigner(std::shared_ptr<Handle> handle, PublicKey key) : handle_(std::move(handle)), public_key_(std::move(key)) {}
  std::shared_ptr<Handle> handle_;
  PublicKey public_key_;
};

// Says it is `named` but signs with `real`, as a KMS that answers for another key would [attack 49].
class MismatchedSigner : public Signer {
 public:
  MismatchedSigner(Signer& named, Signer& real) : named_(named), real_(real) {}
  [[nodiscard]] const PublicKey& public_key() const override { return named_.public_key(); }
  [[nodiscard]] Result<Bytes> sign(BytesView message) override { return real_.sign(message); }

 private:
  Signer& named_;
  Signer& real_;
};

// A key that cannot be used.
class FailingSigner : public Signer {
 public:
  explicit FailingSigner(Signer& named) : named_(named) {}
  [[nodiscard]] const PublicKey& public_key() const override { return named_.public_key(); }
  [[nodiscard]] Result<Bytes> sign(BytesView) override { return fail(Outcome::key, "the key is locked"); }

 private:
  Signer& named_;
};

}  // namespace hallmark::test
