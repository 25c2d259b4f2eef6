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
#include "types/param_type.hpp"

namespace hdb::types {

inline constexpr std::size_t kMaxParameters = 65535;  // the protocol counts them in 16 bits

struct EncodedParam {
  bool is_null = false;
  bool binary = false;   // only of bytea
  bool is_plain = true;  // no cast from the type of the parameter changes it (plain_text.hpp)
  std::string text;      // the value, unless binary
  Bytes bytes;           // the value, if binary: shared with the caller's, not copied

  std::string_view data() const { return binary ? bytes.view() : std::string_view(text); }
};

/// Moves the value into the answer unless it is refused. `position` counts from 1, for the message.
Expected<EncodedParam> encode(Value& value, const ParamType& type, std::size_t position);

/// Encodes all parameters, or none. There must be as many as the server has said.
Expected<std::vector<EncodedParam>> encode_all(std::vector<Value>& values,
                                               const std::vector<ParamType>& types);

/// "Parameter $2 does not fit type int4: 1.5 is not an integer (number)." Nothing was sent.
Error parameter_error(std::size_t position, const ParamType& type, std::string_view reason,
                      std::string_view kind);

}  // namespace hdb::types
