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
  // Refused before it ran.
  if (code == "25P02") return Outcome::kNotExecuted;
  if (code == "25006" || is_stale_statement(report)) {
    return scope == Scope::kAutocommit ? Outcome::kNotExecuted : Outcome::kRolledBack;
  }
  // The server itself does not vouch for the statement: it is dying, broken, or the link is.
  const bool open_question = ends_session(report) || code.starts_with("57P0") || code.starts_with("58") ||
                             code.starts_with("XX") || code.starts_with("08") || code == "40003";
  return open_question ? outcome_of_loss(phase, scope) : Outcome::kRolledBack;
}

}  // namespace hdb
