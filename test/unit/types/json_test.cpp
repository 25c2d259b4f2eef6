#include "types/json.hpp"

#include <random>

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"

namespace hdb::types {
namespace {

std::string parsed(std::string_view text) { return from_text(oids::kJson, text); }
const std::string kBad = status_text(DecodeStatus::kMalformed);

TEST(Json, IsReadAsJsonParseReadsIt) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"null", "null"},
      {" true ", "true"},
      {"\t\r\nfalse", "false"},
      {"0", "0"},
      {"-0", "-0"},
      {"-12.5e-1", "-1.25"},
      {"1E+2", "100"},
      {"123456789012345678", "1.2345678901234568e+17"},
      {"1e400", "inf"},
      {"-1e-400", "-0"},
      {"\"\"", "\"\""},
      {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\"\\/\b\f\n\r\t\""},
      {"\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\"é€😀\""},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[1,[2,[]],{}]", "[1,[2,[]],{}]"},
      {"{\"a\":{\"b\":[]},\"\":null}", "{\"a\":{\"b\":[]},\"\":null}"},
      {"{\"__proto__\":{\"x\":1}}", "{\"__proto__\":{\"x\":1}}"},
      {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
      {"{\"\\u0061\":1}", "{\"a\":1}"},
      {" [ 1 , 2 ] ", "[1,2]"},
      {"{ \"a\" : 1 , \"b\" : 2 }", "{\"a\":1,\"b\":2}"},
      {"[[[1],[2]],[[3]]]", "[[[1],[2]],[[3]]]"},
  };
  for (const auto& c : cases) EXPECT_EQ(parsed(c.text), c.shown) << c.text;
  EXPECT_EQ(parsed("\"\\u0000\""), std::string("\"\0\"", 3));
}

TEST(Json, ALoneSurrogateIsKeptAsUtf16) {
  EXPECT_EQ(parsed("\"\\ud800\""), "u16:d800");
  EXPECT_EQ(parsed("\"a\\udc00é😀\""), "u16:0061dc0000e9d83dde00");
  EXPECT_EQ(parsed("\"\\ud83d\\ud83d\\ude00\""), "u16:d83dd83dde00");
  EXPECT_EQ(parsed("\"\\ud800\\n\""), "u16:d800000a");
  EXPECT_EQ(parsed("{\"\\ud800\":1}"), "{u16:d800:1}");
  EXPECT_EQ(parsed("\"\\ud800\xff\xe2\x82\""), "u16:d800fffdfffdfffd");
  EXPECT_EQ(parsed("\"\\ud800\xf4\x8f\xbf\xbf\""), "u16:d800dbffdfff");
  EXPECT_EQ(parsed("\"\\ud800\xf4\x90\x80\x80\""), "u16:d800fffdfffdfffdfffd") << "beyond Unicode";
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* bad :
       {"",          " ",           "nul",       "nulls",   "+1",       "01",         "-",      "1.",
        ".5",        "1e",          "1e+",       "0x1",     "NaN",      "\"",         "\"\\\"", "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"\n\"",    "[",       "[1",       "[1,",        "[1,]",   "[,1]",
        "]",         "{",           "{\"a\"",    "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",  "{1:1}",
        "{\"a\" 1}", "[1}",         "{\"a\":1]", "1 2",     "[] []",    "{,}",        "[1 2]",  "'a'",
        "\"\\",      "--1",         "-a"})
    EXPECT_EQ(parsed(bad), kBad) << bad;
  EXPECT_EQ(parsed(std::string("1\0", 2)), kBad);
  EXPECT_EQ(parsed(std::string("[\0]", 3)), kBad);
}

TEST(Json, NestingHasALimitAndNeverEndsTheProcess) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(parsed(nested(kMaxJsonDepth)), nested(kMaxJsonDepth));
  EXPECT_EQ(parsed(nested(kMaxJsonDepth + 1)), status_text(DecodeStatus::kJsonTooDeep));
  EXPECT_EQ(parsed(nested(100000)), status_text(DecodeStatus::kJsonTooDeep));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_EQ(parsed(objects), status_text(DecodeStatus::kJsonTooDeep));
}

TEST(Json, TheBinaryFormHasAVersion) {
  EXPECT_EQ(from_binary(oids::kJsonb, "\x01[1]"), "[1]");
  EXPECT_EQ(from_binary(oids::kJsonb, "\x02[1]"), kBad);
  EXPECT_EQ(from_binary(oids::kJsonb, ""), kBad);
  EXPECT_EQ(from_binary(oids::kJson, "[1]"), "[1]");
}

// Cut and changed texts: any answer is right that is not a crash; the Recorder checks the order of the calls.
TEST(Json, DamagedTextIsHarmless) {
  const std::string good = R"({"a":[1,-2.5e3,"x\n\ud83d\ude00",{"b":null,"c":[true,false,{}]}],"d":""})";
  std::mt19937 random(6);
  for (int i = 0; i < 20000; ++i) {
    std::string text = good.substr(0, random() % (good.size() + 1));
    for (auto n = random() % 3; n > 0 && !text.empty(); --n)
      text[random() % text.size()] = static_cast<char>(random());
    parsed(text);
  }
}

TEST(Json, AnEscapeThatEndsEarlyIsMalformed) {
  std::string utf8;
  std::u16string utf16;
  EXPECT_EQ(unescape_json("a\\n", utf8, utf16), JsonText::kUtf8);
  EXPECT_EQ(utf8, "a\n");
  for (const char* bad : {"\\", "a\\", "\\u", "\\u12", "\\ud800\\"})
    EXPECT_EQ(unescape_json(bad, utf8, utf16), JsonText::kMalformed) << bad;
}

}  // namespace
}  // namespace hdb::types
