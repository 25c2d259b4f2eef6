// CellSink: the visitor of types::decode that makes the JavaScript value of one cell.
// Thread: JS; used within one handle scope.
// A value that V8 refuses is noted in `failed`; the caller checks it after decode() has returned.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace hdb::node {

bool is_ascii(std::string_view text);

class CellSink {
 public:
  explicit CellSink(napi_env env) : env_(env) { napi_get_null(env, &null_); }

  void null() { put(null_); }
  void boolean(bool value) {
    napi_value made = null_;
    note(napi_get_boolean(env_, value, &made));
    put(made);
  }
  void number(double value) {
    napi_value made = null_;
    note(napi_create_double(env_, value, &made));
    put(made);
  }
  void int64(std::int64_t value) {
    napi_value made = null_;
    note(napi_create_bigint_int64(env_, value, &made));
    put(made);
  }
  void ascii(std::string_view value) {
    napi_value made = null_;
    note(napi_create_string_latin1(env_, value.data(), value.size(), &made));
    put(made);
  }
  void text(std::string_view value) { put(string(value)); }
  void text16(std::u16string_view value) { put(string(value)); }
  void bytes(std::string_view value) { put(buffer(value)); }
  void date_ms(double value) {
    napi_value made = null_;
    note(napi_create_date(env_, value, &made));
    put(made);
  }
  void begin_array(std::size_t) {
    napi_value made = null_;
    note(napi_create_array(env_, &made));
    open_.push_back({made, nullptr, 0, false});
  }
  void end_array() { close(); }
  void begin_object() {
    napi_value made = null_;
    note(napi_create_object(env_, &made));
    open_.push_back({made, nullptr, 0, true});
  }
  void key(std::string_view value) { open_.back().key = string(value); }
  void key16(std::u16string_view value) { open_.back().key = string(value); }
  void end_object() { close(); }

  /// The Buffer of the next cell need not be a copy: `owner` keeps the bytes, and nothing else reads them.
  void lend(std::shared_ptr<const void> owner) { lender_ = std::move(owner); }

  /// The value of the cell. Makes the sink ready for the next.
  napi_value take() {
    open_.clear();
    lender_.reset();
    return value_;
  }
  bool failed() const { return failed_; }

 private:
  struct Container {
    napi_value value;
    napi_value key;  // of the next property, if it is an object
    std::uint32_t length;
    bool is_object;
  };

  napi_value buffer(std::string_view bytes);
  napi_value string(std::string_view value);
  napi_value string(std::u16string_view value);
  void note(napi_status status) { failed_ |= status != napi_ok; }
  void put(napi_value value) {
    value_ = value;
    if (!open_.empty()) put_into(open_.back(), value);
  }
  void put_into(Container& container, napi_value value);
  void close() {
    const napi_value complete = open_.back().value;
    open_.pop_back();
    put(complete);
  }

  napi_env env_;
  napi_value null_ = nullptr;
  napi_value value_ = nullptr;
  std::vector<Container> open_;
  std::shared_ptr<const void> lender_;
  bool failed_ = false;
};

}  // namespace hdb::node
