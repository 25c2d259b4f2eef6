// One session against a model server: what is sent when, what comes back, and what every way of ending
// leaves of the statements in flight.
#include "conn/connection.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conn/probe.hpp"
#include "gtest/gtest.h"
#include "test/unit/support/box.hpp"
#include "test/unit/support/fake_session.hpp"
#include "test/unit/support/requests.hpp"

namespace hdb {
namespace {

using test::batch_of;
using test::batch_with;
using test::cell;
using test::FakeAnswer;
using test::FakeLoop;
using test::FakeNetwork;
using test::FakeServer;
using test::FakeStatement;
using test::query_of;
using test::report;
using test::script_of;
using test::statement;

/// Keeps what a connection tells.
class Owner final : public ConnectionOwner {
 public:
  bool accepts = true;
  int verified = 0;
  int free = 0;
  int leaving = 0;
  int silent = 0;
  int closed = 0;
  bool was_open = false;
  Error why;
  HostFacts facts;
  std::vector<NodeState> changes;
  std::function<void(Connection&)> on_change;   // what it does about one
  std::function<void(Connection&)> on_silence;  // likewise

 private:
  void on_verified(Connection& connection) override {
    ++verified;
    facts = connection.facts();
    if (accepts) connection.accept();
  }
  void on_free(Connection&) override { ++free; }
  void on_node_changed(Connection& connection, NodeState state) override {
    changes.push_back(state);
    if (on_change) on_change(connection);
  }
  void on_leaving(Connection&) override { ++leaving; }
  void on_silent(Connection& connection) override {
    ++silent;
    if (on_silence) on_silence(connection);
  }
  void on_closed(Connection&, const Error& error, bool open) override {
    ++closed;
    why = error;
    was_open = open;
  }
};

/// Where the answer to one request is found.
struct Answer {
  int times = 0;
  std::optional<Expected<Reply>> reply;
  std::unique_ptr<Request> request;

  bool is_ok() const { return times == 1 && reply->ok(); }
  bool is_error() const { return times == 1 && !reply->ok(); }
  const Error& error() const {
    static const Error kNone = Error::make(ErrorKind::kInternal, "(no error)");
    return is_error() ? reply->error() : kNone;
  }
};

/// Sessions of the fake network, of which a test may say what else the server says.
class Wiretap final : public pq::SessionFactory {
 public:
  explicit Wiretap(FakeNetwork& net) : net_(net) {}
  std::unique_ptr<pq::Session> make() override { return std::make_unique<Tapped>(*this, net_.make()); }

  pq::SessionHandler* handler = nullptr;  // of the last session

 private:
  class Tapped final : public pq::Session {
   public:
    Tapped(Wiretap& tap, std::unique_ptr<pq::Session> to) : tap_(tap), to_(std::move(to)) {}
    void set_handler(pq::SessionHandler& hears) override {
      tap_.handler = &hears;
      to_->set_handler(hears);
    }
    void dial(const pq::Conninfo& conninfo) override { to_->dial(conninfo); }
    void limit_answers(std::uint64_t bytes) override { to_->limit_answers(bytes); }
    bool send_prepare(const std::string& name, const std::string& sql,
                      const std::vector<Oid>& types) override {
      return to_->send_prepare(name, sql, types);
    }
    bool send_describe(const std::string& name) override { return to_->send_describe(name); }
    bool send_execute(const std::string& name, const std::vector<pq::WireParam>& params, bool binary_result,
                      std::shared_ptr<const Columns> columns, bool in_parts) override {
      return to_->send_execute(name, params, binary_result, std::move(columns), in_parts);
    }
    bool send_unprepared(const std::string& sql, const std::vector<Oid>& types,
                         const std::vector<pq::WireParam>& params, bool binary_result,
                         std::shared_ptr<const Columns> columns) override {
      return to_->send_unprepared(sql, types, params, binary_result, std::move(columns));
    }
    bool send_sync() override { return to_->send_sync(); }
    bool send_flush_request() override { return to_->send_flush_request(); }
    bool flush() override { return to_->flush(); }
    pq::Flushed flushed() const override { return to_->flushed(); }
    std::string_view parameter(const char* name) const override { return to_->parameter(name); }
    pq::TransactionStatus transaction_status() const override { return to_->transaction_status(); }
    int server_version() const override { return to_->server_version(); }
    std::size_t most_parameters() const override { return to_->most_parameters(); }
    bool is_unacknowledged() const override { return to_->is_unacknowledged(); }
    void cancel(std::function<void(std::string)> done) override { to_->cancel(std::move(done)); }
    void close() override { to_->close(); }

   private:
    Wiretap& tap_;
    std::unique_ptr<pq::Session> to_;
  };

  FakeNetwork& net_;
};

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() : server(net.primary("a")) {
    config.host = server.host();
    config.name_prefix = "p_";
  }
  ~ConnectionTest() override {
    if (connection && connection->state() != ConnectionState::kClosed)
      connection->close(Error::make(ErrorKind::kPoolClosed, "The test is over."));
  }

  Connection& dial() {
    connection = std::make_unique<Connection>(loop, tap, catalog, config, owner);
    connection->dial();
    return *connection;
  }
  Connection& open() {
    dial();
    loop.settle();
    EXPECT_EQ(connection->state(), ConnectionState::kIdle);
    return *connection;
  }
  /// The server gives so many rows of so many columns: "0", "1", … in each.
  void give_rows(const std::string& sql, int rows, std::size_t columns = 1) {
    server.answers = [=](const FakeStatement& statement) -> std::optional<FakeAnswer> {
      if (statement.sql != sql) return std::nullopt;
      FakeAnswer answer;
      for (int i = 0; i < rows; ++i)
        answer.rows.push_back(std::vector<test::Text>(columns, std::to_string(i)));
      answer.row_count = answer.rows.size();
      return answer;
    };
  }
  /// Its table is said to have so many columns now.
  void widen(const std::string& sql, std::size_t columns) {
    pq::Description& description = server.descriptions[sql];
    description.columns.resize(columns);
    for (Column& column : description.columns) column.field.type_oid = 25;
  }
  void close() { connection->close(Error::make(ErrorKind::kPoolClosed, "Over.")); }
  std::shared_ptr<Answer> send(std::unique_ptr<Request> made) {
    auto answer = std::make_shared<Answer>();
    made->done = [answer](std::unique_ptr<Request> back, Expected<Reply> reply) {
      ++answer->times;
      answer->request = std::move(back);
      answer->reply.emplace(std::move(reply));
    };
    connection->send(std::move(made));
    return answer;
  }
  std::shared_ptr<Answer> send(const std::string& sql, std::vector<Value> params = {}) {
    return send(query_of(sql, std::move(params)));
  }
  /// The answer, and what aborts it.
  std::pair<std::shared_ptr<Answer>, CancelToken> send_abortable(const std::string& sql) {
    auto made = query_of(sql);
    made->token = CancelToken::make();
    const CancelToken token = made->token;
    return {send(std::move(made)), token};
  }
  /// Sends it and lets it end.
  std::shared_ptr<Answer> run(const std::string& sql, std::vector<Value> params = {}) {
    auto answer = send(sql, std::move(params));
    loop.settle();
    return answer;
  }
  /// Makes the statement known, so that the next one is executed at once.
  void learn(const std::string& sql, std::vector<Value> params = {}) {
    ASSERT_TRUE(run(sql, std::move(params))->is_ok());
  }

  ConnectionState state() const { return connection->state(); }

  FakeLoop loop;
  FakeNetwork net{loop};
  Wiretap tap{net};
  FakeServer& server;
  StatementCatalog catalog{100};
  Owner owner;
  ConnectionConfig config;
  std::unique_ptr<Connection> connection;
};

// ------------------------------------------------------------------------------------------ opening

TEST_F(ConnectionTest, TellsWhatItsHostIsBeforeItTakesWork) {
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

TEST_F(ConnectionTest, DialsTheResolvedAddressUnderTheHostsOwnName) {
  config.conninfo = {{"user", "app"}};
  open();
  const pq::Conninfo expected{{"user", "app"}, {"host", "a"}, {"hostaddr", "10.0.0.1"}, {"port", "5432"}};
  EXPECT_EQ(server.dials.at(0), expected);
}

TEST_F(ConnectionTest, SeesAStandbyAndAFencedNode) {
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

TEST_F(ConnectionTest, ARestrictedSessionDoesNotTellOfTheFence) {
  config.restricted = true;
  config.conninfo = {{"options", "-c default_transaction_read_only=on"}};
  open();
  EXPECT_EQ(owner.facts.read_only, std::nullopt);
  EXPECT_EQ(connection->node(), NodeState::kWritable);
}

TEST_F(ConnectionTest, AServerThatPrintsAnotherDateStyleIsAskedForIso) {
  server.date_style = "German, DMY";
  open();
  EXPECT_EQ(server.runs("set datestyle to iso"), 1);
}

TEST_F(ConnectionTest, ASilentHostIsLeftAfterTheConnectTimeout) {
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

TEST_F(ConnectionTest, TheConnectTimeoutCoversTheResolverAndTheVerification) {
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

TEST_F(ConnectionTest, ARefusedDialSaysSo) {
  server.kill();
  dial();
  loop.settle();
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_EQ(owner.why.code, "ECONNREFUSED");
  EXPECT_EQ(state(), ConnectionState::kClosed);
}

TEST_F(ConnectionTest, ARejectedLoginCarriesItsSqlstate) {
  server.rejects = report("28P01", "password authentication failed for user \"app\"", "FATAL");
  dial();
  loop.settle();
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_EQ(owner.why.code, "28P01");
  EXPECT_FALSE(owner.was_open);
}

TEST_F(ConnectionTest, ALossWhileVerifyingIsAFailedConnect) {
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

TEST_F(ConnectionTest, ClosingWhileDiallingLeavesNothingBehind) {
  dial();
  connection->close(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.advance(milliseconds(5000));
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(ConnectionTest, AHostThatDoesNotSayWhatItIsIsNotUsed) {
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

TEST_F(ConnectionTest, AProbeThatAPoolerHasLostIsNotPreparedAnew) {
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

TEST_F(ConnectionTest, AHostThatMayNotBeAskedWhoItIsIsAskedForLess) {
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

TEST_F(ConnectionTest, AMalformedAnswerAboutItsRoleIsAFailedConnect) {
  give_rows(probe_sql(), 1, 2);
  dial();
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.verified, 0);
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_NE(owner.why.message.find("malformed"), std::string::npos);
}

TEST_F(ConnectionTest, WhatWasClosedIsNotAcceptedAnyMore) {
  owner.accepts = false;
  dial();
  loop.settle();
  close();
  connection->accept();
  EXPECT_EQ(state(), ConnectionState::kClosed);
  EXPECT_FALSE(connection->is_open());
}

// --------------------------------------------------------------------------------------- statements

TEST_F(ConnectionTest, ANewStatementIsDescribedThenExecutedInTwoRoundTrips) {
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  const auto first = send("select $1::int", {Value(42.0)});
  EXPECT_EQ(state(), ConnectionState::kBusy);
  loop.advance(milliseconds(20));
  EXPECT_EQ(first->times, 0);
  loop.advance(milliseconds(20));
  ASSERT_TRUE(first->is_ok());
  EXPECT_EQ(first->reply->value().result.host, "a:5432");
  EXPECT_EQ(first->reply->value().result.command, "SELECT");
  EXPECT_EQ(first->reply->value().result.row_count, 1u);
  EXPECT_TRUE((*first->reply->value().result.columns)[0].binary);
  EXPECT_EQ(cell(first->reply->value().result), std::string("\0\0\0\x2a", 4));
  EXPECT_EQ(server.parses("select $1::int"), 1);
  EXPECT_EQ(owner.free, 1);

  const auto second = send("select $1::int", {Value(7.0)});
  loop.advance(milliseconds(20));
  ASSERT_TRUE(second->is_ok());
  EXPECT_EQ(server.parses("select $1::int"), 1);
  EXPECT_EQ(server.runs("select $1::int"), 2);
}

TEST_F(ConnectionTest, WhatAnotherSessionLearntSavesARoundTrip) {
  open();
  learn("select $1::int", {Value(1.0)});
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  const auto answer = send("select $1::int", {Value(2.0)});
  loop.advance(milliseconds(20));
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("select $1::int"), 2);
}

TEST_F(ConnectionTest, AStatementWithoutParametersOrRowsWorks) {
  open();
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(answer->reply->value().result.command, "INSERT");
  EXPECT_EQ(answer->reply->value().result.rows, 0u);
  ASSERT_NE(answer->reply->value().result.columns, nullptr);
  EXPECT_TRUE(answer->reply->value().result.columns->empty());
  EXPECT_TRUE(server.holds("insert into t values (1)"));
}

TEST_F(ConnectionTest, NullsArriveAsNulls) {
  open();
  const auto answer = run("select $1::text", {Value(Null{})});
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "(null)");
  EXPECT_EQ(server.log.back(), "select $1::text [null]");
  EXPECT_EQ(cell(run("select $1::text", {Value(std::string())})->reply->value().result), "");
}

TEST_F(ConnectionTest, UnknownTypesAreAskedForOnce) {
  open();
  server.types.push_back({.oid = 90001, .name = "mood", .kind = 'e'});
  pq::Description description;
  description.params = {90001};
  description.columns.resize(1);
  description.columns[0].field.type_oid = 90001;
  server.descriptions["select $1::mood"] = description;
  server.descriptions["select $1::mood, 2"] = description;
  const auto answer = run("select $1::mood", {Value(std::string("glad"))});
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "glad");
  EXPECT_EQ((*answer->reply->value().result.columns)[0].field.type_name, "mood");
  EXPECT_EQ(server.runs(StatementCatalog::type_query()), 1);
  EXPECT_TRUE(run("select $1::mood, 2", {Value(std::string("sad"))})->is_ok());
  EXPECT_EQ(server.runs(StatementCatalog::type_query()), 1);
}

TEST_F(ConnectionTest, TypesThatReferToOthersAreFollowed) {
  open();
  server.types.push_back({.oid = 90001, .name = "d", .kind = 'd', .base_oid = 90002});
  server.types.push_back({.oid = 90002, .name = "_m", .element_oid = 90003});
  server.types.push_back({.oid = 90003, .name = "m", .kind = 'e'});
  server.descriptions["select 1"].params = {90001};
  server.descriptions["select 1"].columns.resize(1);
  ASSERT_TRUE(run("select 1", {Value(std::string("{}"))})->is_ok());
  EXPECT_EQ(server.runs(StatementCatalog::type_query()), 3);
}

TEST_F(ConnectionTest, ATypeThatWasDroppedMeanwhileEndsTheSearch) {
  open();
  server.descriptions["select 1"].params = {90001};
  server.descriptions["select 1"].columns.resize(1);
  ASSERT_TRUE(run("select 1", {Value(std::string("x"))})->is_ok());
  EXPECT_LE(server.runs(StatementCatalog::type_query()), 2);
}

TEST_F(ConnectionTest, AParameterThatDoesNotFitIsRefusedBeforeTheStatementIsSent) {
  open();
  const auto answer = run("select $1::int", {Value(1.5)});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(answer->error().host, "a:5432");
  EXPECT_EQ(server.runs("select $1::int"), 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  // Also when the statement is known already, and the session is free for the next one.
  EXPECT_EQ(run("select $1::int", {Value(1.5)})->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select $1::int", {Value(2.0)})->is_ok());
  EXPECT_EQ(server.runs("select $1::int"), 1);
}

TEST_F(ConnectionTest, TheWrongNumberOfParametersIsRefused) {
  open();
  EXPECT_EQ(run("select $1::int")->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(run("select 1", {Value(1.0)})->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(server.runs("select 1"), 0);
}

TEST_F(ConnectionTest, ACustomParserGetsTheWholeResultAsText) {
  open();
  auto made = query_of("select $1::int", {Value(5.0)});
  made->text_types = {"int4"};
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "5");
  EXPECT_FALSE((*answer->reply->value().result.columns)[0].binary);
}

TEST_F(ConnectionTest, PreparesNoNamesWhereThatIsNotWanted) {
  open();
  for (int i = 0; i < 2; ++i) {
    auto made = query_of("select $1::int", {Value(5.0)});
    made->prepare = false;
    const auto answer = send(std::move(made));
    loop.settle();
    EXPECT_TRUE(answer->is_ok());
  }
  EXPECT_EQ(server.parses("select $1::int"), 3);  // one to describe it, one for each run

  config.statement_cache_size = 0;
  open();
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, NamesThatFellOutOfTheCacheAreGivenBack) {
  config.statement_cache_size = 1;
  open();
  learn("select 1");
  learn("select 2");
  learn("select 3");
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
  learn("select 1");
  EXPECT_EQ(server.runs("deallocate p_2"), 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AScriptRunsUnderOneSyncAndReturnsTheLastResult) {
  open();
  auto made = script_of({"select 1", "insert into t values (1)", "select 2"});
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(answer->reply->value().earlier.size(), 2u);
  EXPECT_EQ(answer->reply->value().result.command, "SELECT");

  auto bad = script_of({"insert into t values (2)", "raise 22012", "select 2"});
  const auto refused = send(std::move(bad));
  loop.settle();
  EXPECT_EQ(refused->error().code, "22012");
  EXPECT_FALSE(server.holds("insert into t values (2)"));
  EXPECT_EQ(server.runs("select 2"), 1);
}

TEST_F(ConnectionTest, AGuardThatFailsKeepsTheStatementFromRunning) {
  open();
  learn("select nextval($1)", {Value(std::string("s"))});
  server.fence();
  auto made = query_of("select nextval($1)", {Value(std::string("s"))});
  made->is_guarded = true;
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_EQ(answer->error().kind, ErrorKind::kFenced);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->error().code, "25006");
  EXPECT_EQ(server.runs("select nextval($1)"), 1);
}

TEST_F(ConnectionTest, AGuardThatHoldsIsNotSeenInTheAnswer) {
  open();
  auto made = query_of("select nextval($1)", {Value(std::string("s"))});
  made->is_guarded = true;
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "s");
  EXPECT_TRUE(answer->reply->value().earlier.empty());
}

TEST_F(ConnectionTest, AKnownStatementIsDescribedAgainWhenThatIsAsked) {
  open();
  learn("select 1");
  auto made = query_of("select 1");
  made->query()->is_description = true;
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("select 1"), 2);
  EXPECT_EQ(server.runs("select 1"), 1);
}

// --------------------------------------------------------------------------------- rows in parts

TEST_F(ConnectionTest, ManyRowsComeInPartsAndTheRestAtTheEnd) {
  open();
  give_rows("select * from t", 250);
  std::vector<ResultSet> parts;
  auto made = query_of("select * from t");
  made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(std::move(part)); });
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  const ResultSet& rest = answer->reply->value().result;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(cell(parts[0], 0), "0");
  EXPECT_EQ(cell(parts[0], 99), "99");
  EXPECT_EQ(cell(parts[1], 0), "100");
  EXPECT_EQ(parts[1].host, "a:5432");
  EXPECT_EQ(parts[1].attempts, 1u);
  EXPECT_EQ(parts[1].columns, rest.columns);
  ASSERT_EQ(rest.rows, 50u);
  EXPECT_EQ(cell(rest, 0), "200");
  EXPECT_EQ(cell(rest, 49), "249");
}

TEST_F(ConnectionTest, OnlyAStatementThatGaveManyRowsIsAskedForInParts) {
  open();
  std::vector<std::size_t> parts;
  const auto rows_at_the_end = [&](int rows) {
    give_rows("select * from t", rows);
    parts.clear();
    auto made = query_of("select * from t");
    made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(part.rows); });
    const auto answer = send(std::move(made));
    loop.settle();
    return answer->is_ok() ? answer->reply->value().result.rows : 0;
  };
  EXPECT_EQ(rows_at_the_end(3), 3u);
  EXPECT_EQ(rows_at_the_end(250), 250u);
  EXPECT_TRUE(parts.empty());
  // All of its rows are counted, also those of the parts.
  EXPECT_EQ(rows_at_the_end(250), 50u);
  EXPECT_EQ(rows_at_the_end(250), 50u);
  EXPECT_EQ(parts, (std::vector<std::size_t>{100, 100}));
}

TEST_F(ConnectionTest, PartsOfAStaleReadAreNotShown) {
  open();
  give_rows("select * from t", 250);
  learn("select * from t");
  close();
  give_rows("select * from t", 250, 2);
  widen("select * from t", 2);
  open();
  std::vector<ResultSet> parts;
  auto made = query_of("select * from t");
  made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(std::move(part)); });
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(server.runs("select * from t"), 3);  // the plain read was run again
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].columns->size(), 2u);
  EXPECT_EQ(parts[0].columns, answer->reply->value().result.columns);
  EXPECT_EQ(cell(parts[0], 0, 1), "0");
  EXPECT_EQ(answer->reply->value().result.rows, 50u);
}

TEST_F(ConnectionTest, PartsWithOtherColumnsAreShownWhenTheseAreKnown) {
  const std::string sql = "select f(x) from t";  // may have written: it is not run twice
  open();
  give_rows(sql, 250);
  learn(sql);
  close();
  give_rows(sql, 250, 2);
  widen(sql, 2);
  open();
  std::vector<ResultSet> parts;
  auto made = query_of(sql);
  made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(std::move(part)); });
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(server.runs(sql), 2);
  const ResultSet& rest = answer->reply->value().result;
  ASSERT_EQ(parts.size(), 2u);
  for (const ResultSet& part : parts) EXPECT_EQ(part.columns, rest.columns);
  ASSERT_EQ(rest.columns->size(), 2u);
  EXPECT_EQ((*rest.columns)[1].field.type_name, "text");
  EXPECT_EQ(cell(parts[1], 0, 1), "100");
  EXPECT_EQ(cell(rest, 49, 1), "249");
}

// -------------------------------------------------------------------------------------------- batches

TEST_F(ConnectionTest, ABatchWithoutNamesSendsTheTextOfEachStatement) {
  open();
  for (int i = 0; i < 2; ++i) {
    auto made = batch_of({"insert into t values (1)", "insert into t values (1)", "select 1"});
    made->prepare = false;
    const auto answer = send(std::move(made));
    loop.settle();
    ASSERT_TRUE(answer->is_ok());
    EXPECT_EQ(answer->reply->value().earlier.size(), 2u);
    EXPECT_EQ(answer->reply->value().result.command, "SELECT");
  }
  EXPECT_EQ(server.stored.size(), 4u);
  // Once to describe it, then once for each run.
  EXPECT_EQ(server.parses("insert into t values (1)"), 1 + 4);
  EXPECT_EQ(server.parses("select 1"), 1 + 2);
}

TEST_F(ConnectionTest, WithoutAStatementCacheABatchSendsTexts) {
  config.statement_cache_size = 0;
  open();
  const auto answer = send(batch_of({"insert into t values (1)", "select 1"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("insert into t values (1)"), 2);
  EXPECT_TRUE(server.holds("insert into t values (1)"));
  EXPECT_EQ(config.meters->statement_cache_hits.read() + config.meters->statement_cache_misses.read(), 0u);
}

TEST_F(ConnectionTest, AStatementThatIsTwiceInABatchIsPreparedOnce) {
  open();
  learn("insert into t values ($1)", {Value(std::string("0"))});
  close();
  open();  // knows the text, holds no name for it
  std::vector<Statement> texts;
  texts.push_back(statement("insert into t values ($1)", {Value(std::string("1"))}));
  texts.push_back(statement("insert into t values ($1)", {Value(std::string("2"))}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.stored.size(), 3u);
  EXPECT_EQ(server.stored.back(), "insert into t values ($1) [2]");
  EXPECT_EQ(server.parses("insert into t values ($1)"), 2);
  // The name is kept for the next one.
  learn("insert into t values ($1)", {Value(std::string("3"))});
  EXPECT_EQ(server.parses("insert into t values ($1)"), 2);
}

TEST_F(ConnectionTest, ABatchUsesTheNamesThatTheSessionHas) {
  open();
  learn("insert into t values (1)");
  learn("select 1");
  const auto hits = config.meters->statement_cache_hits.read();
  const auto answer = send(batch_of({"insert into t values (1)", "select 1"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("insert into t values (1)"), 1);
  EXPECT_EQ(server.parses("select 1"), 1);
  EXPECT_EQ(config.meters->statement_cache_hits.read() - hits, 2u);
}

TEST_F(ConnectionTest, ACustomParserGetsTheResultsOfABatchAsText) {
  open();
  std::vector<Statement> texts;
  texts.push_back(statement("select $1::int", {Value(5.0)}));
  texts.push_back(statement("select $1::bigint", {Value(6.0)}));
  auto made = batch_with(std::move(texts));
  made->text_types = {"int4"};
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().earlier.at(0)), "5");
  EXPECT_TRUE((*answer->reply->value().result.columns)[0].binary);  // of another type
}

TEST_F(ConnectionTest, AStaleStatementOfABatchIsPreparedAnewAndAllOfItRunsOnce) {
  open();
  learn("insert into t values ($1)", {Value(std::string("0"))});
  learn("select * from t");
  server.change_plan("select * from t");
  std::vector<Statement> texts;
  texts.push_back(statement("insert into t values ($1)", {Value(std::string("1"))}));
  texts.push_back(statement("select * from t"));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(answer->reply->value().earlier.size(), 1u);
  EXPECT_EQ(server.stored,
            (std::vector<std::string>{"insert into t values ($1) [0]", "insert into t values ($1) [1]"}));
  EXPECT_EQ(server.parses("select * from t"), 2);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, ABatchWhoseNamesTheServerForgotIsPreparedAnew) {
  open();
  learn("insert into t values (1)");
  learn("deallocate p_1");
  const auto answer = send(batch_of({"insert into t values (1)", "insert into t values (1)"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(server.stored.size(), 3u);
  // Its old name is not given back: the server has none.
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(ConnectionTest, ABatchWhoseBytesWouldBeOfAnotherTypeIsRefused) {
  const std::string sql = "insert into t values ($1::bytea)";
  open();
  learn(sql, {Value(Bytes{})});
  server.descriptions[sql].params = {25};
  server.change_plan(sql);
  std::vector<Statement> texts;
  texts.push_back(statement(sql, {Value(Bytes{})}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kServer);
  EXPECT_EQ(answer->error().code, "0A000");
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->error().host, "a:5432");
  EXPECT_EQ(server.stored.size(), 1u);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  // The next one is written for the types as they are now.
  texts.clear();
  texts.push_back(statement(sql, {Value(std::string("two"))}));
  auto again = batch_with(std::move(texts));
  const auto second = send(std::move(again));
  loop.settle();
  EXPECT_TRUE(second->is_ok());
  EXPECT_EQ(server.stored.size(), 2u);
}

TEST_F(ConnectionTest, AParameterOfABatchThatDoesNotFitNamesItsStatement) {
  open();
  std::vector<Statement> texts;
  texts.push_back(statement("insert into t values (1)"));
  texts.push_back(statement("select $1::int", {Value(1.5)}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_TRUE(answer->error().message.starts_with("Statement 2 of the batch: ")) << answer->error().message;
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(answer->error().host, "a:5432");
  EXPECT_TRUE(server.stored.empty());
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AnAnswerWhoseColumnsNobodyCanReadIsAnError) {
  const std::string sql = "select f($1::int)";  // may have written: it is not run twice
  open();
  learn(sql, {Value(1.0)});
  close();
  give_rows(sql, 1, 2);
  server.descriptions[sql].params = {23};
  server.descriptions[sql].columns.resize(2);
  server.descriptions[sql].columns[1].field.type_oid = 90001;  // no binary form of it is known
  open();
  const auto answer = run(sql, {Value(1.0)});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kResult);
  EXPECT_EQ(answer->error().code, "ERR_RESULT");
  EXPECT_EQ(answer->error().outcome, Outcome::kCommitted);
  EXPECT_EQ(server.runs(sql), 2);
  // The next one is read as text.
  EXPECT_TRUE(run(sql, {Value(1.0)})->is_ok());
}

TEST_F(ConnectionTest, WhatABatchGivesIsReadAsTheServerSaysNow) {
  open();
  learn("select * from t");
  close();
  give_rows("select * from t", 1, 2);
  widen("select * from t", 2);
  open();
  const auto answer = send(batch_of({"select * from t", "insert into t values (1)"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  const ResultSet& first = answer->reply->value().earlier.at(0);
  ASSERT_EQ(first.columns->size(), 2u);
  EXPECT_EQ((*first.columns)[1].field.type_name, "text");
  EXPECT_EQ(cell(first, 0, 1), "0");
}

// -------------------------------------------------------------------------------- errors and repairs

TEST_F(ConnectionTest, AServerErrorKeepsAllItsFieldsAndTheSession) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "insert into t values (1)") return std::nullopt;
    FakeAnswer answer;
    answer.error = report("23505", "duplicate key value violates unique constraint \"t_pkey\"");
    answer.error->constraint = "t_pkey";
    return answer;
  };
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kServer);
  EXPECT_EQ(answer->error().code, "23505");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(answer->error().attempts, 1u);
  EXPECT_EQ(answer->error().server->constraint, "t_pkey");
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, ASyntaxErrorIsFoundWhenItIsDescribed) {
  open();
  const auto answer = run("syntax");
  EXPECT_EQ(answer->error().code, "42601");
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, AnErrorOfTheImplicitCommitIsAnError) {
  open();
  server.fails_commit = report("40001", "could not serialize access");
  const auto answer = run("insert into t values (1)");
  EXPECT_EQ(answer->error().code, "40001");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
}

TEST_F(ConnectionTest, AStatementWhosePlanChangedIsPreparedAnewOnce) {
  open();
  learn("select $1::int", {Value(1.0)});
  server.change_plan("select $1::int");
  const auto answer = run("select $1::int", {Value(2.0)});
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.runs("select $1::int"), 2);
  EXPECT_EQ(server.parses("select $1::int"), 2);
  // The old name goes, the new one stays.
  EXPECT_TRUE(run("select $1::int", {Value(3.0)})->is_ok());
  EXPECT_EQ(server.parses("select $1::int"), 2);
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(ConnectionTest, AStatementThatTheServerForgotIsPreparedAnew) {
  open();
  learn("select 1");
  learn("deallocate p_1");
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AStatementThatStaysStaleIsAnErrorInTheEnd) {
  open();
  learn("select 1");
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "select 1") return std::nullopt;
    FakeAnswer answer;
    answer.error =
        report("0A000", "cached plan must not change result type", "ERROR", "RevalidateCachedQuery");
    return answer;
  };
  const auto answer = run("select 1");
  EXPECT_EQ(answer->error().code, "0A000");
  EXPECT_LE(server.runs("select 1"), 1 + 11);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, WhatAnotherSessionLearntIsNotBelievedAgainstTheAnswer) {
  open();
  learn("select * from t");
  // The table gets a second column; a new session prepares the statement as it is now.
  server.descriptions["select * from t"].columns.resize(2);
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "select * from t") return std::nullopt;
    FakeAnswer answer;
    answer.rows = {{"one", "two"}};
    answer.row_count = 1;
    return answer;
  };
  connection->close(Error::make(ErrorKind::kPoolClosed, "Over."));
  open();
  const auto answer = run("select * from t");
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(answer->reply->value().result.columns->size(), 2u);
  EXPECT_EQ(cell(answer->reply->value().result, 0, 1), "two");
}

TEST_F(ConnectionTest, InsideATransactionAStaleStatementIsAnErrorAndItsNameGoes) {
  open();
  learn("select 1");
  connection->pin();
  learn("begin");
  server.change_plan("select 1");
  auto made = query_of("select 1");
  made->scope = Scope::kTransaction;
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_EQ(answer->error().code, "0A000");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(connection->is_in_failed_transaction());
  connection->unpin();
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, ATextFitsWhateverTypeItsParameterHasNow) {
  const std::string sql = "insert into t values ($1::int)";
  open();
  learn(sql, {Value(1.0)});
  server.descriptions[sql].params = {20};
  server.change_plan(sql);
  EXPECT_TRUE(run(sql, {Value(2.0)})->is_ok());
  EXPECT_TRUE(server.holds(sql + " [2]"));
  // Bytes of one type are not those of another, and one value is not two.
  for (const std::vector<Oid>& params : {std::vector<Oid>{25}, std::vector<Oid>{17, 17}}) {
    const std::string bytes = "select $1::bytea, " + std::to_string(params.size());
    learn(bytes, {Value(Bytes{})});
    server.descriptions[bytes].params = params;
    server.change_plan(bytes);
    const auto answer = run(bytes, {Value(Bytes{})});
    EXPECT_EQ(answer->error().code, "0A000");
    EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
    EXPECT_EQ(server.runs(bytes), 1);
    EXPECT_EQ(state(), ConnectionState::kIdle);
  }
}

TEST_F(ConnectionTest, AValueThatACastCouldChangeIsParsedAnew) {
  const std::string sql = "insert into t values ($1::float4)";
  server.descriptions[sql].params = {700};
  open();
  learn(sql, {Value(1.0)});
  EXPECT_EQ(server.parses(sql), 1);
  learn(sql, {Value(2.0)});
  EXPECT_EQ(server.parses(sql), 1);
  learn(sql, {Value(0.1)});
  EXPECT_EQ(server.parses(sql), 2);
  EXPECT_TRUE(server.holds(sql + " [0.1]"));
  // Its name is still there.
  learn(sql, {Value(3.0)});
  EXPECT_EQ(server.parses(sql), 2);
}

TEST_F(ConnectionTest, AReadGoesByItsNameForAMoment) {
  const std::string sql = "select $1::float4";
  pq::Description description;
  description.params = {700};
  description.columns.resize(1);
  description.columns[0].field.type_oid = 25;
  server.descriptions[sql] = description;
  open();
  learn(sql, {Value(0.1)});
  learn(sql, {Value(0.1)});
  EXPECT_EQ(server.parses(sql), 1);
  loop.advance(milliseconds(1001));
  learn(sql, {Value(2.0)});
  EXPECT_EQ(server.parses(sql), 1);
  learn(sql, {Value(0.1)});
  learn(sql, {Value(0.1)});
  EXPECT_EQ(server.parses(sql), 2);
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(ConnectionTest, AParameterIsRefusedOnlyByWhatTheServerSaysNow) {
  const std::string sql = "insert into t values ($1)";
  server.descriptions[sql].params = {23};
  open();
  learn(sql, {Value(1.0)});
  server.descriptions[sql].params = {20};
  EXPECT_TRUE(run(sql, {Value(3e9)})->is_ok());
  EXPECT_TRUE(server.holds(sql + " [3000000000]"));
  server.descriptions[sql].params = {1700};
  std::vector<Statement> texts;
  texts.push_back(statement("select 1"));
  texts.push_back(statement(sql, {Value(1.5)}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_TRUE(server.holds(sql + " [1.5]"));
}

TEST_F(ConnectionTest, AnErrorOfTypesThatHaveChangedIsMetByPreparingAnew) {
  const std::string sql = "insert into t values ($1)";
  server.types.push_back({.oid = 90001, .name = "mood", .kind = 'e'});
  server.types.push_back({.oid = 90002, .name = "mood", .kind = 'e'});
  server.descriptions[sql].params = {90001};
  open();
  learn(sql, {Value(std::string("ok"))});
  bool is_gone = true;
  server.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != sql || !is_gone) return std::nullopt;
    is_gone = false;
    FakeAnswer answer;
    answer.error = report("XX000", "cache lookup failed for type 90001");
    return answer;
  };
  server.descriptions[sql].params = {90002};
  ASSERT_TRUE(run(sql, {Value(std::string("ok"))})->is_ok());
  EXPECT_EQ(server.stored.size(), 2u);
  // What is the statement's own error is told, and what ran is not run again.
  is_gone = true;
  const int before = server.runs(sql);
  const auto answer = run(sql, {Value(std::string("ok"))});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().code, "XX000");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(server.runs(sql), before + 1);
  EXPECT_TRUE(run(sql, {Value(std::string("ok"))})->is_ok());
}

TEST_F(ConnectionTest, ANameThatTheServerLostKeepsNoOtherFromBeingGivenBack) {
  config.statement_cache_size = 2;
  open();
  learn("select 1");
  learn("select 2");
  learn("deallocate p_2");
  learn("select 3");  // makes room: p_1 is to be given back
  ASSERT_TRUE(run("select 2")->is_ok());
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(ConnectionTest, MoreParametersThanCanBeDescribedAreRefusedBeforeAnythingIsSent) {
  server.most_parameters = 2;
  open();
  const auto answer = run("select $1, $2, $3", {Value(1.0), Value(1.0), Value(1.0)});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(server.parses("select $1, $2, $3"), 0);
  // Also by its placeholders alone.
  EXPECT_EQ(run("select $1, $2, $3")->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, OfTwoErrorsTheFirstIsTold) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "divide") return std::nullopt;
    FakeAnswer answer;
    answer.error = report("25P02", "second");
    return answer;
  };
  server.hold("divide");
  const auto answer = send("divide");
  loop.settle();
  tap.handler->on_error(report("22012", "first"));
  EXPECT_EQ(answer->times, 0);  // the ReadyForQuery ends it
  server.release("divide");
  loop.settle();
  EXPECT_EQ(answer->error().code, "22012");
  EXPECT_EQ(answer->error().message, "first");
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AnswersThatNobodyAskedForChangeNothing) {
  open();
  const int free = owner.free;
  ResultSet rows;
  rows.columns = std::make_shared<const Columns>();
  tap.handler->on_rows(rows);
  tap.handler->on_result(rows);
  tap.handler->on_prepared();
  tap.handler->on_described({});
  tap.handler->on_error(report("22012", "x"));
  tap.handler->on_copy();
  tap.handler->on_notice(report("01000", "x", "WARNING", "SyncRepWaitForLSN"));
  tap.handler->on_sync();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, free);
  EXPECT_EQ(owner.closed, 0);
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_FALSE(answer->reply->value().unreplicated);
}

TEST_F(ConnectionTest, CopyClosesTheSession) {
  open();
  const auto answer = run("copy t from stdin");
  EXPECT_EQ(answer->error().kind, ErrorKind::kServer);
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_TRUE(owner.was_open);
}

TEST_F(ConnectionTest, ACommitThatItsStandbyDidNotConfirmIsMarked) {
  open();
  server.reports_unreplicated = true;
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_TRUE(answer->reply->value().unreplicated);
  server.reports_unreplicated = false;
  EXPECT_FALSE(run("insert into t values (2)")->reply->value().unreplicated);
}

// ----------------------------------------------------------------------------------- what a node is

TEST_F(ConnectionTest, TheFirstAnswerAfterAFenceSaysSo) {
  open();
  learn("select 1");
  server.fence();
  const auto answer = run("select 1");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(answer->reply->value().node, NodeState::kReadOnly);
  EXPECT_EQ(owner.changes, std::vector<NodeState>{NodeState::kReadOnly});
  run("select 1");
  EXPECT_EQ(owner.changes.size(), 1u);  // told once
}

TEST_F(ConnectionTest, ASessionOnAStandbyIsToldOfItsPromotion) {
  server.in_recovery = true;
  open();
  learn("select 1");
  server.promote();
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
  EXPECT_EQ(owner.changes, std::vector<NodeState>{NodeState::kWritable});
}

TEST_F(ConnectionTest, AWriteOnAFencedNodeWasNotExecuted) {
  open();
  server.fence();
  const auto answer = run("insert into t values (1)");
  EXPECT_EQ(answer->error().code, "25006");
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_TRUE(server.stored.empty());
}

TEST_F(ConnectionTest, AnOldServerReportsNothing) {
  server.version = 130010;
  open();
  EXPECT_EQ(connection->node(), NodeState::kUnreported);
  server.fence();
  EXPECT_EQ(run("select 1")->reply->value().node, NodeState::kUnreported);
  EXPECT_TRUE(owner.changes.empty());
}

// ---------------------------------------------------------------------------------------- the loss

TEST_F(ConnectionTest, ALossWhileItIsDescribedExecutedNothing) {
  open();
  server.freeze();
  const auto answer = send("insert into t values (1)");
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(answer->error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->error().attempts, 0u);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_TRUE(owner.was_open);
}

TEST_F(ConnectionTest, ALossBeforeAllWasSentStoredNothing) {
  open();
  learn("insert into t values (1)");
  server.block();
  const auto answer = send("insert into t values (1)");
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(server.runs("insert into t values (1)"), 1);
}

TEST_F(ConnectionTest, ALossAfterItWasSentLeavesItOpen) {
  for (const auto moment :
       {FakeServer::Moment::kRunning, FakeServer::Moment::kCommitting, FakeServer::Moment::kCommitted}) {
    open();
    learn("insert into t values (1)");
    const std::size_t stored = server.stored.size();
    server.watch = [&](FakeServer::Moment now, const FakeStatement&) {
      if (now == moment) server.kill();
    };
    const auto answer = run("insert into t values (1)");
    EXPECT_EQ(answer->error().kind, ErrorKind::kConnectionLost);
    EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
    EXPECT_EQ(answer->error().attempts, 1u);
    EXPECT_EQ(answer->error().host, "a:5432");
    EXPECT_EQ(server.stored.size(), stored + (moment == FakeServer::Moment::kCommitted ? 1 : 0));
    server.watch = nullptr;
    server.start();
  }
}

TEST_F(ConnectionTest, ALossInsideATransactionRolledItBack) {
  open();
  connection->pin();
  learn("begin");
  server.hold("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->scope = Scope::kTransaction;
  const auto answer = send(std::move(made));
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
}

TEST_F(ConnectionTest, ALossAtTheCommitLeavesItOpen) {
  open();
  connection->pin();
  learn("begin");
  server.watch = [&](FakeServer::Moment now, const FakeStatement&) {
    if (now == FakeServer::Moment::kCommitted) server.kill();
  };
  auto made = script_of({commit_guard(), "commit"});
  made->scope = Scope::kCommit;
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
}

TEST_F(ConnectionTest, EveryRequestInFlightIsHandedBackOnce) {
  open();
  learn("select 1");
  server.hold("select 1");
  const auto first = send("select 1");
  const auto second = send("select 1");
  const auto third = send("select 1");
  loop.settle();
  EXPECT_EQ(connection->in_flight(), 3u);
  server.kill();
  loop.settle();
  for (const auto& answer : {first, second, third}) {
    EXPECT_EQ(answer->times, 1);
    EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
    EXPECT_NE(answer->request, nullptr);
  }
  EXPECT_EQ(connection->in_flight(), 0u);
}

TEST_F(ConnectionTest, ASessionThatTheServerEndsSaysWhy) {
  open();
  server.end_sessions("57P01");
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.code, "57P01");
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnectionLost);
}

TEST_F(ConnectionTest, WhatIsBehindAStatementUnderWhichTheServerLeftDidNotRun) {
  open();
  send(query_of("insert into t values (1)"));
  send(query_of("insert into t values (2)"));
  loop.settle();
  for (const char* routine : {"ProcessInterrupts", ""}) {
    if (connection->state() == ConnectionState::kClosed) open();
    server.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
      if (statement.sql != "insert into t values (1)") return std::nullopt;
      FakeAnswer answer;
      answer.error = report("57P01", "terminating connection due to administrator command", "FATAL", routine);
      return answer;
    };
    const auto first = send(query_of("insert into t values (1)"));
    const auto second = send(query_of("insert into t values (2)"));
    loop.settle();
    EXPECT_EQ(first->error().outcome, Outcome::kUnknown) << routine;
    EXPECT_EQ(second->error().outcome, *routine != '\0' ? Outcome::kNotExecuted : Outcome::kUnknown)
        << routine;
    server.answers = nullptr;
  }
}

TEST_F(ConnectionTest, AFatalErrorUnderAWriteLeavesItOpen) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (!statement.sql.starts_with("insert")) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("57P01", "terminating connection due to administrator command", "FATAL");
    return answer;
  };
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(answer->error().code, "57P01");
  ASSERT_TRUE(answer->error().server.has_value());
  EXPECT_EQ(answer->error().server->severity, "FATAL");
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AnAnswerProvesThatTheStatementHadLeft) {
  open();
  server.is_ahead = true;
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (!statement.sql.starts_with("insert")) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("40003", "x");  // the only one that says of itself that it is open
    return answer;
  };
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
}

TEST_F(ConnectionTest, ClosingHandsBackWhatIsInFlight) {
  open();
  learn("insert into t values (1)");
  server.freeze();
  const auto answer = send("insert into t values (1)");
  loop.settle();
  connection->close(Error::make(ErrorKind::kConnectionLost, "The host left its role."));
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(answer->error().message, "The host left its role.");
  EXPECT_EQ(owner.closed, 1);
  connection->close(Error::make(ErrorKind::kInternal, "Twice."));
  EXPECT_EQ(owner.closed, 1);
}

// -------------------------------------------------------------------------- deadlines and cancelling

TEST_F(ConnectionTest, AnAbortedStatementIsCancelledOnTheServer) {
  open();
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.advance(milliseconds(100));
  token.cancel();
  loop.settle();
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().code, "ABORT_ERR");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, AStatementIsCancelledAtItsDeadline) {
  open();
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(300);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(299));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().code, "ETIMEDOUT");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AStatementThatCompletesInSpiteOfItsCancelResolves) {
  open();
  server.ignores_cancel = true;
  server.hold("insert into t values (1)");
  const auto [answer, token] = send_abortable("insert into t values (1)");
  loop.settle();
  token.cancel();
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  server.release("insert into t values (1)");
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, ACancelThatDoesNotHelpIsBounded) {
  open();
  server.ignores_cancel = true;
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(1999));
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, WhoseTimeIsUpIsToldThoughItsCancelHasNoAnswer) {
  open();
  learn("insert into t values (1)");
  server.ignores_cancel = true;
  server.hold("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(349));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  // The session goes on waiting, and is as good as ever when the statement has ended.
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  EXPECT_FALSE(connection->takes_company());
  const int free = owner.free;
  server.release("insert into t values (1)");
  loop.settle();
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, free + 1);
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
}

TEST_F(ConnectionTest, WhoIsFarAwayIsGivenFourRoundTrips) {
  server.latency = milliseconds(100);
  dial();
  loop.advance(milliseconds(1000));
  server.ignores_cancel = true;
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(500 + 799));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
}

TEST_F(ConnectionTest, ALoginThatTookLongMakesNobodyFarAway) {
  server.latency = milliseconds(300);
  dial();
  loop.advance(milliseconds(2000));
  server.latency = {};
  ASSERT_TRUE(run("select 1")->is_ok());
  server.ignores_cancel = true;
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(500 + 249));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
}

TEST_F(ConnectionTest, WhatWasGivenUpWhileItWasPreparedNeverRuns) {
  config.statement_cache_size = 4;
  open();
  server.ignores_cancel = true;
  server.hold_parse("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(350));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  server.release_parse("insert into t values (1)");
  loop.settle();
  EXPECT_EQ(server.runs("insert into t values (1)"), 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  run("select 1");
  EXPECT_EQ(server.runs("deallocate p_1"), 1);  // the name that it was prepared as
}

TEST_F(ConnectionTest, WhatHasNotLeftWhenItsCallerIsToldNeverRuns) {
  open();
  learn("insert into t values (1)");
  server.block();
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(350));
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, ATimeLimitThatHasEndedBoundsNobodyBehindIt) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  server.hold("select 2");
  auto made = query_of("select 1");
  made->deadline = loop.now() + milliseconds(100);
  const auto first = send(std::move(made));
  const auto second = send("select 2");
  loop.advance(milliseconds(500));
  server.release("select 1");
  loop.advance(milliseconds(5000));
  EXPECT_EQ(owner.closed, 0);
  server.release("select 2");
  loop.settle();
  EXPECT_EQ(first->error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(second->is_ok());
}

TEST_F(ConnectionTest, AnAbortThatComesTooLateHitsNobodyElse) {
  open();
  server.hold("select 1");
  const auto [answer, token] = send_abortable("select 1");
  loop.settle();
  server.release("select 1");
  while (answer->times == 0) loop.step();
  token.cancel();  // seen in the next turn, when the same request runs without a signal
  answer->request->token = {};
  answer->request->query()->sql = "select pg_sleep(1)";
  answer->request->query()->info = nullptr;
  answer->request->rewind();
  const auto next = send(std::move(answer->request));
  loop.advance(milliseconds(2000));
  EXPECT_TRUE(next->is_ok());
  EXPECT_EQ(server.cancels, 0);
}

TEST_F(ConnectionTest, ARefusedRequestIsToldAfterTheTurn) {
  open();
  server.most_parameters = 1;
  // Each sends the next one when it is told.
  int told = 0;
  int depth = 0;
  std::function<void()> next = [&] {
    auto made = query_of("select $1::int4, $2::int4", {Value(1.0), Value(1.0)});
    made->done = [&](std::unique_ptr<Request>, const Expected<Reply>& reply) {
      EXPECT_EQ(reply.error().kind, ErrorKind::kParameter);
      EXPECT_EQ(++depth, 1);
      if (++told < 1000) next();
      --depth;
    };
    connection->send(std::move(made));
  };
  next();
  EXPECT_EQ(told, 0);
  loop.settle();
  EXPECT_EQ(told, 1000);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, ClosingTellsThoseThatWereRefusedBefore) {
  open();
  server.most_parameters = 1;
  const auto answer = send("select $1::int4, $2::int4", {Value(1.0), Value(1.0)});
  close();
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, TheBoundOfACancelCountsFromTheDeadlineAlsoBehindOthers) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  server.hold("select 2");
  server.ignores_cancel = true;
  const auto first = send("select 1");
  auto made = query_of("select 2");
  made->deadline = loop.now() + milliseconds(100);
  const auto second = send(std::move(made));
  loop.advance(milliseconds(600));
  EXPECT_EQ(server.cancels, 0);  // it would hit the neighbour
  EXPECT_EQ(second->error().kind, ErrorKind::kTimeout);
  server.release("select 1");
  loop.advance(milliseconds(1499));
  EXPECT_TRUE(first->is_ok());
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, TheBoundOfACancelCountsFromADeadlineThatHadPassedBefore) {
  open();
  learn("select 1");
  server.hold("select 1");
  server.ignores_cancel = true;
  auto made = query_of("select 1");
  made->deadline = loop.now() - milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(1499));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, TakesNoNewWorkBeforeTheCancelsOwnConnectionHasEnded) {
  open();
  server.loses_cancel = true;
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  const int free_before = owner.free;
  token.cancel();
  loop.settle();
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  EXPECT_EQ(owner.free, free_before);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, ACommitIsNeverCancelled) {
  open();
  server.hold("commit");
  auto made = script_of({"commit"});
  made->scope = Scope::kCommit;
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(server.cancels, 0);
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, ACancelIsSentOnlyWhileItCanHitNothingElse) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  server.hold("select 2");
  const auto first = send("select 1");
  auto made = query_of("select 2");
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto second = send(std::move(made));
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(50));
  EXPECT_EQ(server.cancels, 0);  // it would hit the neighbour
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(second->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AFirstStatementWithOthersBehindItIsWaitedFor) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  auto made = query_of("select 1");
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto first = send(std::move(made));
  const auto second = send("select 2");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(50));
  EXPECT_EQ(server.cancels, 0);
  EXPECT_FALSE(connection->takes_company());  // nothing more is sent behind it
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_TRUE(second->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(ConnectionTest, AStatementThatIsAbortedWhileItIsDescribedNeverRuns) {
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  const auto [answer, token] = send_abortable("insert into t values (1)");
  loop.advance(milliseconds(5));
  token.cancel();
  loop.advance(milliseconds(100));
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(server.runs("insert into t values (1)"), 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AStatementThatIsBeingPreparedIsCancelledOnTheServer) {
  open();
  server.hold_parse("insert into t values (1)");  // a lock, say
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  server.release_parse("insert into t values (1)");
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
}

TEST_F(ConnectionTest, ACancelWhileATransactionPreparesRollsItBack) {
  open();
  connection->pin();
  learn("begin");
  run("begin");
  server.hold_parse("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->scope = Scope::kTransaction;
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(connection->is_in_failed_transaction());
}

TEST_F(ConnectionTest, ADeadlineWhileItIsDescribedIsATimeout) {
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(5);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(server.runs("insert into t values (1)"), 0);
}

TEST_F(ConnectionTest, ADeadlineOnAFrozenServerIsBoundedToo) {
  open();
  server.freeze();
  auto made = query_of("select 1");
  made->deadline = loop.now() + milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(2500));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AnAbortAfterTheAnswerDoesNothing) {
  open();
  const auto [answer, token] = send_abortable("select 1");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(server.cancels, 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AStatementSentWhileACancelEndsWaitsForIt) {
  open();
  connection->pin();
  learn("begin");
  server.latency = milliseconds(10);
  auto made = query_of("select pg_sleep(60)");
  made->scope = Scope::kTransaction;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  server.loses_cancel = true;
  token.cancel();
  loop.advance(milliseconds(30));
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  // Its user cannot know of the cancel's own connection.
  auto next = script_of({"rollback"});
  next->scope = Scope::kTransaction;
  const auto rolled_back = send(std::move(next));
  loop.advance(milliseconds(30));
  EXPECT_EQ(rolled_back->times, 0);
  EXPECT_EQ(server.runs("rollback"), 0);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(rolled_back->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AStatementSentWhileACancelEndsIsSentAfterIt) {
  open();
  connection->pin();
  learn("begin");
  auto made = query_of("select pg_sleep(60)");
  made->scope = Scope::kTransaction;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  std::shared_ptr<Answer> rolled_back;
  made->done = [&](std::unique_ptr<Request>, Expected<Reply>) {
    loop.defer([&] {
      auto next = script_of({"rollback"});
      next->scope = Scope::kTransaction;
      rolled_back = send(std::move(next));
    });
  };
  connection->send(std::move(made));
  loop.settle();
  token.cancel();
  loop.settle();
  ASSERT_NE(rolled_back, nullptr);
  EXPECT_TRUE(rolled_back->is_ok());
  EXPECT_EQ(state(), ConnectionState::kHeld);
}

TEST_F(ConnectionTest, AnAbortedCommitIsNotCancelledEither) {
  open();
  server.hold("commit");
  auto made = script_of({"commit"});
  made->scope = Scope::kCommit;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto answer = send(std::move(made));
  loop.settle();
  token.cancel();
  loop.settle();
  EXPECT_EQ(server.cancels, 0);
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AnAbortMayComeWhenTheConnectionIsGone) {
  open();
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  token.cancel();
  close();
  connection.reset();
  loop.settle();
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(answer->error().message, "Over.");
  EXPECT_EQ(server.cancels, 0);
}

// ----------------------------------------------------------------------------- silence, pins, the end

TEST_F(ConnectionTest, StoppingAnIdleConnectionClosesItAtOnce) {
  open();
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  EXPECT_EQ(state(), ConnectionState::kClosed);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.kind, ErrorKind::kPoolClosed);
  connection->stop(Error::make(ErrorKind::kInternal, "Twice."));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AConnectionIsStoppedOnceAndForItsFirstReason) {
  open();
  const auto answer = send("select pg_sleep(60)");
  loop.settle();
  connection->stop(Error::make(ErrorKind::kPoolClosed, "First."));
  connection->stop(Error::make(ErrorKind::kInternal, "Second."));
  EXPECT_EQ(owner.closed, 0);
  loop.settle();
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().message, "First.");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.message, "First.");
}

TEST_F(ConnectionTest, StoppingWaitsForACancelThatIsUnderWay) {
  open();
  server.ignores_cancel = true;
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(1000));
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.advance(milliseconds(999));
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));  // the time of the cancel, not one more
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
}

TEST_F(ConnectionTest, StoppingKeepsWhatIsBeingPreparedFromRunning) {
  config.statement_cache_size = 1;
  open();
  learn("select 1");
  learn("select 2");
  const auto answer = send("select 3");  // behind the errand that gives back the first name
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.settle();
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
  EXPECT_EQ(server.runs("select 3"), 0);
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, StoppingUnderACommitLeavesItOpen) {
  open();
  server.hold("commit");
  auto made = script_of({"commit"});
  made->scope = Scope::kCommit;
  const auto answer = send(std::move(made));
  loop.settle();
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
  loop.settle();
  EXPECT_EQ(server.cancels, 0);
}

TEST_F(ConnectionTest, ASessionThatCannotBeResetIsClosed) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "rollback") return std::nullopt;
    FakeAnswer answer;  // and nothing happens
    answer.command = "ROLLBACK";
    return answer;
  };
  const int free = owner.free;
  EXPECT_TRUE(run("begin")->is_ok());
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.kind, ErrorKind::kInternal);
  EXPECT_EQ(owner.free, free);
}

TEST_F(ConnectionTest, WhoeverIsAnsweredMayCloseTheConnection) {
  open();
  auto made = query_of("select 1");
  int answered = 0;
  made->done = [&](std::unique_ptr<Request>, const Expected<Reply>& reply) {
    answered += reply.ok() ? 1 : 0;
    close();
  };
  const int free = owner.free;
  connection->send(std::move(made));
  loop.settle();
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.free, free);  // not free: closed
}

TEST_F(ConnectionTest, TheOwnerMayCloseANodeThatChanged) {
  open();
  learn("select 1");
  owner.on_change = [this](Connection&) { close(); };
  const int free = owner.free;
  server.fence();
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_EQ(owner.changes, std::vector<NodeState>{NodeState::kReadOnly});
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.free, free);
}

TEST_F(ConnectionTest, TheOwnerMayCloseASilentConnection) {
  open();
  owner.on_silence = [this](Connection&) { close(); };
  const auto answer = send("select pg_sleep(5)");
  loop.advance(milliseconds(6000));
  EXPECT_EQ(owner.silent, 1);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(answer->error().message, "Over.");
}

TEST_F(ConnectionTest, APinWhileItRunsHoldsItAfterwards) {
  open();
  const auto answer = send("select 1");
  connection->pin();
  EXPECT_EQ(state(), ConnectionState::kBusy);
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kHeld);
  const int free = owner.free;
  connection->unpin();
  connection->unpin();  // it is nobody's already
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, free + 1);
}

TEST_F(ConnectionTest, ASilentStatementIsToldOnce) {
  open();
  const auto answer = send("select pg_sleep(5)");
  loop.advance(milliseconds(999));
  EXPECT_EQ(owner.silent, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.silent, 1);
  loop.advance(milliseconds(4000));
  EXPECT_EQ(owner.silent, 1);
  EXPECT_TRUE(answer->is_ok());
  loop.advance(milliseconds(60000));
  EXPECT_EQ(owner.silent, 1);  // an idle session is silent by nature
}

TEST_F(ConnectionTest, ASessionThatComesBackInsideATransactionIsRolledBack) {
  open();
  const auto answer = run("begin");
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, 1);
}

TEST_F(ConnectionTest, AResetThatIsNotAnsweredClosesTheSession) {
  open();
  server.hold("rollback");
  run("begin");
  EXPECT_EQ(state(), ConnectionState::kResetting);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, APinnedSessionIsHeldBetweenItsStatements) {
  open();
  connection->pin();
  EXPECT_EQ(state(), ConnectionState::kHeld);
  learn("begin");
  EXPECT_EQ(state(), ConnectionState::kHeld);
  EXPECT_EQ(server.runs("rollback"), 0);
  learn("commit");
  connection->unpin();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(server.runs("rollback"), 0);
}

TEST_F(ConnectionTest, ADirtySessionIsRolledBackWhenItIsGivenBack) {
  open();
  connection->pin();
  learn("begin");
  learn("insert into t values (1)");
  connection->unpin();
  EXPECT_EQ(state(), ConnectionState::kResetting);
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_TRUE(server.stored.empty());
}

TEST_F(ConnectionTest, APinnedSessionGivenBackWhileItRunsIsCleanedAfterwards) {
  open();
  connection->pin();
  learn("begin");
  server.hold("select 1");
  const auto answer = send("select 1");
  loop.settle();
  connection->unpin();
  EXPECT_EQ(state(), ConnectionState::kBusy);
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(server.runs("rollback"), 1);
}

TEST_F(ConnectionTest, AnIdleSessionIsRetiredAtOnce) {
  open();
  connection->retire();
  EXPECT_EQ(owner.closed, 1);
  loop.settle();
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(ConnectionTest, ABusySessionIsRetiredAfterItsAnswer) {
  open();
  const auto answer = send("select 1");
  connection->retire();
  EXPECT_EQ(owner.closed, 0);
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AHeldSessionIsRetiredWhenItIsGivenBack) {
  open();
  connection->pin();
  learn("begin");
  connection->retire();
  learn("commit");
  EXPECT_EQ(owner.closed, 0);
  connection->unpin();
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, OnlyKnownAutocommitStatementsShareASession) {
  open();
  EXPECT_FALSE(connection->takes_company());      // idle: just send
  for (int i = 0; i < 2; ++i) learn("select 1");  // the first time tells nothing
  server.hold("select 1");
  const auto first = send("select 1");
  EXPECT_TRUE(connection->takes_company());
  const auto unknown = send("select 3");
  EXPECT_FALSE(connection->takes_company());
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_TRUE(unknown->is_ok());
  connection->pin();
  send("select 1");
  EXPECT_FALSE(connection->takes_company());
  loop.settle();
  connection->unpin();
}

TEST_F(ConnectionTest, StatementsThatShareASessionHaveTheirOwnTransactions) {
  open();
  learn("insert into t values (1)");
  learn("divide");
  const std::size_t before = server.stored.size();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "divide") return std::nullopt;
    FakeAnswer answer;
    answer.error = report("22012", "division by zero");
    return answer;
  };
  const auto first = send("insert into t values (1)");
  const auto second = send("divide");
  const auto third = send("insert into t values (1)");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_EQ(second->error().code, "22012");
  EXPECT_TRUE(third->is_ok());
  EXPECT_EQ(server.stored.size(), before + 2);
}

}  // namespace
}  // namespace hdb
