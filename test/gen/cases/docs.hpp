#pragma once

#include <cstdint>
#include <string>

#include "api/annotate.hpp"
#include "api/error.hpp"

namespace hdb {

/**
 * A class with a comment of the other kind.
 *
 * It goes on after an empty line.
 */
class JS_CLASS Book {
 public:
  /// Finds a page. The end of a comment, */, is harmless.
  ///
  /// What follows the first paragraph are remarks;
  /// their lines stay.
  ///
  /// @param page_number Which one, counted
  /// from 1.
  /// @returns Its text.
  /// @throws {ServerError} There is no such page.
  /// @example
  /// const text = book.page(1);
  ///
  /// console.log(text);
  /// @since 1.2.0
  /// @deprecated Use a scroll.
  // This is for us, and never leaves.
  JS_METHOD Expected<std::string> page(std::int32_t page_number);

  // For us, in front.
  /// For users.
  JS_METHOD void close();
};

}  // namespace hdb
