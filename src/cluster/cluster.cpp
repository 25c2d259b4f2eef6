#include "cluster/cluster.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/sqlstate.hpp"
#include "conn/probe.hpp"

namespace hdb {

namespace {

/// Minimum time for a new monitor connection to answer.
constexpr milliseconds kLeastTime{250};

}  // namespace

/// The monitor's one connection to one host.
class Cluster::Probe final : private ConnectionOwner {
 public:
  Probe(Cluster& cluster, HostAddress host)
      : cluster_(cluster), host_(std::move(host)), timer_(cluster.loop_.timers(), [this] { ask(); }) {}

  void start() { timer_.arm(cluster_.loop_.now() + kPanicInterval); }
  bool speaks_for(const ClusterMember& member) const { return asks_for_ == &member; }
  void stop() {
    timer_.disarm();
    asking_ = false;
    hang_up();
  }
  /// Probes now, unless a probe is in flight.
  void hurry() {
    if (!asking_) timer_.arm(cluster_.loop_.now());
  }
  const HostAddress& host() const { return host_; }
  /// Probes on a new connection, with the same deadline as the old one.
  void renew() {
    if (!connection_ || !connection_->is_open()) return;  // it is new already
    const milliseconds spent(asking_ ? ms_between(asked_at_, cluster_.loop_.now()) : 0);
    hang_up();
    timer_.disarm();
    ask(spent);
  }

 private:
  /// `spent`: how much of the host's time to answer has passed.
  void ask(milliseconds spent = milliseconds(0)) {
    asking_ = true;
    // After a refusal the next member is tried, whatever it can see.
    const Member& speaker = was_refused_ ? cluster_.members_.front() : cluster_.speaker();
    const Member* const spoke = cluster_.find(asks_for_);
    if (connection_ && spoke != nullptr && spoke->is_blind && !speaker.is_blind) hang_up();
    const MonitorConfig& config = speaker.config;
    if (!connection_) {
      ConnectionConfig made;
      made.host = host_;
      made.conninfo = config.conninfo;
      made.passwords = config.passwords;
      made.statement_cache_size = 0;
      made.connect_timeout =
          std::max(config.probe_timeout - spent, std::min(config.probe_timeout, kLeastTime));
      made.suspect_after = std::chrono::hours(24 * 365);
      connection_ = std::make_unique<Connection>(cluster_.loop_, cluster_.factory_, cluster_.catalog_,
                                                 std::move(made), static_cast<ConnectionOwner&>(*this));
      asked_at_ = cluster_.loop_.now();
      asks_for_ = speaker.pool;
      connection_->dial();
      return;
    }
    auto request = std::make_unique<Request>(Script{.texts = {connection_->probe()}, .on_first = nullptr});
    asked_at_ = cluster_.loop_.now();
    request->deadline = after(asked_at_, config.probe_timeout);
    request->scope = Scope::kCommit;  // no cancel is sent to a silent host
    request->done = [this](std::unique_ptr<Request>, Expected<Reply> reply) {
      if (reply.ok()) on_answer(reply.value());
    };
    connection_->send(std::move(request));
  }

  void on_answer(const Reply& reply) {
    auto facts = connection_->read_answer(reply.result);
    if (!facts.ok()) {
      connection_->close(std::move(facts).error());
      return;
    }
    facts->server_version = connection_->server_version();
    facts->round_trip = cluster_.loop_.now() - asked_at_;
    tell(std::move(facts).value());
  }

  void hang_up() {
    asks_for_ = nullptr;
    // Closed before it is forgotten: an answer may have come in this very turn.
    if (std::unique_ptr<Connection> gone = std::move(connection_)) {
      gone->close(Error::make(ErrorKind::kConnectionLost, "The monitor needs the session no longer."));
      cluster_.loop_.dispose(std::move(gone));
    }
  }

  void tell(HostFacts facts) {
    if (Member* spoke = cluster_.find(asks_for_)) spoke->is_blind = !facts.read_only;
    // Another member's login may see more.
    if (!facts.read_only && !was_refused_ && !cluster_.speaker().is_blind) {
      ask();
      return;
    }
    facts.is_unseen = !facts.read_only;
    asking_ = false;
    was_refused_ = false;
    cluster_.apply({.kind = TopologyEvent::Kind::kProbed,
                    .host = host_,
                    .facts = std::move(facts),
                    .reason = {},
                    .code = {},
                    .is_conclusive = false,
                    .at = cluster_.loop_.now(),
                    .asked_at = asked_at_});
    again();
  }

  void again() {
    const Host* host = cluster_.topology().find(host_);
    if (host == nullptr || cluster_.members_.empty()) return;
    const auto wait = static_cast<double>(cluster_.pace(*host).count());
    timer_.arm(cluster_.loop_.now() +
               milliseconds(static_cast<std::int64_t>(wait * (0.9 + 0.2 * cluster_.random_.unit()))));
  }

  void on_verified(Connection& connection) override {
    HostFacts facts = connection.facts();
    connection.accept();
    tell(std::move(facts));
  }
  void on_free(Connection&) override {}
  void on_node_changed(Connection&, NodeState) override {}
  void on_leaving(Connection&) override {}
  void on_silent(Connection&) override {}
  void on_closed(Connection& connection, const Error& why, bool) override {
    if (&connection != connection_.get()) return;  // stop() has let go of it
    asking_ = false;
    // It is still running one of its own functions.
    cluster_.loop_.dispose(std::move(connection_));
    // Another pool's credentials may be accepted: the monitor goes on with those.
    if (is_refusal(why) && !was_refused_ && cluster_.members_.size() > 1) {
      was_refused_ = true;
      if (speaks_for(*cluster_.members_.front().pool)) cluster_.ask_for_next_member();
      timer_.arm(cluster_.loop_.now());
      return;
    }
    was_refused_ = false;
    cluster_.apply(failure_event(host_, why, cluster_.loop_.now()));
    again();
    // Probe the primary again at once, and the others too: one of them may be the next primary.
    const Host* host = cluster_.topology().find(host_);
    if (host != nullptr && host->role == HostRole::kPrimary && !host->is_refusal) cluster_.suspect();
  }

  Cluster& cluster_;
  HostAddress host_;
  std::unique_ptr<Connection> connection_;
  Timer timer_;
  TimePoint asked_at_{};
  const ClusterMember* asks_for_ = nullptr;  // whose credentials the connection was opened with
  bool asking_ = false;
  bool was_refused_ = false;  // just now, with the credentials of another member
};

bool is_refusal(const Error& error) {
  if (error.code == "ETLS" || error.code == "EAUTH") return true;
  // A pooler uses one SQLSTATE for everything; its texts are not localised.
  if (error.code == sqlstate::kProtocolViolation)
    return error.message.find("unsupported startup parameter") != std::string::npos;
  return sqlstate::is_refusal(error.code);
}

bool is_gone(const std::string& code) {
  return code == "ECONNREFUSED" || code == "ENOENT" || sqlstate::is_shutdown(code);
}

TopologyEvent failure_event(const HostAddress& host, const Error& why, TimePoint now, TimePoint since) {
  TopologyEvent event{.kind = is_refusal(why) ? TopologyEvent::Kind::kRefused : TopologyEvent::Kind::kFailed,
                      .host = host,
                      .facts = {},
                      .reason = why.message,
                      .code = why.code,
                      .is_conclusive = false,
                      .at = now,
                      .asked_at = since};
  // 57P01 (terminated by an administrator) may concern one session only: the others go on until the host
  // itself refuses.
  event.is_conclusive = is_gone(why.code);
  return event;
}

Cluster::Cluster(Loop& loop, pq::SessionFactory& factory, Topology topology, std::uint64_t seed)
    : loop_(loop), factory_(factory), random_(seed) {
  for (const Host& host : topology.hosts) probes_.push_back(std::make_unique<Probe>(*this, host.address));
  topology_ = std::make_shared<const Topology>(std::move(topology));
  published_.publish(topology_);
}

Cluster::~Cluster() = default;

void Cluster::join(ClusterMember& member, MonitorConfig config) {
  members_.push_back({&member, std::move(config)});
  if (members_.size() > 1) return;
  for (auto& probe : probes_) probe->start();
}

void Cluster::leave(ClusterMember& member) {
  std::erase_if(members_, [&](const Member& m) { return m.pool == &member; });
  for (auto& probe : probes_) {
    // The monitor used the credentials of the member that left.
    const bool is_orphan = probe->speaks_for(member);
    if (is_orphan || members_.empty()) probe->stop();
    if (is_orphan && !members_.empty()) probe->start();
  }
}

void Cluster::restart(Topology topology) {
  HDB_CHECK(is_empty());
  topology_ = std::make_shared<const Topology>(std::move(topology));
  published_.publish(topology_);
  panic_until_ = primary_lost_at_ = {};
  had_primary_ = false;
}

const Cluster::Member& Cluster::speaker() const {
  const auto sees =
      std::find_if(members_.begin(), members_.end(), [](const Member& m) { return !m.is_blind; });
  return sees != members_.end() ? *sees : members_.front();
}

Cluster::Member* Cluster::find(const ClusterMember* pool) {
  const auto at =
      std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.pool == pool; });
  return at != members_.end() ? &*at : nullptr;
}

void Cluster::ask_for_next_member() { std::rotate(members_.begin(), members_.begin() + 1, members_.end()); }

void Cluster::learn(TopologyEvent event) {
  event.at = loop_.now();
  const bool is_news = event.kind != TopologyEvent::Kind::kProbed;
  apply(event);
  if (is_news) suspect();
}

void Cluster::suspect() {
  panic_until_ = std::max(panic_until_, loop_.now() + kPanicAfter);
  if (members_.empty()) return;  // no credentials to probe with
  for (auto& probe : probes_) probe->hurry();
}

void Cluster::suspect_path(const HostAddress& host) {
  suspect();
  if (members_.empty()) return;
  for (auto& probe : probes_) {
    if (probe->host() == host) probe->renew();
  }
}

void Cluster::apply(const TopologyEvent& event) {
  const std::shared_ptr<const Topology> before = topology_;
  topology_ = std::make_shared<const Topology>(reduce(*before, event));
  published_.publish(topology_);
  std::vector<ClusterEvent> events = diff(*before, *topology_);

  const TimePoint now = loop_.now();
  const bool has_primary = topology_->primary() != nullptr;
  for (ClusterEvent& e : events) {
    if (auto* changed = std::get_if<PrimaryChangedEvent>(&e);
        changed != nullptr && has_primary && had_primary_) {
      const TimePoint since = before->primary() != nullptr ? now : primary_lost_at_;
      changed->gap_ms = std::chrono::duration<double, std::milli>(now - since).count();
    }
  }
  if (has_primary) had_primary_ = true;
  if (before->primary() != nullptr && !has_primary) {
    primary_lost_at_ = now;
    suspect();
  }
  if (!has_primary) panic_until_ = now + kPanicAfter;

  // A member's reaction may produce further events; they are delivered afterwards.
  news_.push_back({topology_, std::move(events)});
  if (news_.size() > 1) return;
  for (; !news_.empty(); news_.pop_front()) tell(news_.front());
}

void Cluster::tell(const News& news) {
  const std::vector<Member> members = members_;  // a member may leave meanwhile
  for (const Member& member : members) {
    if (std::any_of(members_.begin(), members_.end(),
                    [&](const Member& m) { return m.pool == member.pool; })) {
      member.pool->on_topology(*news.topology, news.events);
    }
  }
}

bool Cluster::is_calm() const { return topology_->primary() != nullptr && loop_.now() >= panic_until_; }

milliseconds Cluster::pace(const Host& host) const {
  const milliseconds calm = speaker().config.interval;
  if (host.is_refusal) return std::max(kRefusedInterval, is_calm() ? calm : kRefusedInterval);
  return is_calm() ? calm : kPanicInterval;
}

}  // namespace hdb
