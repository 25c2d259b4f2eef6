#include "types/bytea.hpp"

#include <random>

#include "gtest/gtest.h"

namespace hdb::types {
namespace {

std::string parsed(std::string_view text) {
  std::string out;
  return parse_bytea(text, out) ? out : "refused";
}

TEST(Bytea, ReadsHex) {
  EXPECT_EQ(parsed("\\x"), "");
  EXPECT_EQ(parsed("\\x61fF00"), std::string("a\xff\0", 3));
  EXPECT_EQ(parsed("\\x6"), "refused");
  EXPECT_EQ(parsed("\\xg0"), "refused");
}

TEST(Bytea, ReadsEscapes) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("a\\\\b"), "a\\b");
  EXPECT_EQ(parsed("\\000\\377x"), std::string("\0\xffx", 3));
  EXPECT_EQ(parsed("\\"), "refused");
  EXPECT_EQ(parsed("\\12"), "refused");
  EXPECT_EQ(parsed("\\400"), "refused");
  EXPECT_EQ(parsed("\\08a"), "refused");
}

TEST(Bytea, AnyBytesComeBackFromHex) {
  std::mt19937 random(5);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random() % 50, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    std::string hex;
    append_bytea_hex(bytes, hex);
    EXPECT_EQ(parsed(hex), bytes);
  }
}

}  // namespace
}  // namespace hdb::types
