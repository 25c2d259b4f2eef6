// Path: the place of a value in the caller's arguments, for messages: `options.ssl.rootCert`, `hosts[2]`.
// Thread: JS; lives on the stack of one call, and points to the path that it extends.
#pragma once

#include <cstddef>
#include <string>

namespace hdb::node {

class Path {
 public:
  static Path argument(const char* name) { return Path(nullptr, name, 0); }
  Path key(const char* name) const { return Path(this, name, 0); }
  Path index(std::size_t i) const { return Path(this, nullptr, i); }

  /// The element's place in its array, for paths that end in one.
  std::size_t position() const { return index_; }

  std::string text() const {
    if (name_ == nullptr) return (parent_ ? parent_->text() : "") + "[" + std::to_string(index_) + "]";
    return parent_ ? parent_->text() + "." + name_ : name_;
  }

 private:
  Path(const Path* parent, const char* name, std::size_t index)
      : parent_(parent), name_(name), index_(index) {}

  const Path* parent_;
  const char* name_;  // null: an element of an array
  std::size_t index_;
};

}  // namespace hdb::node
