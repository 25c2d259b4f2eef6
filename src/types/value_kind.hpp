// value_kind: what a Value is called in messages.
// Thread: any; pure.
// Not here: the Value (base/value.hpp). Never shows a string's or an object's content: it may be a secret.
#pragma once

#include <string>
#include <string_view>

#include "base/value.hpp"

namespace hdb::types {

/// "number", "Buffer", "array", …
std::string kind_of(const Value& value);

/// Decimal digits with an optional minus sign and no needless zero, as every bigint prints.
bool is_integer_text(std::string_view digits);

/// The digits, or for a long one only how many there are.
std::string show(const BigInt& value);

}  // namespace hdb::types
