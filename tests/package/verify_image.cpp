// Verifies an image in an OCI layout: verify_image DIR DIGEST PUBLIC-KEY
#include <hallmark/layout.h>
#include <hallmark/verify.h>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream file(argv[3]);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  const auto key = hallmark::PublicKey::from_pem(pem);
  const auto digest = hallmark::Digest::parse(argv[2]);
  const auto image = hallmark::open_layout(argv[1], hallmark::OpenMode::read);
  if (!key || !digest || !image) return 2;

  const auto verdict = hallmark::verify(**image, *digest, {.keys = {*key}});
  if (!verdict) {
    std::cerr << verdict.error().message() << '\n';
    return hallmark::exit_code(verdict.error().kind());
  }
  std::cout << hallmark::word(verdict->outcome) << ' ' << verdict->digest.text() << '\n';
  return verdict->admitted ? 0 : hallmark::exit_code(verdict->outcome);
}
