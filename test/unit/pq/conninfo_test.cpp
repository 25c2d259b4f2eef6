#include "pq/conninfo.hpp"

#include <libpq-fe.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <utility>

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
      "postgres://app@h1/db?nonsense=hunter2",
      "postgres://app:hunter2/x@h1/db",
      "postgres://app:x/hunter2@h1/db",
      "postgres://app:x@hunter2@h1/db",
      "postgres://app:x@y/hunter2@h1/db",
      "postgres://app:1?hunter2/x@h1/db",
      "postgres://app:1?hunter2=x/y@h1/db",
      "postgres://app:x@y?hunter2=1@h1/db",
      "jdbc:postgresql://h1/db?password=hunter2",
      "mysql://app:hunter2@h1/db",
      "\"postgres://app:hunter2@h1/db\"",
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

std::string refusal(const Expected<Unit>& checked) {
  return checked.ok() ? "(accepted)" : checked.error().message;
}

TEST(Conninfo, ValuesAreCheckedByLibpqWithoutAServer) {
  EXPECT_EQ(refusal(check_conninfo({{"sslmode", "verify-full"}, {"user", "u"}})), "(accepted)");
  EXPECT_EQ(refusal(check_conninfo({})), "(accepted)");
  EXPECT_NE(refusal(check_conninfo({{"sslmode", "bogus"}})).find("invalid sslmode value"), std::string::npos);
  EXPECT_NE(refusal(check_conninfo({{"service", "no-such-service"}})).find("no-such-service"),
            std::string::npos);
}

TEST(Conninfo, WithoutADescriptorForTheNameOfTheUserTheValuesAreNotToBlame) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Expected<Unit> nameless = check_conninfo({});
  const Expected<Unit> named = check_conninfo({{"user", "u"}});
  const Expected<Unit> wrong = check_conninfo({{"user", "u"}, {"sslmode", "bogus"}});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(nameless.ok());
  EXPECT_EQ(nameless.error().kind, ErrorKind::kConnect);
  EXPECT_EQ(nameless.error().code, "EMFILE");
  EXPECT_EQ(refusal(named), "(accepted)");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().kind, ErrorKind::kConfiguration);
}

TEST(Conninfo, WhatOnlyANewerLibpqKnowsIsNamedWithTheVersionThatItNeeds) {
  const int major = PQlibVersion() / 10000;
  const std::pair<const char*, int> newer[] = {
      {"require_auth", 16}, {"sslcertmode", 16}, {"sslnegotiation", 17}};
  for (const auto& [keyword, since] : newer) {
    if (major >= since) continue;
    const std::string needed =
        "needs libpq " + std::to_string(since) + " or newer; this is libpq " + std::to_string(major) + ".";
    EXPECT_NE(refusal(check_conninfo({{keyword, "x"}})).find(needed), std::string::npos) << keyword;
    for (const std::string& text :
         {"postgres://u:hunter2@a/db?" + std::string(keyword) + "=x",
          "postgres://u:hunter2@a/db?sslmode=require&" + std::string(keyword) + "=x",
          "password=hunter2 " + std::string(keyword) + " = x"}) {
      const auto parsed = parse_conninfo(text);
      ASSERT_FALSE(parsed.ok());
      EXPECT_NE(parsed.error().message.find(needed), std::string::npos) << parsed.error().message;
      EXPECT_EQ(parsed.error().message.find("hunter2"), std::string::npos);
    }
  }
  if (major < 16) {
    EXPECT_NE(refusal(check_conninfo({{"sslrootcert", "system"}})).find("needs libpq 16"), std::string::npos);
  }
}

}  // namespace
}  // namespace hdb::pq
