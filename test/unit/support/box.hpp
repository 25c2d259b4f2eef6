// Box: where the answer of a completion is found by a test, and how often it came.
// Thread: one.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/result.hpp"

namespace hdb::test {

template <class T>
class Box {
 public:
  Completion<T> completion() {
    return completion_from<T, Error>(
        [state = state_](Expected<T> result) { state->push_back(std::move(result)); });
  }
  std::size_t times() const { return state_->size(); }
  bool is_settled() const { return !state_->empty(); }
  bool is_ok() const { return times() == 1 && state_->front().ok(); }
  bool is_error() const { return times() == 1 && !state_->front().ok(); }
  /// Only when it is one.
  const T& value() const { return state_->at(0).value(); }
  const Error& error() const {
    static const Error kNone = Error::make(ErrorKind::kInternal, "(no error)");
    return is_error() ? state_->front().error() : kNone;
  }

 private:
  std::shared_ptr<std::vector<Expected<T>>> state_ = std::make_shared<std::vector<Expected<T>>>();
};

/// The text of one cell; "(null)" for NULL.
inline std::string cell(const ResultSet& result, std::size_t row = 0, std::size_t column = 0) {
  if (row >= result.rows || column >= result.columns->size()) return "(none)";
  const Cell& at = result.row(row)[column];
  return at.is_null() ? "(null)" : std::string(at.data, static_cast<std::size_t>(at.length));
}

}  // namespace hdb::test
