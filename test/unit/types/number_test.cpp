#include "types/number.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace hdb::types {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Number, AnIntegerIsTheWholeText) {
  std::int64_t value = 0;
  EXPECT_TRUE(parse_int64("-9223372036854775808", value));
  EXPECT_EQ(value, std::numeric_limits<std::int64_t>::min());
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "1.0", "9223372036854775808", "0x1"})
    EXPECT_FALSE(parse_int64(bad, value)) << bad;
}

TEST(Number, ADecimalBeyondADoubleBecomesWhatJavascriptMakesOfIt) {
  const struct {
    const char* text;
    double value;
  } cases[] = {{"1e400", kInfinity},
               {"-1e400", -kInfinity},
               {"1e-400", 0.0},
               {"-1e-400", -0.0},
               {"1.7976931348623157e308", std::numeric_limits<double>::max()},
               {"1.7976931348623159e308", kInfinity},
               {"5e-324", std::numeric_limits<double>::denorm_min()},
               {"2e-324", 0.0},
               {"0.0000001e-400", 0.0},
               {"1e99999999999999999999", kInfinity},
               {"1e-99999999999999999999", 0.0},
               {"0e99999999999999999999", 0.0}};
  for (const auto& c : cases) {
    double value = 1;
    ASSERT_TRUE(parse_decimal(c.text, value)) << c.text;
    EXPECT_EQ(value, c.value) << c.text;
    EXPECT_EQ(std::signbit(value), std::signbit(c.value)) << c.text;
  }
  double value = 0;
  EXPECT_TRUE(parse_decimal(std::string(400, '9'), value));
  EXPECT_EQ(value, kInfinity);
  EXPECT_TRUE(parse_decimal("0." + std::string(400, '0') + "1", value));
  EXPECT_EQ(value, 0);
  EXPECT_TRUE(parse_decimal("0." + std::string(400, '0') + "1e401", value));
  EXPECT_EQ(value, 1);
}

TEST(Number, ADecimalIsNoWord) {
  double value = 0;
  for (const char* bad :
       {"", "-", "inf", "nan", "-inf", "1x", "0x10", " 1", "1 ", "+1", ".5", "--1", "1e", "1e+"})
    EXPECT_FALSE(parse_decimal(bad, value)) << bad;
}

TEST(Number, Float4KeepsItsOwnDigits) {
  EXPECT_EQ(widen_float4(1.1f), 1.1);
  EXPECT_EQ(widen_float4(-0.3f), -0.3);
  EXPECT_EQ(widen_float4(16777217.0f), 16777216.0);
  EXPECT_EQ(widen_float4(123456792.0f), 123456790.0);
  EXPECT_EQ(widen_float4(64840072.0f), 64840072.0);  // 64840070 lies on the edge to the next float4
  EXPECT_EQ(widen_float4(84964941824.0f), 84964940000.0);
  EXPECT_EQ(widen_float4(std::numeric_limits<float>::denorm_min()), 1e-45);
  EXPECT_EQ(widen_float4(std::numeric_limits<float>::max()), 3.4028235e38);
  EXPECT_EQ(widen_float4(std::numeric_limits<float>::infinity()), kInfinity);
  EXPECT_TRUE(std::isnan(widen_float4(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_TRUE(std::signbit(widen_float4(-0.0f)));
}

TEST(Number, AnyFloat4ComesBackFromItsDouble) {
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(value)) continue;
    ASSERT_EQ(static_cast<float>(widen_float4(value)), value) << i;
  }
}

TEST(Number, IsWrittenAsJavascriptWritesIt) {
  const struct {
    double value;
    const char* text;
  } cases[] = {{0, "0"},
               {-0.0, "0"},
               {1, "1"},
               {-1.5, "-1.5"},
               {0.1, "0.1"},
               {100, "100"},
               {123456789012345680000.0, "123456789012345680000"},
               {1e21, "1e+21"},
               {1.5e300, "1.5e+300"},
               {-1e21, "-1e+21"},
               {0.000001, "0.000001"},
               {1e-7, "1e-7"},
               {1.25e-7, "1.25e-7"},
               {5e-324, "5e-324"},
               {1.7976931348623157e308, "1.7976931348623157e+308"},
               {9007199254740993.0, "9007199254740992"},
               {1e23, "1e+23"},
               {kInfinity, "Infinity"},
               {-kInfinity, "-Infinity"},
               {std::nan(""), "NaN"}};
  for (const auto& c : cases) EXPECT_EQ(number_text(c.value), c.text);
}

TEST(Number, AnyDoubleComesBackFromItsText) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    double back = 0;
    ASSERT_TRUE(parse_decimal(number_text(value), back));
    ASSERT_EQ(back, value);
  }
}

TEST(Number, TheByteTypeIsPrintedAsOneCharacter) {
  char out[4];
  const auto text = [&](char c) { return std::string(out, format_char(c, out)); };
  EXPECT_EQ(text('a'), "a");
  EXPECT_EQ(text('\0'), "");
  EXPECT_EQ(text('\x7f'), "\x7f");
  EXPECT_EQ(text('\x80'), "\\200");
  EXPECT_EQ(text('\xff'), "\\377");
}

}  // namespace
}  // namespace hdb::types
