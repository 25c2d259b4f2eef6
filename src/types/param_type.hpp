// param_type: the type of a parameter, as far as its values depend on it.
// Thread: any; a value.
// Not here: what the catalogue knows of a type (conn/statement_info.hpp).
#pragma once

#include <string>

#include "api/result.hpp"

namespace hdb::types {

/// What is known of a parameter's type. `oid` alone is enough for the built-in types: of() adds the rest.
struct ParamType {
  Oid oid = 0;               // as the server said
  Oid base_oid = 0;          // of a domain: its base type; else oid
  Oid element_oid = 0;       // of an array: its elements; else 0
  Oid element_base_oid = 0;  // if those are of a domain: its base type; else element_oid
  char delimiter = ',';      // between the elements of the array's literal
  char kind = 'b';           // pg_type.typtype of base_oid, where the catalogue was asked; e for an enum
  std::string name;          // in pg_type, for messages
  std::string base_name;     // of a domain: that of base_oid; else empty

  /// A built-in type; for any other, only oid, base_oid and the number as a name.
  static ParamType of(Oid oid);
};

}  // namespace hdb::types
