// wire: big-endian reads, and a cursor that never leaves its bytes.
// Thread: any; pure.
// Not here: what the bytes mean (decode.hpp).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hdb::types {

inline std::uint16_t read_u16(const char* p) {
  const auto* b = reinterpret_cast<const unsigned char*>(p);
  return static_cast<std::uint16_t>((b[0] << 8) | b[1]);
}
inline std::uint32_t read_u32(const char* p) {
  const auto* b = reinterpret_cast<const unsigned char*>(p);
  return (std::uint32_t{b[0]} << 24) | (std::uint32_t{b[1]} << 16) | (std::uint32_t{b[2]} << 8) | b[3];
}
inline std::uint64_t read_u64(const char* p) { return (std::uint64_t{read_u32(p)} << 32) | read_u32(p + 4); }
inline std::int16_t read_i16(const char* p) { return static_cast<std::int16_t>(read_u16(p)); }
inline std::int32_t read_i32(const char* p) { return static_cast<std::int32_t>(read_u32(p)); }
inline std::int64_t read_i64(const char* p) { return static_cast<std::int64_t>(read_u64(p)); }

/// Takes bytes from the front; what is not there is not read.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }
  bool take_i32(std::int32_t& out) {
    if (left() < 4) return false;
    out = read_i32(p_);
    p_ += 4;
    return true;
  }
  bool take(std::size_t size, std::string_view& out) {
    if (left() < size) return false;
    out = {p_, size};
    p_ += size;
    return true;
  }

 private:
  const char* p_;
  const char* end_;
};

}  // namespace hdb::types
