// Result: a value or an error, without exceptions.
// Thread: any; a plain value.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace hdb {

/// Wraps an error on its way into a Result: `return Fail(error)`.
template <class E>
struct Fail {
  explicit Fail(E e) : error(std::move(e)) {}
  E error;
};

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Fail<E> fail) : state_(std::in_place_index<1>, std::move(fail.error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    HDB_DCHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    HDB_DCHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    HDB_DCHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() & {
    HDB_DCHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  const E& error() const& {
    HDB_DCHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  E&& error() && {
    HDB_DCHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, E> state_;
};

/// The value of a Result that only says whether it worked.
struct Unit {};

}  // namespace hdb

/// Returns the error of `expression` from this function, or goes on.
#define HDB_TRY(expression)                                 \
  do {                                                      \
    if (auto hdb_result_ = (expression); !hdb_result_.ok()) \
      return ::hdb::Fail(std::move(hdb_result_).error());   \
  } while (false)
