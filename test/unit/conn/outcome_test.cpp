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

TEST(OutcomeOfError, AnErrorOfTheStatementIsUndone) {
  for (const char* code : {"22P02", "23505", "40001", "40P01", "42601", "42P01", "44000", "55P03", "57014",
                           "53100", "53200", "53400", "54000", "P0001", "0A000"}) {
    for (const Scope scope : {Scope::kAutocommit, Scope::kTransaction, Scope::kCommit}) {
      EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kDispatched, scope), Outcome::kRolledBack) << code;
    }
  }
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

TEST(OutcomeOfError, ADyingServerVouchesForNothing) {
  for (const char* code :
       {"57P01", "57P02", "57P03", "57P04", "58000", "58030", "XX000", "XX001", "08006", "40003"}) {
    EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kDispatched, Scope::kAutocommit), Outcome::kUnknown)
        << code;
    EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kDispatched, Scope::kCommit), Outcome::kUnknown)
        << code;
    EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kDispatched, Scope::kTransaction),
              Outcome::kRolledBack)
        << code;
    EXPECT_EQ(outcome_of_error(report(code, "x"), Phase::kPreparing, Scope::kAutocommit),
              Outcome::kNotExecuted)
        << code;
  }
}

TEST(OutcomeOfError, AFatalErrorLeavesOpenWhatHappened) {
  EXPECT_EQ(outcome_of_error(report("42601", "x", "FATAL"), Phase::kDispatched, Scope::kAutocommit),
            Outcome::kUnknown);
  EXPECT_EQ(outcome_of_error(report("22000", "x", "PANIC"), Phase::kDispatched, Scope::kCommit),
            Outcome::kUnknown);
}

TEST(IsStaleStatement, IsOurOwnNameOrPlanAndNoOtherUseOfTheCode) {
  EXPECT_TRUE(is_stale_statement(report("26000", "x")));
  EXPECT_TRUE(is_stale_statement(report("42P05", "x")));
  EXPECT_TRUE(is_stale_statement(report("0A000", "x", "ERROR", "RevalidateCachedQuery")));
  EXPECT_FALSE(is_stale_statement(report("0A000", "x", "ERROR", "transformSetOperationTree")));
  EXPECT_FALSE(is_stale_statement(report("0A000", "x")));
  EXPECT_FALSE(is_stale_statement(report("42P01", "x")));
}

}  // namespace
}  // namespace hdb
