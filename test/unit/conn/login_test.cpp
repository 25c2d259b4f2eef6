// How a session is opened, and what its host is asked before it takes work.
#include <optional>
#include <string>

#include "conn/probe.hpp"
#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::FakeAnswer;
using test::FakeStatement;
using test::report;

class LoginTest : public test::ConnectionFixture {};

TEST_F(LoginTest, TellsWhatItsHostIsBeforeItTakesWork) {
  server.timeline = 7;
  owner.accepts = false;
  dial();
  loop.settle();
  EXPECT_EQ(owner.verified, 1);
  EXPECT_EQ(state(), ConnectionState::kVerifying);
  EXPECT_FALSE(connection->is_open());
  EXPECT_FALSE(owner.facts.in_recovery);
  EXPECT_EQ(owner.facts.read_only, false);
  EXPECT_EQ(owner.facts.timeline, 7u);
  EXPECT_EQ(owner.facts.system_identifier, server.system_identifier);
  EXPECT_EQ(owner.facts.server_version, server.version);
  connection->accept();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(connection->is_open());
}

TEST_F(LoginTest, DialsTheResolvedAddressUnderTheHostsOwnName) {
  config.conninfo = {{"user", "app"}};
  open();
  const pq::Conninfo expected{{"user", "app"}, {"host", "a"}, {"hostaddr", "10.0.0.1"}, {"port", "5432"}};
  EXPECT_EQ(server.dials.at(0), expected);
}

TEST_F(LoginTest, SeesAStandbyAndAFencedNode) {
  server.in_recovery = true;
  open();
  EXPECT_TRUE(owner.facts.in_recovery);
  EXPECT_EQ(connection->node(), NodeState::kInRecovery);
  connection->close(Error::make(ErrorKind::kPoolClosed, "Over."));
  server.in_recovery = false;
  server.fence();
  open();
  EXPECT_EQ(owner.facts.read_only, true);
  EXPECT_EQ(connection->node(), NodeState::kReadOnly);
}

TEST_F(LoginTest, ARestrictedSessionDoesNotTellOfTheFence) {
  config.restricted = true;
  config.conninfo = {{"options", "-c default_transaction_read_only=on"}};
  open();
  EXPECT_EQ(owner.facts.read_only, std::nullopt);
  EXPECT_EQ(connection->node(), NodeState::kWritable);
}

TEST_F(LoginTest, AServerThatPrintsAnotherDateStyleIsAskedForIso) {
  server.date_style = "German, DMY";
  open();
  EXPECT_EQ(server.runs("set datestyle to iso"), 1);
}

TEST_F(LoginTest, ASilentHostIsLeftAfterTheConnectTimeout) {
  server.freeze();
  dial();
  loop.advance(milliseconds(1999));
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.closed, 1);
  EXPECT_FALSE(owner.was_open);
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_EQ(owner.why.host, "a:5432");
  EXPECT_NE(owner.why.message.find("2000 ms"), std::string::npos);
  server.thaw();
  loop.advance(milliseconds(10));
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(LoginTest, TheConnectTimeoutCoversTheResolverAndTheVerification) {
  loop.names["a"].silent = true;
  dial();
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 1);

  loop.names["a"].silent = false;
  server.hold(probe_sql());
  dial();
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kVerifying);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 2);
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
}

TEST_F(LoginTest, ARefusedDialSaysSo) {
  server.kill();
  dial();
  loop.settle();
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_EQ(owner.why.code, "ECONNREFUSED");
  EXPECT_EQ(state(), ConnectionState::kClosed);
}

TEST_F(LoginTest, ARejectedLoginCarriesItsSqlstate) {
  server.rejects = report("28P01", "password authentication failed for user \"app\"", "FATAL");
  dial();
  loop.settle();
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_EQ(owner.why.code, "28P01");
  EXPECT_FALSE(owner.was_open);
}

TEST_F(LoginTest, ALossWhileVerifyingIsAFailedConnect) {
  server.hold(probe_sql());
  dial();
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_FALSE(owner.was_open);
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_EQ(owner.verified, 0);
}

TEST_F(LoginTest, ClosingWhileDiallingLeavesNothingBehind) {
  dial();
  connection->close(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.advance(milliseconds(5000));
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(LoginTest, AHostThatDoesNotSayWhatItIsIsNotUsed) {
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != probe_sql()) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("53200", "out of memory");
    return answer;
  };
  dial();
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_FALSE(owner.was_open);
  EXPECT_EQ(owner.verified, 0);
  EXPECT_EQ(owner.why.code, "53200");
  EXPECT_EQ(owner.why.host, "a:5432");
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(LoginTest, AProbeThatAPoolerHasLostIsNotPreparedAnew) {
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != probe_sql()) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("26000", "unnamed prepared statement does not exist");
    return answer;
  };
  dial();
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.code, "26000");
  EXPECT_EQ(server.runs(""), 0);
}

TEST_F(LoginTest, AHostThatMayNotBeAskedWhoItIsIsAskedForLess) {
  for (const char* code : {"42501", "42883"}) {
    server.answers = [code](const FakeStatement& statement) -> std::optional<FakeAnswer> {
      FakeAnswer answer;
      if (statement.sql == probe_sql()) {
        answer.error = report(code, "permission denied for function pg_control_system");
        return answer;
      }
      if (statement.sql != plain_probe_sql()) return std::nullopt;
      answer.rows = {
          {"t", "off", std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt}};
      return answer;
    };
    owner.verified = 0;
    dial();
    loop.settle();
    EXPECT_EQ(owner.verified, 1) << code;
    EXPECT_TRUE(connection->facts().in_recovery);
    EXPECT_EQ(connection->facts().unreadable, "permission denied for function pg_control_system");
    EXPECT_EQ(&connection->probe(), &plain_probe_sql());
    close();
  }
}

TEST_F(LoginTest, AMalformedAnswerAboutItsRoleIsAFailedConnect) {
  give_rows(probe_sql(), 1, 2);
  dial();
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.verified, 0);
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_NE(owner.why.message.find("malformed"), std::string::npos);
}

TEST_F(LoginTest, WhatWasClosedIsNotAcceptedAnyMore) {
  owner.accepts = false;
  dial();
  loop.settle();
  close();
  connection->accept();
  EXPECT_EQ(state(), ConnectionState::kClosed);
  EXPECT_FALSE(connection->is_open());
}

}  // namespace
}  // namespace hdb
