#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/error.hpp"
#include "base/bytes.hpp"
#include "base/callback.hpp"
#include "base/cancel_token.hpp"
#include "base/value.hpp"

namespace hdb {

using std::chrono::milliseconds;

/// How.
struct JS_OPTIONS HowOptions {
  /// With a hammer.
  bool hammer = false;
};

/// Every type that can come from JavaScript.
class JS_CLASS Taker {
 public:
  /// Scalars.
  ///
  /// @param yes A boolean.
  /// @param ratio A number.
  /// @param text A string.
  /// @param small An integer.
  /// @param port An integer without a sign.
  /// @param count A larger one.
  /// @param oid A larger one without a sign.
  /// @param big A bigint, or a safe integer.
  /// @param delay A duration.
  JS_METHOD void scalars(bool yes, double ratio, const std::string& text, std::int16_t small, std::uint16_t port,
                         std::int32_t count, std::uint32_t oid, std::int64_t big, milliseconds delay);

  /// What may be left out is marked so, from the end on.
  ///
  /// @param first Cannot be left out, because the second cannot.
  /// @param second Cannot.
  /// @param third Can: none.
  /// @param times Can: three.
  /// @param names Can: empty.
  /// @param how Can: the defaults.
  JS_METHOD void absent(std::optional<std::string> first, bool second, std::optional<milliseconds> third,
                        std::int32_t times = 3, std::vector<std::string> names = {}, HowOptions how = {});

  /// What holds others.
  ///
  /// @param names A list.
  /// @param settings A map.
  /// @param nested A list of lists of what may be null.
  /// @param values Those of a statement may be left out.
  JS_METHOD void containers(std::vector<std::string> names, std::map<std::string, double> settings,
                            std::vector<std::vector<std::optional<std::int32_t>>> nested, std::vector<Value> values);

  /// Converted by hand.
  ///
  /// @param value A parameter.
  /// @param bytes Bytes.
  /// @param signal Ends it.
  /// @param listener Is called.
  JS_METHOD void opaque(Value value, Bytes bytes, CancelToken signal, Callback<std::string, bool> listener);
};

}  // namespace hdb
