#include "types/plain_text.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "types/number.hpp"
#include "types/oid.hpp"
#include "types/value_kind.hpp"

namespace hdb::types {

namespace {

/// An integer as the server prints it, within the digits that a cast keeps.
bool is_whole(std::string_view text, std::size_t most_digits = std::string_view::npos) {
  return is_integer_text(text) && text != "-0" && text.size() - (text.front() == '-' ? 1 : 0) <= most_digits;
}

bool is_in_range(std::string_view text, IntRange range) {
  std::int64_t value = 0;
  return is_whole(text) && parse_int64(text, value) && fits(range, value);
}

/// As the server prints it.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (is_hyphen ? text[i] != '-' : !is_hex) return false;
  }
  return true;
}

bool is_plain_scalar(std::string_view text, Oid oid, char kind) {
  // Digits that a float4 or a float8 keeps when it becomes a numeric (FLT_DIG, DBL_DIG).
  constexpr std::size_t kFloat4Digits = 6;
  constexpr std::size_t kFloat8Digits = 15;
  switch (oid) {
    case oids::kText:
    case oids::kVarchar:
    case oids::kUnknown:
      return true;
    case oids::kBpchar:
      return !text.ends_with(' ');
    case oids::kInt2:
      return is_in_range(text, kInt2Range);
    case oids::kInt4:
      return is_in_range(text, kInt4Range);
    case oids::kOid:
      return is_in_range(text, kOidRange);
    case oids::kInt8:
      return is_in_range(
          text, {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()});
    case oids::kFloat4:
      return is_whole(text, kFloat4Digits);
    case oids::kFloat8:
      return is_whole(text, kFloat8Digits);
    case oids::kNumeric:
      return is_whole(text);
    case oids::kBool:
      return text == "true" || text == "false";
    case oids::kUuid:
      return is_uuid(text);
    default:
      return kind == 'e';
  }
}

/// Of a literal without quotes, escapes or nested arrays.
bool is_plain_array(std::string_view text, const ParamType& type) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return false;
  if (text.find_first_of("\"\\ {\t\n\r\v\f", 1) != std::string_view::npos) return false;
  if (type.element_base_oid == oids::kBool) return false;  // whose elements the server prints as t and f
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(type.delimiter), text.size());
    const std::string_view element = text.substr(0, end);
    // Nothing is known of elements that are not of a base type, so they are described anew.
    if (element != "NULL" && !is_plain_scalar(element, type.element_base_oid, 'b')) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace

bool is_plain(std::string_view text, const ParamType& type) {
  if (type.element_oid != 0) return is_plain_array(text, type);
  return is_plain_scalar(text, type.base_oid, type.kind);
}

}  // namespace hdb::types
