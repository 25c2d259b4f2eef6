#include "types/oid.hpp"

#include "gtest/gtest.h"

namespace hdb::types {
namespace {

TEST(Oid, NamesBuiltInTypes) {
  EXPECT_EQ(type_name(oids::kInt4), "int4");
  EXPECT_EQ(type_name(1007), "_int4");
  EXPECT_EQ(type_name(0), "");
  EXPECT_EQ(type_name(16384), "");
  EXPECT_EQ(type_name(4294967295u), "");
}

TEST(Oid, AnArrayAndItsElementNameEachOther) {
  for (const TypeRow& row : kTypes) {
    const BuiltInType* type = find_type(row.oid);
    ASSERT_NE(type, nullptr) << row.name;
    EXPECT_EQ(type->row, &row) << row.name;
    EXPECT_EQ(type->element(), 0u) << row.name;
    if (row.array == 0) continue;
    const BuiltInType* array = find_type(row.array);
    ASSERT_NE(array, nullptr) << row.name;
    EXPECT_EQ(array->element(), row.oid);
    EXPECT_EQ(array->name(), "_" + std::string(row.name));
    EXPECT_EQ(array->shape(), Shape::kServerText) << "of the whole";
  }
}

TEST(Oid, VectorsAndTypesOfPartsAreNoArrays) {
  for (const Oid oid : {22u, 30u, 19u, 600u, 601u, 628u, 2277u})
    EXPECT_EQ(find_type(oid)->element(), 0u) << type_name(oid);
}

TEST(Oid, OnlyBoxesAreDividedBySemicolons) {
  for (const TypeRow& row : kTypes) EXPECT_EQ(row.delimiter, row.name == "box" ? ';' : ',') << row.name;
}

}  // namespace
}  // namespace hdb::types
