#include "types/decode.hpp"

#include <limits>
#include <random>

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"

namespace hdb::types {
namespace {

const std::string kBad = status_text(DecodeStatus::kMalformed);

TEST(Decode, NullIsNullForEveryType) {
  for (const Oid oid : {oids::kInt4, oids::kJson, Oid{1007}, Oid{99999}, oids::kVoid}) {
    for (const bool binary : {false, true}) {
      Recorder recorder;
      EXPECT_EQ(decode(column_of(oid, binary), Cell{}, {}, recorder), DecodeStatus::kOk);
      EXPECT_EQ(recorder.out, "null");
    }
  }
}

TEST(Decode, TextOfScalars) {
  const struct {
    Oid type;
    const char* text;
    std::string shown;
  } cases[] = {
      {oids::kBool, "t", "true"},
      {oids::kBool, "f", "false"},
      {oids::kBool, "true", kBad},
      {oids::kInt2, "-32768", "-32768"},
      {oids::kInt2, "32768", kBad},
      {oids::kInt4, "2147483647", "2147483647"},
      {oids::kInt4, "2147483648", kBad},
      {oids::kInt4, "", kBad},
      {oids::kOid, "4294967295", "4294967295"},
      {oids::kOid, "-1", kBad},
      {oids::kInt8, "9223372036854775807", "9223372036854775807n"},
      {oids::kInt8, "9223372036854775808", kBad},
      {oids::kFloat4, "1.1", "1.1000000000000001"},
      {oids::kFloat8, "NaN", "nan"},
      {oids::kFloat8, "-Infinity", "-inf"},
      {oids::kFloat8, "1e-324x", kBad},
      {oids::kNumeric, "1.100", "\"1.100\""},
      {oids::kText, "é", "\"é\""},
      {oids::kXml, "<a/>", "\"<a/>\""},
      {oids::kUnknown, "u", "\"u\""},
      {oids::kVoid, "", "null"},
      {oids::kBytea, "\\xff", "bytes:ff"},
      {oids::kBytea, "\\xf", kBad},
      {oids::kChar, "", "\"\""},
      {oids::kChar, "a", "\"a\""},
      {oids::kChar, "\\377", "\"\\377\""},
      {oids::kChar, "\xff", "\"\\377\""},
      {1186, "1 year 2 mons", "\"1 year 2 mons\""},
      {790, "$1.00", "\"$1.00\""},
      {600, "(1,2)", "\"(1,2)\""},
      {3904, "[1,2)", "\"[1,2)\""},
      {16999, "any \\ text", "\"any \\ text\""},
  };
  for (const auto& c : cases) EXPECT_EQ(from_text(c.type, c.text), c.shown) << c.type << " " << c.text;
}

TEST(Decode, BinaryOfScalars) {
  const struct {
    Oid type;
    std::string bytes;
    std::string shown;
  } cases[] = {
      {oids::kBool, wire(1, 1), "true"},
      {oids::kBool, wire(0, 1), "false"},
      {oids::kInt2, wire(0xffff, 2), "-1"},
      {oids::kInt4, wire(0x80000000, 4), "-2147483648"},
      {oids::kOid, wire(0xffffffff, 4), "4294967295"},
      {oids::kInt8, wire(0x8000000000000000, 8), "-9223372036854775808n"},
      {oids::kFloat4, wire(0x3f8ccccd, 4), "1.1000000000000001"},
      {oids::kFloat8, wire(0x7ff0000000000000, 8), "inf"},
      {oids::kVoid, "", "null"},
      {oids::kText, "", "\"\""},
      {oids::kChar, wire(0xff, 1), "\"\\377\""},
      {oids::kChar, wire(0, 1), "\"\""},
      {oids::kTime, wire(1, 8), "\"00:00:00.000001\""},
      {oids::kTimetz, wire(0, 8) + wire(0xffffe3e0, 4), "\"00:00:00+02\""},
  };
  for (const auto& c : cases) EXPECT_EQ(from_binary(c.type, c.bytes), c.shown) << c.type;
}

TEST(Decode, ABinaryValueHasItsExactSize) {
  const struct {
    Oid type;
    std::size_t size;
  } cases[] = {{oids::kBool, 1}, {oids::kInt2, 2},   {oids::kInt4, 4},      {oids::kOid, 4},
               {oids::kInt8, 8}, {oids::kFloat4, 4}, {oids::kFloat8, 8},    {oids::kUuid, 16},
               {oids::kChar, 1}, {oids::kDate, 4},   {oids::kTimestamp, 8}, {oids::kTimestamptz, 8},
               {oids::kTime, 8}, {oids::kTimetz, 12}};
  for (const auto& c : cases) {
    for (std::size_t size = 0; size < 20; ++size) {
      const bool good = from_binary(c.type, std::string(size, '\0')) != kBad;
      EXPECT_EQ(good, size == c.size) << type_name(c.type) << " " << size;
    }
  }
}

TEST(Decode, Int8IsShownAsAsked) {
  const DecodeOptions number{.int8 = Int8Mode::kNumber};
  const DecodeOptions text{.int8 = Int8Mode::kString};
  EXPECT_EQ(from_text(oids::kInt8, "9007199254740991", number), "9007199254740991");
  EXPECT_EQ(from_text(oids::kInt8, "-9007199254740992", number), status_text(DecodeStatus::kInt8Unsafe));
  EXPECT_EQ(from_binary(oids::kInt8, wire(0x7fffffffffffffff, 8), number),
            status_text(DecodeStatus::kInt8Unsafe));
  EXPECT_EQ(from_binary(oids::kInt8, wire(0x8000000000000000, 8), text), "\"-9223372036854775808\"");
  EXPECT_EQ(from_text(1016, "{1,NULL}", text), "[\"1\",null]");
}

TEST(Decode, BinaryIsAskedOnlyForWhatItCanRead) {
  for (const Oid oid :
       {oids::kBool,        oids::kInt2,      oids::kInt4, oids::kInt8,    oids::kOid,    oids::kFloat4,
        oids::kFloat8,      oids::kNumeric,   oids::kText, oids::kVarchar, oids::kBpchar, oids::kName,
        oids::kChar,        oids::kUnknown,   oids::kUuid, oids::kBytea,   oids::kJson,   oids::kJsonb,
        oids::kTimestamptz, oids::kTimestamp, oids::kDate, oids::kTime,    oids::kTimetz}) {
    EXPECT_TRUE(has_binary_decoder(oid, 0)) << oid;
    if (const Oid array = find_type(oid)->row->array; array != 0) {
      EXPECT_TRUE(has_binary_decoder(array, oid)) << oid;
    }
  }
  EXPECT_TRUE(has_binary_decoder(oids::kVoid, 0));
  EXPECT_TRUE(has_binary_decoder(50001, oids::kInt4)) << "an array that only the catalogue knows";
  for (const Oid oid : {Oid{1186}, Oid{790}, Oid{869}, Oid{600}, oids::kXml, Oid{22}, Oid{2249}, Oid{50000}})
    EXPECT_FALSE(has_binary_decoder(oid, 0)) << oid;
  EXPECT_FALSE(has_binary_decoder(22, oids::kInt2)) << "int2vector";
  EXPECT_FALSE(has_binary_decoder(600, oids::kFloat8)) << "a point is no array of floats";
  EXPECT_FALSE(has_binary_decoder(1187, 1186));
  EXPECT_FALSE(has_binary_decoder(50001, 50000));
  EXPECT_EQ(from_binary(1186, "x"), status_text(DecodeStatus::kNoBinaryDecoder));
}

TEST(Decode, WhatIsMadeHereIsKnownToBeAscii) {
  Recorder recorder;
  ASSERT_EQ(decode(column_of(oids::kUuid, true), cell_of(std::string(16, '\xff')), {}, recorder),
            DecodeStatus::kOk);
  EXPECT_TRUE(recorder.was_ascii);
  EXPECT_EQ(recorder.out, "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"");
}

TEST(Decode, AnErrorNamesColumnAndTypeAndSaysThatTheStatementRan) {
  Column column = column_of(oids::kInt8, false);
  column.field.name = "total";
  const Error error = decode_error(column, DecodeStatus::kInt8Unsafe);
  EXPECT_EQ(error.kind, ErrorKind::kResult);
  EXPECT_EQ(error.outcome, Outcome::kCommitted);
  EXPECT_EQ(error.message,
            "Column \"total\" of type int8 holds a value beyond 2^53 - 1, which a number cannot hold: ask "
            "for int8 as "
            "bigint or as string.");
  column.field.type_oid = 50000;
  EXPECT_EQ(decode_error(column, DecodeStatus::kMalformed).message,
            "Column \"total\" of type 50000 holds bytes that are no value of that type.");
  column.field.type_oid = oids::kTimestamptz;
  EXPECT_EQ(
      decode_error(column, DecodeStatus::kDateInfinity).message,
      "Column \"total\" of type timestamptz holds infinity, which a Date cannot hold: ask for timestamps "
      "as ISO strings.");
  column.field.type_name = "hstore";
  EXPECT_EQ(decode_error(column, DecodeStatus::kMalformed).message,
            "Column \"total\" of type hstore holds bytes that are no value of that type.");
  for (int status = 1; status <= static_cast<int>(DecodeStatus::kNoBinaryDecoder); ++status) {
    const std::string message = decode_error(column, static_cast<DecodeStatus>(status)).message;
    EXPECT_EQ(message.find("could not be decoded"), std::string::npos) << message;
    EXPECT_EQ(message.back(), '.');
  }
}

// Whatever a server sends: no crash, no read outside of the cell (the sanitizers look), calls in a right
// order.
TEST(Decode, RandomBytesAreHarmlessForEveryType) {
  std::mt19937 random(8);
  const std::string likely("\0\0\0\1\xff{}[]\",:-+ 0123456789abtfNUL\\xe.T", 36);
  for (Oid oid = 1; oid < 5100; ++oid) {
    if (find_type(oid) == nullptr) continue;
    for (int i = 0; i < 300; ++i) {
      std::string bytes(random() % 40, '\0');
      for (char& c : bytes)
        c = random() % 4 == 0 ? static_cast<char>(random()) : likely[random() % likely.size()];
      const DecodeOptions options{.int8 = static_cast<Int8Mode>(i % 3),
                                  .timestamps = static_cast<TimestampMode>(i % 2)};
      from_text(oid, bytes, options);
      from_binary(oid, bytes, options);
    }
  }
}

}  // namespace
}  // namespace hdb::types
