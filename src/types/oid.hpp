// oid: finds built-in types and their arrays in the table, by OID.
// Thread: any; pure.
// Not here: the table (types/type_table.hpp).
#pragma once

#include <string>
#include <string_view>

#include "api/result.hpp"
#include "types/type_table.hpp"

namespace hdb::types {

/// Does not compile for a name that is not in the table.
consteval Oid oid_of(std::string_view name) {
  const TypeRow* row = kTypes;
  while (row->name != name) ++row;
  return row->oid;
}

namespace oids {
inline constexpr Oid kBool = oid_of("bool"), kBytea = oid_of("bytea"), kChar = oid_of("char"),
                     kName = oid_of("name"), kInt8 = oid_of("int8"), kInt2 = oid_of("int2"),
                     kInt4 = oid_of("int4"), kText = oid_of("text"), kOid = oid_of("oid"),
                     kJson = oid_of("json"), kXml = oid_of("xml"), kFloat4 = oid_of("float4"),
                     kFloat8 = oid_of("float8"), kUnknown = oid_of("unknown"), kBpchar = oid_of("bpchar"),
                     kVarchar = oid_of("varchar"), kDate = oid_of("date"), kTime = oid_of("time"),
                     kTimestamp = oid_of("timestamp"), kTimestamptz = oid_of("timestamptz"),
                     kTimetz = oid_of("timetz"), kNumeric = oid_of("numeric"), kCstring = oid_of("cstring"),
                     kVoid = oid_of("void"), kUuid = oid_of("uuid"), kJsonb = oid_of("jsonb");
}  // namespace oids

/// A type of the table, or the array of one.
struct BuiltInType {
  Oid oid = 0;
  const TypeRow* row = nullptr;  // of an array: that of its elements
  bool is_array = false;

  Oid element() const { return is_array ? row->oid : 0; }
  Shape shape() const { return is_array ? Shape::kServerText : row->shape; }
  Target target() const { return is_array ? Target::kOther : row->target; }
  std::string name() const { return (is_array ? "_" : "") + std::string(row->name); }
};

/// nullptr for a type that is not built in.
const BuiltInType* find_type(Oid oid);

std::string type_name(Oid oid);  // "" for a type that is not built in

}  // namespace hdb::types
