#include "conn/probe.hpp"

#include <charconv>
#include <string_view>

#include "base/sqlstate.hpp"
#include "conn/wal_position.hpp"

namespace hdb {

const std::string& probe_sql() {
  // pg_walfile_name() is refused in recovery, and the control file's timeline is stale after a promotion, on
  // a standby for minutes: only pg_monitor may see the one that it receives. Each is asked where it is right.
  // It is the first statement of each session, and a server process that has just begun takes milliseconds to
  // plan its first join: a FROM only for one function, which lists all settings and is called only where one
  // of them is on.
  static const std::string& kSql = *new std::string(  // never destroyed: the I/O thread may outlive static
                                                      // objects
      "select pg_catalog.pg_is_in_recovery(),"
      " pg_catalog.current_setting('default_transaction_read_only'),"
      " (pg_catalog.pg_control_system()).system_identifier,"
      " case when pg_catalog.pg_is_in_recovery()"
      " then pg_catalog.to_hex((pg_catalog.pg_control_checkpoint()).timeline_id)"
      " else pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) end,"
      " case when pg_catalog.pg_is_in_recovery()"
      " then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_insert_lsn() end,"
      // pg_replica numbers its decisions. A function that may not exist can only be called by name, and a
      // name in a schema that the role may not enter is an error by itself: the privileges are asked first.
      " case when pg_catalog.has_schema_privilege("
      "pg_catalog.to_regnamespace('replica')::pg_catalog.oid, 'usage')"
      " then case when pg_catalog.has_function_privilege("
      "pg_catalog.to_regprocedure('replica.status()')::pg_catalog.oid, 'execute')"
      " then pg_catalog.query_to_xml('select replica.status()', true, false, '')::pg_catalog.text end end,"
      " case when pg_catalog.current_setting('default_transaction_read_only') = 'on'"
      " then (select s.source from pg_catalog.pg_show_all_settings() s"
      " where s.name = 'default_transaction_read_only') end,"
      " case when pg_catalog.pg_is_in_recovery()"
      " then pg_catalog.to_hex((pg_catalog.pg_stat_get_wal_receiver()).received_tli) end");
  return kSql;
}

const std::string& plain_probe_sql() {
  static const std::string& kSql = *new std::string(  // never destroyed: the I/O thread may outlive static
                                                      // objects
      "select pg_catalog.pg_is_in_recovery(),"
      " pg_catalog.current_setting('default_transaction_read_only'), null, null, null, null, null, null");
  return kSql;
}

bool is_unreadable(const Error& error) {
  return error.kind == ErrorKind::kServer &&
         (error.code == sqlstate::kUndefinedFunction || error.code == sqlstate::kInsufficientPrivilege);
}

namespace {

std::string_view text(const Cell& cell) {
  return cell.is_null() ? std::string_view()
                        : std::string_view(cell.data, static_cast<std::size_t>(cell.length));
}

/// "… decided_primary=1 seq=7 quorum=true …" → 7; 0 when it does not say.
std::int64_t decision_number(std::string_view status) {
  std::int64_t number = 0;
  const std::size_t at = status.find(" seq=");
  if (at == std::string_view::npos) return 0;
  std::from_chars(status.data() + at + 5, status.data() + status.size(), number);
  return number;
}

/// Is a setting with this source the server's, for everybody?
bool is_servers(std::string_view source) {
  return source.empty() || source == "default" || source == "environment variable" ||
         source == "configuration file" || source == "command line";
}

}  // namespace

Expected<HostFacts> read_probe(const ResultSet& result, bool restricted) {
  const auto malformed = [] {
    return Fail(Error::make(ErrorKind::kConnect, "The server's answer about its own role is malformed."));
  };
  if (result.rows != 1 || result.columns->size() != 8) return malformed();
  const Cell* row = result.row(0);
  HostFacts facts;
  facts.in_recovery = text(row[0]) == "t";
  if (!restricted && !is_servers(text(row[6]))) facts.own_setting = text(row[6]);
  if (!restricted && facts.own_setting.empty()) facts.read_only = text(row[1]) == "on";
  facts.system_identifier = text(row[2]);
  if (!row[3].is_null() && !parse_hex(text(row[3]), facts.timeline)) return malformed();
  facts.is_timeline_least = facts.in_recovery && row[7].is_null();
  if (!row[7].is_null() && !parse_hex(text(row[7]), facts.timeline)) return malformed();
  if (!row[4].is_null() && !parse_lsn(text(row[4]), facts.lsn)) return malformed();
  facts.sequence = decision_number(text(row[5]));
  return facts;
}

}  // namespace hdb
