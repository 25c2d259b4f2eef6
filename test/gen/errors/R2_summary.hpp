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

enum class JS_ENUM Mode : std::uint8_t {
  kOne,  ///< The only one.
};

struct JS_RECORD Point {
  double x = 0;
};

class JS_CLASS Thing {
 public:
  JS_METHOD void work();
};

JS_METHOD void work();

}  // namespace hdb
