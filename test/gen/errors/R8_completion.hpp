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
  /// Its completion is not the last parameter.
  ///
  /// @param after Comes after it.
  JS_METHOD void first(Completion<bool> done, bool after);
  /// It has two.
  JS_METHOD void two(Completion<bool> done, Completion<Unit> again);
  /// It returns something, too.
  JS_METHOD bool both(Completion<Unit> done);
};

}  // namespace hdb
