#include "types/numeric.hpp"

#include <algorithm>
#include <cstring>

#include "types/wire.hpp"

namespace hdb::types {

namespace {

constexpr std::uint16_t kPositive = 0x0000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNaN = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kMinusInfinity = 0xF000;
constexpr int kMaxScale = 0x3FFF;

std::size_t put(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

char* put_group(int group, char* out) {
  *out++ = static_cast<char>('0' + group / 1000);
  *out++ = static_cast<char>('0' + group / 100 % 10);
  *out++ = static_cast<char>('0' + group / 10 % 10);
  *out++ = static_cast<char>('0' + group % 10);
  return out;
}

// As put_group, without leading zeros.
char* put_first_group(int group, char* out) {
  if (group >= 1000) *out++ = static_cast<char>('0' + group / 1000);
  if (group >= 100) *out++ = static_cast<char>('0' + group / 100 % 10);
  if (group >= 10) *out++ = static_cast<char>('0' + group / 10 % 10);
  *out++ = static_cast<char>('0' + group % 10);
  return out;
}

}  // namespace

bool read_numeric_head(std::string_view bytes, NumericHead& out) {
  if (bytes.size() < 8) return false;
  out.count = read_u16(bytes.data());
  out.weight = read_i16(bytes.data() + 2);
  out.sign = read_u16(bytes.data() + 4);
  out.scale = read_u16(bytes.data() + 6);
  out.digits = bytes.data() + 8;
  if (bytes.size() != 8 + 2 * static_cast<std::size_t>(out.count)) return false;
  if (out.sign == kNaN || out.sign == kInfinity || out.sign == kMinusInfinity) {
    out.text_size = sizeof "-Infinity";
    return true;
  }
  if ((out.sign != kPositive && out.sign != kNegative) || out.scale > kMaxScale) return false;
  for (int i = 0; i < out.count; ++i)
    if (read_u16(out.digits + 2 * i) > 9999) return false;
  // Sign, the groups before the point (at least "0"), the point, and the fraction in whole groups.
  out.text_size = 1 + 4 * static_cast<std::size_t>(std::max(out.weight + 1, 1)) + 1 +
                  4 * ((static_cast<std::size_t>(out.scale) + 3) / 4);
  return true;
}

std::size_t format_numeric(const NumericHead& head, char* out) {
  if (head.sign == kNaN) return put("NaN", out);
  if (head.sign == kInfinity) return put("Infinity", out);
  if (head.sign == kMinusInfinity) return put("-Infinity", out);
  const auto group = [&](int i) { return i >= 0 && i < head.count ? int{read_u16(head.digits + 2 * i)} : 0; };
  char* p = out;
  if (head.sign == kNegative) *p++ = '-';
  if (head.weight < 0) {
    *p++ = '0';
  } else {
    p = put_first_group(group(0), p);
    for (int i = 1; i <= head.weight; ++i) p = put_group(group(i), p);
  }
  if (head.scale > 0) {
    *p++ = '.';
    char* const fraction = p;
    for (int i = 0; i < head.scale; i += 4) p = put_group(group(head.weight + 1 + i / 4), p);
    p = fraction + head.scale;
  }
  return static_cast<std::size_t>(p - out);
}

}  // namespace hdb::types
