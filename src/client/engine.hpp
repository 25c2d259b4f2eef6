// Engine: the process's one I/O thread and what lives on it: clusters, pools, transactions.
// Thread: acquired and released by JS threads; `Io` is the I/O thread's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/cluster.hpp"
#include "loop/asio_loop.hpp"
#include "pool/pool_core.hpp"
#include "pool/transaction_core.hpp"
#include "pq/libpq_session.hpp"

namespace hdb {

using PoolId = std::uint64_t;
using TransactionId = std::uint64_t;

class Engine {
 public:
  /// What lives on the I/O thread. Reached only by tasks that run there.
  class Io {
   public:
    explicit Io(Loop& loop) : loop_(loop), factory_(loop) {}

    void open(PoolId id, PoolConfig config, std::shared_ptr<PoolGauges> gauges);
    /// Gives the pool another list of hosts.
    void move(PoolId id, const std::vector<HostAddress>& hosts);
    /// What a `Pool` posts runs before what its destructor posts, so the pool is still there.
    PoolCore& pool(PoolId id);
    TransactionCore* transaction(PoolId pool, TransactionId id);
    TransactionCore& add_transaction(PoolId pool, TransactionId id,
                                     std::unique_ptr<TransactionCore> transaction);
    void drop_transaction(PoolId pool, TransactionId id);
    /// The last handle of the pool is gone.
    void drop(PoolId id);
    void drop_all();

   private:
    struct Home {
      std::unique_ptr<PoolCore> pool;
      std::unordered_map<TransactionId, std::unique_ptr<TransactionCore>> transactions;  // go before the pool
    };
    Cluster& cluster_for(const std::vector<HostAddress>& hosts, const Topology* known);
    void tidy_clusters();

    Loop& loop_;
    pq::LibpqSessionFactory factory_;
    std::map<std::vector<HostAddress>, std::unique_ptr<Cluster>> clusters_;
    std::unordered_map<PoolId, Home> pools_;
  };

  /// The running engine, or a new one. The last owner ends the thread. Fails if the system has no descriptor
  /// or thread left.
  static Expected<std::shared_ptr<Engine>> acquire();
  ~Engine();

  /// Runs `task(io)` on the I/O thread.
  template <class F>
  void post(F task) {
    loop_.post([io = &io_, task = std::move(task)]() mutable { task(*io); });
  }
  std::uint64_t new_id();

 private:
  Engine();

  AsioLoop loop_;
  Io io_{loop_};
};

}  // namespace hdb
