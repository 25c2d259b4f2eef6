#include "client/engine.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <system_error>

#include "base/assert.hpp"
#include "loop/thread.hpp"

namespace hdb {

namespace {

std::mutex g_mutex;
std::weak_ptr<Engine> g_engine;  // NOLINT: one I/O thread per process is the design
std::uint64_t g_last_id = 0;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

std::string random_prefix() {
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  Random random(random_seed());
  std::string prefix = "hdb_";
  for (int i = 0; i < 8; ++i) prefix += kDigits[random.below(36)];
  return prefix + "_";
}

}  // namespace

Expected<std::shared_ptr<Engine>> Engine::acquire() {
  const std::lock_guard lock(g_mutex);
  if (auto running = g_engine.lock()) return running;
  std::unique_ptr<Engine> made;
  std::error_code problem = std::make_error_code(std::errc::resource_unavailable_try_again);
  try {
    made.reset(new Engine());
  } catch (const std::system_error& error) {
    problem = error.code();
  }
  if (!made || !made->loop_.start()) {
    Error error =
        Error::make(ErrorKind::kConnect, "The I/O thread could not be started: " + problem.message() + ".");
    // Compared by number: Asio's own error category rarely equals the standard one.
    error.code = problem.value() == static_cast<int>(std::errc::too_many_files_open) ? "EMFILE" : "EAGAIN";
    return Fail(std::move(error));
  }
  // An abandoned transaction is released on the I/O thread, which cannot join itself.
  std::shared_ptr<Engine> started(made.release(), [](Engine* engine) {
    if (engine->loop_.is_own_thread()) {
      // If no thread can be started, the engine and its thread are leaked.
      static_cast<void>(Thread::start_detached([engine] { delete engine; }));
    } else {
      delete engine;
    }
  });
  g_engine = started;
  return started;
}

Engine::Engine() = default;

Engine::~Engine() {
  loop_.stop([io = &io_] { io->drop_all(); });
}

std::uint64_t Engine::new_id() {
  const std::lock_guard lock(g_mutex);
  return ++g_last_id;
}

Cluster& Engine::Io::cluster_for(const std::vector<HostAddress>& hosts, const Topology* known) {
  std::vector<HostAddress> key = hosts;
  std::sort(key.begin(), key.end());
  auto& cluster = clusters_[key];
  if (cluster && !cluster->is_empty()) return *cluster;
  Topology topology = known != nullptr ? with_hosts(*known, hosts) : make_topology(hosts);
  if (cluster) {
    cluster->restart(std::move(topology));  // it may be running one of its own functions
  } else {
    cluster = std::make_unique<Cluster>(loop_, factory_, std::move(topology), random_seed());
  }
  return *cluster;
}

void Engine::Io::open(PoolId id, PoolConfig config, std::shared_ptr<PoolGauges> gauges) {
  config.name_prefix = random_prefix();
  config.seed = random_seed();
  Cluster& cluster = cluster_for(config.hosts, nullptr);
  Home& home = pools_[id];
  home.pool = std::make_unique<PoolCore>(loop_, factory_, cluster, std::move(config), std::move(gauges));
  home.pool->start();
}

void Engine::Io::move(PoolId id, const std::vector<HostAddress>& hosts) {
  PoolCore& moved = pool(id);
  if (!moved.is_open()) return;  // its cluster may be gone
  moved.move_to(cluster_for(hosts, &moved.topology()), hosts);
  loop_.defer([this] { tidy_clusters(); });
}

PoolCore& Engine::Io::pool(PoolId id) { return *pools_.at(id).pool; }

TransactionCore* Engine::Io::transaction(PoolId pool, TransactionId id) {
  const auto home = pools_.find(pool);
  if (home == pools_.end()) return nullptr;
  const auto found = home->second.transactions.find(id);
  return found == home->second.transactions.end() ? nullptr : found->second.get();
}

TransactionCore& Engine::Io::add_transaction(PoolId pool, TransactionId id,
                                             std::unique_ptr<TransactionCore> transaction) {
  return *(pools_.at(pool).transactions[id] = std::move(transaction));
}

void Engine::Io::drop_transaction(PoolId pool, TransactionId id) {
  const auto home = pools_.find(pool);
  if (home != pools_.end()) home->second.transactions.erase(id);
}

void Engine::Io::drop(PoolId id) {
  const auto found = pools_.find(id);
  HDB_CHECK(found != pools_.end());
  // Its sessions still deliver their last events, so they are destroyed at the end of the turn.
  auto home = std::make_shared<Home>(std::move(found->second));
  pools_.erase(found);
  home->transactions.clear();
  home->pool->close_now();
  loop_.defer([this, home]() mutable {
    home.reset();
    tidy_clusters();
  });
}

void Engine::Io::drop_all() {
  for (auto& [id, home] : pools_) {
    home.transactions.clear();
    home.pool->close_now();
  }
  pools_.clear();
  clusters_.clear();
}

void Engine::Io::tidy_clusters() {
  std::erase_if(clusters_, [](const auto& entry) { return entry.second->is_empty(); });
}

}  // namespace hdb
