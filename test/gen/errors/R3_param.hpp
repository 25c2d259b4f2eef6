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

/// A class.
class JS_CLASS Thing {
 public:
  /// Has other parameters than it says.
  ///
  /// @param first There is none of this name.
  JS_METHOD void work(bool other);
};

}  // namespace hdb
