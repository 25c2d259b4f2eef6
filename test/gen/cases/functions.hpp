#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/annotate.hpp"
#include "api/error.hpp"

namespace hdb {

/// Something.
class JS_CLASS Thing {
 public:
  /// Its number.
  JS_METHOD std::int32_t number() const;
};

/// Parses a number.
///
/// @param text Its digits.
JS_METHOD Expected<std::int32_t> parse_number(std::string text);

/// Waits for a number.
JS_INTERNAL void wait_for_number(std::optional<std::string> hint, Completion<std::int32_t> done);

#if defined(HDB_GEN)
/// Makes a thing.
JS_LIB std::shared_ptr<Thing> create_thing();
/// Makes a thing with a name.
///
/// @param name The name.
JS_LIB std::shared_ptr<Thing> create_thing(std::string name);
#endif

}  // namespace hdb
