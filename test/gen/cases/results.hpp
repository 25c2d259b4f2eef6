#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/error.hpp"
#include "api/result.hpp"
#include "base/bytes.hpp"

namespace hdb {

/// A pair.
struct JS_RECORD Pair {
  /// Left.
  double left = 0;
  /// Right.
  double right = 0;
};

/// Every way in which a method answers.
class JS_CLASS Giver {
 public:
  /// Nothing.
  JS_METHOD void nothing();
  /// A value.
  JS_METHOD std::string value() const;
  /// A value, or none.
  JS_METHOD std::optional<Pair> maybe() const;
  /// A list.
  JS_METHOD std::vector<Pair> list() const;
  /// A value, or it throws.
  JS_METHOD Expected<std::int64_t> fallible();
  /// Nothing, or it throws.
  JS_METHOD Expected<Unit> fallible_nothing();
  /// Nothing, later.
  JS_METHOD void later(Completion<Unit> done);
  /// A value, later.
  JS_METHOD void later_value(Completion<std::map<std::string, Bytes>> done);
  /// An object, later.
  JS_METHOD void later_object(Completion<std::shared_ptr<Giver>> done);
  /// A duration, later, or none.
  JS_METHOD void later_duration(Completion<std::optional<std::chrono::milliseconds>> done);
  /// Rows, later.
  JS_METHOD void later_rows(Completion<ResultSet> done);
};

}  // namespace hdb
