// wal_position: where a server is in its WAL, as it prints it.
// Thread: any; pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace hdb {

template <class T>
bool parse_hex(std::string_view from, T& out) {
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), out, 16);
  return error == std::errc() && end == from.data() + from.size();
}

/// "16/B374D848": two halves of 32 bits.
inline bool parse_lsn(std::string_view from, std::uint64_t& out) {
  const std::size_t slash = from.find('/');
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  if (slash == std::string_view::npos || !parse_hex(from.substr(0, slash), high) ||
      !parse_hex(from.substr(slash + 1), low)) {
    return false;
  }
  out = (static_cast<std::uint64_t>(high) << 32) | low;
  return true;
}

}  // namespace hdb
