#include "types/timestamp.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"

namespace hdb::types {
namespace {

std::string moment(std::int64_t micros, bool utc = true) {
  char buffer[kTimestampText];
  return {buffer, format_timestamp(micros, utc, buffer)};
}
constexpr DecodeOptions kDates{.timestamps = TimestampMode::kDate};

TEST(Timestamp, TextWithAnyOffsetIsTheSameMomentInUtc) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"2026-06-05 12:00:00+00", "2026-06-05T12:00:00+00:00"},
      {"2026-06-05 14:00:00+02", "2026-06-05T12:00:00+00:00"},
      {"2026-06-05 17:30:00.5+05:30", "2026-06-05T12:00:00.5+00:00"},
      {"2026-06-05 08:00:00.123456-04", "2026-06-05T12:00:00.123456+00:00"},
      {"2026-06-05 12:00:00.100000+00", "2026-06-05T12:00:00.1+00:00"},
      {"0001-01-01 00:53:27+00:53:28", "0001-12-31T23:59:59+00:00 BC"},
      {"0001-12-31 23:59:59-00:44:30 BC", "0001-01-01T00:44:29+00:00"},
      {"9999-12-31 23:00:00-02", "10000-01-01T01:00:00+00:00"},
      {"294276-12-31 23:59:59.999999+00", "294276-12-31T23:59:59.999999+00:00"},
      {"4714-11-24 00:00:00+00 BC", "4714-11-24T00:00:00+00:00 BC"},
      {"infinity", "infinity"},
      {"-infinity", "-infinity"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(from_text(oids::kTimestamptz, c.text), '"' + std::string(c.shown) + '"') << c.text;
}

TEST(Timestamp, TextThatIsNotIsoStaysAsItIs) {
  for (const char* text :
       {"05/06/2026 12:00:00 CEST", "Fri 05 Jun 12:00:00 2026 UTC", "", "2026-06-05", "2026-06-05 12:00:00",
        "2026-13-05 12:00:00+00", "2026-02-30 12:00:00+00", "2026-06-05 24:00:00+00",
        "2026-06-05 12:00:00+16", "2026-06-05 12:00:00.+00", "2026-06-05 12:00:00.1234567+00",
        "2026-06-05 12:00:00+00 AD", "2026-06-05 12:00:00+00 BCx", "294277-01-01 00:00:00+00",
        "4715-01-01 00:00:00+00 BC", "0000-01-01 00:00:00+00", "2026-06-05T12:00:00+00",
        "9999999999999999999-01-01 00:00:00+00"}) {
    EXPECT_EQ(from_text(oids::kTimestamptz, text), '"' + std::string(text) + '"');
    EXPECT_EQ(from_text(oids::kTimestamptz, text, kDates), status_text(DecodeStatus::kDateNotIso));
  }
}

TEST(Timestamp, EveryBinaryValueHasAText) {
  EXPECT_EQ(moment(0), "2000-01-01T00:00:00+00:00");
  EXPECT_EQ(moment(-1), "1999-12-31T23:59:59.999999+00:00");
  EXPECT_EQ(moment(0, false), "2000-01-01T00:00:00");
  EXPECT_EQ(moment(std::numeric_limits<std::int64_t>::max()), "infinity");
  EXPECT_EQ(moment(std::numeric_limits<std::int64_t>::min()), "-infinity");
  std::mt19937_64 random(3);
  for (int i = 0; i < 100000; ++i) {
    const auto micros = static_cast<std::int64_t>(random());
    const std::string text = moment(micros);
    ASSERT_LE(text.size(), kTimestampText);
  }
  EXPECT_LE(moment(std::numeric_limits<std::int64_t>::max() - 1).size(), kTimestampText);
  EXPECT_LE(moment(std::numeric_limits<std::int64_t>::min() + 1).size(), kTimestampText);
}

TEST(Timestamp, TextAndIntegerAreInverse) {
  std::mt19937_64 random(4);
  std::uniform_int_distribution<std::int64_t> any(-211813488000000000, 9223371331199999999);
  for (int i = 0; i < 100000; ++i) {
    const std::int64_t micros = any(random);
    std::string text = moment(micros, false);
    text[text.find('T')] = ' ';
    std::int64_t back = 0;
    ASSERT_TRUE(parse_timestamp(text, false, back)) << text;
    ASSERT_EQ(back, micros) << text;
  }
}

TEST(Timestamp, TheLastDayInUtcIsTheNextOneInTheEast) {
  EXPECT_EQ(from_text(oids::kTimestamptz, "294277-01-01 05:29:59.999999+05:30"),
            R"("294276-12-31T23:59:59.999999+00:00")");
  EXPECT_EQ(from_text(oids::kTimestamptz, "4714-11-23 19:00:00-05 BC"), R"("4714-11-24T00:00:00+00:00 BC")");
  std::int64_t micros = 0;
  EXPECT_FALSE(parse_timestamp("294277-01-01 05:30:00+05:30", true, micros));
  EXPECT_FALSE(parse_timestamp("294277-01-02 00:00:00+15:59", true, micros));
  EXPECT_FALSE(parse_timestamp("294277-12-31 00:00:00+00", true, micros));
  EXPECT_FALSE(parse_timestamp("294277-01-01 00:00:00", false, micros));
}

TEST(Timestamp, DatesAndDaysAreInverse) {
  for (std::int64_t days = -2451545; days < 2145031949; days += days < 400000 ? 1 : 9973) {
    char buffer[kTimestampText];
    const std::string_view text(buffer, format_date(static_cast<std::int32_t>(days), buffer));
    std::int32_t back = 0;
    ASSERT_TRUE(parse_date(text, back)) << text;
    ASSERT_EQ(back, days) << text;
  }
}

TEST(Timestamp, ATimeIsWithinADay) {
  char buffer[kTimestampText];
  EXPECT_EQ(std::string(buffer, format_time(86400000000, buffer)), "24:00:00");
  EXPECT_EQ(format_time(86400000001, buffer), 0u);
  EXPECT_EQ(format_time(-1, buffer), 0u);
  EXPECT_EQ(std::string(buffer, format_timetz(3600000000, 57599, buffer)), "01:00:00-15:59:59");
  EXPECT_EQ(std::string(buffer, format_timetz(3600000000, -19800, buffer)), "01:00:00+05:30");
  EXPECT_EQ(format_timetz(0, 57600, buffer), 0u);
  EXPECT_EQ(format_timetz(0, std::numeric_limits<std::int32_t>::min(), buffer), 0u);
  EXPECT_EQ(format_timetz(-1, 0, buffer), 0u);
}

TEST(Timestamp, ADateObjectHasMillisecondsRoundedDown) {
  EXPECT_EQ(from_text(oids::kTimestamptz, "2026-06-05 14:00:00.123999+02", kDates), "date:1780660800123");
  EXPECT_EQ(from_text(oids::kTimestamp, "1969-12-31 23:59:59.9999", kDates), "date:-1");
  EXPECT_EQ(from_text(oids::kDate, "1970-01-02", kDates), "date:86400000");
  EXPECT_EQ(from_binary(oids::kDate, wire(0, 4), kDates), "date:946684800000");
  EXPECT_EQ(from_binary(oids::kTimestamptz, wire(0, 8), kDates), "date:946684800000");
  EXPECT_EQ(from_text(oids::kTime, "12:00:00", kDates), "\"12:00:00\"") << "a time of day is no Date";
}

TEST(Timestamp, WhatADateCannotHoldIsAnError) {
  const std::string infinity = status_text(DecodeStatus::kDateInfinity);
  const std::string range = status_text(DecodeStatus::kDateRange);
  EXPECT_EQ(from_text(oids::kTimestamptz, "infinity", kDates), infinity);
  EXPECT_EQ(from_text(oids::kDate, "-infinity", kDates), infinity);
  EXPECT_EQ(from_binary(oids::kDate, wire(0x7fffffff, 4), kDates), infinity);
  EXPECT_EQ(from_text(oids::kTimestamp, "275760-09-13 00:00:00", kDates), "date:8640000000000000");
  EXPECT_EQ(from_text(oids::kTimestamp, "275760-09-13 00:00:00.001", kDates), range);
  EXPECT_EQ(from_text(oids::kDate, "275760-09-14", kDates), range);
}

TEST(Timestamp, ADateObjectIsWrittenForPostgresqlAndForJson) {
  const struct {
    double ms;
    const char* text;
    const char* json;
  } cases[] = {
      {0, "1970-01-01 00:00:00.000+00", "1970-01-01T00:00:00.000Z"},
      {1780660800250, "2026-06-05 12:00:00.250+00", "2026-06-05T12:00:00.250Z"},
      {-1, "1969-12-31 23:59:59.999+00", "1969-12-31T23:59:59.999Z"},
      {253402300800000, "10000-01-01 00:00:00.000+00", "+010000-01-01T00:00:00.000Z"},
      {-62167219200000, "0001-01-01 00:00:00.000+00 BC", "0000-01-01T00:00:00.000Z"},
      {-62167219200001, "0002-12-31 23:59:59.999+00 BC", "-000001-12-31T23:59:59.999Z"},
      {8.64e15, "275760-09-13 00:00:00.000+00", "+275760-09-13T00:00:00.000Z"},
      {-8.64e15, "271822-04-20 00:00:00.000+00 BC", "-271821-04-20T00:00:00.000Z"},
  };
  for (const auto& c : cases) {
    std::string text;
    ASSERT_TRUE(date_ms_text(c.ms, text));
    EXPECT_EQ(text, c.text);
    ASSERT_TRUE(date_ms_json(c.ms, text));
    EXPECT_EQ(text, c.json);
  }
  std::string text;
  for (const double bad :
       {std::nan(""), 8.64e15 + 1, -8.64e15 - 1, std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(date_ms_text(bad, text));
    EXPECT_FALSE(date_ms_json(bad, text));
  }
}

}  // namespace
}  // namespace hdb::types
