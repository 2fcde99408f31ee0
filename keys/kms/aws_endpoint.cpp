#include "keys/kms/aws_endpoint.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/kms/aws_reference.h"
#include "keys/provider/rest.h"
#include "net/proxy.h"
#include "net/url.h"

namespace hallmark::keys::aws {
namespace {

// Source: aws-sdk-go-v2, internal/endpoints/awsrulesfn/partitions.json. The last takes every region.
struct Partition {
  std::string_view regions;  // what their names begin with
  std::string_view suffix;
  std::string_view dual_stack_suffix;
};
constexpr std::array<Partition, 8> kPartitions = {{
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-gov-", "amazonaws.com", "api.aws"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"", "amazonaws.com", "api.aws"},
}};

const Partition& partition_of(std::string_view region) {
  return *std::ranges::find_if(kPartitions, [&](const Partition& one) { return region.starts_with(one.regions); });
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

Error refused(std::string_view service, std::string_view problem) {
  return service_error("AWS " + upper(service), problem, Cause::unsupported);
}

// A FIPS endpoint that is named outright is what was asked for; another is not, and the SDKs refuse it too.
Result<std::string> overridden(std::string_view service, const EndpointChoice& choice) {
  const std::string shown = "the endpoint " + base::printable(net::redacted(choice.override));
  std::string_view text = choice.override;
  if (text.find('@') != std::string_view::npos)
    return fail(refused(service, shown + " has a user or password in it, which are not taken there")
                    .with_hint("it is written https://HOST[:PORT]"));
  if (text.ends_with('/')) text.remove_suffix(1);
  const auto url = net::Url::parse(text);
  if (!url || !is_authority(text.substr(text.find("//") + 2)))
    return fail(refused(service, shown + " is no URL of a host alone").with_hint("it is written https://HOST[:PORT]"));
  if (!url->tls() && !net::is_loopback(url->host))
    return fail(refused(service, shown + " is plain HTTP, which is only spoken on this machine"));
  if (choice.fips && url->host.find(std::string(service) + "-fips.") == std::string::npos)
    return fail(refused(service, "FIPS endpoints are wanted, and " + shown + " is not known to be one")
                    .with_hint("name a FIPS endpoint, or switch AWS_USE_FIPS_ENDPOINT off"));
  return std::string(text);
}

}  // namespace

Result<std::string> endpoint_of(std::string_view service, const std::string& region, const EndpointChoice& choice) {
  if (!choice.override.empty()) return overridden(service, choice);
  if (!is_region(region))
    return fail(service_error("AWS " + upper(service), "\"" + base::printable(region, 60) + "\" is no region",
                              Cause::wrong_region)
                    .with_hint("regions are written as eu-north-1"));
  const Partition& partition = partition_of(region);
  // GovCloud's own STS hosts are validated ones under their plain name.
  const bool plain = !choice.fips || (service == "sts" && region.starts_with("us-gov-") && !choice.dual_stack);
  return "https://" + std::string(service) + (plain ? "." : "-fips.") + region + "." +
         std::string(choice.dual_stack ? partition.dual_stack_suffix : partition.suffix);
}

bool is_authority(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) {
                               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                      std::string_view(".-_:[]").find(c) != std::string_view::npos;
                             }) &&
         net::Url::parse("https://" + std::string(text));
}

std::optional<std::string> region_of_host(std::string_view host) {
  const bool ours = std::ranges::any_of(kPartitions, [&](const Partition& one) {
    return host.ends_with("." + std::string(one.suffix)) || host.ends_with("." + std::string(one.dual_stack_suffix));
  });
  if (!ours) return std::nullopt;
  for (const std::string_view name : {"kms.", "kms-fips."}) {
    const auto at = host.find(name);
    if (at == std::string_view::npos || (at > 0 && host[at - 1] != '.')) continue;
    const std::string_view rest = host.substr(at + name.size());
    const std::string_view region = rest.substr(0, rest.find('.'));
    if (is_region(region)) return std::string(region);
  }
  return std::nullopt;
}

}  // namespace hallmark::keys::aws
