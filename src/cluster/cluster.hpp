// Cluster: the topology of one list of hosts and the light monitor that keeps it true. Shared by all pools of
// the process that name the same hosts.
// Thread: I/O only, but for `snapshot`.  Owner: Engine::Io.
// Not here: sessions for statements; what a caller waits for.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/snapshot.hpp"
#include "cluster/topology.hpp"
#include "conn/connection.hpp"
#include "loop/loop.hpp"
#include "pq/session.hpp"

namespace hdb {

/// How the monitor connects: with the credentials of one member.
struct MonitorConfig {
  pq::Conninfo conninfo;
  std::shared_ptr<PasswordSource> passwords{};
  milliseconds interval{2000};
  milliseconds probe_timeout{2000};
};

/// A pool, as the cluster sees it.
class ClusterMember {
 public:
  virtual ~ClusterMember() = default;
  /// The topology has changed, or was confirmed. `events` is empty when no role did.
  virtual void on_topology(const Topology& topology, const std::vector<ClusterEvent>& events) = 0;
};

/// Probe interval while there is no primary, and how long it is kept after one is found.
inline constexpr milliseconds kPanicInterval{100};
inline constexpr milliseconds kPanicAfter{5000};
/// Probe interval for a host that refuses our credentials.
inline constexpr milliseconds kRefusedInterval{1000};

/// The host answered and will refuse every further attempt: wrong password, no such database, an unknown
/// setting, a certificate that does not verify.
bool is_refusal(const Error& error);
/// Nothing listens there any more, or the server is shutting down.
bool is_gone(const std::string& code);
/// Reports a failed dial or a lost session. `since`: when the dial began.
TopologyEvent failure_event(const HostAddress& host, const Error& why, TimePoint now, TimePoint since = {});

class Cluster {
 public:
  Cluster(Loop& loop, pq::SessionFactory& factory, Topology topology, std::uint64_t seed);
  ~Cluster();

  void join(ClusterMember& member, MonitorConfig config);
  void leave(ClusterMember& member);
  bool is_empty() const { return members_.empty(); }
  /// Monitoring stops when the last pool leaves, so the next pool starts with an empty topology.
  void restart(Topology topology);

  const Topology& topology() const { return *topology_; }
  /// Any thread.
  std::shared_ptr<const Topology> snapshot() const { return published_.read(); }

  /// A member's session has learnt something about its host.
  void learn(TopologyEvent event);
  /// A session was lost or is silent: probe all hosts now, and at the short interval.
  void suspect();
  /// A session's data is not acknowledged by this host. The monitor's connection may be dead as well, so the
  /// host is probed on a new one.
  void suspect_path(const HostAddress& host);

 private:
  class Probe;
  struct Member {
    ClusterMember* pool;
    MonitorConfig config;
    bool is_blind = false;  // its own read-only setting hides the fence
  };

  struct News {
    std::shared_ptr<const Topology> topology;
    std::vector<ClusterEvent> events;
  };

  void apply(const TopologyEvent& event);
  void tell(const News& news);
  /// From now on the monitor speaks with the credentials of another member.
  void ask_for_next_member();
  bool is_calm() const;
  milliseconds pace(const Host& host) const;
  /// Whose credentials the monitor uses; preferably those of a login that can see the fence.
  const Member& speaker() const;
  Member* find(const ClusterMember* pool);

  Loop& loop_;
  pq::SessionFactory& factory_;
  Random random_;
  StatementCatalog catalog_{1};
  std::shared_ptr<const Topology> topology_;
  Snapshot<Topology> published_;
  std::deque<News> news_;  // not yet told to all members
  std::vector<Member> members_;
  std::vector<std::unique_ptr<Probe>> probes_;
  TimePoint panic_until_{};
  TimePoint primary_lost_at_{};
  bool had_primary_ = false;
};

}  // namespace hdb
