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
  /// Has what only a result may be.
  ///
  /// @param maybe An Expected.
  /// @param later A list of completions.
  JS_METHOD std::vector<Expected<bool>> place(Expected<bool> maybe, std::vector<Completion<bool>> later);
};

}  // namespace hdb
