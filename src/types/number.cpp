#include "types/number.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace hdb::types {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// For a decimal outside the range of a double: is it too large, or too close to zero?
bool is_huge(std::string_view text) {
  std::int64_t magnitude = 0;  // the power of ten of the first digit that is not 0, counted from the point
  bool seen = false;
  bool point = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      point = true;
    } else if (is_digit(text[i])) {
      seen = seen || text[i] != '0';
      if (seen && !point) ++magnitude;
      if (!seen && point) --magnitude;
    }
  }
  if (i == text.size()) return magnitude > 0;
  std::string_view exponent = text.substr(i + 1);
  const bool negative = exponent.starts_with('-');
  if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : exponent)
    if (value < std::numeric_limits<std::int32_t>::max()) value = value * 10 + (c - '0');
  return magnitude + (negative ? -value : value) > 0;
}

#if defined(__cpp_lib_to_chars)
std::from_chars_result read_double(std::string_view text, double& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out);
}
#else
// Standard libraries without from_chars for floating point. Node leaves the process in the "C" locale.
std::from_chars_result read_double(std::string_view text, double& out) {
  const std::string copy(text);
  char* end = nullptr;
  out = std::strtod(copy.c_str(), &end);
  const bool lost =
      std::isinf(out) || (out == 0 && copy.find_first_of("123456789") < copy.find_first_of("eE"));
  return {text.data() + (end - copy.c_str()), lost ? std::errc::result_out_of_range : std::errc()};
}
#endif

constexpr std::array<double, 13> kPowersOfTen{1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                              1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
constexpr std::uint32_t kFloat4Fraction = 0x007fffff;

// Rounds a product in [0, 2^53).
double round_to_even(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double rest = value - static_cast<double>(whole);
  return static_cast<double>(rest > 0.5 || (rest == 0.5 && whole % 2 != 0) ? whole + 1 : whole);
}

// As PostgreSQL chooses digits: the fewest inside the interval that rounds to the value, without its ends.
// to_chars takes an end too where the value is even: 6.484007e7 for 64840072. Scientific, because without a
// format it may prefer the exact digits of a large value over the shortest.
double widen_by_text(float value) {
  const double exact = value;
  const float infinity = std::numeric_limits<float>::infinity();
  const double low = (exact + static_cast<double>(std::nextafter(value, -infinity))) / 2;
  const double high = (exact + static_cast<double>(std::nextafter(value, infinity))) / 2;
  char buffer[32];
  double out = exact;
  const auto read = [&](std::to_chars_result written) {
    read_double({buffer, static_cast<std::size_t>(written.ptr - buffer)}, out);
    return static_cast<float>(out) == value && out != low && out != high;
  };
  if (read(std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific))) return out;
  for (int decimals = 1; decimals < std::numeric_limits<float>::max_digits10; ++decimals)
    if (read(std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, decimals)))
      return out;
  return exact;
}

}  // namespace

bool parse_int64(std::string_view text, std::int64_t& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end;
}

std::size_t format_int64(std::int64_t value, char* out) {
  return static_cast<std::size_t>(std::to_chars(out, out + kInt64Text, value).ptr - out);
}

bool parse_decimal(std::string_view text, double& out) {
  const bool negative = text.starts_with('-');
  const std::size_t first = negative ? 1 : 0;
  if (first >= text.size() || !is_digit(text[first])) return false;  // not "inf", not ".5"
  const auto [stop, error] = read_double(text, out);
  if (stop != text.data() + text.size()) return false;
  if (error == std::errc::result_out_of_range) {
    out = is_huge(text) ? std::numeric_limits<double>::infinity() : 0.0;
    if (negative) out = -out;
    return true;
  }
  return error == std::errc();
}

bool parse_float(std::string_view text, double& out) {
  if (text == "NaN") {
    out = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    out = std::numeric_limits<double>::infinity();
  } else if (text == "-Infinity") {
    out = -std::numeric_limits<double>::infinity();
  } else {
    return parse_decimal(text, out);
  }
  return true;
}

double widen_float4(float value) {
  const double exact = value;
  const double size = std::fabs(exact);
  // Whole numbers below 2^24 are their own shortest digits; so are NaN and the infinities.
  if (!std::isfinite(value) || (size < 16777216.0 && size == std::floor(size))) return exact;
  // The fewest decimals that read back as the same float4. Every product here is exact (24 bits of the float,
  // at most 28 of the power's odd part); a power of two has an uneven neighbourhood, so it takes the other
  // way.
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (size >= 1e-3 && size < 1e7 && (bits & kFloat4Fraction) != 0) {
    for (std::size_t decimals = 1; decimals < kPowersOfTen.size(); ++decimals) {
      const double power = kPowersOfTen[decimals];
      const double digits = round_to_even(size * power);
      const double candidate = digits / power;
      if (static_cast<float>(candidate) == static_cast<float>(size)) return std::copysign(candidate, exact);
    }
  }
  return widen_by_text(value);
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return "0";
  char buffer[40];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
  std::string out;
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  std::string_view power_text = text.substr(e + 1);
  if (power_text.starts_with('+')) power_text.remove_prefix(1);
  std::int64_t power = 0;
  parse_int64(power_text, power);
  // The names are ECMAScript's (Number::toString): k digits, the point after the n-th.
  const auto k = static_cast<std::int64_t>(digits.size());
  const std::int64_t n = power + 1;
  const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  if (k <= n && n <= 21) {
    out += digits;
    out.append(size(n - k), '0');
  } else if (0 < n && n <= 21) {
    out.append(digits, 0, size(n)).append(1, '.').append(digits, size(n));
  } else if (-6 < n && n <= 0) {
    out.append("0.").append(size(-n), '0').append(digits);
  } else {
    out += digits[0];
    if (k > 1) out.append(1, '.').append(digits, 1);
    out += n > 0 ? "e+" : "e-";
    out += std::to_string(n > 0 ? n - 1 : 1 - n);
  }
  return out;
}

std::size_t format_char(char c, char* out) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte == 0) return 0;
  if (byte < 0x80) {
    out[0] = c;
    return 1;
  }
  out[0] = '\\';
  out[1] = static_cast<char>('0' + (byte >> 6));
  out[2] = static_cast<char>('0' + ((byte >> 3) & 7));
  out[3] = static_cast<char>('0' + (byte & 7));
  return 4;
}

void format_uuid(const char* bytes, char* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
}

}  // namespace hdb::types
