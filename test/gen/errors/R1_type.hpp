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
#include <cstddef>

namespace hdb {

struct Other {};
template <class T>
struct Pair {};

/// A class.
class JS_CLASS Thing {
 public:
  /// Takes what JavaScript cannot give.
  ///
  /// @param pointer A pointer.
  /// @param size Too large for a number.
  /// @param other A type that nobody exported.
  /// @param pair A template that is not in the table.
  /// @param keys A map whose keys are no strings.
  JS_METHOD void take(const char* pointer, std::size_t size, Other other, Pair<bool> pair,
                      std::map<std::int32_t, bool> keys);
};

}  // namespace hdb
