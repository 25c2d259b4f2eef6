// Both forms of the same values, as PostgreSQL 15 made them (data/server.sql), decode to the same thing,
// and to what the server prints.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/types/recorder.hpp"

namespace hdb::types {
namespace {

struct Row {
  std::string type;
  Oid oid = 0;
  std::string text;
  std::string binary;
};

std::string uncopied(const std::string& field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\') {
      out += field[i];
      continue;
    }
    switch (field[++i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'v':
        out += '\v';
        break;
      case 'f':
        out += '\f';
        break;
      case 'b':
        out += '\b';
        break;
      default:
        out += field[i];
    }
  }
  return out;
}

// HDB_SERVER_TSV names a larger file for a one-off run.
std::vector<Row> rows() {
  const char* other = std::getenv("HDB_SERVER_TSV");
  std::ifstream file(other != nullptr ? other : HDB_TEST_DIR "/unit/types/data/server.tsv");
  std::vector<Row> out;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    if (fields.size() != 4) {
      ADD_FAILURE() << line;
      continue;
    }
    Row row{fields[0], static_cast<Oid>(std::stoul(fields[1])), uncopied(fields[2]), ""};
    EXPECT_TRUE(parse_bytea("\\x" + fields[3], row.binary));
    out.push_back(std::move(row));
  }
  return out;
}

TEST(ServerData, IsThere) { EXPECT_GT(rows().size(), 400u); }

TEST(ServerData, TextAndBinaryAgree) {
  for (const Row& row : rows()) {
    EXPECT_TRUE(has_binary_decoder(row.oid, 0)) << row.type;
    const std::string text = from_text(row.oid, row.text);
    EXPECT_EQ(text, from_binary(row.oid, row.binary)) << row.type << " " << row.text;
    EXPECT_NE(text[0], '!') << row.type << " " << row.text;
    for (const Int8Mode mode : {Int8Mode::kNumber, Int8Mode::kString}) {
      const DecodeOptions options{.int8 = mode};
      EXPECT_EQ(from_text(row.oid, row.text, options), from_binary(row.oid, row.binary, options)) << row.text;
    }
    const DecodeOptions dates{.timestamps = TimestampMode::kDate};
    EXPECT_EQ(from_text(row.oid, row.text, dates), from_binary(row.oid, row.binary, dates)) << row.text;
  }
}

TEST(ServerData, WhatIsShownAsTextIsWhatTheServerPrints) {
  int checked = 0;
  for (const Row& row : rows()) {
    std::string expected = row.text;
    if (row.oid == oids::kTimestamp || row.oid == oids::kTimestamptz) {
      if (row.text.find("infinity") == std::string::npos) {
        expected.replace(expected.find(' '), 1, "T");
        if (row.oid == oids::kTimestamptz) {
          const std::size_t zone = expected.find('+');
          if (zone == std::string::npos || (zone + 3 != expected.size() && expected[zone + 3] != ' ') ||
              expected.compare(zone, 3, "+00") != 0) {
            continue;  // of another session zone: text_and_binary_agree covers it
          }
          expected.insert(zone + 3, ":00");
        }
      }
    } else if (row.oid != oids::kNumeric && row.oid != oids::kUuid && row.oid != oids::kDate &&
               row.oid != oids::kTime && row.oid != oids::kTimetz && row.oid != oids::kText) {
      continue;
    }
    ++checked;
    EXPECT_EQ(from_binary(row.oid, row.binary), '"' + expected + '"') << row.type;
  }
  EXPECT_GT(checked, 100);
}

// Reading the shortest digits of a float4 as a double is the definition; the fast way must not differ.
TEST(ServerData, Float4HasTheDigitsThatTheServerPrints) {
  for (const Row& row : rows()) {
    if (row.oid != oids::kFloat4) continue;
    double expected = 0;
    ASSERT_TRUE(parse_float(row.text, expected)) << row.text;
    const double actual = widen_float4(std::bit_cast<float>(read_u32(row.binary.data())));
    EXPECT_TRUE(actual == expected || (std::isnan(actual) && std::isnan(expected)))
        << row.text << " " << actual;
  }
}

}  // namespace
}  // namespace hdb::types
