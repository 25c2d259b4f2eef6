// PoolFixture: a cluster and a pool on a fake network, with a short way to ask it things. When it ends,
// nothing may be left open on any server.
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cluster/cluster.hpp"
#include "gtest/gtest.h"
#include "pool/pool_core.hpp"
#include "test/unit/support/box.hpp"
#include "test/unit/support/fake_session.hpp"
#include "test/unit/support/requests.hpp"

namespace hdb::test {

class PoolFixture : public ::testing::Test {
 public:
  /// How one call is made.
  struct Call {
    Mode mode = Mode::kReadWrite;
    bool retry = false;
    milliseconds timeout{0};
    CancelToken token = {};
  };

 protected:
  PoolFixture() {
    options.min_idle = 0;
    options.mode = Mode::kReadWrite;
    options.connect_timeout = milliseconds(2000);
  }
  ~PoolFixture() override {
    close();
    for (FakeServer* server : servers) {
      if (!server->is_running() || server->is_frozen()) continue;
      EXPECT_EQ(server->sessions(), 0u) << server->name();
    }
  }

  FakeServer& primary(const std::string& name) { return known(net.primary(name)); }
  FakeServer& standby(const std::string& name) { return known(net.standby(name)); }

  /// Makes the pool. All servers so far are its hosts.
  void open() {
    std::vector<HostAddress> hosts;
    for (const FakeServer* server : servers) hosts.push_back(server->host());
    cluster = std::make_unique<Cluster>(loop, net, make_topology(hosts), 1);
    PoolConfig config;
    config.hosts = hosts;
    config.conninfo = {{"user", "app"}};
    config.restricted_options = "-c default_transaction_read_only=on";
    config.options = options;
    config.name_prefix = "p_";
    config.seed = 1;
    gauges = std::make_shared<PoolGauges>();
    pool = std::make_unique<PoolCore>(loop, net, *cluster, std::move(config), gauges);
    pool->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) { events.push_back(event); }));
    pool->start();
  }
  /// Makes the pool and lets it learn who is who.
  void open_calm() {
    open();
    loop.advance(milliseconds(10000));
  }
  void close() {
    if (pool) pool->close_now();
    loop.settle();
    pool.reset();
    cluster.reset();
    loop.advance(milliseconds(10));
  }

  Box<ResultSet> query(const std::string& sql, std::vector<Value> params, const Call& call) {
    Box<ResultSet> box;
    PoolCore::Statement statement;
    statement.mode = call.mode;
    statement.is_idempotent = call.retry || is_restricted(call.mode);
    statement.request = query_of(sql, std::move(params), box.completion());
    if (call.timeout.count() > 0) statement.request->deadline = loop.now() + call.timeout;
    statement.request->token = call.token;
    pool->submit(std::move(statement));
    return box;
  }
  Box<ResultSet> query(const std::string& sql, const Call& call) { return query(sql, {}, call); }
  Box<ResultSet> query(const std::string& sql, std::vector<Value> params = {}) {
    return query(sql, std::move(params), Call());
  }
  /// As `query`; `then` runs inside the call that settles it.
  void query(const std::string& sql, const Call& call, std::function<void()> then) {
    PoolCore::Statement statement;
    statement.mode = call.mode;
    auto completion = completion_from<ResultSet, Error>([then](const Expected<ResultSet>&) { then(); });
    statement.request = query_of(sql, {}, std::move(completion));
    pool->submit(std::move(statement));
  }
  Box<std::vector<ResultSet>> batch(const std::vector<std::string>& texts) {
    Box<std::vector<ResultSet>> box;
    PoolCore::Statement statement;
    statement.request = batch_of(texts, box.completion());
    pool->submit(std::move(statement));
    loop.settle();
    return box;
  }
  /// Asks and lets it end, as long as that takes no time.
  template <class... Args>
  Box<ResultSet> run(const std::string& sql, Args&&... args) {
    const Box<ResultSet> box = query(sql, std::forward<Args>(args)...);
    loop.settle();
    return box;
  }
  /// "ok" and who answered, or the error's code.
  static std::string told(const Box<ResultSet>& box) {
    if (box.times() == 0) return "waits";
    if (box.times() > 1) return "settled twice";
    return box.is_ok() ? "ok " + box.value().host.substr(0, box.value().host.find(':')) : box.error().code;
  }
  template <class E>
  int count() const {
    int found = 0;
    for (const ClusterEvent& event : events) found += std::holds_alternative<E>(event) ? 1 : 0;
    return found;
  }

  static constexpr const char* kInsert = "insert into t values (1)";

  FakeLoop loop;
  FakeNetwork net{loop};
  std::vector<FakeServer*> servers;
  PoolOptions options;
  std::vector<ClusterEvent> events;
  std::shared_ptr<PoolGauges> gauges;
  std::unique_ptr<Cluster> cluster;
  std::unique_ptr<PoolCore> pool;

 private:
  FakeServer& known(FakeServer& server) {
    servers.push_back(&server);
    return server;
  }
};

}  // namespace hdb::test
