// number: integers, floats, "char" and uuid between their forms.
// Thread: any; pure. Independent of the process's locale.
// Not here: numeric (numeric.hpp), json numbers' grammar (json.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hdb::types {

inline constexpr std::int64_t kMaxSafeInteger = 9007199254740991;  // 2^53 - 1, as in JavaScript

struct IntRange {
  std::int64_t min;
  std::int64_t max;
};
inline constexpr IntRange kInt2Range{-32768, 32767};
inline constexpr IntRange kInt4Range{-2147483648LL, 2147483647};
inline constexpr IntRange kOidRange{0, 4294967295LL};
inline constexpr bool fits(IntRange range, std::int64_t value) {
  return value >= range.min && value <= range.max;
}

/// The whole text is a decimal integer within 64 bits.
bool parse_int64(std::string_view text, std::int64_t& out);

inline constexpr std::size_t kInt64Text = 20;
std::size_t format_int64(std::int64_t value, char* out);  // out: kInt64Text

/// A finite decimal; beyond the range of a double it becomes ±Infinity or ±0, as in JavaScript.
bool parse_decimal(std::string_view text, double& out);
/// As PostgreSQL prints float4 and float8: a decimal, NaN, Infinity or -Infinity.
bool parse_float(std::string_view text, double& out);

/// The double whose shortest digits are those of the float4: 1.1f → 1.1, not 1.10000002384185791015625.
double widen_float4(float value);

/// As JavaScript's String(number): 1e21, 0.000001, 1e-7, -0 → "0", NaN, Infinity.
std::string number_text(double value);

std::size_t format_char(char c, char* out);      // out: 4; as PostgreSQL 16 prints "char": "", "a", "\377"
void format_uuid(const char* bytes, char* out);  // 16 bytes → 36 characters

}  // namespace hdb::types
