// DecodeStatus: why a cell could not be decoded.
// Thread: any; a plain value.
// Not here: decoding (decode.hpp).
#pragma once

#include <cstdint>

#include "api/error.hpp"
#include "api/result.hpp"

namespace hdb::types {

enum class DecodeStatus : std::uint8_t {
  kOk,
  kMalformed,        // the bytes are not a value of the column's type
  kInt8Unsafe,       // int8 as number was asked, and the value is beyond 2^53 - 1
  kDateInfinity,     // Dates were asked, and the value is infinity or -infinity
  kDateRange,        // Dates were asked, and the value is before or after what a Date can hold
  kDateNotIso,       // Dates were asked, and the session's DateStyle is not ISO
  kJsonTooDeep,      // json nested deeper than kMaxJsonDepth
  kNoBinaryDecoder,  // the server sent the binary form of a type that is only read as text
};

/// The error of a call whose answer has such a cell. Its outcome is `committed`, because the statement did
/// run; an open transaction changes it.
Error decode_error(const Column& column, DecodeStatus status);

}  // namespace hdb::types
