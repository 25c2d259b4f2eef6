#include "pool/commit_proof.hpp"

#include <string_view>

#include "conn/fence.hpp"
#include "conn/wal_position.hpp"
#include "types/number.hpp"

namespace hdb {

CommitVerdict verdict_of(const CommitProof& proof, const CommitEvidence& evidence, Duration since) {
  if (proof.xid.empty()) return CommitVerdict::kNotCommitted;
  if (since > kProofLifetime) return CommitVerdict::kInDoubt;
  const bool is_promoted = evidence.timeline == proof.timeline + 1;
  if (evidence.timeline != proof.timeline && !is_promoted) return CommitVerdict::kInDoubt;
  // A crash of one backend is followed by a recovery under the same postmaster: only the end of the last
  // recovery tells that there was none.
  const bool is_same_life = evidence.timeline == proof.timeline && evidence.started == proof.started &&
                            evidence.replayed == proof.replayed;
  if (!is_same_life) {
    if (!evidence.replayed) return CommitVerdict::kInDoubt;
    // The commit is behind `lsn`: it was not replayed, and its xid may be another transaction's by now.
    if (proof.lsn > *evidence.replayed) return CommitVerdict::kNotCommitted;
    // A new primary that was started after the COMMIT may have lost it in one recovery and gone on to a
    // second one.
    if (is_promoted && evidence.up <= since) return CommitVerdict::kInDoubt;
  }
  if (!evidence.status) return CommitVerdict::kInDoubt;
  switch (*evidence.status) {
    case XactStatus::kCommitted:
      return CommitVerdict::kCommitted;
    case XactStatus::kAborted:
      return CommitVerdict::kNotCommitted;
    case XactStatus::kInProgress:
      return CommitVerdict::kInProgress;
  }
  return CommitVerdict::kInDoubt;
}

const std::string& proof_guard() {
  static const std::string& kSql =
      *new std::string(  // never destroyed: the I/O thread may outlive static objects
          commit_guard() +
          ", pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text,"
          " pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text,"
          " pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8),"
          " extract(epoch from pg_catalog.pg_postmaster_start_time())::pg_catalog.text,"
          " pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text");
  return kSql;
}

const std::string& evidence_sql() {
  // The message makes the answer itself wait for the synchronous standby, as the COMMIT should have: what it
  // calls committed is not lost by the next failover. It also takes an xid, above all that this node knows.
  static const std::string& kSql = *new std::string(
      "select pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_logical_emit_message(true, "
      "'hyperiondb', '')), 1, 8),"
      " extract(epoch from pg_catalog.pg_postmaster_start_time())::pg_catalog.text,"
      " pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text,"
      " case when $1::pg_catalog.xid8 < pg_catalog.pg_current_xact_id()"
      " then pg_catalog.pg_xact_status($1::pg_catalog.xid8) end,"
      " (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_postmaster_start_time()) * 1000)"
      "::pg_catalog.int8::pg_catalog.text");
  return kSql;
}

namespace {

std::string_view text(const Cell& cell) {
  return cell.is_null() ? std::string_view()
                        : std::string_view(cell.data, static_cast<std::size_t>(cell.length));
}

/// False when it is malformed; none when it is NULL.
bool read_lsn(const Cell& cell, std::optional<std::uint64_t>& out) {
  if (cell.is_null()) return true;
  return parse_lsn(text(cell), out.emplace());
}

}  // namespace

std::optional<CommitProof> read_proof(const ResultSet& result) {
  if (result.rows != 1 || result.columns->size() != 6) return std::nullopt;
  const Cell* row = result.row(0);
  CommitProof proof;
  proof.xid = text(row[1]);
  proof.started = text(row[4]);
  if (!parse_lsn(text(row[2]), proof.lsn) || !parse_hex(text(row[3]), proof.timeline) ||
      !read_lsn(row[5], proof.replayed)) {
    return std::nullopt;
  }
  return proof;
}

std::optional<CommitEvidence> read_evidence(const ResultSet& result) {
  if (result.rows != 1 || result.columns->size() != 5) return std::nullopt;
  const Cell* row = result.row(0);
  CommitEvidence evidence;
  evidence.started = text(row[1]);
  const std::string_view status = text(row[3]);
  if (status == "committed") evidence.status = XactStatus::kCommitted;
  if (status == "aborted") evidence.status = XactStatus::kAborted;
  if (status == "in progress") evidence.status = XactStatus::kInProgress;
  std::int64_t up_ms = 0;
  if (!types::parse_int64(text(row[4]), up_ms)) return std::nullopt;
  evidence.up = milliseconds(up_ms);
  if (!parse_hex(text(row[0]), evidence.timeline) || !read_lsn(row[2], evidence.replayed))
    return std::nullopt;
  return evidence;
}

}  // namespace hdb
