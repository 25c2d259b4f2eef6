#include "types/encode.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"
#include "types/value_kind.hpp"

namespace hdb::types {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Oid kInterval = 1186;
constexpr Oid kBoxArray = 1020;

/// What is sent, or "!" and the message.
std::string sent(Value value, const ParamType& type) {
  const auto encoded = encode(value, type, 2);
  if (!encoded.ok()) {
    EXPECT_EQ(Expected<EncodedParam>(encoded).error().kind, ErrorKind::kParameter);
    return "!" + Expected<EncodedParam>(encoded).error().message;
  }
  if (encoded.value().is_null) return "NULL";
  return (encoded.value().binary ? "binary:" : "") + std::string(encoded.value().data());
}
std::string sent(Value value, Oid type) { return sent(std::move(value), ParamType::of(type)); }
bool is_refused(Value value, Oid type) { return sent(std::move(value), type)[0] == '!'; }

/// An array with one element, an array. `List{List{…}}` says so to GCC alone: to clang it is a copy.
List nest(List inner) {
  List outer;
  outer.emplace_back(std::move(inner));
  return outer;
}

ParamType enum_type() {
  ParamType type = ParamType::of(50000);
  type.kind = 'e';
  type.name = "mood";
  return type;
}

const Timestamp kMoment{1780660800250};

// ---- one kind of value, every type ------------------------------------------------------------------------

TEST(Encode, NullIsNullForEveryType) {
  for (const Oid oid : {oids::kInt4, oids::kJson, Oid{1007}, Oid{50000}})
    EXPECT_EQ(sent(Null{}, oid), "NULL");
}

TEST(Encode, AStringIsHandedToTheServersInputFunction) {
  for (const Oid oid : {oids::kInt4, oids::kBool, oids::kText, oids::kJson, oids::kBytea, oids::kUuid,
                        oids::kTimestamptz, Oid{1007}, Oid{50000}, kInterval})
    EXPECT_EQ(sent(std::string("any 'text' é"), oid), "any 'text' é");
  EXPECT_EQ(sent(std::string("{\"a\":1}"), oids::kJsonb), "{\"a\":1}");
}

TEST(Encode, TextWithANulIsRefused) {
  const std::string message =
      "!Parameter $2 does not fit type text: the text holds a NUL character, which PostgreSQL cannot store "
      "(string).";
  EXPECT_EQ(sent(std::string("a\0b", 3), oids::kText), message);
  EXPECT_TRUE(is_refused(List{std::string("a\0b", 3)}, 1009));
  EXPECT_TRUE(is_refused(Json{std::string("\"a\0b\"", 5)}, oids::kJson));
  EXPECT_EQ(sent(List{std::string("a\0b", 3)}, oids::kJson), "[\"a\\u0000b\"]") << "json can say it";
}

TEST(Encode, Booleans) {
  EXPECT_EQ(sent(true, oids::kBool), "true");
  EXPECT_EQ(sent(false, oids::kText), "false");
  EXPECT_EQ(sent(true, oids::kJsonb), "true");
  EXPECT_EQ(sent(true, 50000), "true");
  for (const Oid oid :
       {oids::kInt4, oids::kInt8, oids::kFloat8, oids::kNumeric, oids::kBytea, oids::kUuid, oids::kDate})
    EXPECT_TRUE(is_refused(true, oid)) << oid;
  EXPECT_EQ(sent(true, oids::kInt4),
            "!Parameter $2 does not fit type int4: the type takes no such value (boolean).");
}

TEST(Encode, Numbers) {
  const struct {
    double value;
    Oid type;
    const char* text;
  } cases[] = {
      {32767, oids::kInt2, "32767"},
      {-2147483648.0, oids::kInt4, "-2147483648"},
      {4294967295.0, oids::kOid, "4294967295"},
      {9007199254740991.0, oids::kInt8, "9007199254740991"},
      {-9007199254740991.0, oids::kInt8, "-9007199254740991"},
      {-0.0, oids::kInt4, "0"},
      {1.5, oids::kFloat4, "1.5"},
      {1e-45, oids::kFloat4, "1e-45"},
      {-0.0, oids::kFloat8, "-0"},
      {0.1, oids::kFloat8, "0.1"},
      {1e300, oids::kFloat8, "1e+300"},
      {kInfinity, oids::kFloat4, "Infinity"},
      {-kInfinity, oids::kFloat8, "-Infinity"},
      {std::nan(""), oids::kFloat8, "NaN"},
      {0.1, oids::kNumeric, "0.1"},
      {1e21, oids::kNumeric, "1e+21"},
      {std::nan(""), oids::kNumeric, "NaN"},
      {kInfinity, oids::kNumeric, "Infinity"},
      {1e21, oids::kText, "1e+21"},
      {-0.0, oids::kVarchar, "0"},
      {1.5, oids::kJson, "1.5"},
      {5, 790, "5"},
      {5, 50000, "5"},
  };
  for (const auto& c : cases) EXPECT_EQ(sent(c.value, c.type), c.text) << c.type;
}

TEST(Encode, NumbersThatDoNotFitAreRefused) {
  const struct {
    double value;
    Oid type;
    const char* message;
  } cases[] = {
      {1.5, oids::kInt4, "Parameter $2 does not fit type int4: 1.5 is not an integer (number)."},
      {kInfinity, oids::kInt4, "Parameter $2 does not fit type int4: Infinity is not an integer (number)."},
      {std::nan(""), oids::kInt8, "Parameter $2 does not fit type int8: NaN is not an integer (number)."},
      {32768, oids::kInt2,
       "Parameter $2 does not fit type int2: 32768 is out of the range -32768 to 32767 (number)."},
      {1e300, oids::kInt4,
       "Parameter $2 does not fit type int4: 1e+300 is out of the range -2147483648 to 2147483647 (number)."},
      {-1, oids::kOid,
       "Parameter $2 does not fit type oid: -1 is out of the range 0 to 4294967295 (number)."},
      {9007199254740992.0, oids::kInt8,
       "Parameter $2 does not fit type int8: 9007199254740992 is beyond 2^53 - 1, where numbers are not "
       "exact: use a "
       "bigint (number)."},
      {1e39, oids::kFloat4, "Parameter $2 does not fit type float4: 1e+39 is out of range (number)."},
      {1e-50, oids::kFloat4, "Parameter $2 does not fit type float4: 1e-50 is out of range (number)."},
      {std::nan(""), oids::kJson, "Parameter $2 does not fit type json: NaN is no JSON number (number)."},
      {1, oids::kBool, "Parameter $2 does not fit type bool: the type takes no such value (number)."},
  };
  for (const auto& c : cases) EXPECT_EQ(sent(c.value, c.type), '!' + std::string(c.message));
  for (const Oid oid : {oids::kBytea, oids::kUuid, oids::kTimestamptz, oids::kDate})
    EXPECT_TRUE(is_refused(1.0, oid));
}

TEST(Encode, Bigints) {
  const std::string huge(400, '9');
  EXPECT_EQ(sent(BigInt{"-9223372036854775808"}, oids::kInt8), "-9223372036854775808");
  EXPECT_EQ(sent(BigInt{"5"}, oids::kInt2), "5");
  EXPECT_EQ(sent(BigInt{huge}, oids::kNumeric), huge);
  EXPECT_EQ(sent(BigInt{huge}, oids::kText), huge);
  EXPECT_EQ(sent(BigInt{huge}, oids::kJson), huge);
  EXPECT_EQ(sent(BigInt{"9007199254740992"}, oids::kFloat8), "9007199254740992");
  EXPECT_EQ(sent(BigInt{"-16777216"}, oids::kFloat4), "-16777216");
  EXPECT_EQ(
      sent(BigInt{"9223372036854775808"}, oids::kInt8),
      "!Parameter $2 does not fit type int8: 9223372036854775808 is out of the range -9223372036854775808 to "
      "9223372036854775807 (bigint).");
  EXPECT_EQ(sent(BigInt{huge}, oids::kInt4),
            "!Parameter $2 does not fit type int4: a bigint of 400 digits is out of the range -2147483648 to "
            "2147483647 "
            "(bigint).");
  EXPECT_TRUE(is_refused(BigInt{"9007199254740993"}, oids::kFloat8));
  EXPECT_TRUE(is_refused(BigInt{"16777217"}, oids::kFloat4));
  EXPECT_TRUE(is_refused(BigInt{huge}, oids::kFloat8));
  EXPECT_EQ(
      sent(BigInt{"-9007199254740993"}, oids::kFloat8),
      "!Parameter $2 does not fit type float8: -9007199254740993 would be rounded: use a number (bigint).");
  EXPECT_EQ(sent(BigInt{"-1"}, oids::kOid),
            "!Parameter $2 does not fit type oid: -1 is out of the range 0 to 4294967295 (bigint).");
  EXPECT_TRUE(is_refused(BigInt{"1"}, oids::kBool));
  EXPECT_TRUE(is_refused(BigInt{"1"}, oids::kDate));
  for (const char* bad : {"", "-", "1e5", "1.0", "007", "-01", " 1", "'"})
    EXPECT_TRUE(is_refused(BigInt{bad}, oids::kNumeric)) << bad;
}

TEST(Encode, BytesAreSentBinaryAndShared) {
  const Bytes bytes = Bytes::copy(std::string("\0\xff", 2));
  Value value(bytes);
  auto encoded = encode(value, ParamType::of(oids::kBytea), 1);
  ASSERT_TRUE(encoded.ok());
  EXPECT_TRUE(encoded->binary);
  EXPECT_EQ(encoded->data().data(), bytes.data());
  for (const Oid oid : {oids::kText, oids::kJson, oids::kUuid, oids::kInt4, Oid{1001}, Oid{50000}})
    EXPECT_TRUE(is_refused(bytes, oid)) << oid;
}

TEST(Encode, ALongStringIsMoved) {
  std::string text(1 << 20, 'x');
  const char* data = text.data();
  Value value(std::move(text));
  auto encoded = encode(value, ParamType::of(oids::kText), 1);
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(encoded->data().data(), data);
}

TEST(Encode, Dates) {
  for (const Oid oid :
       {oids::kTimestamptz, oids::kTimestamp, oids::kDate, oids::kTime, oids::kTimetz, Oid{50000}})
    EXPECT_EQ(sent(kMoment, oid), "2026-06-05 12:00:00.250+00");
  EXPECT_EQ(sent(kMoment, oids::kText), "2026-06-05T12:00:00.250Z");
  EXPECT_EQ(sent(kMoment, oids::kJson), "\"2026-06-05T12:00:00.250Z\"");
  for (const Oid oid : {oids::kInt8, oids::kFloat8, oids::kNumeric, oids::kBool, oids::kBytea, oids::kUuid})
    EXPECT_TRUE(is_refused(kMoment, oid)) << oid;
  EXPECT_EQ(sent(Timestamp{std::nan("")}, oids::kTimestamptz),
            "!Parameter $2 does not fit type timestamptz: the Date is invalid (Date).");
  EXPECT_TRUE(is_refused(Timestamp{std::nan("")}, oids::kText));
  EXPECT_TRUE(is_refused(Timestamp{std::nan("")}, oids::kJson));
}

TEST(Encode, Objects) {
  const Json json{"{\"a\":1}"};
  for (const Oid oid : {oids::kJson, oids::kJsonb, oids::kText, Oid{50000}})
    EXPECT_EQ(sent(json, oid), json.text);
  for (const Oid oid : {oids::kInt4, oids::kInt8, oids::kBool, oids::kFloat8, oids::kNumeric, oids::kBytea,
                        oids::kDate, oids::kUuid, Oid{1007}})
    EXPECT_TRUE(is_refused(json, oid)) << oid;
}

TEST(Encode, WhatCanBeNoParameterIsNamed) {
  EXPECT_EQ(sent(Unsupported{"symbol"}, oids::kText),
            "!Parameter $2 does not fit type text: it cannot be a parameter (symbol).");
  EXPECT_EQ(sent(Unsupported{"function"}, 1007),
            "!Parameter $2 does not fit type int4[]: it cannot be a parameter (function).");
  EXPECT_TRUE(is_refused(List{Unsupported{"symbol"}}, oids::kJson));
}

TEST(Encode, AnEnumTakesWhatTextTakes) {
  EXPECT_EQ(sent(std::string("happy"), enum_type()), "happy");
  EXPECT_EQ(sent(true, enum_type()), "true");
  EXPECT_EQ(sent(Bytes::copy("x"), enum_type()),
            "!Parameter $2 does not fit type mood: the type takes no such value (Buffer).");
}

TEST(Encode, ADomainTakesWhatItsBaseTakes) {
  ParamType type = ParamType::of(50000);
  type.base_oid = oids::kInt4;
  type.name = "positive";
  EXPECT_EQ(sent(1.0, type), "1");
  EXPECT_EQ(sent(1.5, type), "!Parameter $2 does not fit type positive: 1.5 is not an integer (number).");
  type.base_oid = 1007;
  EXPECT_EQ(sent(List{1.0, 2.0}, type), "{1,2}");
  EXPECT_TRUE(is_refused(List{1.0}, oids::kInt4));
}

// ---- arrays -----------------------------------------------------------------------------------------------

TEST(Encode, ArraysBecomeLiterals) {
  const struct {
    Oid type;
    List list;
    const char* text;
  } cases[] = {
      {1007, {}, "{}"},
      {1007, {1.0, Null{}, BigInt{"3"}, std::string("4")}, "{1,NULL,3,4}"},
      {1007, {List{1.0, 2.0}, List{3.0, Null{}}}, "{{1,2},{3,NULL}}"},
      {1007, {List{}, List{}}, "{}"},
      {1007, nest(nest({})), "{}"},
      {1007, nest(nest(nest(nest(nest({1.0}))))), "{{{{{{1}}}}}}"},
      {1009, {std::string("a"), std::string(""), std::string("null"), Null{}}, "{a,\"\",\"null\",NULL}"},
      {1009,
       {std::string("a,b"), std::string("{}"), std::string("\"\\"), std::string(" ")},
       "{\"a,b\",\"{}\",\"\\\"\\\\\",\" \"}"},
      {1009, {1.5, true}, "{1.5,true}"},
      {1000, {true, false, Null{}}, "{true,false,NULL}"},
      {1001, {Bytes::copy("\xff"), Null{}}, "{\"\\\\xff\",NULL}"},
      {1185, {kMoment}, "{\"2026-06-05 12:00:00.250+00\"}"},
      {1022, {std::nan(""), -0.0}, "{NaN,-0}"},
      {kBoxArray, {std::string("(1,1),(0,0)"), std::string("(2,2),(1,1)")}, "{(1,1),(0,0);(2,2),(1,1)}"},
      {199,
       {Json{"{\"a\":1}"}, List{1.0, List{}}, 2.0, Null{}, std::string("[3]")},
       "{\"{\\\"a\\\":1}\",\"[1,[]]\",2,NULL,[3]}"},
      {3807, {}, "{}"},
  };
  for (const auto& c : cases) EXPECT_EQ(sent(c.list, c.type), c.text) << c.text;
}

TEST(Encode, AnArrayThatTheServerCannotHoldIsRefused) {
  const std::string prefix = "!Parameter $2 does not fit type int4[]: ";
  const std::string ragged = prefix + "the inner arrays are not all of one length (array).";
  for (const List& list :
       {List{List{1.0}, List{1.0, 2.0}}, List{1.0, List{2.0}}, List{List{1.0}, 2.0}, List{List{1.0}, Null{}},
        List{List{}, List{1.0}}, List{List{1.0}, List{}}, List{List{}, 1.0}, List{List{}, Null{}},
        List{nest({}), List{}}, List{List{}, nest({})}})
    EXPECT_EQ(sent(list, 1007), ragged);
  EXPECT_EQ(sent(nest(nest(nest(nest(nest(nest({1.0})))))), 1007),
            prefix + "PostgreSQL's arrays have at most 6 dimensions (array).");
  EXPECT_EQ(sent(List{1.0, 1.5}, 1007), prefix + "at [1], 1.5 is not an integer (number).");
  EXPECT_EQ(sent(List{List{1.0}, List{true}}, 1007),
            prefix + "at [1][0], the type takes no such value (boolean).");
  EXPECT_EQ(sent(1.0, 1007), prefix + "the value is not an array (number).");
  EXPECT_EQ(sent(List{1.0}, oids::kInt4),
            "!Parameter $2 does not fit type int4: the type is neither an array nor json; to compare with "
            "each element, "
            "write `= any ($1)` (array).");
  EXPECT_TRUE(is_refused(List{1.0}, oids::kText));
  EXPECT_TRUE(is_refused(List{}, 50000));
}

TEST(Encode, AnArrayOfAnExtensionTypeAndOfADomain) {
  ParamType type;
  type.oid = type.base_oid = 50001;
  type.element_oid = type.element_base_oid = 50000;
  type.name = "_hstore";
  EXPECT_EQ(sent(List{std::string("a=>1"), Json{"{}"}, 5.0}, type), "{a=>1,\"{}\",5}");
  type.element_base_oid = oids::kInt2;
  EXPECT_EQ(sent(List{5.0}, type), "{5}");
  EXPECT_EQ(sent(List{50000.0}, type),
            "!Parameter $2 does not fit type hstore[]: at [0], 50000 is out of the range -32768 to 32767 "
            "(number).");
}

TEST(Encode, TheOidAloneIsEnoughForABuiltInType) {
  ParamType type;
  type.oid = oids::kInt2;
  EXPECT_EQ(sent(7.0, type), "7");
  EXPECT_EQ(sent(1.5, type), "!Parameter $2 does not fit type int2: 1.5 is not an integer (number).");
  type.oid = 1007;
  EXPECT_EQ(sent(List{1.0, Null{}}, type), "{1,NULL}");
  EXPECT_TRUE(sent(1.0, type).ends_with("the value is not an array (number)."));
}

TEST(Encode, ATypeWithoutANameIsShownByItsNumber) {
  ParamType type;
  type.oid = 50000;
  EXPECT_EQ(sent(Bytes::copy("x"), type),
            "!Parameter $2 does not fit type 50000: the type takes no such value (Buffer).");
  EXPECT_EQ(sent(Bytes::copy("x"), 50000),
            "!Parameter $2 does not fit type 50000: the type takes no such value (Buffer).");
}

TEST(Encode, OnlyTheUnderscoreOfAnArrayIsShownAsBrackets) {
  ParamType scalar = ParamType::of(50000);
  scalar.base_oid = oids::kInt4;
  scalar.name = "_private";
  EXPECT_EQ(sent(1.5, scalar), "!Parameter $2 does not fit type _private: 1.5 is not an integer (number).");
  ParamType domain = ParamType::of(50001);
  domain.base_oid = 1007;
  domain.element_oid = domain.element_base_oid = oids::kInt4;
  domain.name = "scores";
  EXPECT_EQ(sent(List{1.5}, domain),
            "!Parameter $2 does not fit type scores: at [0], 1.5 is not an integer (number).");
}

// ---- what is too large ------------------------------------------------------------------------------------

TEST(Encode, MoreThanAGigabyteIsRefused) {
  const char byte = 'x';  // only the size is looked at
  const ParamType bytea = ParamType::of(oids::kBytea);
  Value fits(Bytes(nullptr, &byte, 0x3fffffff));
  EXPECT_TRUE(encode(fits, bytea, 1).ok());
  Value large(Bytes(nullptr, &byte, 0x40000000));
  auto refused = encode(large, bytea, 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kParameter);
  EXPECT_EQ(refused.error().outcome, Outcome::kNotSent);
  EXPECT_EQ(
      refused.error().message,
      "Parameter $2 does not fit type bytea: its 1073741824 bytes are more than PostgreSQL's limit of 1 "
      "GB (Buffer).");
}

// ---- json -------------------------------------------------------------------------------------------------

TEST(Encode, AnArrayForJsonIsJson) {
  EXPECT_EQ(sent(List{}, oids::kJson), "[]");
  EXPECT_EQ(
      sent(List{1.5, true, Null{}, std::string("a\"\\\n\x01é"), BigInt{"123456789012345678901"}, kMoment,
                List{List{}, 1.0}, Json{"{\"a\":[]}"}, std::nan(""), kInfinity, -0.0},
           oids::kJsonb),
      "[1.5,true,null,\"a\\\"\\\\\\n\\u0001é\",123456789012345678901,\"2026-06-05T12:00:00.250Z\",[[],1],"
      "{\"a\":[]},null,null,0]");
  EXPECT_EQ(sent(nest({Bytes::copy("x")}), oids::kJson),
            "!Parameter $2 does not fit type json: bytes have no form in JSON (Buffer).");
  EXPECT_TRUE(is_refused(List{Timestamp{std::nan("")}}, oids::kJson));
  EXPECT_EQ(sent(List{BigInt{"1e5"}}, oids::kJson),
            "!Parameter $2 does not fit type json: it is not a decimal integer (bigint).");
  EXPECT_EQ(sent(List{Json{std::string("\0", 1)}}, 3807),
            "!Parameter $2 does not fit type jsonb[]: at [0], the text holds a NUL character (object).");
}

TEST(Encode, JsonNestsToTheLimitThatIsReadBack) {
  const auto nested = [](std::size_t depth) {
    List list;
    for (std::size_t i = 1; i < depth; ++i) list = nest(std::move(list));
    return list;
  };
  EXPECT_FALSE(is_refused(nested(1000), oids::kJson));
  EXPECT_TRUE(is_refused(nested(1001), oids::kJson));
}

// ---- all parameters of a statement ------------------------------------------------------------------------

TEST(Encode, CountsMustAgree) {
  const ParamType int4 = ParamType::of(oids::kInt4);
  std::vector<Value> two{1.0, Null{}};
  std::vector<Value> one{1.0};
  auto right = encode_all(two, {int4, int4});
  ASSERT_TRUE(right.ok());
  EXPECT_EQ(right->size(), 2u);
  EXPECT_EQ(right->at(0).data(), "1");
  auto few = encode_all(one, {int4, int4});
  ASSERT_FALSE(few.ok());
  EXPECT_EQ(few.error().message, "The statement takes 2 parameters; 1 was given.");
  two = {1.0, 2.0};
  auto many = encode_all(two, {int4});
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.error().message, "The statement takes 1 parameter; 2 were given.");
  EXPECT_EQ(many.error().kind, ErrorKind::kParameter);
  EXPECT_EQ(many.error().outcome, Outcome::kNotSent);
}

TEST(Encode, TheProtocolHasALimit) {
  std::vector<Value> values(kMaxParameters + 1);
  std::vector<ParamType> types(kMaxParameters + 1, ParamType::of(oids::kInt4));
  auto refused = encode_all(values, types);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "A statement takes at most 65535 parameters; 65536 were given.");
  types.pop_back();
  values.pop_back();
  EXPECT_TRUE(encode_all(values, types).ok());
}

TEST(Encode, AMessageNamesThePosition) {
  const ParamType int4 = ParamType::of(oids::kInt4);
  std::vector<Value> values{1.0, 2.0, 1.5};
  auto refused = encode_all(values, {int4, int4, int4});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "Parameter $3 does not fit type int4: 1.5 is not an integer (number).");
}

TEST(Encode, WhatIsRefusedKeepsItsValues) {
  const std::string long_text(100, 'x');
  std::vector<Value> values{long_text, 1.5};
  ASSERT_FALSE(encode_all(values, {ParamType::of(oids::kText), ParamType::of(oids::kInt4)}).ok());
  const auto encoded = encode_all(values, {ParamType::of(oids::kText), ParamType::of(oids::kFloat8)});
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(encoded->at(0).data(), long_text);
  EXPECT_EQ(encoded->at(1).data(), "1.5");
}

TEST(Encode, AMessageNeverShowsAString) {
  for (const Oid oid : {oids::kInt4, Oid{1007}, oids::kUuid}) {
    const std::string message = sent(List{std::string("secret\0", 7), Json{"\"secret\""}}, oid);
    EXPECT_EQ(message[0], '!');
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
}

// ---- there and back ---------------------------------------------------------------------------------------

TEST(Encode, WhatIsWrittenIsReadBack) {
  std::mt19937_64 random(9);
  const std::string alphabet = "aZ0 ,;{}\"\\'\t\nNUL\xc3\xa9";
  const auto word = [&] {
    std::string text;
    for (auto n = random() % 8; n > 0; --n) text += alphabet[random() % (alphabet.size() - 2)];
    return text;
  };
  const auto recorded = [](const Value& value, Oid type, const char* how) {
    Recorder recorder;
    if (how[0] == 't') recorder.text(*value.get<std::string>());
    if (how[0] == 'n') recorder.number(*value.get<double>());
    return std::pair(sent(List{value, value}, type), "[" + recorder.out + "," + recorder.out + "]");
  };
  for (int i = 0; i < 5000; ++i) {
    const auto [text_array, text_expected] = recorded(word(), 1009, "text");
    EXPECT_EQ(from_text(1009, text_array), text_expected);
    const auto [json, json_expected] = recorded(word(), oids::kJson, "text");
    EXPECT_EQ(from_text(oids::kJson, json), json_expected);
    const auto bits = std::bit_cast<double>(random());
    if (std::isfinite(bits)) {
      const auto [floats, floats_expected] = recorded(bits, 1022, "number");
      EXPECT_EQ(from_text(1022, floats), floats_expected);
    }
    const auto ms =
        static_cast<double>(static_cast<std::int64_t>(random() % 400000000000000) - 200000000000000);
    EXPECT_EQ(from_text(oids::kTimestamptz, sent(Timestamp{ms}, oids::kTimestamptz),
                        {.timestamps = TimestampMode::kDate}),
              "date:" + std::to_string(static_cast<std::int64_t>(ms)));
  }
}

// ---- what values are called -------------------------------------------------------------------------------

TEST(ValueKind, EveryValueHasTheNameThatJavascriptGivesIt) {
  const std::pair<Value, const char*> kinds[] = {{Null{}, "null"},
                                                 {true, "boolean"},
                                                 {1.5, "number"},
                                                 {BigInt{"1"}, "bigint"},
                                                 {std::string("x"), "string"},
                                                 {Bytes::copy("x"), "Buffer"},
                                                 {kMoment, "Date"},
                                                 {Json{"{}"}, "object"},
                                                 {List{}, "array"},
                                                 {Unsupported{"symbol"}, "symbol"}};
  for (const auto& [value, name] : kinds) EXPECT_EQ(kind_of(value), name);
}

TEST(ValueKind, ABigintIsShownOnlyWhenItIsOneAndShort) {
  EXPECT_EQ(show(BigInt{"-5"}), "-5");
  EXPECT_EQ(show(BigInt{std::string(40, '9')}), std::string(40, '9'));
  EXPECT_EQ(show(BigInt{std::string(41, '9')}), "a bigint of 41 digits");
  for (const char* bad : {"", "-", "secret", "007", "1 "}) EXPECT_EQ(show(BigInt{bad}), "this bigint") << bad;
}

}  // namespace
}  // namespace hdb::types
