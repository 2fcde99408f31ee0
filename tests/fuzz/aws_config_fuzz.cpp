// The shared files of AWS's tools, and what is named in them or on the command line: commands and key references.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "keys/kms/aws_endpoint.h"
#include "keys/kms/aws_process.h"
#include "keys/kms/aws_profile.h"
#include "keys/kms/aws_reference.h"
#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  using namespace hallmark::keys::aws;
  const std::string_view text = as_text({data, size});
  Profiles profiles;
  (void)profiles.add_config(text, "config");
  (void)profiles.add_credentials(text, "credentials");
  for (const char* name : {"default", "release"}) {
    if (const Section* profile = profiles.profile(name)) (void)split_command(value_of(*profile, "credential_process"));
    (void)profiles.services(name);
  }
  (void)region_of_host(text);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto reference = keys::aws::Reference::parse(line);
    if (!reference) continue;
    // An endpoint is a host, whatever else was tried with it.
    if (!reference->endpoint().empty() && !net::Url::parse("https://" + reference->endpoint() + "/")) std::abort();
    if (reference->arn() && !is_region(reference->arn()->region)) std::abort();
    (void)reference->may_be(*Arn::parse("arn:aws:kms:eu-north-1:123456789012:key/1234abcd12ab34cd56ef1234567890ab"));
  }
  return 0;
}
