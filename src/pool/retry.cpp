#include "pool/retry.hpp"

#include <algorithm>

#include "base/sqlstate.hpp"
#include "conn/outcome.hpp"
#include "generated/names/error.hpp"

namespace hdb {

namespace {

/// Of the server's errors: what is only an ERROR is the statement's own failure.
bool is_fatal(const Error& error) { return error.server && ends_session(*error.server); }

bool is_transient(const Error& error) {
  if (error.kind != ErrorKind::kServer) return class_of(error.kind).is_transient;
  return sqlstate::is_conflict(error.code) || is_write_refusal(error) || is_fatal(error) ||
         // A plan that a change of a table has made stale inside a transaction: the name is dropped by now.
         (error.code == sqlstate::kFeatureNotSupported && error.server && is_stale_statement(*error.server));
}

Verdict unlimited_verdict_of(const Error& error, const Attempt& attempt) {
  // Nobody asked `any` to be clever: it is for administration.
  if (attempt.mode == Mode::kAny || error.is_lasting) return Verdict::kSettle;
  const bool is_harmless = attempt.is_idempotent || attempt.is_plain_read;
  switch (error.kind) {
    case ErrorKind::kFenced:
      return error.outcome == Outcome::kNotExecuted ? Verdict::kElsewhere : Verdict::kSettle;
    case ErrorKind::kConnectionLost:
      if (changed_nothing(error.outcome) || is_harmless) return Verdict::kElsewhere;
      return Verdict::kSettle;
    case ErrorKind::kServer:
      if (is_fatal(error)) {
        return is_harmless || changed_nothing(error.outcome) ? Verdict::kElsewhere : Verdict::kSettle;
      }
      // Refused because the node is read-only; where the node itself is not, the caller made it so.
      if (is_write_refusal(error)) {
        const bool is_nodes = attempt.mode == Mode::kReadWrite && attempt.node != NodeState::kWritable;
        return is_nodes && changed_nothing(error.outcome) ? Verdict::kElsewhere : Verdict::kSettle;
      }
      return sqlstate::is_conflict(error.code) && attempt.is_idempotent ? Verdict::kLater : Verdict::kSettle;
    default:
      return Verdict::kSettle;
  }
}

}  // namespace

Verdict verdict_of(const Error& error, const Attempt& attempt) {
  const Verdict verdict = unlimited_verdict_of(error, attempt);
  const bool may_have_run = verdict == Verdict::kLater || error.outcome == Outcome::kUnknown;
  const bool is_spent = error.attempts >= static_cast<std::uint32_t>(attempt.most);
  return may_have_run && is_spent ? Verdict::kSettle : verdict;
}

RetryReason reason_of(const Error& error) {
  if (error.kind == ErrorKind::kFenced || is_write_refusal(error)) return RetryReason::kFenced;
  if (sqlstate::is_conflict(error.code)) return RetryReason::kConflict;
  return error.kind == ErrorKind::kServer ? RetryReason::kShutdown : RetryReason::kLost;
}

bool shows_fence(const Error& error) { return is_write_refusal(error); }

bool is_unmasked(const Error& error, const Attempt& attempt) {
  return attempt.is_read_only && is_write_refusal(error) &&
         (attempt.node == NodeState::kWritable || attempt.node == NodeState::kUnreported);
}

bool may_begin_elsewhere(const Error& error) { return error.kind == ErrorKind::kConnectionLost; }

milliseconds backoff(std::uint32_t attempts, const RetryOptions& options, double unit) {
  const milliseconds::rep doubled = options.base_delay.count() << std::min<std::uint32_t>(attempts, 20);
  const auto longest = static_cast<double>(std::min(doubled, options.max_delay.count()));
  return milliseconds(static_cast<std::int64_t>(longest * unit));
}

Error not_replicated_error(const std::string& what, const std::string& host) {
  Error error =
      Error::make(ErrorKind::kNotReplicated,
                  what + " is stored on " + host +
                      ", but the wait for its synchronous standby was cut short; a failover may lose it.",
                  Outcome::kCommittedLocally);
  error.code = class_of(error.kind).code;
  error.host = host;
  return error;
}

bool is_retryable(const Error& error) {
  return !error.is_lasting && changed_nothing(error.outcome) && is_transient(error);
}

Error as_told(Error error, const Attempt& attempt) {
  const bool is_open =
      error.outcome == Outcome::kUnknown && (error.kind == ErrorKind::kConnectionLost || is_fatal(error));
  if (is_open && !attempt.is_plain_read && !attempt.is_idempotent) {
    Error told = Error::make(
        ErrorKind::kInDoubt,
        "The connection to " + error.host +
            " ended after the statement was sent and before its answer; it may or may not be stored.",
        Outcome::kUnknown);
    told.code = "IN_DOUBT";
    told.host = error.host;
    told.attempts = error.attempts;
    told.server = error.server;
    told.cause = std::make_shared<const Error>(std::move(error));
    return told;
  }
  error.retryable = is_retryable(error);
  return error;
}

}  // namespace hdb
