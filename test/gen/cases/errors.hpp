#pragma once

#include <cstdint>

#include "api/annotate.hpp"
#include "api/error.hpp"

namespace hdb {

/// More reasons why a call fails.
enum class FaultKind : std::uint8_t {
  kParameter JS_ERROR("WrongValueError", "TypeError", "ERR_WRONG", "lasting"),   ///< A value does not fit. It's "wrong".
  kRefused JS_ERROR("RefusedError", "HyperionError", "REFUSED", "transient"),    ///< The server refused it;
                                                                                 ///< nothing was stored.
  kNotUnique JS_ERROR("NotUniqueError", "RefusedError",
                      "NOT_UNIQUE", "lasting")  ///< It is there already.
};

}  // namespace hdb
