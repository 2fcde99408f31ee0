#include "crypto/hash.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/encoding.h"

using namespace hallmark;

TEST_CASE("a stream hashes as its pieces together do") {
  const auto algorithm = GENERATE(DigestAlgorithm::sha256, DigestAlgorithm::sha384, DigestAlgorithm::sha512);
  const auto text = std::string(10'000, 'h');
  Hasher hasher(algorithm);
  for (std::size_t at = 0; at < text.size(); at += 777) hasher.update(as_bytes(text.substr(at, 777)));
  hasher.update({});
  CHECK(hasher.finish() == Digest::of(as_bytes(text), algorithm));
}

TEST_CASE("a hasher can be moved in the middle") {
  Hasher first(DigestAlgorithm::sha256);
  first.update(as_bytes("ab"));
  Hasher second = std::move(first);
  second.update(as_bytes("c"));
  CHECK(second.finish() == Digest::of(as_bytes("abc")));
}

TEST_CASE("raw sums are those of FIPS 180-4") {
  CHECK(base::hex_encode(crypto::sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(crypto::sha384({}).size() == 48);
  CHECK(crypto::sha512({}).size() == 64);
}

TEST_CASE("random bytes are as many as asked for and never the same") {
  CHECK(crypto::random_bytes(0).empty());
  const auto first = crypto::random_bytes(32);
  CHECK(first.size() == 32);
  CHECK(first != crypto::random_bytes(32));
  CHECK(std::ranges::any_of(first, [](std::uint8_t byte) { return byte != 0; }));
}
