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

/// A point.
struct JS_RECORD Point {
  /// To the right.
  double x = 0;
};

/// A line.
struct JS_RECORD Line {
  /// How long.
  double length = 0;
};

/// Cannot be told apart.
struct JS_RECORD Both {
  /// Two objects without a tag.
  std::variant<Point, Line> shape;
  /// A duration is a number.
  std::variant<double, std::chrono::milliseconds> time;
};

}  // namespace hdb
