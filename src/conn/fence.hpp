// fence: is this node still one to write to? The verdict from reported parameters, and the guards
// that ask inside the caller's own round trip.
// Thread: any; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/error.hpp"
#include "base/sqlstate.hpp"

namespace hdb {

/// What the last response of a session says of its node.
enum class NodeState : std::uint8_t {
  kWritable,    // out of recovery, not read-only by default
  kReadOnly,    // out of recovery, read-only by default: fenced
  kInRecovery,  // a standby
  kUnreported,  // PostgreSQL before 14 reports neither, and a session that has ended nothing
};

/// From the parameters that PostgreSQL 14 and newer report before ReadyForQuery. An empty text means
/// not reported. `is_own`: default_transaction_read_only is the session's own, so it says nothing of the
/// node.
constexpr NodeState node_state(std::string_view read_only, std::string_view in_hot_standby, bool is_own) {
  if (in_hot_standby.empty()) return NodeState::kUnreported;
  if (in_hot_standby == "on") return NodeState::kInRecovery;
  return !is_own && read_only == "on" ? NodeState::kReadOnly : NodeState::kWritable;
}

/// Fails, and so skips what follows it under the same Sync, when the transaction that it is in cannot
/// write: the node was fenced or in recovery when the transaction began.
inline const std::string& statement_guard() {
  static const std::string& kSql =
      *new std::string(  // never destroyed: the I/O thread may outlive static objects
          "select (case pg_catalog.current_setting('transaction_read_only') when 'off' then '0'"
          " else 'hyperiondb: not writable' end)::pg_catalog.int4");
  return kSql;
}

/// As statement_guard(), but asks for the node as it is now: a transaction that was opened before the
/// fence could still write and commit behind it.
inline const std::string& commit_guard() {
  static const std::string& kSql =
      *new std::string(  // never destroyed: the I/O thread may outlive static objects
          "select (case when pg_catalog.current_setting('default_transaction_read_only') = 'off'"
          " and not pg_catalog.pg_is_in_recovery() then '0' else 'hyperiondb: not writable' "
          "end)::pg_catalog.int4");
  return kSql;
}

/// Keeps the transaction that it is in from writing: what writes fails with 25006.
inline const std::string& read_only_guard() {
  static const std::string& kSql =
      *new std::string(  // never destroyed: the I/O thread may outlive static objects
          "select pg_catalog.set_config('transaction_read_only', 'on', true)");
  return kSql;
}

/// Instead of the two above that ask for the fence, for a session that is read-only by a setting of its own,
/// which hides the fence: it has written only if its user has opened the transaction with READ WRITE.
inline const std::string& own_guard() {
  static const std::string& kSql =
      *new std::string(  // never destroyed: the I/O thread may outlive static objects
          "select (case when pg_catalog.txid_current_if_assigned() is null then '0'"
          " else 'hyperiondb: not writable' end)::pg_catalog.int4");
  return kSql;
}

/// Did one of the guards fail? Their own text stands in the message, whatever the server's language.
inline bool is_guard_failure(const ServerReport& report) {
  return report.sqlstate == sqlstate::kInvalidTextRepresentation && !report.where &&
         report.message.find("hyperiondb: not writable") != std::string::npos;
}

/// A guard has failed, or what ran did so in a transaction that could not write.
inline Error fenced_error(const std::string& host, Outcome outcome) {
  Error error = Error::make(ErrorKind::kFenced, "The node " + host + " is no longer writable.", outcome);
  error.code = sqlstate::kReadOnlyTransaction;
  error.host = host;
  return error;
}

/// May this text change default_transaction_read_only on its session?
bool may_set_read_only(std::string_view sql);

/// A session that is read-only by a setting of its own was to write. `setting` as in HostFacts.
Error own_setting_error(const std::string& setting, Outcome outcome, std::string message);

}  // namespace hdb
