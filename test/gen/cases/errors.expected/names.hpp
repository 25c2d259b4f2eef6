// Written by gen/ from api/errors.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/errors.hpp"
#include "base/names.hpp"

namespace hdb {

/// What does not depend on the single error. A kind that is not here does not compile.
constexpr ErrorClass class_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kParameter:
      return {.name = "WrongValueError", .code = "ERR_WRONG", .is_transient = false};
    case FaultKind::kRefused:
      return {.name = "RefusedError", .code = "REFUSED", .is_transient = true};
    case FaultKind::kNotUnique:
      return {.name = "NotUniqueError", .code = "NOT_UNIQUE", .is_transient = false};
  }
  return {};
}

}  // namespace hdb
