#include "conn/outcome.hpp"

namespace hdb {

bool ends_session(const ServerReport& report) {
  return report.severity == "FATAL" || report.severity == "PANIC";
}

bool is_stale_statement(const ServerReport& report) {
  // What has a context was raised inside a function or procedure: the statement had been running.
  if (report.where) return false;
  return report.sqlstate == "26000" || report.sqlstate == "42P05" ||
         // "cached plan must not change result type"; other uses of 0A000 are the caller's.
         (report.sqlstate == "0A000" && report.routine == "RevalidateCachedQuery");
}

Outcome outcome_of_error(const ServerReport& report, Phase phase, Scope scope) {
  const std::string_view code = report.sqlstate;
  if (ends_session(report)) return outcome_of_loss(phase, scope);
  const bool has_steps_behind = scope == Scope::kStepwise && phase != Phase::kPreparing;
  // Raised inside a procedure: what it has committed before stays.
  if (has_steps_behind && report.where) return outcome_of_loss(phase, scope);
  // Refused before it ran.
  if (code == "25P02") return Outcome::kNotExecuted;
  if (phase == Phase::kPreparing || code == "25006" || is_stale_statement(report)) {
    return is_autocommit(scope) ? Outcome::kNotExecuted : Outcome::kRolledBack;
  }
  // 40003 says itself that it is open.
  return has_steps_behind || code == "40003" ? outcome_of_loss(phase, scope) : Outcome::kRolledBack;
}

}  // namespace hdb
