#include "keys/kms/aws_xml.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using keys::aws::XmlElement;

TEST_CASE("the XML of STS is read") {
  const auto root = XmlElement::parse(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Answer xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"
      "  <One><Two>a &lt;&gt;&amp;&quot;&apos; b</Two><Three/></One >\n"
      "</Answer>\n");
  REQUIRE(root);
  CHECK(root->name == "Answer");
  CHECK(root->text_at({"One", "Two"}) == "a <>&\"' b");
  CHECK(root->find({"One", "Three"}) != nullptr);
  CHECK(root->find({"One", "Four"}) == nullptr);
  CHECK(root->text_at({"Two"}).empty());
}

TEST_CASE("XML that is more than elements and text is refused") {
  const auto [text, words] = GENERATE(values<std::pair<std::string, std::string>>({
      {"", "missing"},
      {"{}", "missing"},
      {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "no name"},
      {"<a><!-- comment --></a>", "no name"},
      {"<a><![CDATA[x]]></a>", "no name"},
      {"<a><?x?></a>", "no name"},
      {"<a>&x;</a>", "entity"},
      {"<a>&#65;</a>", "entity"},
      {"<a b=\"c\"></a>", "does not end"},
      {"<a xmlns:b=\"c\"></a>", "attribute"},
      {"<a xmlns=\"c></a>", "attribute does not end"},
      {"<a><b></a></b>", "another's tag"},
      {"<a>text<b/></a>", "between elements"},
      {"<a>", "ends in the middle"},
      {"<a", "does not end"},
      {"<a></a", "does not end"},
      {"<a/><b/>", "follows"},
      {"<?xml version=\"1.0\"", "declaration"},
      {"<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>", "too many"},
  }));
  const auto root = XmlElement::parse(text);
  REQUIRE_FALSE(root);
  CHECK_THAT(root.error().message(), Catch::Contains(words));
}
