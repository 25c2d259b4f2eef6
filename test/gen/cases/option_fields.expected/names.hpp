// Written by gen/ from api/option_fields.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/option_fields.hpp"
#include "base/names.hpp"

namespace hdb {

template <>
struct Names<Speed> {
  static constexpr EnumName<Speed> kAll[] = {
      {Speed::kVerySlow, "very-slow"},
      {Speed::kFast, "fast"},
  };
};

}  // namespace hdb
