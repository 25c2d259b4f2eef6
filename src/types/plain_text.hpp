// plain_text: does a parameter's text mean the same in every type that the parameter may have by now?
// Thread: any; pure.
// Not here: writing it (encode.hpp).
#pragma once

#include <string_view>

#include "types/param_type.hpp"

namespace hdb::types {

/// A prepared statement keeps the types that its parameters had when it was prepared. If a column's type has
/// changed since, the server casts from the old one, which may round, truncate or rewrite the value: 0.1 as a
/// float4 is 0.10000000149011612 as a float8. True for texts that no such cast changes: an integer in the
/// range of its type, a text, a uuid, a bool.
bool is_plain(std::string_view text, const ParamType& type);

}  // namespace hdb::types
