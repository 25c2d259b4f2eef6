// A COMMIT whose answer was lost, and what the primary says of it later.
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "test/unit/support/transaction_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::FakeStatement;
using test::Text;

class CommitInquiryTest : public test::TransactionFixture {
 protected:
  /// Its server says where it is, and what it knows of the xid.
  FakeServer& proving(const std::string& name) {
    FakeServer& server = primary(name);
    server.answers = [this](const FakeStatement& statement) -> std::optional<test::FakeAnswer> {
      test::FakeAnswer answer;
      if (statement.sql == proof_guard()) {
        answer.rows = {{"0", xid, "0/200", "00000001", "1000.5", std::nullopt}};
        return answer;
      }
      if (statement.sql != evidence_sql()) return std::nullopt;
      EXPECT_EQ(statement.params.front(), xid);
      ++asked;
      if (asked > in_progress) {
        answer.rows = {{"00000001", "2000.5", replayed, status, up}};
      } else {
        answer.rows = {{"00000001", "2000.5", "0/300", "in progress", "1"}};
      }
      return answer;
    };
    pq::Description description;
    description.params = {25};
    for (int i = 0; i < 5; ++i) {
      description.columns.emplace_back();
      description.columns.back().field.type_oid = 25;
    }
    server.descriptions[evidence_sql()] = description;
    return server;
  }
  /// The server restarts under the COMMIT.
  Box<Unit> lose_commit(FakeServer& a, FakeServer::Moment moment = FakeServer::Moment::kCommitted) {
    TransactionOptions with;
    with.commit_proof = true;
    begin(with);
    ask(kInsert);
    a.watch = [&a, moment](FakeServer::Moment now, const FakeStatement&) {
      if (now != moment) return;
      a.watch = nullptr;
      a.kill();
      a.start();
    };
    const auto committed = commit();
    loop.advance(milliseconds(5000));
    return committed;
  }

  Text xid = "731";
  Text replayed = "0/300";
  Text status = "committed";
  Text up = "1";
  int in_progress = 0;
  int asked = 0;
};

/// What could not be proven stays in doubt, and says why.
void expect_in_doubt(const Error& error, const std::string& why) {
  EXPECT_EQ(error.kind, ErrorKind::kInDoubt);
  EXPECT_EQ(error.outcome, Outcome::kUnknown);
  EXPECT_FALSE(error.retryable);
  ASSERT_FALSE(error.causes.empty());
  EXPECT_NE(error.causes.back().find(why), std::string::npos);
}

TEST_F(CommitInquiryTest, ACommitThatIsFoundIsASuccess) {
  FakeServer& a = proving("a");
  open_calm();
  EXPECT_TRUE(lose_commit(a).is_ok());
  EXPECT_EQ(asked, 1);
}

TEST_F(CommitInquiryTest, ACommitThatIsNotThereRolledTheTransactionBack) {
  FakeServer& a = proving("a");
  replayed = "0/1FF";  // whatever the status says
  open_calm();
  const auto committed = lose_commit(a);
  EXPECT_EQ(committed.error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(committed.error().retryable);
  EXPECT_EQ(committed.error().cause->kind, ErrorKind::kInDoubt);
  EXPECT_EQ(committed.error().host, "a:5432");
}

TEST_F(CommitInquiryTest, OneThatIsStillUnderWayIsAskedForAgain) {
  FakeServer& a = proving("a");
  in_progress = 3;
  status = "aborted";
  open_calm();
  EXPECT_EQ(lose_commit(a).error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(asked, 4);
}

TEST_F(CommitInquiryTest, WhatCannotBeProvenStaysInDoubtAndSaysWhy) {
  FakeServer& a = proving("a");
  status = std::nullopt;
  open_calm();
  const auto committed = lose_commit(a);
  expect_in_doubt(committed.error(), "proves nothing");
}

TEST_F(CommitInquiryTest, ATransactionThatHasWrittenNothingIsNotInDoubt) {
  FakeServer& a = proving("a");
  xid = std::nullopt;
  open_calm();
  EXPECT_EQ(lose_commit(a).error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(asked, 0);
}

TEST_F(CommitInquiryTest, AMalformedAnswerLeavesItInDoubt) {
  FakeServer& a = proving("a");
  up = "soon";
  open_calm();
  const auto committed = lose_commit(a);
  expect_in_doubt(committed.error(), "malformed");
}

TEST_F(CommitInquiryTest, AHandleThatIsDroppedAsksNoMore) {
  FakeServer& a = proving("a");
  in_progress = 1000;
  open_calm();
  const auto committed = lose_commit(a);
  EXPECT_FALSE(committed.is_settled());
  EXPECT_GT(asked, 10);
  const int before = asked;
  transaction.reset();
  EXPECT_EQ(committed.times(), 1u);  // no promise is forgotten
  loop.advance(milliseconds(1000));
  EXPECT_EQ(asked, before);
  EXPECT_EQ(committed.times(), 1u);
}

TEST_F(CommitInquiryTest, AHandleThatIsDroppedUnderItsCommitIsCommittedAllTheSame) {
  FakeServer& a = proving("a");
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  a.latency = milliseconds(10);
  const auto committed = commit();
  transaction.reset();
  loop.advance(milliseconds(100));
  EXPECT_TRUE(a.holds(kInsert));
  EXPECT_EQ(committed.times(), 1u);
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(CommitInquiryTest, AnOldServerIsNotAskedForTheFacts) {
  FakeServer& a = proving("a");
  a.version = 120015;
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  EXPECT_TRUE(commit().is_ok());
  EXPECT_EQ(a.runs(proof_guard()), 0);
  EXPECT_EQ(a.runs(commit_guard()), 1);
}

TEST_F(CommitInquiryTest, WithoutTheFactsItStaysInDoubt) {
  FakeServer& a = proving("a");
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == proof_guard()) a.kill();
  };
  const auto committed = commit();
  EXPECT_EQ(committed.error().kind, ErrorKind::kInDoubt);
  EXPECT_NE(committed.error().causes.back().find("had not arrived"), std::string::npos);
}

TEST_F(CommitInquiryTest, NobodyToAskLeavesItInDoubt) {
  FakeServer& a = proving("a");
  options.acquire_timeout = milliseconds(1000);
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  a.watch = [&](FakeServer::Moment now, const FakeStatement&) {
    if (now == FakeServer::Moment::kCommitted) a.kill();
  };
  const auto committed = commit();
  EXPECT_FALSE(committed.is_settled());
  loop.advance(milliseconds(2000));
  EXPECT_EQ(committed.error().kind, ErrorKind::kInDoubt);
  EXPECT_NE(committed.error().causes.back().find("no writable primary"), std::string::npos);
}

}  // namespace
}  // namespace hdb
