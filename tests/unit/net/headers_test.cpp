#include <catch2/catch.hpp>

#include "net/http_client.h"

namespace hallmark::net {

TEST_CASE("headers are found whatever the case of their names") {
  Headers headers{{"Link", "a"}, {"content-TYPE", "text/plain"}, {"LINK", "b"}};
  CHECK(*headers.find("Content-Type") == "text/plain");
  CHECK(*headers.find("link") == "a");
  CHECK(headers.all("Link") == std::vector<std::string>{"a", "b"});
  CHECK(headers.find("Lin") == nullptr);
  headers.remove("link");
  CHECK(headers.all("Link").empty());
  CHECK(headers.fields().size() == 1);
}

}  // namespace hallmark::net
