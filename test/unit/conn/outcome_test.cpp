#include "conn/outcome.hpp"

#include <string>

#include "gtest/gtest.h"
#include "test/unit/support/fake_session.hpp"

namespace hdb {
namespace {

using test::report;

TEST(OutcomeOfLoss, DependsOnHowFarTheStatementHadCome) {
  struct Row {
    Phase phase;
    Outcome autocommit;
    Outcome transaction;
    Outcome commit;
  };
  const Row rows[] = {
      {Phase::kQueued, Outcome::kNotSent, Outcome::kRolledBack, Outcome::kRolledBack},
      {Phase::kPreparing, Outcome::kNotExecuted, Outcome::kRolledBack, Outcome::kRolledBack},
      {Phase::kSent, Outcome::kNotSent, Outcome::kRolledBack, Outcome::kRolledBack},
      {Phase::kDispatched, Outcome::kUnknown, Outcome::kRolledBack, Outcome::kUnknown},
  };
  for (const Row& row : rows) {
    const int phase = static_cast<int>(row.phase);
    EXPECT_EQ(outcome_of_loss(row.phase, Scope::kAutocommit), row.autocommit) << phase;
    EXPECT_EQ(outcome_of_loss(row.phase, Scope::kTransaction), row.transaction) << phase;
    EXPECT_EQ(outcome_of_loss(row.phase, Scope::kCommit), row.commit) << phase;
  }
}

// One of each class, and each that is told apart.
constexpr const char* kCodes[] = {
    "03000", "08000", "08003", "08006", "08P01", "09000", "0A000", "0B000", "0F001", "0LP01",
    "0P000", "0Z002", "20000", "21000", "22012", "22P02", "23505", "24000", "25000", "25P03",
    "27000", "28000", "28P01", "2BP01", "2D000", "2F000", "34000", "38000", "39000", "3B001",
    "3D000", "3F000", "40000", "40001", "40P01", "42601", "42P01", "44000", "53100", "53200",
    "53300", "53400", "54000", "55P03", "57014", "57P01", "57P02", "57P03", "57P04", "57P05",
    "58000", "58030", "58P01", "72000", "F0000", "HV000", "P0001", "XX000", "XX001", "XX002"};

TEST(OutcomeOfError, AnErrorIsUndoneWhateverItsCode) {
  for (const char* code : kCodes) {
    for (const Scope scope : {Scope::kAutocommit, Scope::kTransaction, Scope::kCommit}) {
      EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kDispatched, scope), Outcome::kRolledBack) << code;
    }
    EXPECT_FALSE(ends_session(report(code, "x"))) << code;
  }
}

TEST(OutcomeOfError, WhatEndsTheSessionIsALossWhateverItsCode) {
  for (const char* code : kCodes) {
    for (const char* severity : {"FATAL", "PANIC"}) {
      const ServerReport end = report(code, "x", severity);
      EXPECT_TRUE(ends_session(end)) << code;
      for (const Phase phase : {Phase::kPreparing, Phase::kSent, Phase::kDispatched}) {
        for (const Scope scope :
             {Scope::kAutocommit, Scope::kStepwise, Scope::kTransaction, Scope::kCommit}) {
          EXPECT_EQ(outcome_of_error(end, phase, scope), outcome_of_loss(phase, scope)) << code;
        }
      }
    }
  }
}

TEST(OutcomeOfError, WhatFailsWhileItIsPreparedDidNotRun) {
  for (const char* code : kCodes) {
    for (const Scope scope : {Scope::kAutocommit, Scope::kStepwise}) {
      EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kPreparing, scope), Outcome::kNotExecuted) << code;
    }
    EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kPreparing, Scope::kTransaction),
              Outcome::kRolledBack)
        << code;
  }
}

TEST(OutcomeOfError, WhatAProcedureHasCommittedBeforeItsErrorStays) {
  for (const char* code : {"22012", "P0001", "40001", "57014", "25006", "25P02", "26000"}) {
    ServerReport raised = report(code, "x");
    raised.where = "PL/pgSQL function p() line 1 at RAISE";
    EXPECT_EQ(outcome_of_error(raised, Phase::kDispatched, Scope::kStepwise), Outcome::kUnknown) << code;
    EXPECT_EQ(outcome_of_error(raised, Phase::kDispatched, Scope::kTransaction), Outcome::kRolledBack)
        << code;
  }
  // VACUUM and the like tell of no context.
  EXPECT_EQ(outcome_of_error(report("57014", "x"), Phase::kDispatched, Scope::kStepwise), Outcome::kUnknown);
  EXPECT_EQ(outcome_of_error(report("25006", "x"), Phase::kDispatched, Scope::kStepwise),
            Outcome::kNotExecuted);
}

TEST(OutcomeOfError, ACodeThatSaysThatItIsOpenIsBelieved) {
  EXPECT_EQ(outcome_of_error(report("40003", "x"), Phase::kDispatched, Scope::kAutocommit),
            Outcome::kUnknown);
  EXPECT_EQ(outcome_of_error(report("40003", "x"), Phase::kDispatched, Scope::kTransaction),
            Outcome::kRolledBack);
}

TEST(OutcomeOfAnswer, OfNoUseInATransactionStoresNothing) {
  EXPECT_EQ(outcome_of_answer(Scope::kAutocommit), Outcome::kCommitted);
  EXPECT_EQ(outcome_of_answer(Scope::kStepwise), Outcome::kCommitted);
  EXPECT_EQ(outcome_of_answer(Scope::kTransaction), Outcome::kRolledBack);
}

TEST(OutcomeOfError, ARefusalBeforeItRanIsNotExecuted) {
  EXPECT_EQ(outcome_of_error(report("25006", "x"), Phase::kDispatched, Scope::kAutocommit),
            Outcome::kNotExecuted);
  EXPECT_EQ(outcome_of_error(report("26000", "x"), Phase::kDispatched, Scope::kAutocommit),
            Outcome::kNotExecuted);
  EXPECT_EQ(outcome_of_error(report("42P05", "x"), Phase::kDispatched, Scope::kAutocommit),
            Outcome::kNotExecuted);
  EXPECT_EQ(outcome_of_error(report("0A000", "x", "ERROR", "RevalidateCachedQuery"), Phase::kDispatched,
                             Scope::kAutocommit),
            Outcome::kNotExecuted);
}

TEST(OutcomeOfError, TheSameCodeFromInsideAFunctionWasRunAndUndone) {
  for (const char* code : {"26000", "42P05", "0A000"}) {
    ServerReport raised = report(code, "x", "ERROR", "RevalidateCachedQuery");
    raised.where = "PL/pgSQL function f() line 1 at EXECUTE";
    EXPECT_FALSE(is_stale_statement(raised)) << code;
    EXPECT_EQ(outcome_of_error(raised, Phase::kDispatched, Scope::kAutocommit), Outcome::kRolledBack) << code;
  }
}

TEST(OutcomeOfError, ARefusalInATransactionHasUndoneTheTransaction) {
  EXPECT_EQ(outcome_of_error(report("25006", "x"), Phase::kDispatched, Scope::kTransaction),
            Outcome::kRolledBack);
  EXPECT_EQ(outcome_of_error(report("26000", "x"), Phase::kDispatched, Scope::kTransaction),
            Outcome::kRolledBack);
}

TEST(OutcomeOfError, AStatementAfterTheFirstErrorDidNotRun) {
  EXPECT_EQ(outcome_of_error(report("25P02", "x"), Phase::kDispatched, Scope::kTransaction),
            Outcome::kNotExecuted);
}

TEST(OutcomeOfError, ARefusalThatAFunctionRaisesIsItsOwnError) {
  for (const char* code : {"25006", "25P02"}) {
    ServerReport raised = report(code, "x", "ERROR", "exec_stmt_raise");
    raised.where = "PL/pgSQL function f() line 1 at RAISE";
    EXPECT_EQ(outcome_of_error(raised, Phase::kDispatched, Scope::kAutocommit), Outcome::kRolledBack) << code;
    EXPECT_FALSE(is_write_refusal(raised)) << code;
    raised.routine = "pgfdw_report_error";
    EXPECT_FALSE(is_write_refusal(raised)) << code;
  }
  // What a function runs is refused by the server.
  ServerReport refused = report("25006", "x", "ERROR", "PreventCommandIfReadOnly");
  refused.where = "SQL statement \"insert into t values (1)\"";
  EXPECT_TRUE(is_write_refusal(refused));
  EXPECT_EQ(outcome_of_error(refused, Phase::kDispatched, Scope::kAutocommit), Outcome::kNotExecuted);
}

TEST(IsStaleStatement, IsOurOwnNameOrPlanAndNoOtherUseOfTheCode) {
  EXPECT_TRUE(is_stale_statement(report("26000", "x")));
  EXPECT_TRUE(is_stale_statement(report("42P05", "x")));
  EXPECT_TRUE(is_stale_statement(report("0A000", "x", "ERROR", "RevalidateCachedQuery")));
  EXPECT_FALSE(is_stale_statement(report("0A000", "x", "ERROR", "transformSetOperationTree")));
  EXPECT_FALSE(is_stale_statement(report("0A000", "x")));
  EXPECT_FALSE(is_stale_statement(report("42P01", "x")));
}

TEST(MayBeStale, IsOfPlanningAndBindingOnly) {
  ServerReport gone = report("XX000", "cache lookup failed for type 16388");
  EXPECT_TRUE(may_be_stale(gone));
  gone.where = "unnamed portal parameter $1";
  EXPECT_TRUE(may_be_stale(gone));
  gone.where = "PL/pgSQL function f(integer) line 1 at RETURN";
  EXPECT_FALSE(may_be_stale(gone));
  EXPECT_TRUE(may_be_stale(report("42804", "x")));
  EXPECT_FALSE(may_be_stale(report("23505", "x")));
  EXPECT_FALSE(may_be_stale(report("XX000", "x", "FATAL")));
}

TEST(Farewell, ProvesThatNothingBehindItWasRead) {
  EXPECT_TRUE(is_farewell(test::report("57P01", "x", "FATAL", "ProcessInterrupts")));
  EXPECT_TRUE(is_farewell(test::report("40001", "x", "FATAL", "ProcessRecoveryConflictInterrupt")));
  EXPECT_FALSE(is_farewell(test::report("57P01", "x", "ERROR", "ProcessInterrupts")));
  EXPECT_FALSE(is_farewell(test::report("57P01", "x", "FATAL")));
  EXPECT_FALSE(is_farewell(test::report("57P02", "x", "PANIC", "ProcessInterrupts")));

  const Phase sent = Phase::kDispatched;
  EXPECT_EQ(outcome_of_farewell(sent, Scope::kAutocommit, true, false), Outcome::kUnknown);
  EXPECT_EQ(outcome_of_farewell(sent, Scope::kAutocommit, false, false), Outcome::kNotExecuted);
  EXPECT_EQ(outcome_of_farewell(sent, Scope::kCommit, true, true), Outcome::kRolledBack);
  // A CALL may have committed inside.
  EXPECT_EQ(outcome_of_farewell(sent, Scope::kCommit, true, false), Outcome::kUnknown);
  EXPECT_EQ(outcome_of_farewell(sent, Scope::kCommit, false, false), Outcome::kRolledBack);
  EXPECT_EQ(outcome_of_farewell(sent, Scope::kTransaction, true, false), Outcome::kRolledBack);
}

}  // namespace
}  // namespace hdb
