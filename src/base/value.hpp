// Value: a JavaScript value on its way to PostgreSQL, before the type of the parameter is known.
// Thread: any; a plain value.
// Not here: how it is written on the wire (types/encode.hpp), how it is read from JavaScript (node/).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"

namespace hdb {

struct Value;

/// null and undefined.
struct Null {};
/// A JavaScript bigint, in decimal: it may be larger than any integer type of ours.
struct BigInt {
  std::string digits;
};
/// A JavaScript Date: milliseconds since 1970-01-01 UTC; NaN for an invalid one.
struct Timestamp {
  double ms = 0;
};
/// A JavaScript object, as JSON.stringify wrote it.
struct Json {
  std::string text;
};
/// What can be no parameter (a symbol, a function); named so that the refusal can say what it was.
struct Unsupported {
  std::string kind;
};
/// A JavaScript array: a PostgreSQL array or json, as the parameter's type decides.
using List = std::vector<Value>;

struct Value {
  using Variant =
      std::variant<Null, bool, double, BigInt, std::string, Bytes, Timestamp, Json, List, Unsupported>;
  Variant v;

  Value() = default;
  template <class T>
  // NOLINTNEXTLINE: implicit by design, and no copy: clang-tidy does not read what it requires
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value>) Value(T&& x) : v(std::forward<T>(x)) {}

  bool is_null() const { return std::holds_alternative<Null>(v); }
  template <class T>
  const T* get() const {
    return std::get_if<T>(&v);
  }
};

}  // namespace hdb
