// numeric: the binary form of numeric → the digits that the server prints.
// Thread: any; pure.
// Not here: numbers that JavaScript holds as numbers (number.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hdb::types {

inline constexpr std::size_t kSmallNumeric = 256;  // texts up to this size need no allocation

/// A binary numeric that has been checked.
struct NumericHead {
  const char* digits = nullptr;  // big-endian base 10,000
  int count = 0;                 // of them
  int weight = 0;                // of the first one, in powers of 10,000
  int scale = 0;                 // decimal digits after the point
  std::uint16_t sign = 0;
  std::size_t text_size = 0;  // enough for format_numeric; at most 147,458
};

bool read_numeric_head(std::string_view bytes, NumericHead& out);
std::size_t format_numeric(const NumericHead& head, char* out);  // out: head.text_size

}  // namespace hdb::types
