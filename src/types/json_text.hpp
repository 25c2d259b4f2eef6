// json_text: a Value → JSON text, as JSON.stringify would write it.
// Thread: any; pure.
// Not here: reading JSON (json.hpp); objects, which JSON.stringify has written already (base/value.hpp).
#pragma once

#include <string>
#include <string_view>

#include "base/value.hpp"

namespace hdb::types {

/// Why a value has no JSON form, and the kind of value at fault, which may be deep inside.
struct JsonRefusal {
  std::string reason;
  std::string kind;
};

/// Appends the text. Inside of arrays NaN and the infinities become null, as JSON.stringify has it; a bigint
/// its digits. False, with the refusal, for bytes, an invalid Date, and what JavaScript has no JSON for.
bool append_json(const Value& value, std::string& out, JsonRefusal& refusal);

void append_json_string(std::string_view text, std::string& out);

}  // namespace hdb::types
