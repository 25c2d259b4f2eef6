#pragma once

#include <nowhere>

#include "api/annotate.hpp"

namespace hdb {

/// Its field would turn into an int.
struct JS_RECORD Point {
  /// To the right.
  std::nowhere::number x;
};

}  // namespace hdb
