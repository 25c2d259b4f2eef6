#include "types/param_type.hpp"

#include "types/oid.hpp"

namespace hdb::types {

ParamType ParamType::of(Oid oid) {
  ParamType type;
  type.oid = type.base_oid = oid;
  if (const BuiltInType* built_in = find_type(oid)) {
    type.element_oid = type.element_base_oid = built_in->element();
    type.delimiter = built_in->row->delimiter;
    type.name = built_in->name();
  } else {
    type.name = std::to_string(oid);
  }
  return type;
}

}  // namespace hdb::types
