// outcome: what happened to the data, from how far a statement had come and how it failed.
// Thread: any; pure. The only place that decides it.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/error.hpp"
#include "base/sqlstate.hpp"

namespace hdb {

/// How far a request has come.
enum class Phase : std::uint8_t {
  kQueued,      // not given to libpq
  kPreparing,   // only Parse and Describe were sent
  kSent,        // Execute was given to libpq, its Sync has not wholly left this process
  kDispatched,  // it has
};

/// What a statement is part of.
enum class Scope : std::uint8_t {
  kAutocommit,   // a transaction of its own
  kStepwise,     // autocommit, and may commit in the middle: CALL, DO, VACUUM, …
  kTransaction,  // inside an explicit transaction
  kCommit,       // ends an explicit transaction, or may commit inside
};

constexpr bool is_autocommit(Scope scope) { return scope == Scope::kAutocommit || scope == Scope::kStepwise; }

/// Nothing of it is stored.
constexpr bool changed_nothing(Outcome outcome) {
  return outcome == Outcome::kNotSent || outcome == Outcome::kNotExecuted || outcome == Outcome::kRolledBack;
}

/// The session died.
constexpr Outcome outcome_of_loss(Phase phase, Scope scope) {
  switch (phase) {
    // A transaction dies with its session, and a COMMIT that did not leave commits nothing.
    case Phase::kQueued:
      return is_autocommit(scope) ? Outcome::kNotSent : Outcome::kRolledBack;
    case Phase::kPreparing:
      return is_autocommit(scope) ? Outcome::kNotExecuted : Outcome::kRolledBack;
    case Phase::kSent:
      // Without its Sync the server cannot have committed; at the end of the stream it aborts.
      return is_autocommit(scope) ? Outcome::kNotSent : Outcome::kRolledBack;
    case Phase::kDispatched:
      return scope == Scope::kTransaction ? Outcome::kRolledBack : Outcome::kUnknown;
  }
  return Outcome::kUnknown;
}

/// The server answered, and the answer is of no use.
constexpr Outcome outcome_of_answer(Scope scope) {
  return scope == Scope::kTransaction ? Outcome::kRolledBack : Outcome::kCommitted;
}

/// The server answered with an error.
Outcome outcome_of_error(const ServerReport& report, Phase phase, Scope scope);

/// A FATAL with which the server process ended itself where it looks for interrupts (a shutdown, an
/// administrator, a recovery conflict, a timeout). It does so between messages and inside statements, but
/// never between the work of a COMMIT and its tag, and reads nothing afterwards. A pooler's own FATAL names
/// no routine, and proves nothing.
bool is_farewell(const ServerReport& report);

/// The session died after a farewell. `is_first`: of what was in flight, so the server may have begun with
/// it. `is_commit`: it is [guard, COMMIT], and no tag of COMMIT has come.
constexpr Outcome outcome_of_farewell(Phase phase, Scope scope, bool is_first, bool is_commit) {
  if (is_first && !is_commit) return outcome_of_loss(phase, scope);
  return scope == Scope::kAutocommit ? Outcome::kNotExecuted : Outcome::kRolledBack;
}

/// The server lets nothing write: 25006 of its own, not one that a function or a foreign server has raised.
bool is_write_refusal(const ServerReport& report);

/// Likewise of an error as a whole, which may be ours.
inline bool is_write_refusal(const Error& error) {
  return error.server ? is_write_refusal(*error.server) : sqlstate::is_read_only(error.code);
}

/// The server refused our plan or our name for the statement before it ran; it can be prepared anew.
bool is_stale_statement(const ServerReport& report);

/// The server may have found it out while it planned a statement anew for types or tables that are no longer
/// those for which it was prepared: it is worth to ask for them again.
bool may_be_stale(const ServerReport& report);

/// The server did not take a value as the type that it was sent as.
bool is_refused_input(const ServerReport& report);

/// FATAL and PANIC end the session. An ERROR never does, whatever its SQLSTATE: a function or a foreign
/// server may raise any.
bool ends_session(const ServerReport& report);

}  // namespace hdb
