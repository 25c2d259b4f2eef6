// The decision about a COMMIT without an answer, row by row.
#include "pool/commit_proof.hpp"

#include "conn/fence.hpp"
#include "gtest/gtest.h"

namespace hdb {
namespace {

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

}  // namespace
}  // namespace hdb
