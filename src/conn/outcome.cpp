#include "conn/outcome.hpp"

#include <algorithm>
#include <iterator>

#include "base/sqlstate.hpp"

namespace hdb {

bool ends_session(const ServerReport& report) {
  return report.severity == "FATAL" || report.severity == "PANIC";
}

bool is_farewell(const ServerReport& report) {
  return report.severity == "FATAL" && report.routine &&
         (*report.routine == "ProcessInterrupts" ||
          report.routine->starts_with("ProcessRecoveryConflictInterrupt"));
}

bool is_write_refusal(const ServerReport& report) {
  if (!sqlstate::is_read_only(report.sqlstate)) return false;
  // What a function runs is refused like anything else.
  return report.routine && report.where ? report.routine->starts_with("PreventCommand") : !report.where;
}

bool is_stale_statement(const ServerReport& report) {
  // What has a context was raised inside a function or procedure: the statement had been running.
  if (report.where) return false;
  return report.sqlstate == sqlstate::kInvalidStatementName ||
         report.sqlstate == sqlstate::kDuplicatePreparedStatement ||
         // "cached plan must not change result type"; other uses of 0A000 are the caller's.
         (report.sqlstate == sqlstate::kFeatureNotSupported && report.routine == "RevalidateCachedQuery");
}

namespace {

/// The context of a value that Bind could not read: "unnamed portal parameter $1", in the server's language.
bool is_of_parameter(std::string_view where) {
  const std::size_t digits = where.find_last_not_of("0123456789");
  return digits != std::string_view::npos && digits + 1 < where.size() && where[digits] == '$';
}

}  // namespace

bool may_be_stale(const ServerReport& report) {
  if (ends_session(report) || (report.where && !is_of_parameter(*report.where))) return false;
  // No operator, cast or column for the type, a type that is gone; "cache lookup failed for type" is XX000.
  return sqlstate::is_syntax_or_access(report.sqlstate) || report.sqlstate == sqlstate::kInternalError;
}

bool is_refused_input(const ServerReport& report) {
  static constexpr std::string_view kCodes[] = {
      sqlstate::kInvalidTextRepresentation, sqlstate::kNumericValueOutOfRange,
      sqlstate::kInvalidDatetimeFormat, sqlstate::kDatetimeFieldOverflow};
  return std::find(std::begin(kCodes), std::end(kCodes), report.sqlstate) != std::end(kCodes);
}

Outcome outcome_of_error(const ServerReport& report, Phase phase, Scope scope) {
  const std::string_view code = report.sqlstate;
  if (ends_session(report)) return outcome_of_loss(phase, scope);
  const bool has_steps_behind = scope == Scope::kStepwise && phase != Phase::kPreparing;
  // Raised inside a procedure: what it has committed before stays.
  if (has_steps_behind && report.where) return outcome_of_loss(phase, scope);
  // Refused before it ran; with a context it was raised by what ran.
  if (code == sqlstate::kInFailedTransaction && !report.where) return Outcome::kNotExecuted;
  if (phase == Phase::kPreparing || is_write_refusal(report) || is_stale_statement(report)) {
    return is_autocommit(scope) ? Outcome::kNotExecuted : Outcome::kRolledBack;
  }
  const bool is_open = has_steps_behind || code == sqlstate::kStatementCompletionUnknown;
  return is_open ? outcome_of_loss(phase, scope) : Outcome::kRolledBack;
}

}  // namespace hdb
