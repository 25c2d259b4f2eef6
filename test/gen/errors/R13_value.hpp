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

/// Has a value without a comment.
enum class JS_ENUM Mode : std::uint8_t {
  kOne,  ///< The first.
  kTwo,
  /// A comment in front is not enough.
  kThree,
};

}  // namespace hdb
