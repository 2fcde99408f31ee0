// Signs an image in an OCI layout: sign_image DIR DIGEST KEY PASSWORD-FILE
#include <hallmark/keys.h>
#include <hallmark/layout.h>
#include <hallmark/sign.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const auto ask = [&](std::string_view) -> hallmark::Result<hallmark::Secret> {
    std::string line;
    std::getline(std::ifstream(argv[4]) >> std::ws, line);
    return hallmark::Secret::copy_of(line);
  };
  const auto signer = hallmark::keys::open_signer(argv[3], {.password = ask});
  const auto digest = hallmark::Digest::parse(argv[2]);
  const auto image = hallmark::open_layout(argv[1], hallmark::OpenMode::write);
  if (!signer || !digest || !image) return 2;

  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto done = hallmark::sign(**image, *digest, {signer->get()}, {}, now);
  if (!done) std::cerr << done.error().message() << '\n';
  return done ? 0 : hallmark::exit_code(done.error().kind());
}
