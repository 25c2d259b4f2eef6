// error.hpp: as small as it can be, so that the expected files do not change with the real one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/annotate.hpp"
#include "base/completion.hpp"
#include "base/result.hpp"

namespace hdb {

/// What happened to the data.
enum class JS_ENUM Outcome : std::uint8_t {
  kUnknown,  ///< Nobody knows.
};

/// Why a call failed.
enum class ErrorKind : std::uint8_t {
  kServer JS_ERROR("ServerError", "HyperionError", "SERVER", "lasting"),  ///< PostgreSQL refused it.
};

/// What the server says.
struct JS_RECORD ServerReport {
  /// SQLSTATE.
  std::string sqlstate;
  /// The message.
  std::string message;
  /// How bad.
  std::string severity;
  /// More of it.
  std::optional<std::string> detail;
};

struct Error {};
template <class T>
using Expected = Result<T, Error>;
template <class T>
using Completion = BasicCompletion<T, Error>;

}  // namespace hdb
