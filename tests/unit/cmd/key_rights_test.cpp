#include "cmd/hallmark/key_rights.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::cmd;
using keys::Known;
using Action = keys::KeyRight::Action;

namespace {

keys::KeyInfo info(Known sign, Known export_key, Known delete_key, Known exportable = Known::no) {
  keys::KeyInfo info;
  info.exportable = exportable;
  info.place = "AWS KMS in eu-north-1";
  info.rights = {{Action::sign, sign, "kms:Sign"},
                 {Action::export_key, export_key, "kms:Export"},
                 {Action::delete_key, delete_key, "kms:ScheduleKeyDeletion"}};
  return info;
}

std::string warnings(const keys::KeyInfo& of, KeyRole role) {
  std::string text;
  for (const Excess& one : least_privilege(of, role, "awskms:///k")) text += one.what + "\n";
  return text;
}

}  // namespace

TEST_CASE("a verifying identity that could sign is a warning that names the right") {
  CHECK(warnings(info(Known::yes, Known::no, Known::no), KeyRole::verifier) ==
        "who only verifies with awskms:///k could sign (kms:Sign)\n");
  CHECK(warnings(info(Known::yes, Known::no, Known::no), KeyRole::signer).empty());
}

TEST_CASE("a signing identity that could export or delete is a warning for each") {
  const auto of = info(Known::yes, Known::yes, Known::yes, Known::yes);
  const std::string all = warnings(of, KeyRole::signer);
  CHECK_THAT(all, Catch::Contains("could take the private key away (kms:Export)"));
  CHECK_THAT(all, Catch::Contains("could delete it (kms:ScheduleKeyDeletion)"));
  CHECK_THAT(all, Catch::Contains("can be taken out of where it lives"));
  CHECK(warnings(of, KeyRole::unsaid) == all);
}

TEST_CASE("what a service does not tell is no warning") {
  CHECK(warnings(info(Known::unknown, Known::unknown, Known::unknown, Known::unknown), KeyRole::verifier).empty());
  CHECK(warnings(info(Known::no, Known::yes, Known::yes), KeyRole::unsaid).empty());
}

TEST_CASE("a private key in a file is no verifier's, and is nothing that its signer lacks leave for") {
  keys::KeyInfo file;
  file.is_private = true;
  file.exportable = Known::yes;
  CHECK(warnings(file, KeyRole::verifier) == "who only verifies holds the private key awskms:///k and could sign\n");
  CHECK(warnings(file, KeyRole::signer).empty());
  file.is_private = false;
  CHECK(warnings(file, KeyRole::verifier).empty());
}
