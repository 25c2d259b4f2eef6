#include "types/plain_text.hpp"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "types/oid.hpp"

namespace hdb::types {
namespace {

struct Row {
  Oid oid;
  std::vector<const char*> plain;
  std::vector<const char*> other;
};

TEST(PlainText, IsWhatNoCastToAnotherTypeChanges) {
  const Row rows[] = {
      {oids::kInt2, {"0", "-1", "32767"}, {"32768", "-0", "007", "1_000", "0x10", " 1", "1.0", ""}},
      {oids::kInt4, {"2147483647", "-2147483648"}, {"2147483648", "1e3", "+1"}},
      {oids::kInt8, {"9223372036854775807"}, {"9223372036854775808"}},
      {oids::kOid, {"4294967295"}, {"-1", "4294967296"}},
      {oids::kFloat4, {"1", "123456", "-123456"}, {"0.1", "1234567", "0.5", "NaN", "-0"}},
      {oids::kFloat8, {"123456789012345"}, {"1234567890123456", "0.1", "Infinity", "1e21"}},
      {oids::kNumeric, {"123456789012345678901234567890"}, {"1.5", "1.0", "NaN"}},
      {oids::kBool, {"true", "false"}, {"t", "yes", "1"}},
      {oids::kText, {"", "anything ", "0.1"}, {}},
      {oids::kVarchar, {"anything "}, {}},
      {oids::kBpchar, {"abc"}, {"abc "}},
      {oids::kName, {}, {"abc"}},
      {oids::kChar, {}, {"a"}},
      {oids::kUuid,
       {"6ecd8c99-4036-403d-bf84-cf8400f67836"},
       {"6ECD8C99-4036-403D-BF84-CF8400F67836", "6ecd8c994036403dbf84cf8400f67836"}},
      {oids::kDate, {}, {"2026-06-05", "2026-06-05 12:00:00+00"}},
      {oids::kTimestamp, {}, {"2026-06-05 12:00:00"}},
      {oids::kTimestamptz, {}, {"2026-06-05 12:00:00+00"}},
      {oids::kJson, {}, {"1"}},
      {oids::kJsonb, {}, {"{}"}},
      {50000, {}, {"1"}},
      {1007, {"{}", "{1,-2,NULL}"}, {"{1, 2}", "{{1},{2}}", "{01}", "[0:0]={1}", "{1", ""}},
      {1009, {"{a,b}"}, {"{\"a b\"}", "{a b}", "{a\\\\b}"}},
      {1000, {}, {"{true}"}},
      {1021, {"{1}"}, {"{0.1}"}},
  };
  for (const Row& row : rows) {
    for (const char* text : row.plain) EXPECT_TRUE(is_plain(text, ParamType::of(row.oid))) << row.oid << text;
    for (const char* text : row.other)
      EXPECT_FALSE(is_plain(text, ParamType::of(row.oid))) << row.oid << text;
  }
}

TEST(PlainText, GoesByTheBaseOfADomainAndKnowsEnums) {
  ParamType domain;
  domain.oid = 50000;
  domain.base_oid = oids::kFloat4;
  domain.kind = 'b';
  EXPECT_TRUE(is_plain("1", domain));
  EXPECT_FALSE(is_plain("0.1", domain));
  ParamType mood = ParamType::of(50001);
  mood.kind = 'e';
  EXPECT_TRUE(is_plain("glad", mood));
}

}  // namespace
}  // namespace hdb::types
