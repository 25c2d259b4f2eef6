#include "types/oid.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace hdb::types {

namespace {

constexpr std::size_t kCount = std::size(kTypes) + static_cast<std::size_t>(std::count_if(
                                                       std::begin(kTypes), std::end(kTypes),
                                                       [](const TypeRow& row) { return row.array != 0; }));

constexpr std::array<BuiltInType, kCount> kByOid = [] {
  std::array<BuiltInType, kCount> all;
  std::size_t at = 0;
  for (const TypeRow& row : kTypes) {
    all[at++] = {row.oid, &row, false};
    if (row.array != 0) all[at++] = {row.array, &row, true};
  }
  std::sort(all.begin(), all.end(), [](const BuiltInType& a, const BuiltInType& b) { return a.oid < b.oid; });
  return all;
}();
static_assert(std::adjacent_find(kByOid.begin(), kByOid.end(),
                                 [](const BuiltInType& a, const BuiltInType& b) { return a.oid == b.oid; }) ==
              kByOid.end());

}  // namespace

const BuiltInType* find_type(Oid oid) {
  const auto* found = std::lower_bound(kByOid.begin(), kByOid.end(), oid,
                                       [](const BuiltInType& type, Oid wanted) { return type.oid < wanted; });
  return found != kByOid.end() && found->oid == oid ? found : nullptr;
}

std::string type_name(Oid oid) {
  const BuiltInType* type = find_type(oid);
  return type != nullptr ? type->name() : std::string();
}

}  // namespace hdb::types
