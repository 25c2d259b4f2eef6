#include "test/sim/scene.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "test/sim/rules.hpp"

namespace hdb::sim {

namespace {

constexpr int kSteps = 150;
constexpr milliseconds kDrain{1000};
/// One way. With the first, reads are brief enough to share sessions while others are free.
constexpr std::array<std::chrono::microseconds, 3> kLatencies = {
    std::chrono::microseconds(60), std::chrono::microseconds(1000), std::chrono::microseconds(2000)};

}  // namespace

Report run(std::uint64_t seed) { return Scene(seed).run(); }

Scene::~Scene() {
  is_quiet_ = true;
  close();
}

Report Scene::run() {
  build();
  for (int step = 0; step < kSteps && is_fine(); ++step) {
    if (random_.below(calm_) == 0) fault();
    if (random_.below(2) == 0) mend();
    for (std::uint64_t n = random_.below(4); n > 0; --n) work();
    advance(milliseconds(random_.below(200)));
  }
  if (is_fine()) recover();
  if (is_fine()) check();
  close();
  if (is_fine()) {
    for (const FakeServer* server : servers_) {
      if (server->sessions() != 0)
        violate(std::to_string(server->sessions()) + " sessions are left on " + server->name());
    }
  }
  return std::move(report_);
}

// ---- The cluster, and the pools on it.

void Scene::build() {
  leader_ = &net_.primary("a");
  servers_ = {leader_};
  const std::uint64_t nodes = random_.below(8);  // mostly three
  if (nodes > 0) servers_.push_back(&net_.standby("b"));
  if (nodes > 1) servers_.push_back(&net_.standby("c"));
  is_synchronous_ = servers_.size() == 3 && random_.below(2) == 0;
  calm_ = std::array{3, 3, 10, 40}[random_.below(4)];
  has_fences_ = random_.below(3) != 0;
  const bool is_old = random_.below(8) == 0;
  for (FakeServer* server : servers_) {
    server->latency = kLatencies[random_.below(kLatencies.size())];
    server->is_synchronous = is_synchronous_;
    server->loses_close = broken == Rule::kClose;
    if (is_old) server->version = 130012;
    server->read_only_roles = {"report"};
    server->watch = [this, server](FakeServer::Moment, const FakeStatement& statement) {
      at_moment(*server, statement);
    };
    hosts_.push_back(server->host());
  }
  net_.on_sent = [this](const FakeServer& server, const std::string& sql) { on_sent(server, sql); };
  net_.on_sent_to_leaving = [this](const FakeServer& server, const std::string& sql) {
    // A transaction may have had its session since before.
    const bool is_call =
        sql.starts_with("insert into t ") || sql.starts_with("select 1") || sql.starts_with("select now");
    if (is_call) violate(sql + " was given to a session of " + server.name() + " that had been told to go");
  };
  net_.loses_warnings = broken == Rule::kLeaving;

  open_party("app", Mode::kReadWrite, false);
  if (random_.below(2) == 0) open_party("other", any_mode(), false);
  if (random_.below(3) == 0) open_party("report", random_.below(2) == 0 ? Mode::kAny : any_mode(), true);
  advance(milliseconds(500));
  followed_ = 1;
  report_.failovers = 0;
}

void Scene::open_party(const std::string& role, Mode mode, bool reads_only) {
  parties_.push_back(std::make_unique<Party>());
  Party& party = *parties_.back();
  party.number = parties_.size() - 1;
  party.role = role;
  party.role_reads_only = reads_only;
  party.mode = mode;
  party.gauges = std::make_shared<PoolGauges>();
  PoolConfig config;
  config.hosts = hosts_;
  config.conninfo = {{"user", role}};
  config.restricted_options = "-c default_transaction_read_only=on";
  config.name_prefix = "p_";
  config.seed = random_.next();
  config.options.mode = mode;
  config.options.connect_timeout = milliseconds(2000);
  config.options.pool_size = static_cast<std::int32_t>(1 + random_.below(6));
  config.options.min_idle = static_cast<std::int32_t>(random_.below(4));
  config.options.acquire_timeout = kAcquire;
  config.options.cancel_timeout = kCancel;
  config.options.asks_on_connect = random_.below(6) == 0;
  if (random_.below(4) == 0) config.options.max_lifetime = milliseconds(500 + random_.below(3000));
  if (random_.below(4) == 0) config.options.idle_timeout = milliseconds(500 + random_.below(3000));
  party.size = static_cast<std::size_t>(config.options.pool_size);
  const bool is_greeted = config.options.asks_on_connect;
  party.pool =
      std::make_unique<PoolCore>(loop_, net_, cluster_for(hosts_, nullptr), std::move(config), party.gauges);
  if (is_greeted) {
    party.pool->setup().ask(
        Callback<std::uint32_t, std::string>([this, &party](std::uint32_t number, const std::string&) {
          ++party.greetings;
          loop_.in(milliseconds(random_.below(60)), [this, &party, number] {
            --party.greetings;
            const bool fails = !is_quiet_ && random_.below(8) == 0;
            if (party.pool)
              party.pool->setup().end(number, fails ? std::optional<std::string>("no") : std::nullopt);
          });
        }));
  }
  party.pool->listen(
      Callback<ClusterEvent>([this, &party](const ClusterEvent& event) { on_event(party, event); }));
  party.pool->start();
}

/// As the engine does it: pools that name the same hosts share what is known of them.
Cluster& Scene::cluster_for(const std::vector<HostAddress>& hosts, const Topology* known) {
  auto& cluster = clusters_[hosts];
  if (cluster && !cluster->is_empty()) return *cluster;
  Topology topology = known != nullptr ? with_hosts(*known, hosts) : make_topology(hosts);
  if (cluster) {
    cluster->restart(std::move(topology));
  } else {
    cluster = std::make_unique<Cluster>(loop_, net_, std::move(topology), 1);
  }
  return *cluster;
}

void Scene::move_party(Party& party, const std::vector<HostAddress>& hosts) {
  note("other hosts for", party.role);
  party.pool->move_to(cluster_for(hosts, &party.pool->topology()), hosts);
}

void Scene::close() {
  for (auto& one : transactions_) one->core.reset();
  for (auto& party : parties_) {
    if (party->pool) party->pool->close_now();
  }
  loop_.settle();
  for (auto& party : parties_) party->pool.reset();
  clusters_.clear();
  for (FakeServer* server : servers_) {
    server->thaw();
    server->heal();
  }
  loop_.advance(milliseconds(100));
}

/// Lets time pass. A broken rule loses a timer now and then.
void Scene::advance(Duration by) {
  const TimePoint target = loop_.now() + by;
  while (is_fine()) {
    if (broken == Rule::kTimers && loop_.timers().next() <= target && random_.below(20) == 0) lose_timer();
    if (!loop_.step(target)) return;
    check_waiting();
  }
}

void Scene::lose_timer() {
  // As if the process had slept over it: all that is due fires late.
  loop_.in(milliseconds(4000), [] {});
  const TimePoint until = loop_.now() + milliseconds(4000);
  loop_.sleep(until);
}

/// And then it works again.
void Scene::recover() {
  is_quiet_ = true;
  for (FakeServer* server : servers_) {
    repair(*server);
    server->latency = milliseconds(1);
  }
  for (FakeServer* server : servers_) {
    if (server != leader_) restore(*server);
  }
  leader_->unfence();
  for (const auto& party : parties_) {
    if (party->is_open() && party->number > 0) move_party(*party, hosts_);
  }
  advance(milliseconds(20000));
  Call& last = ask(*parties_.front(),
                   {.sql = "insert into t values ('last')", .params = {}, .writes = true, .raises = {}});
  std::vector<Call*> reads;
  for (const auto& party : parties_) {
    if (!party->is_open() || (party->mode == Mode::kReadOnly && servers_.size() == 1)) continue;
    if (party->role_reads_only && party->mode == Mode::kReadWrite) continue;
    reads.push_back(&ask(*party, {.sql = "select 1", .params = {}, .mode = party->mode, .raises = {}}));
  }
  advance(milliseconds(5000));
  if (is_fine() && !last.answer.ok) violate("it does not work again: " + last.answer.message);
  for (const Call* read : reads) {
    if (is_fine() && !read->answer.ok)
      violate("the pool of " + read->party->role + " does not work again: " + read->answer.message);
  }
  for (auto& one : transactions_) one->core.reset();
  advance(milliseconds(5000));
  std::size_t most = servers_.size();  // the monitor's own
  for (const auto& party : parties_) {
    if (!is_fine()) return;
    if (party->gauges->waiting.read() != 0) violate("requests still wait");
    if (party->gauges->in_use.read() != 0) violate("sessions are still in use");
    if (party->is_ending && party->ended.times != 1) violate("a pool does not end");
    // Members, and one warm session on each standby.
    if (party->is_open()) most += party->size + (party->mode == Mode::kReadWrite ? servers_.size() - 1 : 0);
  }
  std::size_t open = 0;
  for (const FakeServer* server : servers_) open += server->sessions();
  if (is_fine() && open > most)
    violate(std::to_string(open) + " sessions are open, at most " + std::to_string(most) + " have a use");
}

}  // namespace hdb::sim
