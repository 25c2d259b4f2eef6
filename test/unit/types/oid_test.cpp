#include "types/oid.hpp"

#include "gtest/gtest.h"

namespace hdb::types {
namespace {

TEST(Oid, names_built_in_types) {
  EXPECT_EQ(type_name(oids::kInt4), "int4");
  EXPECT_EQ(type_name(1007), "_int4");
  EXPECT_EQ(type_name(0), "");
  EXPECT_EQ(type_name(16384), "");
  EXPECT_EQ(type_name(4294967295u), "");
}

TEST(Oid, an_array_and_its_element_name_each_other) {
  for (Oid oid = 1; oid < 10000; ++oid) {
    const TypeInfo* type = find_type(oid);
    if (type == nullptr || type->array == 0) continue;
    EXPECT_EQ(element_of(type->array), oid) << type->name;
    EXPECT_EQ(type_name(type->array), "_" + std::string(type->name));
    EXPECT_EQ(delimiter_of(type->array), type->delimiter) << type->name;
  }
}

TEST(Oid, vectors_and_types_of_parts_are_no_arrays) {
  for (const Oid oid : {22u, 30u, 19u, 600u, 601u, 628u, 2277u})
    EXPECT_EQ(element_of(oid), 0u) << type_name(oid);
}

TEST(Oid, only_boxes_are_divided_by_semicolons) {
  EXPECT_EQ(delimiter_of(603), ';');
  EXPECT_EQ(delimiter_of(1020), ';');
  EXPECT_EQ(delimiter_of(1007), ',');
  EXPECT_EQ(delimiter_of(99999), ',');
}

}  // namespace
}  // namespace hdb::types
