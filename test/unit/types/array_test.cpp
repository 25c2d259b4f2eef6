#include "types/array.hpp"

#include <random>

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"

namespace hdb::types {
namespace {

constexpr Oid kInt4Array = 1007;
constexpr Oid kTextArray = 1009;
constexpr Oid kBoxArray = 1020;
const std::string kBad = status_text(DecodeStatus::kMalformed);

std::string binary_array(const std::vector<std::uint32_t>& sizes, const std::string& elements) {
  std::string bytes = wire(sizes.size(), 4) + wire(0, 4) + wire(oids::kInt4, 4);
  for (const std::uint32_t size : sizes) bytes += wire(size, 4) + wire(1, 4);
  return bytes + elements;
}
std::string int4(std::uint32_t value) { return wire(4, 4) + wire(value, 4); }

TEST(Array, TextOfAnyShape) {
  const struct {
    Oid type;
    const char* text;
    const char* shown;
  } cases[] = {
      {kInt4Array, "{}", "[]"},
      {kInt4Array, "{1}", "[1]"},
      {kInt4Array, "{1,NULL,-3}", "[1,null,-3]"},
      {kInt4Array, "{{1,2},{3,4}}", "[[1,2],[3,4]]"},
      {kInt4Array, "[0:1][-3:-2]={{1,2},{3,4}}", "[[1,2],[3,4]]"},
      {kInt4Array, "{{{{{{1}}}}}}", "[[[[[[1]]]]]]"},
      {kTextArray, "{null,\"null\",\"\",a b,\"a,b\"}", "[null,\"null\",\"\",\"a b\",\"a,b\"]"},
      {kTextArray, "{\"a\\\"b\",\"\\\\\",\"{}\",n\\ull}", "[\"a\"b\",\"\\\",\"{}\",\"null\"]"},
      {kTextArray, "{é,\"€ \"}", "[\"é\",\"€ \"]"},
      {kBoxArray, "{(1,1),(0,0);(2,2),(1,1)}", "[\"(1,1),(0,0)\",\"(2,2),(1,1)\"]"},
      {1185, "{\"2026-06-05 14:00:00+02\",infinity}", "[\"2026-06-05T12:00:00+00:00\",\"infinity\"]"},
      {1001, "{\"\\\\x00ff\",\"\\\\x\"}", "[bytes:00ff,bytes:]"},
      {199, "{\"{\\\"a\\\": [1, 2]}\",null}", "[{\"a\":[1,2]},null]"},
      {1041, "{10.0.0.1,::1/64}", "[\"10.0.0.1\",\"::1/64\"]"},
  };
  for (const auto& c : cases) EXPECT_EQ(from_text(c.type, c.text), c.shown) << c.text;
}

TEST(Array, AnExtensionTypeIsAnArrayOfTextWhenItsColumnSaysSo) {
  Column column;
  column.field.type_oid = 50001;
  column.element_oid = 50000;
  column.element_delimiter = ':';
  Recorder recorder;
  EXPECT_EQ(decode(column, cell_of("{a,b:\"c:\"}"), {}, recorder), DecodeStatus::kOk);
  EXPECT_EQ(recorder.out, "[\"a,b\",\"c:\"]");
}

TEST(Array, WhatDoesNotLookLikeAnArrayIsText) {
  EXPECT_EQ(from_text(kInt4Array, "1 2 3"), "\"1 2 3\"");
  EXPECT_EQ(from_text(kInt4Array, ""), "\"\"");
}

TEST(Array, VectorsAreTheServersText) {
  Column column = column_of(22, false);
  column.element_oid = oids::kInt2;  // as pg_type.typelem has it
  Recorder recorder;
  EXPECT_EQ(decode(column, cell_of("1 2"), {}, recorder), DecodeStatus::kOk);
  EXPECT_EQ(recorder.out, "\"1 2\"");
}

TEST(Array, RefusesMalformedText) {
  for (const char* bad : {"{",        "{1",       "{1,",     "{1,}",     "{,1}",
                          "{1}}",     "{1}x",     "{{1}",    "{1 2}",    "{\"1}",
                          "{\"1\"2}", "{1\"2\"}", "{1{2}}",  "{{1}{2}}", "{1\\",
                          "[0:1]",    "[0:1]1}",  "[x]={1}", "[0:1]=1",  "{{{{{{{1}}}}}}}",
                          "{a}",      "{\"1\\",   "[",       "{}{}",     "{},"})
    EXPECT_EQ(from_text(kInt4Array, bad), kBad) << bad;
}

TEST(Array, BinaryOfAnyShape) {
  EXPECT_EQ(from_binary(kInt4Array, binary_array({}, "")), "[]");
  EXPECT_EQ(from_binary(kInt4Array, binary_array({2}, int4(7) + wire(0xffffffff, 4))), "[7,null]");
  EXPECT_EQ(from_binary(kInt4Array, binary_array({2, 1}, int4(1) + int4(2))), "[[1],[2]]");
  EXPECT_EQ(from_binary(kInt4Array, binary_array({1, 1, 1, 1, 1, 1}, int4(1))), "[[[[[[1]]]]]]");
  EXPECT_EQ(from_binary(kInt4Array, binary_array({2, 2, 2}, int4(1) + int4(2) + int4(3) + int4(4) + int4(5) +
                                                                int4(6) + int4(7) + int4(8))),
            "[[[1,2],[3,4]],[[5,6],[7,8]]]");
}

TEST(Array, RefusesBinaryThatPromisesMoreThanThereIs) {
  const std::string good = binary_array({2}, int4(1) + int4(2));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(from_binary(kInt4Array, std::string_view(good).substr(0, size)), kBad) << size;
  EXPECT_EQ(from_binary(kInt4Array, good + "x"), kBad);
  EXPECT_EQ(from_binary(kInt4Array, binary_array({}, "x")), kBad);
  EXPECT_EQ(from_binary(kInt4Array, binary_array({0}, "")), kBad);
  EXPECT_EQ(from_binary(kInt4Array, binary_array({0xffffffff}, "")), kBad);
  EXPECT_EQ(from_binary(kInt4Array, binary_array({0x7fffffff, 0x7fffffff, 0x7fffffff}, int4(1))), kBad);
  EXPECT_EQ(from_binary(kInt4Array, binary_array({1, 1, 1, 1, 1, 1, 1}, int4(1))), kBad) << "7 dimensions";
  EXPECT_EQ(from_binary(kInt4Array, binary_array({1}, wire(0xfffffffe, 4))), kBad) << "length -2";
  EXPECT_EQ(from_binary(kInt4Array, binary_array({1}, wire(0x7fffffff, 4) + "1234")), kBad);
  EXPECT_EQ(from_binary(kInt4Array, binary_array({1}, wire(3, 4) + "123")), kBad) << "an int4 of three bytes";
}

TEST(Array, AnUnknownElementHasNoBinaryForm) {
  EXPECT_EQ(from_binary(1041, binary_array({}, "")), status_text(DecodeStatus::kNoBinaryDecoder));
}

TEST(Array, AnyElementTextComesBack) {
  std::mt19937 random(7);
  const std::string alphabet = "a,;{}\"\\ \t\n'NUL[]=:\xc3\xa9";
  for (int i = 0; i < 20000; ++i) {
    const char delimiter = i % 2 == 0 ? ',' : ';';
    std::vector<std::string> elements(1 + random() % 4);
    std::string literal = "{";
    std::string expected = "[";
    for (std::string& element : elements) {
      for (auto n = random() % 6; n > 0; --n) element += alphabet[random() % alphabet.size()];
      if (random() % 10 == 0) element = "null";
      if (literal.size() > 1) literal += delimiter;
      if (expected.size() > 1) expected += ',';
      append_array_element(element, delimiter, literal);
      expected += '"' + element + '"';
    }
    Recorder recorder;
    const auto status = walk_text_array(literal + "}", delimiter, recorder, [&](std::string_view v) {
      recorder.text(v);
      return DecodeStatus::kOk;
    });
    ASSERT_EQ(status, DecodeStatus::kOk) << literal;
    ASSERT_EQ(recorder.out, expected + "]") << literal;
  }
}

TEST(Array, TextThatHoldsNoBracesIsMalformedToTheReader) {
  for (const char* bad : {"", "x", "[1:2]=", "[1:2]"}) {
    Recorder recorder;
    EXPECT_EQ(walk_text_array(bad, ',', recorder, [](std::string_view) { return DecodeStatus::kOk; }),
              DecodeStatus::kMalformed)
        << bad;
  }
}

TEST(Array, BinaryWithAnImpossibleHeaderIsRefused) {
  const std::string type = wire(oids::kInt4, 4);
  EXPECT_EQ(from_binary(kInt4Array, wire(0, 4) + wire(1, 4) + type), "[]") << "the flag alone is no fault";
  EXPECT_EQ(from_binary(kInt4Array, wire(0xffffffff, 4) + wire(0, 4) + type), kBad) << "-1 dimensions";
  EXPECT_EQ(from_binary(kInt4Array, wire(0, 4) + wire(2, 4) + type), kBad);
  EXPECT_EQ(from_binary(kInt4Array, wire(0, 4) + wire(0xffffffff, 4) + type), kBad) << "flag -1";
}

}  // namespace
}  // namespace hdb::types
