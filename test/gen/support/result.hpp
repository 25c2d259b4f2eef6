// result.hpp: as small as it can be, so that the expected files do not change with the real one.
#pragma once

#include <string>

#include "api/annotate.hpp"

namespace hdb {

/// One column of a result.
struct JS_RECORD Field {
  /// Its name.
  std::string name;
};

struct ResultSet {};

}  // namespace hdb
