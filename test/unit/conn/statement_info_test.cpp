#include "conn/statement_info.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

pq::Description describe(std::vector<Oid> params, std::vector<Oid> columns) {
  pq::Description description;
  description.params = std::move(params);
  for (const Oid oid : columns) {
    Column column;
    column.field.type_oid = oid;
    description.columns.push_back(column);
  }
  return description;
}

TEST(Pace, IsKnownOnlyWhenItWasSeen) {
  Pace pace;
  EXPECT_FALSE(pace.is_fast());
  EXPECT_FALSE(pace.is_brief());
  pace.note(std::chrono::microseconds(100));
  EXPECT_TRUE(pace.is_fast());
  EXPECT_TRUE(pace.is_brief());
}

TEST(Pace, OneSlowAnswerIsEnoughAndManyFastOnesForgiveIt) {
  Pace pace;
  pace.note(std::chrono::microseconds(100));
  pace.note(std::chrono::milliseconds(5));
  EXPECT_FALSE(pace.is_fast());
  EXPECT_FALSE(pace.is_brief());
  for (int i = 0; i < 5; ++i) pace.note(std::chrono::microseconds(100));
  EXPECT_FALSE(pace.is_fast());
  for (int i = 0; i < 5; ++i) pace.note(std::chrono::microseconds(100));
  EXPECT_TRUE(pace.is_fast());
  EXPECT_TRUE(pace.is_brief());
}

TEST(Pace, IsBriefByTheBestOfThousands) {
  Pace pace;
  pace.note(std::chrono::microseconds(249));
  for (int i = 0; i < 4096; ++i) pace.note(std::chrono::microseconds(300));
  EXPECT_TRUE(pace.is_brief());
  for (int i = 0; i < 4096; ++i) pace.note(std::chrono::microseconds(300));
  EXPECT_FALSE(pace.is_brief());
  EXPECT_TRUE(pace.is_fast());
}

TEST(StatementCatalog, FindsWhatItWasTold) {
  StatementCatalog catalog(10);
  EXPECT_EQ(catalog.find("select 1"), nullptr);
  const auto info = catalog.add("select 1", describe({}, {23}));
  EXPECT_EQ(catalog.find("select 1"), info);
  EXPECT_EQ(info->sql, "select 1");
  EXPECT_TRUE(info->kind.is_plain_read);
}

TEST(StatementCatalog, TheLeastRecentlyUsedFallsOut) {
  StatementCatalog catalog(2);
  catalog.add("a", {});
  const auto b = catalog.add("b", {});
  catalog.find("a");
  catalog.add("c", {});
  EXPECT_NE(catalog.find("a"), nullptr);
  EXPECT_EQ(catalog.find("b"), nullptr);
  EXPECT_NE(catalog.find("c"), nullptr);
  EXPECT_EQ(b->sql, "b");  // who holds it keeps it
}

TEST(StatementCatalog, ForgetsAndLearnsAnew) {
  StatementCatalog catalog(2);
  const auto old = catalog.add("a", describe({}, {23}));
  catalog.forget(*old);
  catalog.forget(*old);
  EXPECT_EQ(catalog.find("a"), nullptr);
  const auto fresh = catalog.add("a", describe({}, {25}));
  EXPECT_NE(old, fresh);
  const auto again = catalog.add("a", describe({}, {20}));
  EXPECT_EQ(catalog.find("a"), again);
}

TEST(StatementCatalog, ForgetsTheTypesOfATextThatChanged) {
  StatementCatalog catalog(2);
  catalog.add_type({.oid = 90001, .name = "mood", .kind = 'e'});
  const auto old = catalog.add("a", describe({90001}, {90001}));
  EXPECT_TRUE(catalog.unknown_types(describe({90001}, {})).empty());
  catalog.forget(*old);
  EXPECT_EQ(catalog.unknown_types(describe({90001}, {})).size(), 1u);
}

TEST(StatementCatalog, KnowsATextForEachScope) {
  StatementCatalog catalog(4);
  const auto own = catalog.add("a", describe({}, {23}));
  const auto other = catalog.add("a", describe({}, {25}), "set search_path = s");
  EXPECT_EQ(catalog.find("a"), own);
  EXPECT_EQ(catalog.find("a", "set search_path = s"), other);
  EXPECT_EQ(catalog.find("a", "set search_path = t"), nullptr);
  catalog.forget(*other);
  EXPECT_EQ(catalog.find("a"), own);
  EXPECT_EQ(catalog.find("a", "set search_path = s"), nullptr);
}

TEST(StatementCatalog, BuiltInTypesAreKnown) {
  StatementCatalog catalog(2);
  EXPECT_TRUE(catalog.unknown_types(describe({23, 25, 0}, {20, 1007, 3802})).empty());
  const auto info = catalog.add("a", describe({23}, {23, 1007}));
  ASSERT_EQ(info->params.size(), 1u);
  EXPECT_EQ(info->params[0].oid, 23u);
  EXPECT_EQ((*info->text_columns)[0].field.type_name, "int4");
  EXPECT_EQ((*info->text_columns)[1].field.type_name, "_int4");
  EXPECT_EQ((*info->text_columns)[1].element_oid, 23u);
  EXPECT_FALSE((*info->text_columns)[0].binary);
}

TEST(StatementCatalog, ColumnsComeInBinaryWhenAllOfThemCan) {
  StatementCatalog catalog(4);
  const auto can = catalog.add("a", describe({}, {23, 25}));
  ASSERT_NE(can->binary_columns, nullptr);
  EXPECT_TRUE((*can->binary_columns)[0].binary);
  catalog.add_type({.oid = 99999, .name = "mood", .kind = 'e'});
  const auto can_not = catalog.add("b", describe({}, {23, 99999}));
  EXPECT_EQ(can_not->binary_columns, nullptr);
  EXPECT_EQ((*can_not->text_columns)[1].field.type_name, "mood");
}

TEST(StatementCatalog, AsksForUnknownTypesOnceEach) {
  StatementCatalog catalog(2);
  const auto unknown = catalog.unknown_types(describe({90001, 90001}, {90001, 90002, 23}));
  EXPECT_EQ(unknown, (std::vector<Oid>{90001, 90002}));
}

TEST(StatementCatalog, AKnownTypeMayReferToUnknownOnes) {
  StatementCatalog catalog(2);
  catalog.add_type({.oid = 90001, .name = "d", .kind = 'd', .base_oid = 90002});
  EXPECT_EQ(catalog.unknown_types(describe({90001}, {})), std::vector<Oid>{90002});
  catalog.add_type({.oid = 90002, .name = "_m", .element_oid = 90003});
  EXPECT_EQ(catalog.unknown_types(describe({90001}, {})), std::vector<Oid>{90003});
  catalog.add_type({.oid = 90003, .name = "m", .kind = 'e'});
  EXPECT_TRUE(catalog.unknown_types(describe({90001}, {})).empty());
}

TEST(StatementCatalog, ADomainIsEncodedAsItsBase) {
  StatementCatalog catalog(2);
  catalog.add_type({.oid = 90001, .name = "price", .kind = 'd', .base_oid = 90002});
  catalog.add_type({.oid = 90002, .name = "amount", .kind = 'd', .base_oid = 1700});
  const auto info = catalog.add("a", describe({90001}, {}));
  EXPECT_EQ(info->params[0].oid, 90001u);
  EXPECT_EQ(info->params[0].base_oid, 1700u);
  EXPECT_EQ(info->params[0].name, "price");
}

TEST(StatementCatalog, AnArrayKnowsItsElements) {
  StatementCatalog catalog(2);
  catalog.add_type({.oid = 90001, .name = "_price", .element_oid = 90002});
  catalog.add_type({.oid = 90002, .name = "price", .kind = 'd', .base_oid = 23});
  const auto info = catalog.add("a", describe({90001}, {90001}));
  EXPECT_EQ(info->params[0].element_oid, 90002u);
  EXPECT_EQ(info->params[0].element_base_oid, 23u);
  EXPECT_EQ((*info->text_columns)[0].element_oid, 23u);
}

TEST(StatementCatalog, TypesThatReferToEachOtherEndTheSearch) {
  StatementCatalog catalog(2);
  catalog.add_type({.oid = 90001, .name = "a", .base_oid = 90002});
  catalog.add_type({.oid = 90002, .name = "b", .base_oid = 90001});
  EXPECT_TRUE(catalog.unknown_types(describe({90001}, {})).empty());
  catalog.add("x", describe({90001}, {90001}));
}

TEST(StatementCatalog, ReadsRowsOfPgType) {
  const std::vector<std::string> texts{"90001", "mood", "e", "0", "0", ","};
  ResultSet result;
  result.columns = std::make_shared<const Columns>(6);
  result.rows = 1;
  std::vector<Cell> cells;
  for (const std::string& text : texts)
    cells.push_back({text.data(), static_cast<std::int32_t>(text.size())});
  result.cells = std::shared_ptr<const Cell>(std::shared_ptr<void>(), cells.data());
  const auto types = StatementCatalog::read_types(result);
  ASSERT_EQ(types.size(), 1u);
  EXPECT_EQ(types[0].oid, 90001u);
  EXPECT_EQ(types[0].name, "mood");
  EXPECT_EQ(types[0].kind, 'e');
  EXPECT_EQ(types[0].delimiter, ',');
  result.columns = std::make_shared<const Columns>(5);
  EXPECT_TRUE(StatementCatalog::read_types(result).empty());
}

}  // namespace
}  // namespace hdb
