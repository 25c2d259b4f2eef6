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

/// Takes a name of the prelude.
struct JS_RECORD Parameter {
  /// To the right.
  double x_y = 0;
  /// The same in JavaScript.
  double xY = 0;
};

/// Has two values with one name.
enum class JS_ENUM Mode : std::uint8_t {
  kAny,                 ///< Any.
  kAll JS_NAME("any"),  ///< All.
};

/// A class.
class JS_CLASS Thing {
 public:
  /// Native methods have no overloads.
  JS_METHOD void work();
  /// Native methods have no overloads.
  ///
  /// @param hard How.
  JS_METHOD void work(bool hard);
};

}  // namespace hdb
