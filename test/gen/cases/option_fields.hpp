#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "base/callback.hpp"
#include "base/cancel_token.hpp"

namespace hdb {

using std::chrono::milliseconds;

/// How fast.
enum class JS_ENUM Speed : std::uint8_t {
  kVerySlow,  ///< A snail.
  kFast,      ///< A hare.
};

/// A part of others.
struct JS_OPTIONS InnerOptions {
  /// How deep.
  JS_RANGE(-1, 1'000) std::int32_t depth = -1;
};

#if defined(HDB_GEN)
/// Functions by name.
using Table JS_TYPE("Record<string, () => void>") = std::map<std::string, std::string>;
#endif

/// Every kind of option.
struct JS_OPTIONS OuterOptions {
  /// A switch.
  bool keep_alive = true;
  /// An integer.
  JS_RANGE(1, 10000) std::int32_t pool_size = 10;
  /// An integer that may be missing.
  JS_RANGE(1, 65535) std::optional<std::uint16_t> port;
  /// A number.
  JS_RANGE(0, 0.5) double ratio = 0.25;
  /// A large one.
  std::int64_t limit = 1'000'000;
  /// A duration.
  milliseconds connect_timeout{2000};
  /// A duration that may be missing.
  std::optional<milliseconds> timeout;
  /// A text.
  std::string application_name = "app";
  /// A word.
  Speed speed = Speed::kVerySlow;
  /// Names.
  std::vector<std::string> names;
  /// Settings of the server.
  std::map<std::string, std::string> settings;
  /// Parts.
  InnerOptions inner;
  /// Ends it.
  CancelToken signal;
  /// Another name.
  JS_NAME("class") std::optional<std::string> klass;
  /// A type of its own.
  JS_TYPE("`${number}%`") std::optional<std::string> share;
  /// Between lib/ and native code.
  JS_INTERNAL std::uint32_t table_id = 0;
  /// Is told by native code.
  JS_INTERNAL Callback<std::string, double> on_turn;
#if defined(HDB_GEN)
  /// Read by lib/.
  JS_LIB Table table;
#endif
};

/// Takes them.
class JS_CLASS Machine {
 public:
  /// Starts.
  ///
  /// @param options How.
  JS_METHOD void start(OuterOptions options);
};

}  // namespace hdb
