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

/// Has a note that nobody knows.
struct JS_RECORD HDB_NOTE("recrod") Point {
  /// To the right.
  double x = 0;
};

/// Has notes in wrong places.
struct JS_OPTIONS Options {
  /// No method.
  JS_METHOD bool flag = false;
  /// The higher bound is first.
  JS_RANGE(10, 1) std::int32_t count = 5;
  /// No number.
  JS_RANGE(1, 10) std::string text = "x";
};

/// Is two things at once.
struct JS_OPTIONS JS_RECORD Both {
  /// A switch.
  bool on = false;
};

/// Is not exported, but its method is.
class Hidden {
 public:
  /// Works.
  JS_METHOD void work();
};

/// Has errors, but not for all of its values.
enum class Kind : std::uint8_t {
  kOne JS_ERROR("OneError", "HyperionError", "ONE", "lasting"),     ///< One.
  kTwo,                                                             ///< Two.
  kThree JS_ERROR("ThreeError", "HyperionError", "THREE", "soon"),  ///< Three.
};

/// A class.
class JS_CLASS Thing {
 public:
  /// A constructor.
  JS_METHOD Thing();
  /// Has no role.
  JS_GENERIC("T") void roleless(JS_TYPE("T") bool x);
  /// Is inside of another.
  struct JS_RECORD Inner {};
  /// Would have no implementation.
  JS_LIB void made_in_lib();
  /// Has a tag that nobody knows.
  ///
  /// @return Should be @returns.
  JS_METHOD bool is_open() const;
#if defined(HDB_GEN)
  /// Would not be seen by the compiler.
  JS_METHOD void made_natively();
#endif

 private:
  /// Is private.
  JS_METHOD void secret();
};

}  // namespace hdb
