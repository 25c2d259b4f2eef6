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
#include "api/error.hpp"

namespace hdb {

/// A class.
class JS_CLASS Thing {
 public:
  /// Throws what does not exist.
  ///
  /// @throws {NobodyError} Never.
  /// @throws When it likes.
  JS_METHOD void work();
};

}  // namespace hdb
