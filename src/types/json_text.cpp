#include "types/json_text.hpp"

#include <cmath>

#include "types/json.hpp"
#include "types/number.hpp"
#include "types/timestamp.hpp"
#include "types/value_kind.hpp"

namespace hdb::types {

namespace {

bool append(const Value& value, std::size_t depth, std::string& out, JsonRefusal& refusal);

struct Writer {
  std::string& out;
  JsonRefusal& refusal;
  std::size_t depth;

  bool refuse(std::string reason, const Value& value) const {
    refusal = {std::move(reason), kind_of(value)};
    return false;
  }

  bool operator()(const Null&) const {
    out += "null";
    return true;
  }
  bool operator()(bool value) const {
    out += value ? "true" : "false";
    return true;
  }
  bool operator()(double value) const {
    out += std::isfinite(value) ? number_text(value) : "null";
    return true;
  }
  bool operator()(const BigInt& value) const {
    if (!is_integer_text(value.digits)) return refuse("it is not a decimal integer", value);
    out += value.digits;
    return true;
  }
  bool operator()(const std::string& value) const {
    append_json_string(value, out);
    return true;
  }
  bool operator()(const Bytes& value) const { return refuse("bytes have no form in JSON", value); }
  bool operator()(const Timestamp& value) const {
    std::string text;
    if (!date_ms_json(value.ms, text)) return refuse("the Date is invalid", value);
    out.append(1, '"').append(text).append(1, '"');
    return true;
  }
  bool operator()(const Json& value) const {
    if (value.text.find('\0') != std::string::npos) return refuse("the text holds a NUL character", value);
    out += value.text;
    return true;
  }
  bool operator()(const List& list) const {
    if (depth == kMaxJsonDepth) {
      refusal = {"it is nested more than 1,000 levels deep", "array"};
      return false;
    }
    out += '[';
    bool first = true;
    for (const Value& element : list) {
      if (!first) out += ',';
      first = false;
      if (!append(element, depth + 1, out, refusal)) return false;
    }
    out += ']';
    return true;
  }
  bool operator()(const Unsupported& value) const { return refuse("it has no form in JSON", value); }
};
static_assert(kMaxJsonDepth == 1000, "the message above says so");

bool append(const Value& value, std::size_t depth, std::string& out, JsonRefusal& refusal) {
  return std::visit(Writer{out, refusal, depth}, value.v);
}

}  // namespace

bool append_json(const Value& value, std::string& out, JsonRefusal& refusal) {
  return append(value, 0, out, refusal);
}

void append_json_string(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += c;
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out.append("u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  out.append(text, start, text.size() - start).append(1, '"');
}

}  // namespace hdb::types
