#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/annotate.hpp"
#include "base/callback.hpp"

namespace hdb {

#if defined(HDB_GEN)
/// Cannot be called without them.
///
/// @param options Written by hand.
JS_LIB void work(JS_TYPE("{ a?: number }") Callback<> options);
#endif

}  // namespace hdb
