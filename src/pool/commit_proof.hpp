// commit_proof: decides without a table whether a COMMIT whose answer was lost took effect: by the
// transaction's xid and the server's WAL position.
// Thread: any; pure.
// Not here: asking (TransactionCore). An xid alone proves nothing: after a failover another transaction may
// have it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/result.hpp"
#include "base/clock.hpp"

namespace hdb {

/// The server on which a transaction is about to commit.
struct CommitProof {
  std::string xid;        // empty: it has written nothing
  std::uint64_t lsn = 0;  // after everything that the transaction wrote, before its commit
  std::uint32_t timeline = 0;
  std::string started;                    // its postmaster; compared only
  std::optional<std::uint64_t> replayed;  // where its last recovery ended, if there was one
};

enum class XactStatus : std::uint8_t { kCommitted, kAborted, kInProgress };

/// The writable node of the highest timeline, some time later.
struct CommitEvidence {
  std::uint32_t timeline = 0;
  std::string started;
  std::optional<std::uint64_t> replayed;
  std::optional<XactStatus> status;  // of the xid; none: the server does not know
  Duration up{};                     // how long its postmaster has been running
};

enum class CommitVerdict : std::uint8_t {
  kCommitted,
  kNotCommitted,
  kInProgress,  // ask again
  kInDoubt,
};

/// How long after COMMIT the question may be asked; later, too much may have happened in between.
inline constexpr milliseconds kProofLifetime{60000};

/// `since`: time since the COMMIT was sent.
CommitVerdict verdict_of(const CommitProof& proof, const CommitEvidence& evidence, Duration since);

/// commit_guard() that also reads the proof. PostgreSQL 13 or newer.
const std::string& proof_guard();
std::optional<CommitProof> read_proof(const ResultSet& result);

/// Asks for the evidence; `$1` is the xid.
const std::string& evidence_sql();
std::optional<CommitEvidence> read_evidence(const ResultSet& result);

}  // namespace hdb
