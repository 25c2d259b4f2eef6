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

/// Goes in.
struct JS_OPTIONS InOptions {
  /// A switch.
  bool on = false;
};

/// Comes out.
struct JS_RECORD Out {
  /// A switch.
  bool on = false;
};

/// A class.
class JS_CLASS Thing {
 public:
  /// Mixes up the directions.
  ///
  /// @param out A record.
  /// @param either Would have to be guessed.
  JS_METHOD std::vector<InOptions> mix(Out out, std::variant<bool, std::string> either);
};

}  // namespace hdb
