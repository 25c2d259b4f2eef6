#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

/// Options without defaults.
struct JS_OPTIONS Options {
  /// Has none.
  std::int32_t count;
  /// Cannot be printed.
  std::int32_t sum = 40 + 2;
  /// Is not possible itself.
  JS_RANGE(1, 9) std::int32_t digit = 10;
};

}  // namespace hdb
