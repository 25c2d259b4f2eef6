// type_table: a row for each type that every PostgreSQL knows.
// Thread: any; a constant table.
// Not here: types of extensions and of the user, whose OIDs differ per database (conn/statement_info.hpp);
// how a shape is read (types/decode.hpp) and what fits a target (types/encode.cpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "api/result.hpp"

namespace hdb::types {

/// How the bytes of a scalar are read.
enum class Shape : std::uint8_t {
  kServerText,  // any type without a decoder: the server's text form
  kText,        // text family: text and binary form are the same bytes
  kChar,        // "char": one byte
  kBool,
  kInt2,
  kInt4,
  kOid,
  kInt8,
  kFloat4,
  kFloat8,
  kNumeric,
  kUuid,
  kBytea,
  kJson,
  kJsonb,
  kTimestamptz,
  kTimestamp,
  kDate,
  kTime,
  kTimetz,
  kVoid,
};

/// What a scalar parameter's type means for the values that fit it.
enum class Target : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kOid,
  kInt8,
  kFloat4,
  kFloat8,
  kNumeric,
  kText,  // text family, enums
  kBytea,
  kJson,    // and jsonb
  kMoment,  // dates and times
  kUuid,
  kOther,  // anything else: the server's input function decides about any text
};

struct TypeRow {
  std::string_view name;  // pg_type.typname
  Oid oid;
  Oid array = 0;  // the array of this type; 0 if there is none
  Shape shape = Shape::kServerText;
  Target target = Target::kOther;
  std::string_view typescript = "string";  // what a row shows by default; the README has it
  char delimiter = ',';                    // pg_type.typdelim: between the elements of an array
};

// From pg_type of PostgreSQL 15, without the row types of the catalogue's own tables; OIDs of built-in types
// never change. int2vector and oidvector are no arrays here. xml is the server's text: its binary form
// differs by the declaration of an encoding.
inline constexpr TypeRow kTypes[] = {
    {"bool", 16, 1000, Shape::kBool, Target::kBool, "boolean"},
    {"bytea", 17, 1001, Shape::kBytea, Target::kBytea, "Buffer"},
    {"char", 18, 1002, Shape::kChar, Target::kText, "string"},
    {"name", 19, 1003, Shape::kText, Target::kText, "string"},
    {"int8", 20, 1016, Shape::kInt8, Target::kInt8, "bigint"},
    {"int2", 21, 1005, Shape::kInt2, Target::kInt2, "number"},
    {"int2vector", 22, 1006},
    {"int4", 23, 1007, Shape::kInt4, Target::kInt4, "number"},
    {"regproc", 24, 1008},
    {"text", 25, 1009, Shape::kText, Target::kText, "string"},
    {"oid", 26, 1028, Shape::kOid, Target::kOid, "number"},
    {"tid", 27, 1010},
    {"xid", 28, 1011},
    {"cid", 29, 1012},
    {"oidvector", 30, 1013},
    {"pg_ddl_command", 32},
    {"json", 114, 199, Shape::kJson, Target::kJson, "JsonValue"},
    {"xml", 142, 143, Shape::kServerText, Target::kText, "string"},
    {"pg_node_tree", 194},
    {"table_am_handler", 269},
    {"index_am_handler", 325},
    {"point", 600, 1017},
    {"lseg", 601, 1018},
    {"path", 602, 1019},
    {"box", 603, 1020, Shape::kServerText, Target::kOther, "string", ';'},
    {"polygon", 604, 1027},
    {"line", 628, 629},
    {"cidr", 650, 651},
    {"float4", 700, 1021, Shape::kFloat4, Target::kFloat4, "number"},
    {"float8", 701, 1022, Shape::kFloat8, Target::kFloat8, "number"},
    {"unknown", 705, 0, Shape::kText, Target::kText, "string"},
    {"circle", 718, 719},
    {"macaddr8", 774, 775},
    {"money", 790, 791},
    {"macaddr", 829, 1040},
    {"inet", 869, 1041},
    {"aclitem", 1033, 1034},
    {"bpchar", 1042, 1014, Shape::kText, Target::kText, "string"},
    {"varchar", 1043, 1015, Shape::kText, Target::kText, "string"},
    {"date", 1082, 1182, Shape::kDate, Target::kMoment, "string"},
    {"time", 1083, 1183, Shape::kTime, Target::kMoment, "string"},
    {"timestamp", 1114, 1115, Shape::kTimestamp, Target::kMoment, "string"},
    {"timestamptz", 1184, 1185, Shape::kTimestamptz, Target::kMoment, "string"},
    {"interval", 1186, 1187},
    {"timetz", 1266, 1270, Shape::kTimetz, Target::kMoment, "string"},
    {"bit", 1560, 1561},
    {"varbit", 1562, 1563},
    {"numeric", 1700, 1231, Shape::kNumeric, Target::kNumeric, "string"},
    {"refcursor", 1790, 2201},
    {"regprocedure", 2202, 2207},
    {"regoper", 2203, 2208},
    {"regoperator", 2204, 2209},
    {"regclass", 2205, 2210},
    {"regtype", 2206, 2211},
    {"record", 2249, 2287},
    {"cstring", 2275, 1263, Shape::kText, Target::kText, "string"},
    {"any", 2276},
    {"anyarray", 2277},
    {"void", 2278, 0, Shape::kVoid, Target::kOther, "null"},
    {"trigger", 2279},
    {"language_handler", 2280},
    {"internal", 2281},
    {"anyelement", 2283},
    {"anynonarray", 2776},
    {"uuid", 2950, 2951, Shape::kUuid, Target::kUuid, "string"},
    {"txid_snapshot", 2970, 2949},
    {"fdw_handler", 3115},
    {"pg_lsn", 3220, 3221},
    {"tsm_handler", 3310},
    {"pg_ndistinct", 3361},
    {"pg_dependencies", 3402},
    {"anyenum", 3500},
    {"tsvector", 3614, 3643},
    {"tsquery", 3615, 3645},
    {"gtsvector", 3642, 3644},
    {"regconfig", 3734, 3735},
    {"regdictionary", 3769, 3770},
    {"jsonb", 3802, 3807, Shape::kJsonb, Target::kJson, "JsonValue"},
    {"anyrange", 3831},
    {"event_trigger", 3838},
    {"int4range", 3904, 3905},
    {"numrange", 3906, 3907},
    {"tsrange", 3908, 3909},
    {"tstzrange", 3910, 3911},
    {"daterange", 3912, 3913},
    {"int8range", 3926, 3927},
    {"jsonpath", 4072, 4073},
    {"regnamespace", 4089, 4090},
    {"regrole", 4096, 4097},
    {"regcollation", 4191, 4192},
    {"int4multirange", 4451, 6150},
    {"nummultirange", 4532, 6151},
    {"tsmultirange", 4533, 6152},
    {"tstzmultirange", 4534, 6153},
    {"datemultirange", 4535, 6155},
    {"int8multirange", 4536, 6157},
    {"anymultirange", 4537},
    {"anycompatiblemultirange", 4538},
    {"pg_brin_bloom_summary", 4600},
    {"pg_brin_minmax_multi_summary", 4601},
    {"pg_mcv_list", 5017},
    {"pg_snapshot", 5038, 5039},
    {"xid8", 5069, 271},
    {"anycompatible", 5077},
    {"anycompatiblearray", 5078},
    {"anycompatiblenonarray", 5079},
    {"anycompatiblerange", 5080},
};

}  // namespace hdb::types
