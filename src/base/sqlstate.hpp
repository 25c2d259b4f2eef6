// sqlstate: the SQLSTATEs that decide something here, by their names in PostgreSQL (appendix A), and what
// several of them have in common.
// Thread: any; constants.
// Not here: what follows from one for the data (conn/outcome.hpp) or for another attempt (pool/retry.hpp).
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace hdb::sqlstate {

inline constexpr std::string_view kProtocolViolation = "08P01";
inline constexpr std::string_view kFeatureNotSupported = "0A000";
inline constexpr std::string_view kNumericValueOutOfRange = "22003";
inline constexpr std::string_view kInvalidDatetimeFormat = "22007";
inline constexpr std::string_view kDatetimeFieldOverflow = "22008";
inline constexpr std::string_view kInvalidTextRepresentation = "22P02";
inline constexpr std::string_view kReadOnlyTransaction = "25006";
inline constexpr std::string_view kInFailedTransaction = "25P02";
inline constexpr std::string_view kInvalidStatementName = "26000";
inline constexpr std::string_view kInvalidAuthorization = "28000";
inline constexpr std::string_view kInvalidPassword = "28P01";
inline constexpr std::string_view kSerializationFailure = "40001";
inline constexpr std::string_view kStatementCompletionUnknown = "40003";
inline constexpr std::string_view kDeadlockDetected = "40P01";
inline constexpr std::string_view kInsufficientPrivilege = "42501";
inline constexpr std::string_view kUndefinedFunction = "42883";
inline constexpr std::string_view kDuplicatePreparedStatement = "42P05";
inline constexpr std::string_view kTooManyConnections = "53300";
inline constexpr std::string_view kQueryCanceled = "57014";
inline constexpr std::string_view kCrashShutdown = "57P02";
inline constexpr std::string_view kCannotConnectNow = "57P03";
inline constexpr std::string_view kInternalError = "XX000";

/// A conflict with another transaction: rolled back, and a retry may succeed.
constexpr bool is_conflict(std::string_view code) {
  return code == kSerializationFailure || code == kDeadlockDetected;
}

/// A write in a read-only transaction.
constexpr bool is_read_only(std::string_view code) { return code == kReadOnlyTransaction; }

/// Authentication failed.
constexpr bool is_login_refused(std::string_view code) {
  return code == kInvalidPassword || code == kInvalidAuthorization;
}

/// The server is shutting down or starting up.
constexpr bool is_shutdown(std::string_view code) {
  return code == kCrashShutdown || code == kCannotConnectNow;
}

/// Syntax, names and privileges: class 42.
constexpr bool is_syntax_or_access(std::string_view code) { return code.starts_with("42"); }

/// For a connect: the server is healthy and will refuse this login however often it is tried.
constexpr bool is_refusal(std::string_view code) {
  // By class: settings and their values, logins, databases and schemas, privileges and names, what the server
  // has not.
  constexpr std::string_view kClasses[] = {"22", "28", "3D", "3F", "42", "55", "0A"};
  return code.size() == 5 &&
         std::find(std::begin(kClasses), std::end(kClasses), code.substr(0, 2)) != std::end(kClasses);
}

}  // namespace hdb::sqlstate
