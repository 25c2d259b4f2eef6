// error.hpp: what can go wrong, as facts.
// Thread: any; plain values. Created where the fact is known, completed by outer layers, never rewrapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "base/completion.hpp"
#include "base/result.hpp"

namespace hdb {

/// What happened to the data of the statement or transaction that an error is about.
enum class JS_ENUM Outcome : std::uint8_t {
  kNotSent,           ///< Nothing left this process.
  kNotExecuted,       ///< The server refused it before it ran.
  kRolledBack,        ///< It ran, and the server undid it.
  kCommittedLocally,  ///< Stored on the primary, but not confirmed by the synchronous standby: a failover may
                      ///< lose it.
  kCommitted,         ///< It is stored; only the answer could not be used.
  kUnknown,           ///< The connection died before the answer: it may or may not be stored.
};

constexpr std::size_t kOutcomes = 6;

// clang-format off
/// Why a call failed, by what its caller can do next.
enum class ErrorKind : std::uint8_t {
  kConfiguration JS_ERROR("ConfigurationError", "TypeError", "ERR_INVALID_ARG_VALUE", "lasting"),
      ///< An option is unknown or its value is invalid.
  kParameter JS_ERROR("ParameterError", "TypeError", "ERR_INVALID_ARG_VALUE", "lasting"),
      ///< A parameter does not fit its PostgreSQL type. Nothing was sent.
  kConnect JS_ERROR("ConnectError", "HyperionError", "CONNECT", "lasting"),
      ///< The hosts answered and refused: wrong password, missing database, TLS. `code` says which.
  kNoPrimary JS_ERROR("NoPrimaryError", "HyperionError", "NO_PRIMARY", "transient"),
      ///< No writable node was found before the deadline.
  kNoStandby JS_ERROR("NoStandbyError", "HyperionError", "NO_STANDBY", "transient"),
      ///< No standby was found before the deadline.
  kNoHost JS_ERROR("NoHostError", "HyperionError", "NO_HOST", "transient"),
      ///< No host answered before the deadline.
  kSplitBrain JS_ERROR("SplitBrainError", "HyperionError", "SPLIT_BRAIN", "transient"),
      ///< Two nodes accept writes in the same epoch; neither gets any from us.
  kPoolExhausted JS_ERROR("PoolExhaustedError", "HyperionError", "POOL_EXHAUSTED", "transient"),
      ///< All connections were in use until the deadline, or the queue is full.
  kTimeout JS_ERROR("TimeoutError", "HyperionError", "ETIMEDOUT", "lasting"),
      ///< `timeoutMs` of the call passed. `outcome` says what is known.
  kAborted JS_ERROR("AbortError", "HyperionError", "ABORT_ERR", "lasting"),
      ///< The caller's `signal` was aborted. `outcome` says what is known.
  kConnectionLost JS_ERROR("ConnectionLostError", "HyperionError", "CONNECTION_LOST", "transient"),
      ///< The connection ended under a statement that changed nothing.
  kServer JS_ERROR("ServerError", "HyperionError", "SERVER", "lasting"),
      ///< PostgreSQL refused the statement; `code` is its SQLSTATE.
  kFenced JS_ERROR("FencedError", "HyperionError", "FENCED", "transient"),
      ///< The node stopped being the writable primary inside a transaction; it was rolled back.
  kInDoubt JS_ERROR("InDoubtError", "HyperionError", "IN_DOUBT", "lasting"),
      ///< A write was sent and the connection died before its answer.
  kNotReplicated JS_ERROR("NotReplicatedError", "HyperionError", "NOT_REPLICATED", "lasting"),
      ///< Stored on the primary, not confirmed by the synchronous standby.
  kResult JS_ERROR("ResultError", "HyperionError", "ERR_RESULT", "lasting"),
      ///< The answer has a value that JavaScript cannot represent as asked. The statement did run; a
      ///< transaction around it can only be rolled back, to a savepoint or whole.
  kTransactionClosed JS_ERROR("TransactionClosedError", "HyperionError", "TRANSACTION_CLOSED", "lasting"),
      ///< The transaction has ended or its connection is gone; begin a new one.
  kPoolClosed JS_ERROR("PoolClosedError", "HyperionError", "POOL_CLOSED", "lasting"),
      ///< `end()` was called on the pool.
  kInternal JS_ERROR("InternalError", "HyperionError", "INTERNAL", "lasting"),
      ///< A bug in this client. Please report it.
};
// clang-format on

/// Every field that PostgreSQL sends with an error or notice (protocol: ErrorResponse).
struct JS_RECORD ServerReport {
  /// SQLSTATE, five characters.
  std::string sqlstate;
  /// ERROR, FATAL, PANIC, WARNING, NOTICE, …; never localised.
  std::string severity;
  /// The primary message, in the server's language.
  std::string message;
  /// Secondary message with more detail.
  std::optional<std::string> detail;
  /// What to do about it.
  std::optional<std::string> hint;
  /// Position of the error in the statement, in characters from 1.
  std::optional<std::string> position;
  /// As `position`, within `internalQuery`.
  std::optional<std::string> internal_position;
  /// The statement that PostgreSQL generated itself, for example inside a function.
  std::optional<std::string> internal_query;
  /// Context: the call stack of functions.
  std::optional<std::string> where;
  /// Schema that the error is about.
  std::optional<std::string> schema;
  /// Table that the error is about.
  std::optional<std::string> table;
  /// Column that the error is about.
  std::optional<std::string> column;
  /// Data type that the error is about.
  std::optional<std::string> data_type;
  /// Constraint that was violated.
  std::optional<std::string> constraint;
  /// Source file in PostgreSQL.
  std::optional<std::string> file;
  /// Source line in PostgreSQL.
  std::optional<std::string> line;
  /// Routine in PostgreSQL.
  std::optional<std::string> routine;
};

/// One failure. JavaScript sees an instance of the class that its kind names.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::string code;  // SQLSTATE, ABORT_ERR, IN_DOUBT, ECONNREFUSED, …; see error_codes
  Outcome outcome = Outcome::kNotSent;
  bool retryable = false;      // running the same call again is safe and may succeed
  bool is_lasting = false;     // neither waiting nor another host helps
  std::string host;            // "host:port", when one host is to blame
  std::uint32_t attempts = 0;  // how many times the statement was given to a server
  double wait_ms = 0;          // for a connection
  std::optional<ServerReport> server;
  std::vector<std::string> causes;     // one line per host or attempt, appended to the message
  std::shared_ptr<const Error> cause;  // the earlier error that this one follows from

  static Error make(ErrorKind kind, std::string message, Outcome outcome = Outcome::kNotSent) {
    Error error;
    error.kind = kind;
    error.message = std::move(message);
    error.outcome = outcome;
    return error;
  }
};

template <class T>
using Expected = Result<T, Error>;
template <class T>
using Completion = BasicCompletion<T, Error>;

template <>
struct Broken<Error> {
  static Error make() {
    return Error::make(ErrorKind::kInternal, "The request was dropped without an answer.", Outcome::kUnknown);
  }
};

}  // namespace hdb
