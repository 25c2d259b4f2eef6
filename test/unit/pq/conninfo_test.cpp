#include "pq/conninfo.hpp"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace hdb::pq {
namespace {

std::string value(const Conninfo& conninfo, const std::string& keyword) {
  const auto at =
      std::find_if(conninfo.begin(), conninfo.end(), [&](const auto& pair) { return pair.first == keyword; });
  return at == conninfo.end() ? "(none)" : at->second;
}

TEST(Conninfo, ReadsAUrl) {
  const auto parsed =
      parse_conninfo("postgres://app:s%40crets@h1,h2:5433/shop?sslmode=require&application_name=web");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(value(parsed.value(), "host"), "h1,h2");
  EXPECT_EQ(value(parsed.value(), "port"), ",5433");
  EXPECT_EQ(value(parsed.value(), "user"), "app");
  EXPECT_EQ(value(parsed.value(), "password"), "s@crets");
  EXPECT_EQ(value(parsed.value(), "dbname"), "shop");
  EXPECT_EQ(value(parsed.value(), "sslmode"), "require");
  EXPECT_EQ(value(parsed.value(), "application_name"), "web");
}

TEST(Conninfo, ReadsAKeywordString) {
  const auto parsed = parse_conninfo("host=h1 port=5433 password='it''s \\'x'");
  EXPECT_FALSE(parsed.ok());
  const auto good = parse_conninfo("host=h1 port=5433 password='it\\'s'");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(value(good.value(), "password"), "it's");
}

TEST(Conninfo, OnlyWhatTheTextSetsIsThere) {
  const auto parsed = parse_conninfo("host=h1");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().size(), 1u);
}

TEST(Conninfo, ErrorsNeverHoldThePassword) {
  const char* const texts[] = {
      "postgres://app:hunter2@h1:port/db",
      "postgres://app:hunter2@h1:99999999/db?nonsense=hunter2",
      "postgres://app:hunter2%zz@h1/db",
      "postgres://app:hunter2@[h1/db",
      "postgres://app:hunter2@[::1]hunter2/db",
      "postgres://app@h1/db?password=hunter2&sslmode",
      "postgres://app@h1/db?password=hunter2%0",
      "postgres://app@h1/db?hunter2=1",
      "password=hunter2 host",
      "password='hunter2 host=h1",
      "password=hunter2 hunter2=5",
      "hunter2",
      "host=h1 password=hunter2 port = ",
      "postgres://app:hunter2@h1/db?a=b=c",
      "postgres://app:hunter2@h1/db?=x",
      "postgres://hunter2:hunter2@h1:1:2:3/%00",
  };
  for (const char* text : texts) {
    const auto parsed = parse_conninfo(text);
    if (parsed.ok()) continue;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kConfiguration) << text;
    EXPECT_EQ(parsed.error().message.find("hunter2"), std::string::npos) << text << "\n"
                                                                         << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("The connection URL cannot be read: "), 0u)
        << parsed.error().message;
  }
}

TEST(Conninfo, KnowsTheKeywordsOfThisLibpq) {
  EXPECT_TRUE(is_keyword("host"));
  EXPECT_TRUE(is_keyword("sslmode"));
  EXPECT_FALSE(is_keyword("hosts"));
  EXPECT_FALSE(is_keyword(""));
}

}  // namespace
}  // namespace hdb::pq
