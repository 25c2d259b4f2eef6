#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/annotate.hpp"
#include "base/bytes.hpp"

namespace hdb {

/// A point.
struct JS_RECORD Point {
  /// To the right.
  double x = 0;
};

/// Every type that can go to JavaScript.
struct JS_RECORD Everything {
  /// A boolean.
  bool is_open = false;
  /// A number.
  double ratio = 0;
  /// An integer.
  std::int32_t count = 0;
  /// A bigint.
  std::int64_t big = 0;
  /// A text.
  std::string text;
  /// A duration.
  std::chrono::milliseconds age{0};
  /// Null, if there is none.
  std::optional<std::string> name;
  /// A list.
  std::vector<Point> points;
  /// A list with nulls.
  std::vector<std::optional<double>> gaps;
  /// A map.
  std::map<std::string, std::int32_t> counts;
  /// Bytes.
  Bytes bytes;
  /// One of several.
  std::variant<std::string, double, std::vector<double>> either;
  /// A record.
  Point origin;
};

}  // namespace hdb
