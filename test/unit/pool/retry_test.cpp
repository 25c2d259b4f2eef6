// What may be run again, and what the caller is told: one row for each kind of failure.
#include "pool/retry.hpp"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace hdb {
namespace {

Error make(ErrorKind kind, Outcome outcome, const std::string& code = {}) {
  Error error = Error::make(kind, "x", outcome);
  error.code = code;
  error.host = "a:5432";
  return error;
}

Error reported(Outcome outcome, const std::string& code, const std::string& severity) {
  Error error = make(ErrorKind::kServer, outcome, code);
  error.server = ServerReport{};
  error.server->sqlstate = code;
  error.server->severity = severity;
  return error;
}

constexpr Attempt kWrite{
    .mode = Mode::kReadWrite, .is_idempotent = false, .is_plain_read = false, .node = NodeState::kWritable};
constexpr Attempt kPlainRead{
    .mode = Mode::kReadWrite, .is_idempotent = false, .is_plain_read = true, .node = NodeState::kWritable};
constexpr Attempt kIdempotent{
    .mode = Mode::kReadWrite, .is_idempotent = true, .is_plain_read = false, .node = NodeState::kWritable};
constexpr Attempt kReadMode{
    .mode = Mode::kReadOnly, .is_idempotent = true, .is_plain_read = false, .node = NodeState::kInRecovery};
constexpr Attempt kAnyMode{
    .mode = Mode::kAny, .is_idempotent = true, .is_plain_read = true, .node = NodeState::kWritable};
constexpr Attempt kFencedWrite{
    .mode = Mode::kReadWrite, .is_idempotent = false, .is_plain_read = false, .node = NodeState::kReadOnly};

TEST(Verdict, FollowsTheTable) {
  using V = Verdict;
  struct Row {
    const char* what;
    Error error;
    V write, plain_read, idempotent, read_mode;
  };
  const auto server = [](const char* code, Outcome outcome) { return reported(outcome, code, "ERROR"); };
  const auto fatal = [](const char* code, Outcome outcome) { return reported(outcome, code, "FATAL"); };
  const Row rows[] = {
      {"lost, not sent", make(ErrorKind::kConnectionLost, Outcome::kNotSent), V::kElsewhere, V::kElsewhere,
       V::kElsewhere, V::kElsewhere},
      {"lost, not executed", make(ErrorKind::kConnectionLost, Outcome::kNotExecuted), V::kElsewhere,
       V::kElsewhere, V::kElsewhere, V::kElsewhere},
      {"lost, rolled back", make(ErrorKind::kConnectionLost, Outcome::kRolledBack), V::kElsewhere,
       V::kElsewhere, V::kElsewhere, V::kElsewhere},
      {"lost, unknown", make(ErrorKind::kConnectionLost, Outcome::kUnknown), V::kSettle, V::kElsewhere,
       V::kElsewhere, V::kElsewhere},
      {"guard failed", make(ErrorKind::kFenced, Outcome::kNotExecuted, "25006"), V::kElsewhere, V::kElsewhere,
       V::kElsewhere, V::kElsewhere},
      {"commit guard failed", make(ErrorKind::kFenced, Outcome::kRolledBack, "25006"), V::kSettle, V::kSettle,
       V::kSettle, V::kSettle},
      {"serialization failure", server("40001", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kLater,
       V::kLater},
      {"deadlock", server("40P01", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kLater, V::kLater},
      {"shutting down", fatal("57P01", Outcome::kUnknown), V::kSettle, V::kElsewhere, V::kElsewhere,
       V::kElsewhere},
      {"shutting down before it ran", fatal("57P01", Outcome::kNotExecuted), V::kElsewhere, V::kElsewhere,
       V::kElsewhere, V::kElsewhere},
      {"i/o error that ends the session", fatal("58030", Outcome::kUnknown), V::kSettle, V::kElsewhere,
       V::kElsewhere, V::kElsewhere},
      {"recovery conflict that ends the session", fatal("40001", Outcome::kUnknown), V::kSettle,
       V::kElsewhere, V::kElsewhere, V::kElsewhere},
      {"shutdown of another server", server("57P01", Outcome::kRolledBack), V::kSettle, V::kSettle,
       V::kSettle, V::kSettle},
      {"loss of another server", server("08006", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
      {"i/o error", server("58030", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle, V::kSettle},
      {"internal error of the server", server("XX000", Outcome::kRolledBack), V::kSettle, V::kSettle,
       V::kSettle, V::kSettle},
      {"in a procedure", server("22012", Outcome::kUnknown), V::kSettle, V::kSettle, V::kSettle, V::kSettle},
      {"COPY, which closes the session", make(ErrorKind::kServer, Outcome::kRolledBack), V::kSettle,
       V::kSettle, V::kSettle, V::kSettle},
      {"duplicate key", server("23505", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
      {"syntax error", server("42601", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle, V::kSettle},
      {"cancelled by another", server("57014", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
      {"disk full", server("53100", Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle, V::kSettle},
      {"time limit", make(ErrorKind::kTimeout, Outcome::kRolledBack), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
      {"aborted", make(ErrorKind::kAborted, Outcome::kUnknown), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
      {"bad parameter", make(ErrorKind::kParameter, Outcome::kNotSent), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
      {"internal", make(ErrorKind::kInternal, Outcome::kUnknown), V::kSettle, V::kSettle, V::kSettle,
       V::kSettle},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verdict_of(row.error, kWrite), row.write) << row.what;
    EXPECT_EQ(verdict_of(row.error, kPlainRead), row.plain_read) << row.what;
    EXPECT_EQ(verdict_of(row.error, kIdempotent), row.idempotent) << row.what;
    EXPECT_EQ(verdict_of(row.error, kReadMode), row.read_mode) << row.what;
    EXPECT_EQ(verdict_of(row.error, kAnyMode), V::kSettle) << row.what;
  }
}

TEST(Verdict, AReadOnlyRefusalIsTheNodesFaultOnlyWhereTheNodeSaysSo) {
  const Error refused = reported(Outcome::kNotExecuted, "25006", "ERROR");
  EXPECT_EQ(verdict_of(refused, kFencedWrite), Verdict::kElsewhere);
  Attempt attempt = kFencedWrite;
  attempt.node = NodeState::kInRecovery;
  EXPECT_EQ(verdict_of(refused, attempt), Verdict::kElsewhere);
  attempt.node = NodeState::kUnreported;
  EXPECT_EQ(verdict_of(refused, attempt), Verdict::kElsewhere);
  // The caller made its own session read-only, or asked for a write in a read mode.
  EXPECT_EQ(verdict_of(refused, kWrite), Verdict::kSettle);
  EXPECT_EQ(verdict_of(refused, kReadMode), Verdict::kSettle);
  // A procedure that has committed before it was refused.
  EXPECT_EQ(verdict_of(reported(Outcome::kUnknown, "25006", "ERROR"), kFencedWrite), Verdict::kSettle);
}

TEST(Verdict, WhatMayHaveRunIsSentAsOftenAsTheOptionsSay) {
  Attempt attempt = kIdempotent;
  attempt.most = 3;
  const auto tried = [](Error error, std::uint32_t attempts) {
    error.attempts = attempts;
    return error;
  };
  const Error conflict = reported(Outcome::kRolledBack, "40001", "ERROR");
  EXPECT_EQ(verdict_of(tried(conflict, 2), attempt), Verdict::kLater);
  EXPECT_EQ(verdict_of(tried(conflict, 3), attempt), Verdict::kSettle);
  const Error open = make(ErrorKind::kConnectionLost, Outcome::kUnknown);
  EXPECT_EQ(verdict_of(tried(open, 2), attempt), Verdict::kElsewhere);
  EXPECT_EQ(verdict_of(tried(open, 3), attempt), Verdict::kSettle);
  // What did not run is sent until its deadline.
  EXPECT_EQ(verdict_of(tried(make(ErrorKind::kConnectionLost, Outcome::kNotExecuted), 9), attempt),
            Verdict::kElsewhere);
}

TEST(ReasonOf, IsWhatTheStatisticsTell) {
  EXPECT_EQ(reason_of(make(ErrorKind::kFenced, Outcome::kNotExecuted)), RetryReason::kFenced);
  EXPECT_EQ(reason_of(reported(Outcome::kNotExecuted, "25006", "ERROR")), RetryReason::kFenced);
  EXPECT_EQ(reason_of(reported(Outcome::kRolledBack, "40P01", "ERROR")), RetryReason::kConflict);
  EXPECT_EQ(reason_of(reported(Outcome::kRolledBack, "57P01", "FATAL")), RetryReason::kShutdown);
  EXPECT_EQ(reason_of(make(ErrorKind::kConnectionLost, Outcome::kNotSent)), RetryReason::kLost);
}

TEST(IsFenced, OnlyAStatementThatNeedsAPrimaryMinds) {
  EXPECT_TRUE(is_fenced(Mode::kReadWrite, NodeState::kReadOnly));
  EXPECT_TRUE(is_fenced(Mode::kReadWrite, NodeState::kInRecovery));
  EXPECT_FALSE(is_fenced(Mode::kReadWrite, NodeState::kWritable));
  EXPECT_FALSE(is_fenced(Mode::kReadWrite, NodeState::kUnreported));
  EXPECT_FALSE(is_fenced(Mode::kReadOnly, NodeState::kInRecovery));
  EXPECT_FALSE(is_fenced(Mode::kAny, NodeState::kReadOnly));
}

TEST(IsUnmasked, ARefusalOfWhatWasKeptFromWritingShowsThatItWrites) {
  Attempt attempt = kWrite;
  const Error refused = reported(Outcome::kNotExecuted, "25006", "ERROR");
  EXPECT_FALSE(is_unmasked(refused, attempt));
  attempt.is_read_only = true;
  EXPECT_TRUE(is_unmasked(refused, attempt));
  attempt.node = NodeState::kUnreported;
  EXPECT_TRUE(is_unmasked(refused, attempt));
  attempt.node = NodeState::kReadOnly;  // the node may be the reason
  EXPECT_FALSE(is_unmasked(refused, attempt));
  attempt.node = NodeState::kWritable;
  EXPECT_FALSE(is_unmasked(reported(Outcome::kNotExecuted, "42501", "ERROR"), attempt));
}

TEST(Backoff, DoublesUpToItsLimit) {
  RetryOptions options;
  options.base_delay = milliseconds(10);
  options.max_delay = milliseconds(100);
  EXPECT_EQ(backoff(1, options, 0.5), milliseconds(10));
  EXPECT_EQ(backoff(2, options, 0.5), milliseconds(20));
  EXPECT_EQ(backoff(4, options, 0.5), milliseconds(50));
  EXPECT_EQ(backoff(4'000'000'000u, options, 0.5), milliseconds(50));
  EXPECT_EQ(backoff(3, options, 0.0), milliseconds(0));
}

TEST(AsTold, AWriteWhoseFateIsOpenIsInDoubt) {
  for (const ErrorKind kind : {ErrorKind::kConnectionLost, ErrorKind::kServer}) {
    Error open = reported(Outcome::kUnknown, "57P01", "FATAL");
    open.kind = kind;
    const Error told = as_told(std::move(open), kWrite);
    EXPECT_EQ(told.kind, ErrorKind::kInDoubt);
    EXPECT_EQ(told.code, "IN_DOUBT");
    EXPECT_EQ(told.outcome, Outcome::kUnknown);
    EXPECT_EQ(told.host, "a:5432");
    EXPECT_FALSE(told.retryable);
    ASSERT_NE(told.cause, nullptr);
    EXPECT_EQ(told.cause->kind, kind);
  }
}

TEST(AsTold, AReadThatIsOpenIsNotInDoubt) {
  EXPECT_EQ(as_told(make(ErrorKind::kConnectionLost, Outcome::kUnknown), kPlainRead).kind,
            ErrorKind::kConnectionLost);
  EXPECT_EQ(as_told(make(ErrorKind::kConnectionLost, Outcome::kUnknown), kReadMode).kind,
            ErrorKind::kConnectionLost);
}

TEST(AsTold, AnErrorOfAProcedureKeepsItsKindAndCode) {
  const Error told = as_told(reported(Outcome::kUnknown, "P0001", "ERROR"), kWrite);
  EXPECT_EQ(told.kind, ErrorKind::kServer);
  EXPECT_EQ(told.code, "P0001");
  EXPECT_EQ(told.outcome, Outcome::kUnknown);
  EXPECT_FALSE(told.retryable);
}

TEST(AsTold, ATimeLimitKeepsItsKind) {
  const Error told = as_told(make(ErrorKind::kTimeout, Outcome::kUnknown, "ETIMEDOUT"), kWrite);
  EXPECT_EQ(told.kind, ErrorKind::kTimeout);
  EXPECT_EQ(told.outcome, Outcome::kUnknown);
  EXPECT_FALSE(told.retryable);
}

TEST(IsRetryable, OnlyWhatChangedNothingAndMayPass) {
  EXPECT_TRUE(is_retryable(make(ErrorKind::kConnectionLost, Outcome::kNotSent)));
  EXPECT_TRUE(is_retryable(make(ErrorKind::kFenced, Outcome::kRolledBack)));
  EXPECT_TRUE(is_retryable(make(ErrorKind::kNoPrimary, Outcome::kNotSent)));
  EXPECT_TRUE(is_retryable(make(ErrorKind::kPoolExhausted, Outcome::kNotSent)));
  EXPECT_TRUE(is_retryable(make(ErrorKind::kServer, Outcome::kRolledBack, "40001")));
  EXPECT_TRUE(is_retryable(reported(Outcome::kRolledBack, "57P01", "FATAL")));
  EXPECT_FALSE(is_retryable(reported(Outcome::kRolledBack, "57P01", "ERROR")));
  EXPECT_FALSE(is_retryable(reported(Outcome::kRolledBack, "08006", "ERROR")));
  EXPECT_FALSE(is_retryable(make(ErrorKind::kServer, Outcome::kRolledBack, "23505")));
  EXPECT_FALSE(is_retryable(make(ErrorKind::kConnectionLost, Outcome::kUnknown)));
  EXPECT_FALSE(is_retryable(make(ErrorKind::kInDoubt, Outcome::kUnknown)));
  EXPECT_FALSE(is_retryable(make(ErrorKind::kNotReplicated, Outcome::kCommittedLocally)));
  EXPECT_FALSE(is_retryable(make(ErrorKind::kParameter, Outcome::kNotSent)));
  EXPECT_FALSE(is_retryable(make(ErrorKind::kPoolClosed, Outcome::kNotSent)));
}

}  // namespace
}  // namespace hdb
