#include "registry/link_header.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using registry::next_link;
using registry::parse_links;

TEST_CASE("the next page is found among links") {
  CHECK(next_link({R"(</v2/a/referrers/x?n=2&last=y>; rel="next")"})->value() == "/v2/a/referrers/x?n=2&last=y");
  CHECK(next_link({"<https://h/p>;rel=next"})->value() == "https://h/p");
  CHECK(next_link({R"(<a>; rel="prev", < b >; title="x, <y>"; rel="last NEXT")"})->value() == "b");
  CHECK(next_link({"<a>; rel=prev", "<c>;rel=next"})->value() == "c");
  CHECK_FALSE(next_link({R"(<a>; rel="prev"; rel="next")"})->has_value());  // only the first rel counts
  CHECK_FALSE(next_link({})->has_value());
  CHECK_FALSE(next_link({""})->has_value());
  CHECK(next_link({"<a>; rel=next, <a>; rel=next"})->value() == "a");
}

TEST_CASE("links keep their order and relations") {
  const auto links = parse_links(R"(<a>;flag;rel="One two",<b>)");
  REQUIRE(links);
  REQUIRE(links->size() == 2);
  CHECK(links->front().relations == std::vector<std::string>{"one", "two"});
  CHECK(links->back().target == "b");
  CHECK(links->back().relations.empty());
}

TEST_CASE("a Link that cannot be read for certain is malformed [attack 20]") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"/v2/next; rel=next", "does not start with <"},
      {"</v2/next; rel=next", "has a target without an end"},
      {R"(<a>; rel="next)", "has a string without an end"},
      {"<a> rel=next", "has no comma between links"},
      {"<a>; rel=next, <b>; rel=next", "names two next pages"},
  }));
  const auto next = next_link({text});
  REQUIRE_FALSE(next);
  CHECK(next.error().kind() == Outcome::malformed);
  CHECK_THAT(next.error().message(), Catch::Contains(reason));
}

TEST_CASE("a Link field has bounds [attack 20]") {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "<a>,";
  CHECK_THAT(parse_links(many).error().message(), Catch::Contains("too many links"));
}
