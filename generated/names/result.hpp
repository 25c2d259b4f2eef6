// Written by gen/ from api/result.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/result.hpp"
#include "base/names.hpp"

namespace hdb {

template <>
struct Names<Int8Mode> {
  static constexpr EnumName<Int8Mode> kAll[] = {
      {Int8Mode::kBigint, "bigint"},
      {Int8Mode::kNumber, "number"},
      {Int8Mode::kString, "string"},
  };
};

template <>
struct Names<TimestampMode> {
  static constexpr EnumName<TimestampMode> kAll[] = {
      {TimestampMode::kIso, "iso"},
      {TimestampMode::kDate, "date"},
  };
};

template <>
struct Names<RowMode> {
  static constexpr EnumName<RowMode> kAll[] = {
      {RowMode::kObject, "object"},
      {RowMode::kArray, "array"},
  };
};

}  // namespace hdb
