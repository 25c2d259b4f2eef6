// Written by gen/ from api/cluster.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/cluster.hpp"
#include "base/names.hpp"

namespace hdb {

template <>
struct Names<HostRole> {
  static constexpr EnumName<HostRole> kAll[] = {
      {HostRole::kUnknown, "unknown"},
      {HostRole::kPrimary, "primary"},
      {HostRole::kStandby, "standby"},
      {HostRole::kFenced, "fenced"},
      {HostRole::kQuarantined, "quarantined"},
      {HostRole::kDown, "down"},
  };
};

}  // namespace hdb
