// encode: a Value and the type of its parameter → what is sent, or a refusal before anything is.
// Thread: any; pure.
// Not here: reading JavaScript (node/), what the catalogue knows of a type (conn/), the wire (pq/).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.hpp"
#include "api/result.hpp"
#include "base/bytes.hpp"
#include "base/value.hpp"

namespace hdb::types {

inline constexpr std::size_t kMaxParameters = 65535;  // the protocol counts them in 16 bits

/// What is known of a parameter's type. `oid` alone is enough for the built-in types: of() adds the rest.
struct ParamType {
  Oid oid = 0;               // as the server said
  Oid base_oid = 0;          // of a domain: what it is made of; else oid
  Oid element_oid = 0;       // of an array: its elements; else 0
  Oid element_base_oid = 0;  // where those are of a domain: what it is made of; else element_oid
  char delimiter = ',';      // between the elements of the array's literal
  char kind = 'b';  // pg_type.typtype of base_oid: b, c(omposite), d, e(num), m(ultirange), p(seudo), r(ange)
  std::string name;       // in pg_type, for messages
  std::string base_name;  // of a domain: that of base_oid; else empty

  /// A type that this client knows by itself; for any other only oid, base_oid and the number as a name.
  static ParamType of(Oid oid);
};

struct EncodedParam {
  bool is_null = false;
  bool binary = false;  // only of bytea
  std::string text;     // the value, unless binary
  Bytes bytes;          // the value, if binary: shared with the caller's, not copied

  std::string_view data() const { return binary ? bytes.view() : std::string_view(text); }
};

/// Takes the value: a string moves into the answer. `position` counts from 1, for the message.
Expected<EncodedParam> encode(Value value, const ParamType& type, std::size_t position);

/// All of them, in order. The counts must be equal: the server says how many it wants.
Expected<std::vector<EncodedParam>> encode_all(std::vector<Value> values,
                                               const std::vector<ParamType>& types);

/// "Parameter $2 does not fit type int4: 1.5 is not an integer (number)." Nothing was sent.
Error parameter_error(std::size_t position, const ParamType& type, std::string_view reason,
                      std::string_view kind);

}  // namespace hdb::types
