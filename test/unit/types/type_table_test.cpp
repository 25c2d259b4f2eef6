#include "types/type_table.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace hdb::types {
namespace {

/// The README's table: the name of a type → what its result is, in the README's words.
std::map<std::string, std::string> readme() {
  std::ifstream file(HDB_TEST_DIR "/../README.md");
  std::map<std::string, std::string> shown;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("<!-- types:")) is_inside = line == "<!-- types:begin -->";
    if (!is_inside || !line.starts_with("| ")) continue;
    std::istringstream cells(line.substr(2));
    std::string types, result, name;
    std::getline(cells, types, '|');
    std::getline(cells, result, '|');
    std::istringstream names(types);
    while (std::getline(names >> std::ws, name, ',')) {
      const std::size_t end = name.find_last_not_of(' ');
      shown[name.substr(0, end + 1)] = result.substr(1);
    }
  }
  return shown;
}

TEST(TypeTable, TheReadmeHasEachTypeThatIsDecodedAndWhatItBecomes) {
  const std::map<std::string, std::string> shown = readme();
  ASSERT_GT(shown.size(), 30u);
  for (const TypeRow& row : kTypes) {
    if (row.shape == Shape::kServerText || row.name == "cstring") continue;  // no column is of cstring
    const auto found = shown.find(row.name == "char" ? "\"char\"" : std::string(row.name));
    ASSERT_NE(found, shown.end()) << "the README lacks " << row.name;
    std::string words = found->second;
    if (words.starts_with("ISO 8601 ")) words.erase(0, 9);
    if (words.starts_with("parsed value")) words = "JsonValue";
    EXPECT_TRUE(words.starts_with(row.typescript)) << row.name << ": " << row.typescript << ", " << words;
  }
}

TEST(TypeTable, WhatHasNoDecoderIsAString) {
  for (const TypeRow& row : kTypes) {
    EXPECT_TRUE(row.shape != Shape::kServerText || row.typescript == "string") << row.name;
  }
}

}  // namespace
}  // namespace hdb::types
