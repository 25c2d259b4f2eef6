#include "pool/retry.hpp"

namespace hdb {

namespace {

bool is_conflict(const Error& error) { return error.code == "40001" || error.code == "40P01"; }

bool changed_nothing(Outcome outcome) {
  return outcome == Outcome::kNotSent || outcome == Outcome::kNotExecuted || outcome == Outcome::kRolledBack;
}

bool is_transient(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kConnectionLost:
    case ErrorKind::kFenced:
    case ErrorKind::kNoPrimary:
    case ErrorKind::kNoStandby:
    case ErrorKind::kNoHost:
    case ErrorKind::kPoolExhausted:
    case ErrorKind::kSplitBrain:
      return true;
    case ErrorKind::kServer:
      return is_conflict(error) || error.code == "25006" || error.code.starts_with("57P0") ||
             error.code.starts_with("08");
    default:
      return false;
  }
}

}  // namespace

Verdict verdict_of(const Error& error, const Attempt& attempt) {
  // Nobody asked `any` to be clever: it is for administration.
  if (attempt.mode == Mode::kAny) return Verdict::kSettle;
  const bool is_harmless = attempt.is_idempotent || attempt.is_plain_read;
  switch (error.kind) {
    case ErrorKind::kFenced:
      return error.outcome == Outcome::kNotExecuted ? Verdict::kElsewhere : Verdict::kSettle;
    case ErrorKind::kConnectionLost:
      if (changed_nothing(error.outcome) || is_harmless) return Verdict::kElsewhere;
      return Verdict::kSettle;
    case ErrorKind::kServer:
      // Refused because the node is read-only; where the node itself is not, the caller made it so.
      if (error.code == "25006") {
        return attempt.mode == Mode::kReadWrite && attempt.node != NodeState::kWritable ? Verdict::kElsewhere
                                                                                        : Verdict::kSettle;
      }
      if (is_conflict(error)) return attempt.is_idempotent ? Verdict::kLater : Verdict::kSettle;
      // The server is going down under the statement.
      if (error.outcome == Outcome::kUnknown || error.code.starts_with("57P0")) {
        return is_harmless || changed_nothing(error.outcome) ? Verdict::kElsewhere : Verdict::kSettle;
      }
      return Verdict::kSettle;
    default:
      return Verdict::kSettle;
  }
}

bool is_retryable(const Error& error) { return changed_nothing(error.outcome) && is_transient(error); }

Error as_told(Error error, const Attempt& attempt) {
  const bool is_open = error.outcome == Outcome::kUnknown &&
                       (error.kind == ErrorKind::kConnectionLost || error.kind == ErrorKind::kServer);
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
