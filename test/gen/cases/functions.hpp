#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/error.hpp"

namespace hdb {

/// Something.
class JS_CLASS Thing {
 public:
  /// Its number.
  JS_METHOD std::int32_t number() const;
#if defined(HDB_GEN)
  /// Its number, in a base.
  ///
  /// @param base Of the digits.
  JS_LIB std::string number(std::int32_t base);
#endif
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
struct Sql {};
struct SqlPart {};
/// Writes the names of several.
///
/// @param names Theirs.
JS_LIB JS_NAME("createThing.named") Sql named(JS_NAME("...names") std::vector<SqlPart> names);
#endif

}  // namespace hdb
