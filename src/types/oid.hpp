// oid: the types that every PostgreSQL knows, by OID.
// Thread: any; a constant table.
// Not here: types of extensions and of the user, whose OIDs differ per database (the catalogue knows them).
#pragma once

#include <string>
#include <string_view>

#include "api/result.hpp"

namespace hdb::types {

namespace oids {
inline constexpr Oid kBool = 16, kBytea = 17, kChar = 18, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23,
                     kText = 25, kOid = 26, kJson = 114, kXml = 142, kFloat4 = 700, kFloat8 = 701,
                     kUnknown = 705, kBpchar = 1042, kVarchar = 1043, kDate = 1082, kTime = 1083,
                     kTimestamp = 1114, kTimestamptz = 1184, kTimetz = 1266, kNumeric = 1700, kCstring = 2275,
                     kVoid = 2278, kUuid = 2950, kJsonb = 3802;
}  // namespace oids

struct TypeInfo {
  Oid oid;
  std::string_view name;  // pg_type.typname
  Oid array;              // the array of this type, 0 if there is none
  Oid element;            // of an array: its elements, else 0; int2vector and oidvector are no arrays here
  char category;          // pg_type.typcategory
  char delimiter;         // pg_type.typdelim: between the elements of an array of this type, or of this array
  char kind;              // pg_type.typtype
};

/// nullptr for a type that is not built in.
const TypeInfo* find_type(Oid oid);

std::string_view type_name(Oid oid);  // "" for a type that is not built in
Oid element_of(Oid array);            // 0 unless it is a built-in array
Oid array_of(Oid element);            // 0 if there is none
char delimiter_of(Oid oid);           // ',' for a type that is not built in

}  // namespace hdb::types
