// Written by gen/ from api/error.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/error.hpp"
#include "base/names.hpp"

namespace hdb {

template <>
struct Names<Outcome> {
  static constexpr EnumName<Outcome> kAll[] = {
      {Outcome::kNotSent, "not-sent"},
      {Outcome::kNotExecuted, "not-executed"},
      {Outcome::kRolledBack, "rolled-back"},
      {Outcome::kCommittedLocally, "committed-locally"},
      {Outcome::kCommitted, "committed"},
      {Outcome::kUnknown, "unknown"},
  };
};

/// What does not depend on the single error. A kind that is not here does not compile.
constexpr ErrorClass class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConfiguration:
      return {.name = "ConfigurationError", .code = "ERR_INVALID_ARG_VALUE", .is_transient = false};
    case ErrorKind::kParameter:
      return {.name = "ParameterError", .code = "ERR_INVALID_ARG_VALUE", .is_transient = false};
    case ErrorKind::kConnect:
      return {.name = "ConnectError", .code = "CONNECT", .is_transient = false};
    case ErrorKind::kNoPrimary:
      return {.name = "NoPrimaryError", .code = "NO_PRIMARY", .is_transient = true};
    case ErrorKind::kNoStandby:
      return {.name = "NoStandbyError", .code = "NO_STANDBY", .is_transient = true};
    case ErrorKind::kNoHost:
      return {.name = "NoHostError", .code = "NO_HOST", .is_transient = true};
    case ErrorKind::kSplitBrain:
      return {.name = "SplitBrainError", .code = "SPLIT_BRAIN", .is_transient = true};
    case ErrorKind::kPoolExhausted:
      return {.name = "PoolExhaustedError", .code = "POOL_EXHAUSTED", .is_transient = true};
    case ErrorKind::kTimeout:
      return {.name = "TimeoutError", .code = "ETIMEDOUT", .is_transient = false};
    case ErrorKind::kAborted:
      return {.name = "AbortError", .code = "ABORT_ERR", .is_transient = false};
    case ErrorKind::kConnectionLost:
      return {.name = "ConnectionLostError", .code = "CONNECTION_LOST", .is_transient = true};
    case ErrorKind::kServer:
      return {.name = "ServerError", .code = "SERVER", .is_transient = false};
    case ErrorKind::kFenced:
      return {.name = "FencedError", .code = "FENCED", .is_transient = true};
    case ErrorKind::kInDoubt:
      return {.name = "InDoubtError", .code = "IN_DOUBT", .is_transient = false};
    case ErrorKind::kNotReplicated:
      return {.name = "NotReplicatedError", .code = "NOT_REPLICATED", .is_transient = false};
    case ErrorKind::kResult:
      return {.name = "ResultError", .code = "ERR_RESULT", .is_transient = false};
    case ErrorKind::kTransactionClosed:
      return {.name = "TransactionClosedError", .code = "TRANSACTION_CLOSED", .is_transient = false};
    case ErrorKind::kPoolClosed:
      return {.name = "PoolClosedError", .code = "POOL_CLOSED", .is_transient = false};
    case ErrorKind::kInternal:
      return {.name = "InternalError", .code = "INTERNAL", .is_transient = false};
  }
  return {};
}

/// Calls field(name, value) for what an error shows of the report besides its code and message.
template <class Field>
void each_field(const ServerReport& report, Field&& field) {
  field("severity", report.severity);
  field("detail", report.detail);
  field("hint", report.hint);
  field("position", report.position);
  field("internalPosition", report.internal_position);
  field("internalQuery", report.internal_query);
  field("where", report.where);
  field("schema", report.schema);
  field("table", report.table);
  field("column", report.column);
  field("dataType", report.data_type);
  field("constraint", report.constraint);
  field("file", report.file);
  field("line", report.line);
  field("routine", report.routine);
}

}  // namespace hdb
