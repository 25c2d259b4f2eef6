#pragma once

#include <cstdint>
#include <optional>

#include "api/annotate.hpp"

namespace hdb {

/// Where a statement may run.
enum class JS_ENUM Mode : std::uint8_t {
  kReadWrite,                    ///< On the primary.
  kAny,                          ///< Anywhere; the text of a value
                                 ///< may have several lines.
  kX509 JS_NAME("certificate"),  ///< Has a name of its own in JavaScript.
};

/// A single word.
enum class JS_ENUM JS_NAME("Only") Single : std::uint8_t {
  kOne,  ///< The only one.
};

/// Uses them.
class JS_CLASS Chooser {
 public:
  /// Chooses.
  ///
  /// @param mode How.
  /// @param fallback How else.
  JS_METHOD Mode choose(Mode mode, std::optional<Single> fallback);
};

}  // namespace hdb
