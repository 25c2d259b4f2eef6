// The decision about a COMMIT without an answer, row by row.
#include "pool/commit_proof.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conn/fence.hpp"
#include "conn/wal_position.hpp"
#include "gtest/gtest.h"
#include "support/made_result.hpp"

namespace hdb {
namespace {

using test::MadeResult;
using test::Row;

constexpr milliseconds kSince{500};
constexpr milliseconds kDays{300'000'000};

/// Written, on timeline 4, on a server that has never been in recovery.
CommitProof proof() {
  return {.xid = "731", .lsn = 200, .timeline = 4, .started = "1000", .replayed = std::nullopt};
}
/// The same server, a moment later.
CommitEvidence same(XactStatus status) {
  return {.timeline = 4, .started = "1000", .replayed = std::nullopt, .status = status, .up = kDays};
}
/// A standby that was promoted.
CommitEvidence promoted(std::uint64_t replayed, XactStatus status) {
  return {.timeline = 5, .started = "2000", .replayed = replayed, .status = status, .up = kDays};
}
/// The same node after a crash.
CommitEvidence restarted(std::uint64_t replayed, XactStatus status) {
  return {.timeline = 4, .started = "3000", .replayed = replayed, .status = status, .up = milliseconds(100)};
}

TEST(CommitProof, WithoutAnXidNothingWasWritten) {
  CommitProof nothing = proof();
  nothing.xid.clear();
  EXPECT_EQ(verdict_of(nothing, CommitEvidence(), kDays), CommitVerdict::kNotCommitted);
}

TEST(CommitProof, ATimelineThatIsNeitherTheSameNorTheNextProvesNothing) {
  for (const std::uint32_t timeline : {0u, 3u, 6u, 7u}) {
    CommitEvidence evidence = promoted(300, XactStatus::kCommitted);
    evidence.timeline = timeline;
    EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt) << timeline;
    evidence.replayed = 100;
    EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt) << timeline;
  }
}

TEST(CommitProof, WhatWasNotReplayedIsNotCommittedWhateverTheXidSays) {
  for (const auto status : {XactStatus::kCommitted, XactStatus::kAborted, XactStatus::kInProgress}) {
    EXPECT_EQ(verdict_of(proof(), promoted(199, status), kSince), CommitVerdict::kNotCommitted);
    EXPECT_EQ(verdict_of(proof(), restarted(199, status), kSince), CommitVerdict::kNotCommitted);
  }
  CommitEvidence unknown = promoted(199, XactStatus::kAborted);
  unknown.status.reset();
  EXPECT_EQ(verdict_of(proof(), unknown, kSince), CommitVerdict::kNotCommitted);
}

TEST(CommitProof, AnotherServerThatWasNeverInRecoveryProvesNothing) {
  CommitEvidence evidence = restarted(0, XactStatus::kCommitted);
  evidence.replayed.reset();  // shut down in order, and started again
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt);
  evidence.timeline = 5;
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt);
}

TEST(CommitProof, WhatWasReplayedIsWhatItsXidSays) {
  for (const std::uint64_t replayed : {std::uint64_t{200}, std::uint64_t{300}}) {
    EXPECT_EQ(verdict_of(proof(), promoted(replayed, XactStatus::kCommitted), kSince),
              CommitVerdict::kCommitted);
    EXPECT_EQ(verdict_of(proof(), promoted(replayed, XactStatus::kAborted), kSince),
              CommitVerdict::kNotCommitted);
    EXPECT_EQ(verdict_of(proof(), restarted(replayed, XactStatus::kCommitted), kSince),
              CommitVerdict::kCommitted);
    EXPECT_EQ(verdict_of(proof(), restarted(replayed, XactStatus::kAborted), kSince),
              CommitVerdict::kNotCommitted);
  }
}

TEST(CommitProof, OnTheSameServerTheXidSaysIt) {
  EXPECT_EQ(verdict_of(proof(), same(XactStatus::kCommitted), kSince), CommitVerdict::kCommitted);
  EXPECT_EQ(verdict_of(proof(), same(XactStatus::kAborted), kSince), CommitVerdict::kNotCommitted);
}

TEST(CommitProof, TheEndOfARecoveryBeforeTheTransactionSaysNothingAboutIt) {
  CommitProof once_promoted = proof();
  once_promoted.replayed = 50;
  CommitEvidence evidence = same(XactStatus::kCommitted);
  evidence.replayed = 50;
  EXPECT_EQ(verdict_of(once_promoted, evidence, kSince), CommitVerdict::kCommitted);
}

TEST(CommitProof, ACrashOfOneBackendIsARecoveryUnderTheSamePostmaster) {
  CommitEvidence evidence = same(XactStatus::kCommitted);
  evidence.replayed = 199;
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kNotCommitted);
  evidence.replayed = 200;
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kCommitted);
}

TEST(CommitProof, WhatIsStillInProgressIsAskedAgain) {
  EXPECT_EQ(verdict_of(proof(), same(XactStatus::kInProgress), kSince), CommitVerdict::kInProgress);
  EXPECT_EQ(verdict_of(proof(), promoted(300, XactStatus::kInProgress), kSince), CommitVerdict::kInProgress);
}

TEST(CommitProof, AnXidThatTheServerDoesNotKnowProvesNothing) {
  CommitEvidence evidence = same(XactStatus::kCommitted);
  evidence.status.reset();
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt);
  evidence = promoted(300, XactStatus::kCommitted);
  evidence.status.reset();
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt);
}

TEST(CommitProof, ANewPrimaryThatWasStartedSinceMayHaveRecoveredTwice) {
  CommitEvidence evidence = promoted(300, XactStatus::kCommitted);
  evidence.up = kSince;
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kInDoubt);
  evidence.replayed = 199;  // even so
  EXPECT_EQ(verdict_of(proof(), evidence, kSince), CommitVerdict::kNotCommitted);
}

TEST(CommitProof, AfterAMinuteNothingIsProven) {
  EXPECT_EQ(verdict_of(proof(), same(XactStatus::kCommitted), kProofLifetime), CommitVerdict::kCommitted);
  EXPECT_EQ(verdict_of(proof(), same(XactStatus::kCommitted), kProofLifetime + milliseconds(1)),
            CommitVerdict::kInDoubt);
  EXPECT_EQ(verdict_of(proof(), promoted(199, XactStatus::kAborted), kProofLifetime + milliseconds(1)),
            CommitVerdict::kInDoubt);
}

TEST(CommitProof, TheGuardComesFirst) { EXPECT_TRUE(proof_guard().starts_with(commit_guard())); }

// ---- the answers of the server

Row proof_row() { return {"0", "731", "16/B374D848", "0000001A", "1000.5", "16/A0000000"}; }
Row evidence_row() { return {"0000001B", "2000.5", "16/B374D850", "committed", "12345"}; }
std::optional<CommitProof> proof_of(Row row) { return read_proof(MadeResult({std::move(row)}).result); }
std::optional<CommitEvidence> evidence_of(Row row) {
  return read_evidence(MadeResult({std::move(row)}).result);
}
Row with(Row row, std::size_t column, std::optional<std::string> text) {
  row[column] = std::move(text);
  return row;
}

TEST(CommitProof, IsReadFromTheAnswerOfTheGuard) {
  const auto read = proof_of(proof_row());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->xid, "731");
  EXPECT_EQ(read->lsn, 0x16B374D848u);
  EXPECT_EQ(read->timeline, 26u);
  EXPECT_EQ(read->started, "1000.5");
  EXPECT_EQ(read->replayed, 0x16A0000000u);
}

TEST(CommitProof, NullsOfTheGuardAreNoXidAndNoRecovery) {
  const auto read = proof_of(with(with(proof_row(), 1, std::nullopt), 5, std::nullopt));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->xid, "");
  EXPECT_EQ(read->replayed, std::nullopt);
}

TEST(CommitProof, AMalformedAnswerOfTheGuardIsNoProof) {
  EXPECT_FALSE(read_proof(MadeResult(std::vector<Row>()).result));
  EXPECT_FALSE(read_proof(MadeResult({proof_row(), proof_row()}).result));
  EXPECT_FALSE(proof_of({"0", "731", "0/1", "1", "1000"})) << "a column less";
  EXPECT_FALSE(proof_of({"0", "731", "0/1", "1", "1000", "0/1", "x"})) << "a column more";
  EXPECT_FALSE(proof_of(with(proof_row(), 2, std::nullopt)));
  EXPECT_FALSE(proof_of(with(proof_row(), 2, "16B374D848")));
  for (const char* timeline : {"", "x", "1A ", "100000000", "-1"})
    EXPECT_FALSE(proof_of(with(proof_row(), 3, timeline))) << timeline;
  EXPECT_FALSE(proof_of(with(proof_row(), 3, std::nullopt)));
  EXPECT_FALSE(proof_of(with(proof_row(), 5, ""))) << "an empty text is not NULL";
  EXPECT_FALSE(proof_of(with(proof_row(), 5, "0/x")));
}

TEST(CommitProof, EvidenceIsReadFromItsAnswer) {
  const auto read = evidence_of(evidence_row());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->timeline, 27u);
  EXPECT_EQ(read->started, "2000.5");
  EXPECT_EQ(read->replayed, 0x16B374D850u);
  EXPECT_EQ(read->status, XactStatus::kCommitted);
  EXPECT_EQ(read->up, milliseconds(12345));
  EXPECT_EQ(evidence_of(with(evidence_row(), 2, std::nullopt))->replayed, std::nullopt);
}

TEST(CommitProof, AStatusThatIsNotKnownHereIsNone) {
  EXPECT_EQ(evidence_of(with(evidence_row(), 3, "aborted"))->status, XactStatus::kAborted);
  EXPECT_EQ(evidence_of(with(evidence_row(), 3, "in progress"))->status, XactStatus::kInProgress);
  for (const std::optional<std::string>& status :
       {std::optional<std::string>(), {""}, {"Committed"}, {"committed "}, {"prepared"}})
    EXPECT_EQ(evidence_of(with(evidence_row(), 3, status))->status, std::nullopt) << status.value_or("NULL");
}

TEST(CommitProof, MalformedEvidenceIsNone) {
  EXPECT_FALSE(read_evidence(MadeResult(std::vector<Row>()).result));
  EXPECT_FALSE(read_evidence(MadeResult({evidence_row(), evidence_row()}).result));
  EXPECT_FALSE(evidence_of({"1", "1000", "0/1", "committed"})) << "a column less";
  EXPECT_FALSE(evidence_of({"1", "1000", "0/1", "committed", "1", "x"})) << "a column more";
  for (const std::optional<std::string>& up :
       {std::optional<std::string>(), {""}, {"x"}, {" 1"}, {"12x"}, {"99999999999999999999"}})
    EXPECT_FALSE(evidence_of(with(evidence_row(), 4, up))) << up.value_or("NULL");
  for (const std::optional<std::string>& timeline :
       {std::optional<std::string>(), {""}, {"1G"}, {"100000000"}})
    EXPECT_FALSE(evidence_of(with(evidence_row(), 0, timeline))) << timeline.value_or("NULL");
  for (const char* replayed : {"", "/", "0/x"})
    EXPECT_FALSE(evidence_of(with(evidence_row(), 2, replayed))) << replayed;
}

TEST(WalPosition, IsTwoHalvesOf32Bits) {
  std::uint64_t lsn = 7;
  EXPECT_TRUE(parse_lsn("0/0", lsn));
  EXPECT_EQ(lsn, 0u);
  EXPECT_TRUE(parse_lsn("FFFFFFFF/ffffffff", lsn));
  EXPECT_EQ(lsn, 0xFFFFFFFFFFFFFFFFu);
  EXPECT_TRUE(parse_lsn("1/2", lsn));
  EXPECT_EQ(lsn, 0x100000002u);
  for (const char* bad : {"", "0", "/", "0/", "/0", "0x0/0", "0/0x0", "100000000/0", "0/100000000", "-1/0",
                          "0/-1", " 0/0", "0 /0", "0/0 ", "0//0", "0/0/0", "g/0", "0/g"}) {
    EXPECT_FALSE(parse_lsn(bad, lsn)) << bad;
    EXPECT_EQ(lsn, 0x100000002u) << bad;
  }
}

}  // namespace
}  // namespace hdb
