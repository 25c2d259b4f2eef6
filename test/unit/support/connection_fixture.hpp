// ConnectionFixture: one connection to a model server, and what it tells.
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conn/connection.hpp"
#include "gtest/gtest.h"
#include "test/unit/support/box.hpp"
#include "test/unit/support/fake_session.hpp"
#include "test/unit/support/requests.hpp"

namespace hdb::test {

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

  pq::SessionHandler* handler = nullptr;        // of the last session
  std::optional<pq::TransactionStatus> status;  // as all of them say it; none: what is so

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
    pq::TransactionStatus transaction_status() const override {
      return tap_.status.value_or(to_->transaction_status());
    }
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

class ConnectionFixture : public ::testing::Test {
 protected:
  ConnectionFixture() : server(net.primary("a")) {
    config.host = server.host();
    config.name_prefix = "p_";
  }
  ~ConnectionFixture() override {
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
      for (int i = 0; i < rows; ++i) answer.rows.push_back(std::vector<Text>(columns, std::to_string(i)));
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

}  // namespace hdb::test
