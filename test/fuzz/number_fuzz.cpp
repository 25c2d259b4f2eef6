// Decimals against strtod; doubles and float4 there and back.
#include <bit>
#include <cmath>
#include <cstdlib>

#include "base/assert.hpp"
#include "test/fuzz/input.hpp"
#include "types/number.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdb::types;
  hdb::fuzz::Input input(data, size);
  const auto any = std::bit_cast<double>(input.number<std::uint64_t>());
  if (std::isfinite(any)) {
    double back = 0;
    HDB_CHECK(parse_decimal(number_text(any), back) && back == any);
  }
  const auto single = static_cast<float>(any);
  HDB_CHECK(std::isnan(single) || static_cast<float>(widen_float4(single)) == single);
  const std::string text(input.rest());
  double value = 0;
  if (parse_decimal(text, value)) {
    char* end = nullptr;
    HDB_CHECK(std::strtod(text.c_str(), &end) == value && *end == '\0');
    HDB_CHECK(std::signbit(value) == text.starts_with('-'));
  }
  std::int64_t integer = 0;
  if (parse_int64(text, integer)) HDB_CHECK(std::strtoll(text.c_str(), nullptr, 10) == integer);
  return 0;
}
