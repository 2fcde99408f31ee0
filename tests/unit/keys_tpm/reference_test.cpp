#include "keys/tpm/reference.h"

#include <catch2/catch.hpp>

#include "support/key_services.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

struct Wrong {
  std::string reference;
  std::string problem;
};

Tcti tcti_of(test::KeyServices& world, const std::string& reference) {
  const auto parsed = TpmReference::parse(reference);
  REQUIRE(parsed);
  const auto tcti = tcti_for(*parsed, world.services());
  REQUIRE(tcti);
  return *tcti;
}

}  // namespace

TEST_CASE("a reference of a TPM key names a persistent handle or a file, and perhaps the way to the TPM") {
  const auto handle = TpmReference::parse("tpm:handle=0x81000010");
  REQUIRE(handle);
  CHECK(handle->handle == 0x81000010);
  CHECK(handle->name() == "TPM key 0x81000010");
  CHECK_FALSE(handle->tcti);

  const auto with_tcti = TpmReference::parse("tpm:handle=0x81FFFFFF?tcti=swtpm:host=127.0.0.1,port=2321");
  REQUIRE(with_tcti);
  CHECK(with_tcti->handle == 0x81ffffff);
  CHECK(with_tcti->tcti == "swtpm:host=127.0.0.1,port=2321");

  const auto file = TpmReference::parse("tpm:file=keys/re%3Flease%25.pem?tcti=device");
  REQUIRE(file);
  CHECK_FALSE(file->handle);
  CHECK(file->file == "keys/re?lease%.pem");
  CHECK(file->tcti == "device");
}

TEST_CASE("a malformed reference of a TPM key says what is wrong and the right form") {
  const auto [reference, problem] = GENERATE(values<Wrong>({
      {"tpm:", "neither a handle nor a file"},
      {"tpm://0x81000010", "neither a handle nor a file"},
      {"tpm:0x81000010", "neither a handle nor a file"},
      {"tpm:handle=", "handle is none of a persistent object"},
      {"tpm:handle=81000010", "handle is none of a persistent object"},
      {"tpm:handle=0x", "handle is none of a persistent object"},
      {"tpm:handle=0x81000010 ", "handle is none of a persistent object"},
      {"tpm:handle=0x80000001", "handle is none of a persistent object"},
      {"tpm:handle=0x82000000", "handle is none of a persistent object"},
      {"tpm:handle=0x081000010", "handle is none of a persistent object"},
      {"tpm:handle=-1", "handle is none of a persistent object"},
      {"tpm:file=", "path of the file is empty"},
      {"tpm:file=a%zz", "wrong %XX"},
      {"tpm:file=a%00b", "wrong %XX"},
      {"tpm:file=a?", "only tcti= is known"},
      {"tpm:file=a?tcti", "only tcti= is known"},
      {"tpm:file=a?pin=1234", "a password seems to stand in it"},
      {"tpm:file=a?tcti=", "tcti is empty"},
      {"awskms://a", "does not begin with"},
      {"tpm:file=" + std::string(5000, 'a'), "too long"},
  }));
  CAPTURE(reference);
  const auto parsed = TpmReference::parse(reference);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind() == Outcome::key);
  CHECK(parsed.error().cause() == Cause::not_found);
  CHECK_THAT(parsed.error().message(), Catch::Contains(problem));
  CHECK_THAT(parsed.error().hint(), Catch::Contains("tpm:handle=0x81000010 or tpm:file=PATH"));
}

TEST_CASE("a password in a reference is refused, and shown by no error [attack 48]") {
  const auto reference =
      GENERATE(as<std::string>(), "tpm:handle=0x81000010?password=hush", "tpm:file=/k.pem&password=hush",
               "tpm:file=/k.pem?tcti=device:/dev/tpm0&pin=hush", "tpm:file=k%3Fpassword%3Dhush", "tpm:pin-value=hush");
  CAPTURE(reference);
  const auto parsed = TpmReference::parse(reference);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind() == Outcome::key);
  CHECK_THAT(parsed.error().message(), Catch::Contains("a password seems to stand in it"));
  CHECK_THAT(parsed.error().message() + parsed.error().hint(), !Catch::Contains("hush"));
}

TEST_CASE(
    "the way to the TPM is the reference's, else hallmark's variable, else that of tpm2-tools, else the kernel's") {
  test::KeyServices world;
  const std::string plain = "tpm:handle=0x81000010";
  CHECK(tcti_of(world, plain).text() == "device:/dev/tpmrm0");
  world.variables["TPM2TOOLS_TCTI"] = "mssim:host=localhost,port=2321";
  CHECK(tcti_of(world, plain).text() == "mssim:host=localhost,port=2321");
  world.variables["HALLMARK_TPM_TCTI"] = "tabrmd";
  CHECK(tcti_of(world, plain) == Tcti{"tabrmd", ""});
  CHECK(tcti_of(world, plain + "?tcti=device:/dev/tpm0") == Tcti{"device", "/dev/tpm0"});
}

TEST_CASE("only drivers by name are loaded, never a path, and none that runs programs") {
  const auto text = GENERATE(as<std::string>(), "/tmp/evil.so", "libtss2-tcti-device.so.0:/dev/tpm0", "cmd:id", "pcap",
                             "", ":", "../device:x", "Device", "libtpms");
  CAPTURE(text);
  const auto tcti = Tcti::parse(text, "TPM2TOOLS_TCTI");
  REQUIRE_FALSE(tcti);
  CHECK(tcti.error().cause() == Cause::unsupported);
  CHECK_THAT(tcti.error().message(), Catch::StartsWith("TPM2TOOLS_TCTI: "));
  CHECK_THAT(tcti.error().hint(), Catch::Contains("device:PATH"));
}
