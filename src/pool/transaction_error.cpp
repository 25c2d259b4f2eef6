#include "pool/transaction_error.hpp"

#include <memory>

#include "base/sqlstate.hpp"

namespace hdb {

Error transaction_closed_error() {
  Error error = Error::make(ErrorKind::kTransactionClosed, "The transaction has ended; begin a new one.");
  error.code = "TRANSACTION_CLOSED";
  return error;
}

Error transaction_over_error(ErrorKind kind) {
  const bool is_timeout = kind == ErrorKind::kTimeout;
  Error error = Error::make(kind,
                            is_timeout ? "The time limit of the transaction passed; it was rolled back."
                                       : "The transaction was aborted; it was rolled back.",
                            Outcome::kRolledBack);
  error.code = is_timeout ? "ETIMEDOUT" : "ABORT_ERR";
  return error;
}

Error transaction_failed_error(const std::optional<Error>& first) {
  Error error = Error::make(ErrorKind::kServer, "The transaction had failed; COMMIT rolled it back.",
                            Outcome::kRolledBack);
  error.code = sqlstate::kInFailedTransaction;
  if (first) error.cause = std::make_shared<const Error>(*first);
  return error;
}

Error transaction_refused_error(const std::string& tag, const std::string& host) {
  Error error = Error::make(ErrorKind::kServer, "COMMIT was answered with " + tag + "; nothing was stored.",
                            Outcome::kRolledBack);
  error.code = sqlstate::kInFailedTransaction;
  error.host = host;
  return error;
}

Error transaction_ended_error(const Expected<Reply>& reply) {
  const std::string command = reply.ok() ? reply->result.command : "ROLLBACK";
  Error error = transaction_closed_error();
  if (command == "COMMIT") {
    error.outcome = reply->unreplicated ? Outcome::kCommittedLocally : Outcome::kCommitted;
    error.message = "The transaction was committed by one of its statements; begin a new one.";
  } else if (command == "ROLLBACK") {
    error.outcome = Outcome::kRolledBack;
    error.message = "The transaction was rolled back by one of its statements; begin a new one.";
  } else {
    error.outcome = Outcome::kUnknown;
    error.message =
        "The transaction was ended by one of its statements (" + command + "); look what is stored.";
  }
  return error;
}

}  // namespace hdb
