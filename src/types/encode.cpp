#include "types/encode.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "types/array.hpp"
#include "types/bytea.hpp"
#include "types/json_text.hpp"
#include "types/number.hpp"
#include "types/oid.hpp"
#include "types/plain_text.hpp"
#include "types/timestamp.hpp"
#include "types/value_kind.hpp"

namespace hdb::types {

namespace {

constexpr std::size_t kMaxFieldSize = 0x3fffffff;  // PostgreSQL's MaxAllocSize: no value is larger

Target target_of(const BuiltInType* built_in, char kind) {
  if (built_in != nullptr) return built_in->target();
  return kind == 'e' ? Target::kText : Target::kOther;
}

/// Why a value does not fit.
struct Refusal {
  std::string reason;
  std::string kind;
};

IntRange range_of(Target target) {
  switch (target) {
    case Target::kInt2:
      return kInt2Range;
    case Target::kInt4:
      return kInt4Range;
    case Target::kOid:
      return kOidRange;
    default:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

std::string range_text(IntRange range) {
  return "the range " + std::to_string(range.min) + " to " + std::to_string(range.max);
}

bool is_exact_double(std::string_view digits, double& out) {
  if (!parse_decimal(digits, out) || !std::isfinite(out)) return false;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  char buffer[320];  // the largest double has 309 digits
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, std::fabs(out), std::chars_format::fixed, 0);
  return std::string_view(buffer, static_cast<std::size_t>(written.ptr - buffer)) == digits;
}

/// Writes one value that is not an array of PostgreSQL in text form. If false, `refusal` says why it does not
/// fit.
struct ScalarWriter {
  Target target;
  std::string& out;
  Refusal& refusal;

  bool refuse(const Value& value, std::string reason) const {
    refusal = {std::move(reason), kind_of(value)};
    return false;
  }
  bool wrong_kind(const Value& value) const { return refuse(value, "the type takes no such value"); }
  bool write(std::string_view text) const {
    out += text;
    return true;
  }
  bool write_json(const Value& value) const {
    JsonRefusal why;
    if (append_json(value, out, why)) return true;
    refusal = {std::move(why.reason), std::move(why.kind)};
    return false;
  }

  bool operator()(const Null& value) const { return wrong_kind(value); }  // NULL is decided by the callers

  bool operator()(bool value) const {
    switch (target) {
      case Target::kBool:
      case Target::kText:
      case Target::kJson:
      case Target::kOther:
        return write(value ? "true" : "false");
      default:
        return wrong_kind(value);
    }
  }

  bool operator()(double value) const {
    switch (target) {
      case Target::kInt2:
      case Target::kInt4:
      case Target::kOid:
      case Target::kInt8:
        return write_integer(value);
      case Target::kFloat4:
        if (std::isfinite(value) &&
            (std::isinf(static_cast<float>(value)) || (value != 0 && static_cast<float>(value) == 0.0f)))
          return refuse(value, number_text(value) + " is out of range");
        [[fallthrough]];
      case Target::kFloat8:
        return write(value == 0 && std::signbit(value) ? "-0" : number_text(value));
      case Target::kNumeric:
      case Target::kText:
      case Target::kOther:
        return write(number_text(value));
      case Target::kJson:
        if (!std::isfinite(value)) return refuse(value, number_text(value) + " is no JSON number");
        return write(number_text(value));
      default:
        return wrong_kind(value);
    }
  }

  bool write_integer(double value) const {
    if (std::trunc(value) != value || !std::isfinite(value))
      return refuse(value, number_text(value) + " is not an integer");
    if (std::fabs(value) > static_cast<double>(kMaxSafeInteger)) {
      if (target != Target::kInt8)
        return refuse(value, number_text(value) + " is out of " + range_text(range_of(target)));
      return refuse(value,
                    number_text(value) + " is beyond 2^53 - 1, where numbers are not exact: use a bigint");
    }
    const auto integer = static_cast<std::int64_t>(value);
    if (!fits(range_of(target), integer))
      return refuse(value, number_text(value) + " is out of " + range_text(range_of(target)));
    return write(std::to_string(integer));
  }

  bool operator()(const BigInt& value) const {
    if (!is_integer_text(value.digits)) return refuse(value, "it is not a decimal integer");
    switch (target) {
      case Target::kInt2:
      case Target::kInt4:
      case Target::kOid:
      case Target::kInt8: {
        std::int64_t integer = 0;
        if (!parse_int64(value.digits, integer) || !fits(range_of(target), integer))
          return refuse(value, show(value) + " is out of " + range_text(range_of(target)));
        return write(value.digits);
      }
      case Target::kFloat4:
      case Target::kFloat8: {
        double number = 0;
        if (!is_exact_double(value.digits, number) ||
            (target == Target::kFloat4 && static_cast<double>(static_cast<float>(number)) != number))
          return refuse(value, show(value) + " would be rounded: use a number");
        return write(value.digits);
      }
      case Target::kNumeric:
      case Target::kText:
      case Target::kJson:
      case Target::kOther:
        return write(value.digits);
      default:
        return wrong_kind(value);
    }
  }

  bool operator()(const std::string& value) const {
    if (value.find('\0') != std::string::npos)
      return refuse(value, "the text holds a NUL character, which PostgreSQL cannot store");
    return write(value);
  }

  bool operator()(const Bytes& value) const {
    if (target != Target::kBytea) return wrong_kind(value);
    append_bytea_hex(value.view(), out);
    return true;
  }

  bool operator()(const Timestamp& value) const {
    std::string text;
    switch (target) {
      case Target::kMoment:
      case Target::kOther:
        if (!date_ms_text(value.ms, text)) return refuse(value, "the Date is invalid");
        return write(text);
      case Target::kText:
        if (!date_ms_json(value.ms, text)) return refuse(value, "the Date is invalid");
        return write(text);
      case Target::kJson:
        return write_json(value);
      default:
        return wrong_kind(value);
    }
  }

  bool operator()(const Json& value) const {
    switch (target) {
      case Target::kJson:
      case Target::kText:
      case Target::kOther:
        return write_json(value);
      case Target::kMoment:
        return refuse(value,
                      "a point in time is a Date or an ISO 8601 string, such as toDate() of dayjs gives");
      default:
        return wrong_kind(value);
    }
  }

  bool operator()(const List& value) const {
    if (target == Target::kJson) return write_json(value);
    return refuse(value,
                  "the type is neither an array nor json; to compare with each element, write `= any ($1)`");
  }

  bool operator()(const Unsupported& value) const { return refuse(value, "it cannot be a parameter"); }
};

/// Writes an array literal.
class ArrayWriter {
 public:
  ArrayWriter(Target target, char delimiter, std::string& out, Refusal& refusal)
      : target_(target), delimiter_(delimiter), out_(out), refusal_(refusal) {}

  bool write(const List& list) {
    // In an array of json a nested list is a json array: one element, of any shape.
    if (target_ == Target::kJson) {
      sizes_[0] = list.size();
      dims_ = 1;
    } else if (!measure(list)) {
      return false;
    }
    for (std::size_t i = 0; i < dims_; ++i) {
      if (sizes_[i] == 0) {  // PostgreSQL has one empty array, without dimensions
        if (!is_empty(list, 0)) return ragged();
        out_ += "{}";
        return true;
      }
    }
    return write(list, 0);
  }

 private:
  bool refuse(std::string reason, std::string kind) {
    refusal_ = {std::move(reason), std::move(kind)};
    return false;
  }
  bool ragged() { return refuse("the inner arrays are not all of one length", "array"); }

  // The shape, according to the first elements.
  bool measure(const List& list) {
    for (const List* inner = &list;;) {
      if (dims_ == kMaxArrayDims) return refuse("PostgreSQL's arrays have at most 6 dimensions", "array");
      sizes_[dims_++] = inner->size();
      if (inner->empty()) return true;
      inner = inner->front().get<List>();
      if (inner == nullptr) return true;
    }
  }

  // For an array whose shape ends in an empty list: has it that shape throughout, without any element?
  bool is_empty(const List& list, std::size_t dimension) const {
    if (list.size() != sizes_[dimension]) return false;
    for (const Value& element : list) {
      const List* inner = element.get<List>();
      if (inner == nullptr || dimension + 1 == dims_ || !is_empty(*inner, dimension + 1)) return false;
    }
    return true;
  }

  bool write(const List& list, std::size_t dimension) {
    if (list.size() != sizes_[dimension]) return ragged();
    out_ += '{';
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += delimiter_;
      const List* inner = list[i].get<List>();
      const bool is_leaf = dimension + 1 == dims_;
      if (!is_leaf) {
        if (inner == nullptr) return ragged();
        if (!write(*inner, dimension + 1)) return prefix(i);
      } else if (inner != nullptr && target_ != Target::kJson) {
        return ragged();
      } else if (!write_element(list[i])) {
        return prefix(i);
      }
    }
    out_ += '}';
    return true;
  }

  bool write_element(const Value& value) {
    if (value.is_null()) {
      out_ += "NULL";
      return true;
    }
    element_.clear();
    in_element_ = true;
    if (!std::visit(ScalarWriter{target_, element_, refusal_}, value.v)) return false;
    in_element_ = false;
    append_array_element(element_, delimiter_, out_);
    return true;
  }

  // Index path of a refused element, collected while unwinding.
  bool prefix(std::size_t index) {
    if (!in_element_) return false;
    path_.insert(0, "[" + std::to_string(index) + "]");
    return false;
  }

 public:
  /// Path of the refused element; "" if the array as a whole does not fit.
  const std::string& path() const { return path_; }

 private:
  Target target_;
  char delimiter_;
  std::string& out_;
  Refusal& refusal_;
  std::array<std::size_t, kMaxArrayDims> sizes_{};
  std::size_t dims_ = 0;
  std::string element_;
  bool in_element_ = false;
  std::string path_;
};

std::string display_name(const ParamType& type) {  // "int4[]" for _int4
  std::string name = type.name.empty() ? type_name(type.oid) : type.name;
  if (name.empty()) return std::to_string(type.oid);
  if (type.element_oid != 0 && name.starts_with('_')) return name.substr(1) + "[]";
  return name;
}

std::string size_reason(std::size_t size) {
  return "its " + std::to_string(size) + " bytes are more than PostgreSQL's limit of 1 GB";
}

}  // namespace

Expected<EncodedParam> encode(Value& value, const ParamType& type, std::size_t position) {
  const auto refuse = [&](const std::string& reason, const std::string& kind) -> Expected<EncodedParam> {
    return Fail(parameter_error(position, type, reason, kind));
  };
  EncodedParam out;
  if (value.is_null()) {
    out.is_null = true;
    return out;
  }
  const Oid base = type.base_oid != 0 ? type.base_oid : type.oid;
  const BuiltInType* const built_in = find_type(base);
  const Oid known_element = built_in != nullptr ? built_in->element() : 0;
  const Oid element = type.element_oid != 0 ? type.element_oid : known_element;
  const Target target = target_of(built_in, type.kind);
  Refusal refusal;

  if (auto* text = std::get_if<std::string>(&value.v)) {  // for any type: its input function decides
    if (text->find('\0') != std::string::npos)
      return refuse("the text holds a NUL character, which PostgreSQL cannot store", "string");
    if (text->size() > kMaxFieldSize) return refuse(size_reason(text->size()), kind_of(value));
    out.text = std::move(*text);
  } else if (const Bytes* bytes = value.get<Bytes>();
             bytes != nullptr && element == 0 && target == Target::kBytea) {
    out.binary = true;
    out.bytes = *bytes;
  } else if (element != 0) {
    const Oid element_base = type.element_base_oid != 0 ? type.element_base_oid : element;
    const List* list = value.get<List>();
    if (list == nullptr) {
      const bool unsupported = value.get<Unsupported>() != nullptr;
      return refuse(unsupported ? "it cannot be a parameter" : "the value is not an array", kind_of(value));
    }
    ArrayWriter writer(target_of(find_type(element_base), 'b'), type.delimiter, out.text, refusal);
    if (!writer.write(*list)) {
      if (!writer.path().empty()) refusal.reason = "at " + writer.path() + ", " + refusal.reason;
      return refuse(refusal.reason, refusal.kind);
    }
  } else if (!std::visit(ScalarWriter{target, out.text, refusal}, value.v)) {
    return refuse(refusal.reason, refusal.kind);
  }
  if (const std::size_t size = out.data().size(); size > kMaxFieldSize)
    return refuse(size_reason(size), kind_of(value));
  out.is_plain = out.binary || is_plain(out.text, type);
  return out;
}

Expected<std::vector<EncodedParam>> encode_all(std::vector<Value>& values,
                                               const std::vector<ParamType>& types) {
  const auto count = [](std::size_t n) {
    return std::to_string(n) + (n == 1 ? " parameter" : " parameters");
  };
  if (values.size() > kMaxParameters) {
    return Fail(Error::make(ErrorKind::kParameter, "A statement takes at most 65535 parameters; " +
                                                       std::to_string(values.size()) + " were given."));
  }
  if (values.size() != types.size()) {
    return Fail(
        Error::make(ErrorKind::kParameter, "The statement takes " + count(types.size()) + "; " +
                                               std::to_string(values.size()) +
                                               (values.size() == 1 ? " was given." : " were given.")));
  }
  std::vector<EncodedParam> out;
  out.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto encoded = encode(values[i], types[i], i + 1);
    if (!encoded.ok()) {
      for (std::size_t before = 0; before < i; ++before) {
        if (auto* text = std::get_if<std::string>(&values[before].v)) *text = std::move(out[before].text);
      }
      return Fail(std::move(encoded.error()));
    }
    out.push_back(std::move(encoded).value());
  }
  values.clear();
  return out;
}

Error parameter_error(std::size_t position, const ParamType& type, std::string_view reason,
                      std::string_view kind) {
  std::string message =
      "Parameter $" + std::to_string(position) + " does not fit type " + display_name(type) + ": ";
  message.append(reason).append(" (").append(kind).append(").");
  return Error::make(ErrorKind::kParameter, std::move(message));
}

}  // namespace hdb::types
