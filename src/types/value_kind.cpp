#include "types/value_kind.hpp"

#include <algorithm>

namespace hdb::types {

namespace {

constexpr std::size_t kShownDigits = 40;

struct KindName {
  std::string operator()(const Null&) const { return "null"; }
  std::string operator()(bool) const { return "boolean"; }
  std::string operator()(double) const { return "number"; }
  std::string operator()(const BigInt&) const { return "bigint"; }
  std::string operator()(const std::string&) const { return "string"; }
  std::string operator()(const Bytes&) const { return "Buffer"; }
  std::string operator()(const Timestamp&) const { return "Date"; }
  std::string operator()(const Json&) const { return "object"; }
  std::string operator()(const List&) const { return "array"; }
  std::string operator()(const Unsupported& value) const { return value.kind; }
};

}  // namespace

std::string kind_of(const Value& value) { return std::visit(KindName{}, value.v); }

bool is_integer_text(std::string_view digits) {
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.size() > 1 && digits.front() == '0') return false;
  return !digits.empty() &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string show(const BigInt& value) {
  if (!is_integer_text(value.digits)) return "this bigint";
  if (value.digits.size() <= kShownDigits) return value.digits;
  return "a bigint of " + std::to_string(value.digits.size()) + " digits";
}

}  // namespace hdb::types
