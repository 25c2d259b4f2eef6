// CommitInquiry: asks the primary what became of a COMMIT whose answer was lost.
// Thread: I/O only.  Owner: the transaction.
// Not here: what an answer proves (commit_proof).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/error.hpp"
#include "base/lifetime.hpp"
#include "pool/commit_proof.hpp"
#include "pool/pool_core.hpp"

namespace hdb {

class CommitInquiry {
 public:
  /// Of the COMMIT.
  struct Terms {
    TimePoint sent_at;
    TimePoint deadline;
    CancelToken token;
  };
  /// `proof`: none, if it had not arrived when the session died. `doubt`: what is told if nothing can be
  /// proven.
  CommitInquiry(PoolCore& pool, std::optional<CommitProof> proof, Error doubt, Terms terms)
      : pool_(pool), proof_(std::move(proof)), doubt_(std::move(doubt)), terms_(std::move(terms)) {}

  /// `done`: nothing, if the transaction is stored.
  void start(std::function<void(std::optional<Error>)> done);

 private:
  void ask();
  void on_answer(const Expected<ResultSet>& answer);
  void conclude(const CommitEvidence& evidence, const std::string& host);
  void stay_in_doubt(const std::string& why);
  Error not_committed() const;

  PoolCore& pool_;
  const std::optional<CommitProof> proof_;
  Error doubt_;
  const Terms terms_;
  std::function<void(std::optional<Error>)> done_;
  Lifetime life_;
};

}  // namespace hdb
