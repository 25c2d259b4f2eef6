#include "conn/dialer.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/fake_session.hpp"

namespace hdb {
namespace {

using test::FakeLoop;
using test::FakeNetwork;
using test::FakeServer;

class DialerTest : public ::testing::Test {
 protected:
  void dial(const std::string& host) {
    dialer = std::make_unique<Dialer>(loop, net, [this](Dialer::Result ended) {
      ++times;
      result.emplace(std::move(ended));
      loop.defer([gone = std::shared_ptr<Dialer>(std::move(dialer))] {});
    });
    dialer->start({host, 5432}, {{"user", "app"}});
    EXPECT_EQ(times, 0);  // never inside start
  }
  bool is_won() const { return times == 1 && result->session != nullptr; }
  void TearDown() override {
    result.reset();
    dialer.reset();
    loop.advance(milliseconds(1));
  }

  FakeLoop loop;
  FakeNetwork net{loop};
  std::unique_ptr<Dialer> dialer;
  std::optional<Dialer::Result> result;
  int times = 0;
};

TEST_F(DialerTest, AHostWithOneAddressIsDialled) {
  FakeServer& server = net.add("db");
  dial("db");
  loop.settle();
  EXPECT_TRUE(is_won());
  const pq::Conninfo expected{{"user", "app"}, {"host", "db"}, {"hostaddr", "10.0.0.1"}, {"port", "5432"}};
  EXPECT_EQ(server.dials.at(0), expected);
}

TEST_F(DialerTest, ANumericAddressIsNotResolved) {
  FakeServer& server = net.add_address("10.1.1.1");
  dial("10.1.1.1");
  loop.settle();
  EXPECT_TRUE(is_won());
  EXPECT_TRUE(loop.resolved().empty());
  net.add_address("fe80::1");
  EXPECT_EQ(server.dials.size(), 1u);
}

TEST_F(DialerTest, AnIPv6AddressIsNotResolved) {
  net.add_address("fe80::1");
  dial("fe80::1");
  loop.settle();
  EXPECT_TRUE(is_won());
  EXPECT_TRUE(loop.resolved().empty());
}

TEST_F(DialerTest, ASocketHasNoAddress) {
  FakeServer& server = net.add_address("/tmp");
  dial("/tmp");
  loop.settle();
  EXPECT_TRUE(is_won());
  for (const auto& [keyword, value] : server.dials.at(0)) EXPECT_NE(keyword, "hostaddr");
}

TEST_F(DialerTest, ASilentAddressIsPassedByTheNextOneAfterTheStagger) {
  net.make_silent("10.9.9.1");
  net.add_address("10.9.9.2");
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.advance(milliseconds(249));
  EXPECT_EQ(times, 0);
  EXPECT_EQ(net.made(), 1);
  loop.advance(milliseconds(1));
  EXPECT_TRUE(is_won());
  EXPECT_EQ(net.made(), 2);
}

TEST_F(DialerTest, ARefusedAddressIsPassedByTheNextOneAtOnce) {
  net.add_address("10.9.9.1").kill();
  net.add_address("10.9.9.2");
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.settle();
  EXPECT_TRUE(is_won());
}

TEST_F(DialerTest, TheFirstAddressMayStillWinBesideTheSecond) {
  FakeServer& slow = net.add_address("10.9.9.1");
  slow.latency = milliseconds(150);
  net.make_silent("10.9.9.2");
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.advance(milliseconds(300));
  EXPECT_TRUE(is_won());
  EXPECT_EQ(net.made(), 2);
}

TEST_F(DialerTest, TheLoserOfARaceIsClosed) {
  FakeServer& slow = net.add_address("10.9.9.1");
  slow.latency = milliseconds(200);
  FakeServer& quick = net.add_address("10.9.9.2");
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.advance(milliseconds(2000));
  EXPECT_TRUE(is_won());
  EXPECT_EQ(quick.sessions(), 1u);
  EXPECT_EQ(slow.sessions(), 0u);
}

TEST_F(DialerTest, WhenAllAddressesFailTheLastReasonIsTold) {
  net.add_address("10.9.9.1").kill();
  net.add_address("10.9.9.2").rejects = test::report("28P01", "no", "FATAL");
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.settle();
  ASSERT_EQ(times, 1);
  EXPECT_EQ(result->session, nullptr);
  EXPECT_EQ(result->loss.sqlstate, "28P01");
}

TEST_F(DialerTest, ANameThatDoesNotResolveSaysSo) {
  loop.names["db"].answer = {.addresses = {}, .error = "Name or service not known"};
  dial("db");
  loop.settle();
  ASSERT_EQ(times, 1);
  EXPECT_EQ(result->session, nullptr);
  EXPECT_EQ(result->loss.code, "ENOTFOUND");
  EXPECT_NE(result->loss.message.find("Name or service not known"), std::string::npos);
}

TEST_F(DialerTest, ADroppedDialerTellsNothingMore) {
  FakeServer& server = net.add("db");
  server.latency = milliseconds(10);
  dial("db");
  loop.advance(milliseconds(5));
  dialer.reset();
  loop.advance(milliseconds(1000));
  EXPECT_EQ(times, 0);
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(DialerTest, AnAddressThatIsDialledEarlyIsNotDialledAgainAfterTheStagger) {
  FakeServer& refusing = net.add_address("10.9.9.1");
  refusing.rejects = test::report("57P03", "starting up", "FATAL");
  refusing.latency = milliseconds(50);
  FakeServer& slow = net.add_address("10.9.9.2");
  slow.latency = milliseconds(400);
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.advance(milliseconds(240));
  EXPECT_EQ(net.made(), 2);
  EXPECT_EQ(times, 0);
  loop.advance(milliseconds(3000));
  EXPECT_EQ(net.made(), 2);
  EXPECT_TRUE(is_won());
  EXPECT_EQ(slow.sessions(), 1u);
}

TEST_F(DialerTest, TheEndOfOneAttemptLeavesTheOtherItsTime) {
  FakeServer& slow = net.add_address("10.9.9.1");
  slow.latency = milliseconds(1000);
  net.add_address("10.9.9.2").kill();
  loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2"};
  dial("db");
  loop.advance(milliseconds(900));
  EXPECT_EQ(net.made(), 2);
  EXPECT_EQ(times, 0);
  loop.advance(milliseconds(5000));
  EXPECT_TRUE(is_won());
}

/// Sessions that do nothing by themselves: a test says when each of them is dialled or lost.
class Inert final : public pq::Session {
 public:
  explicit Inert(std::vector<pq::SessionHandler*>& handlers) : handlers_(handlers) {}
  void set_handler(pq::SessionHandler& handler) override { handlers_.push_back(&handler); }
  void dial(const pq::Conninfo&) override {}
  void limit_answers(std::uint64_t) override {}
  bool send_prepare(const std::string&, const std::string&, const std::vector<Oid>&) override { return true; }
  bool send_describe(const std::string&) override { return true; }
  bool send_execute(const std::string&, const std::vector<pq::WireParam>&, bool,
                    std::shared_ptr<const Columns>, bool) override {
    return true;
  }
  bool send_unprepared(const std::string&, const std::vector<Oid>&, const std::vector<pq::WireParam>&, bool,
                       std::shared_ptr<const Columns>) override {
    return true;
  }
  bool send_sync() override { return true; }
  bool send_flush_request() override { return true; }
  bool flush() override { return true; }
  pq::Flushed flushed() const override { return pq::Flushed::kAll; }
  std::string_view parameter(const char*) const override { return {}; }
  pq::TransactionStatus transaction_status() const override { return pq::TransactionStatus::kIdle; }
  int server_version() const override { return 0; }
  std::size_t most_parameters() const override { return 65535; }
  bool is_unacknowledged() const override { return false; }
  void cancel(std::function<void(std::string)>) override {}
  void close() override {}

 private:
  std::vector<pq::SessionHandler*>& handlers_;
};

class InertFactory final : public pq::SessionFactory {
 public:
  std::unique_ptr<pq::Session> make() override { return std::make_unique<Inert>(handlers); }
  std::vector<pq::SessionHandler*> handlers;
};

TEST_F(DialerTest, OfTwoAddressesThatEndInOneTurnTheFirstCounts) {
  for (const bool is_second_won : {true, false}) {
    InertFactory factory;
    int ended = 0;
    bool won = false;
    Dialer racing(loop, factory, [&](Dialer::Result told) {
      ++ended;
      won = told.session != nullptr;
    });
    loop.names["db"].answer.addresses = {"10.9.9.1", "10.9.9.2", "10.9.9.3"};
    racing.start({"db", 5432}, {});
    loop.advance(kRaceStagger);
    ASSERT_EQ(factory.handlers.size(), 2u);
    factory.handlers[0]->on_dialled();
    if (is_second_won) {
      factory.handlers[1]->on_dialled();
    } else {
      factory.handlers[1]->on_lost({});
    }
    EXPECT_EQ(ended, 1);
    EXPECT_TRUE(won);
    EXPECT_EQ(factory.handlers.size(), 2u);  // the third is not dialled
  }
}

TEST_F(DialerTest, WithoutAddressesAndWithoutAReasonItIsStillNotFound) {
  loop.names["db"].answer = {.addresses = {}, .error = {}};
  dial("db");
  loop.settle();
  ASSERT_EQ(times, 1);
  EXPECT_EQ(result->loss.code, "ENOTFOUND");
  EXPECT_EQ(net.made(), 0);
}

TEST(HostAddress, IsShownWithItsPort) {
  EXPECT_EQ((HostAddress{"db", 5433}).text(), "db:5433");
  EXPECT_EQ((HostAddress{"::1", 5432}).text(), "[::1]:5432");
  EXPECT_TRUE((HostAddress{"/tmp", 5432}).is_socket());
}

}  // namespace
}  // namespace hdb
