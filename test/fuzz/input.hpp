// Input: takes what a fuzz target needs from the fuzzer's bytes.
// Thread: any; for fuzz targets.
// Not here: what is done with it (*_fuzz.cpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hdb::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool is_empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  template <class T>
  T number() {
    T value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_.remove_prefix(size);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// All that is left: it ends where the fuzzer's buffer ends, so a read beyond it is found.
  std::string_view rest() const { return rest_; }
  template <class T, std::size_t kSize>
  const T& one_of(const T (&choices)[kSize]) {
    return choices[byte() % kSize];
  }

 private:
  std::string_view rest_;
};

}  // namespace hdb::fuzz
