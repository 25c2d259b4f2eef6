#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/error.hpp"
#include "api/result.hpp"
#include "base/callback.hpp"
#include "base/value.hpp"

namespace hdb {

/// A door.
class JS_CLASS Door {
 public:
  explicit Door(int secret);

  /// Makes one.
  JS_INTERNAL static Expected<std::shared_ptr<Door>> make_door(std::string name);

  /// Opens it.
  JS_METHOD void open();

  /// How wide it is open.
  JS_METHOD double width() const;

  /// Puts it beside another one.
  ///
  /// @param other_door The other one.
  /// @returns The pair's better half.
  JS_METHOD std::shared_ptr<Door> beside(std::shared_ptr<Door> other_door);

  /// Asks who is there.
  ///
  /// @param question What to ask.
  /// @param params Its values.
  /// @throws {ServerError} Nobody is there.
  JS_METHOD JS_GENERIC("Row = Record<string, SqlValue>")
  void ask(std::string question, std::vector<Value> params, JS_TYPE("Result<Row>") Completion<ResultSet> done);

  /// Has a name of its own in JavaScript.
  JS_METHOD JS_NAME("shut") void close();

  /// Calls when somebody knocks.
  JS_INTERNAL void on_knock(Callback<std::int32_t, std::string> listener);

  /// Not for JavaScript: it has no note.
  void oil(int* drops);

#if defined(HDB_GEN)
  /// Does work while it is open.
  ///
  /// @param work What to do.
  JS_LIB JS_GENERIC("T") JS_TYPE("Promise<T>") void while_open(
      JS_TYPE("(door: Door) => Promise<T>") JS_NAME("callback") Callback<> work);

  /// For `await using`.
  JS_LIB JS_NAME("[Symbol.asyncDispose]") void dispose(Completion<Unit> done);
#endif
};

}  // namespace hdb
