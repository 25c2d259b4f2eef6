#include "types/numeric.hpp"

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"

namespace hdb::types {
namespace {

std::string numeric(int weight, unsigned sign, unsigned scale, const std::vector<unsigned>& digits) {
  std::string bytes =
      wire(digits.size(), 2) + wire(static_cast<std::uint16_t>(weight), 2) + wire(sign, 2) + wire(scale, 2);
  for (const unsigned digit : digits) bytes += wire(digit, 2);
  return bytes;
}
std::string shown(const std::string& bytes) { return from_binary(oids::kNumeric, bytes); }
const std::string kBad = status_text(DecodeStatus::kMalformed);

TEST(Numeric, PrintsItsGroupsAroundThePoint) {
  EXPECT_EQ(shown(numeric(0, 0, 0, {})), "\"0\"");
  EXPECT_EQ(shown(numeric(0, 0, 3, {})), "\"0.000\"");
  EXPECT_EQ(shown(numeric(0, 0x4000, 2, {1, 5000})), "\"-1.50\"");
  EXPECT_EQ(shown(numeric(1, 0, 0, {1})), "\"10000\"");
  EXPECT_EQ(shown(numeric(-1, 0, 5, {1})), "\"0.00010\"");
  EXPECT_EQ(shown(numeric(-2, 0, 8, {1})), "\"0.00000001\"");
  EXPECT_EQ(shown(numeric(0, 0, 1, {7, 1234})), "\"7.1\"") << "the scale cuts what lies behind it";
}

TEST(Numeric, PrintsTheThreeWords) {
  EXPECT_EQ(shown(numeric(0, 0xC000, 0, {})), "\"NaN\"");
  EXPECT_EQ(shown(numeric(0, 0xD000, 0, {})), "\"Infinity\"");
  EXPECT_EQ(shown(numeric(0, 0xF000, 0, {})), "\"-Infinity\"");
}

TEST(Numeric, TheLargestOneFitsItsOwnBound) {
  const std::string bytes = numeric(32767, 0x4000, 0x3FFF, {9999});
  NumericHead head;
  ASSERT_TRUE(read_numeric_head(bytes, head));
  EXPECT_LE(head.text_size, 147458u + 2);
  const std::string text = shown(bytes);
  EXPECT_EQ(text.size(), 2u + 1 + 131072 + 1 + 16383);
  EXPECT_EQ(text.substr(0, 7), "\"-99990");
}

TEST(Numeric, RefusesWhatNoServerSends) {
  EXPECT_EQ(shown(""), kBad);
  EXPECT_EQ(shown(std::string(7, '\0')), kBad);
  EXPECT_EQ(shown(numeric(0, 0, 0, {10000})), kBad) << "a group above 9999";
  EXPECT_EQ(shown(numeric(0, 0x1234, 0, {1})), kBad) << "no such sign";
  EXPECT_EQ(shown(numeric(0, 0, 0x4000, {1})), kBad) << "no such scale";
  EXPECT_EQ(shown(numeric(0, 0, 0, {1}) + "x"), kBad) << "bytes behind the digits";
  EXPECT_EQ(shown(numeric(0, 0, 0, {1, 2}).substr(0, 10)), kBad) << "digits that are not there";
}

}  // namespace
}  // namespace hdb::types
