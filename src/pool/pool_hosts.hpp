// PoolHosts: the hosts of one pool with their sessions, and where each mode may land as things are.
// Thread: I/O only.  Owner: PoolCore.
// Not here: when a session is opened (SessionOpener), which one is given out (SessionPicker).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "cluster/topology.hpp"
#include "pool/host_pool.hpp"
#include "pool/mode_set.hpp"

namespace hdb {

class PoolHosts {
 public:
  /// Where a mode may land.
  struct Targets {
    std::vector<HostPool*> hosts;    // of equal worth
    std::vector<HostPool*> unknown;  // raced while there is none
  };

  explicit PoolHosts(std::size_t pool_size) : pool_size_(pool_size) {}

  /// Takes another list of hosts, with the numbers that the cluster gives to their generations. Those that
  /// stay keep their sessions; those that do not are returned.
  std::vector<std::unique_ptr<HostPool>> set(const std::vector<HostAddress>& addresses,
                                             const Topology& numbered);
  /// What each mode may use from now on.
  void follow(std::shared_ptr<const Topology> topology);

  /// In the order of the options.
  const std::vector<std::unique_ptr<HostPool>>& all() const { return hosts_; }
  /// The sessions of all hosts; as `HostPool::listed`.
  std::vector<PooledSession*> listed() const;
  /// Null: it is none of the pool's.
  HostPool* find(const HostAddress& address) const;
  const Targets& targets(Mode mode) const { return targets_[index_of(mode)]; }
  const Topology& topology() const { return *topology_; }
  const std::shared_ptr<const Topology>& snapshot() const { return topology_; }

  std::size_t pool_size() const { return pool_size_; }
  const SessionCounts& counts() const { return counts_; }
  /// Open members that are not free.
  std::size_t busy() const { return counts_.open_members - counts_.idle; }
  bool is_full() const { return counts_.members >= pool_size_; }
  /// Of `poolSize`, open or being opened where the mode may land.
  std::size_t members(Mode mode) const;
  /// Being opened there; a silent host is no hope for anybody else.
  std::size_t dialing(Mode mode) const;

 private:
  const std::size_t pool_size_;
  SessionCounts counts_;
  std::vector<std::unique_ptr<HostPool>> hosts_;
  std::shared_ptr<const Topology> topology_;
  std::array<Targets, kModes.size()> targets_;  // by mode
};

}  // namespace hdb
