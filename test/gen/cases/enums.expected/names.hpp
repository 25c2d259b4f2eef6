// Written by gen/ from api/enums.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/enums.hpp"
#include "base/names.hpp"

namespace hdb {

template <>
struct Names<Mode> {
  static constexpr EnumName<Mode> kAll[] = {
      {Mode::kReadWrite, "read-write"},
      {Mode::kAny, "any"},
      {Mode::kX509, "certificate"},
  };
};

template <>
struct Names<Single> {
  static constexpr EnumName<Single> kAll[] = {
      {Single::kOne, "one"},
  };
};

}  // namespace hdb
