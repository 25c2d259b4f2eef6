#include "cluster/topology.hpp"

#include <algorithm>

#include "base/sqlstate.hpp"

namespace hdb {

namespace {

template <class H>
auto find_host(H& hosts, const HostAddress& address) {
  return std::find_if(hosts.begin(), hosts.end(), [&](const Host& host) { return host.address == address; });
}

bool claims_writable(const HostFacts& facts) { return !facts.in_recovery && facts.read_only == false; }
bool claims_writable(const Host& host) { return host.facts && claims_writable(*host.facts); }

/// Writable as far as any login can tell.
bool passes_for_writable(const Host& host) {
  return claims_writable(host) || (host.facts && !host.facts->in_recovery && host.facts->is_unseen);
}

bool is_reachable(const Host& host) { return host.role != HostRole::kDown && host.facts; }

/// True if every other host has been probed since this one came back.
bool is_confirmed(const Topology& topology, const Host& host) {
  if (!host.returned_at) return true;
  return std::all_of(topology.hosts.begin(), topology.hosts.end(), [&](const Host& other) {
    return &other == &host || other.checked_at > *host.returned_at;
  });
}

bool is_of_cluster(const Topology& topology, const Host& host) {
  return host.facts->system_identifier == topology.system_identifier;
}

/// The epoch that a primary must have. Where no login can see the fence, the newest candidate counts as the
/// primary, but does not raise `topology.newest` for logins that see more later.
Epoch newest_candidate(const Topology& topology) {
  Epoch newest = topology.newest;
  for (const Host& host : topology.hosts) {
    if (is_reachable(host) && passes_for_writable(host) && is_of_cluster(topology, host)) {
      newest = std::max(newest, host.epoch());
    }
  }
  return newest;
}

std::string outdated_reason(const HostFacts& facts, const Epoch& newest) {
  if (facts.timeline == newest.timeline) {
    return "It is writable by decision " + std::to_string(facts.sequence) +
           " of pg_replica, but the cluster is at decision " + std::to_string(newest.sequence) + ".";
  }
  return "It is writable on timeline " + std::to_string(facts.timeline) +
         ", but the cluster is on timeline " + std::to_string(newest.timeline) + ".";
}

/// Decides the role of a host that answers, and the reason for it.
void classify(const Topology& topology, const Epoch& newest, Host& host) {
  const HostFacts& facts = *host.facts;
  const HostRole before = host.role;
  if (!facts.unreadable.empty()) {
    host.role = HostRole::kUnknown;
    host.reason = "The server may not be asked which node it is: " + facts.unreadable +
                  ". Without that only mode `any` is possible.";
  } else if (!is_of_cluster(topology, host)) {
    host.role = HostRole::kQuarantined;
    host.reason = "It belongs to another cluster (system identifier " + facts.system_identifier +
                  ", expected " + topology.system_identifier + ").";
  } else if (facts.in_recovery) {
    host.role = HostRole::kStandby;
  } else if (facts.read_only == true) {
    host.role = HostRole::kFenced;
    host.reason = "It is read-only by default (default_transaction_read_only = on).";
  } else if (!passes_for_writable(host)) {
    // A restricted session cannot tell whether the node is fenced, so the known state stays.
    if (before == HostRole::kUnknown || before == HostRole::kStandby) host.role = HostRole::kUnknown;
  } else if (host.epoch() < newest) {
    host.role = HostRole::kQuarantined;
    host.reason = outdated_reason(facts, newest);
  } else if (!is_confirmed(topology, host)) {
    host.role = HostRole::kUnknown;
    host.reason = "It is writable again after it was lost; the other hosts are being asked.";
  } else {
    if (host.returned_at) host.was_lost = false;  // confirmed
    host.returned_at.reset();
    host.role = HostRole::kPrimary;
  }
  if (host.role == HostRole::kPrimary || host.role == HostRole::kStandby) host.reason.clear();
}

/// Recomputes every role: news of one host may change another's, because the newest epoch may have risen.
void classify(Topology& topology) {
  for (const Host& host : topology.hosts) {
    if (is_reachable(host) && claims_writable(host) && is_of_cluster(topology, host)) {
      topology.newest = std::max(topology.newest, host.epoch());
    }
  }
  const Epoch newest = newest_candidate(topology);
  std::vector<Host*> writable;
  for (Host& host : topology.hosts) {
    host.split = false;
    if (!is_reachable(host)) continue;
    classify(topology, newest, host);
    if (host.role == HostRole::kPrimary) writable.push_back(&host);
  }
  if (writable.size() <= 1) return;
  for (Host* host : writable) {
    host->split = true;
    host->role = HostRole::kQuarantined;
    host->reason =
        "Another node is writable on the same timeline (" + std::to_string(host->facts->timeline) + ").";
  }
}

void note_probe(Topology& topology, Host& host, const TopologyEvent& event) {
  const std::optional<HostFacts> known = host.facts;
  const bool was_in_recovery = known && known->in_recovery;
  const bool was_overtaken = event.asked_at != TimePoint{} && event.asked_at < host.fence_seen_at;
  if (was_overtaken && claims_writable(event.facts)) return;
  host.facts = event.facts;
  // This session cannot see the fence: what another session saw stays valid, unless no login can see it
  // any more.
  if (known && !event.facts.read_only && !event.facts.is_unseen && !event.facts.in_recovery &&
      !was_in_recovery) {
    host.facts->read_only = known->read_only;
    host.facts->is_unseen = known->is_unseen;
  }
  host.failures = 0;
  host.is_refusal = false;
  host.reason.clear();
  host.code.clear();
  host.seen_at = event.at;
  if (host.role == HostRole::kDown) host.role = HostRole::kUnknown;
  if (host.was_lost && !host.returned_at && claims_writable(host)) host.returned_at = event.at;
  if (!claims_writable(host)) host.returned_at.reset();
  // A host that comes back as a standby is no old primary: only a promotion makes it writable.
  if (event.facts.in_recovery) host.was_lost = false;
  if (topology.system_identifier.empty()) topology.system_identifier = event.facts.system_identifier;
}

void note_failure(Host& host, const TopologyEvent& event) {
  // It has answered another session meanwhile, so it is up.
  if (event.asked_at != TimePoint{} && event.asked_at < host.seen_at && !event.is_conclusive) return;
  host.reason = event.reason;
  host.code = event.code;
  host.is_refusal = false;
  if (is_shortage(event.code)) return;  // nothing is learnt about the host
  ++host.failures;
  host.was_lost = true;
  host.returned_at.reset();
  if (event.is_conclusive || host.failures >= kFailuresUntilDown) host.role = HostRole::kDown;
}

void note_refusal(Host& host, const TopologyEvent& event) {
  host.code = event.code;
  host.is_refusal = true;
  // A refusal proves that the host is up. A password that was changed on one side first ends no open session.
  if (is_reachable(host)) return;
  ++host.failures;
  host.reason = event.reason;
  host.role = HostRole::kDown;
}

void note_fence(Host& host, const TopologyEvent& event) {
  if (!host.facts) return;
  if (event.kind == TopologyEvent::Kind::kFenceSeen) {
    host.facts->read_only = true;
  } else {
    host.facts->in_recovery = true;
  }
  host.fence_seen_at = event.at;
}

/// Sessions belong to the role that their host had. A promotion leaves them usable; while a returned primary
/// is being confirmed they wait. News of one host may change another's role.
void outdate_sessions(const Topology& before, Topology& after) {
  for (std::size_t i = 0; i < after.hosts.size(); ++i) {
    const Host& old = before.hosts[i];
    Host& now = after.hosts[i];
    const bool was_usable =
        old.role == HostRole::kPrimary || old.role == HostRole::kStandby || old.returned_at;
    const bool is_waiting = now.role == HostRole::kUnknown && now.returned_at;
    if (was_usable && now.role != old.role && now.role != HostRole::kPrimary && !is_waiting) ++now.generation;
  }
}

}  // namespace

const Host* Topology::find(const HostAddress& address) const {
  const auto at = find_host(hosts, address);
  return at == hosts.end() ? nullptr : &*at;
}

const Host* Topology::primary() const {
  const auto at =
      std::find_if(hosts.begin(), hosts.end(), [](const Host& h) { return h.role == HostRole::kPrimary; });
  return at == hosts.end() ? nullptr : &*at;
}

bool Topology::is_split() const {
  return std::any_of(hosts.begin(), hosts.end(), [](const Host& host) { return host.split; });
}

bool is_shortage(const std::string& code) {
  return code == sqlstate::kTooManyConnections || code == "EMFILE" || code == "ENFILE" || code == "ENOMEM";
}

Topology make_topology(const std::vector<HostAddress>& hosts) {
  Topology topology;
  for (const HostAddress& address : hosts) {
    Host host;
    host.address = address;
    topology.hosts.push_back(std::move(host));
  }
  return topology;
}

Topology with_hosts(const Topology& before, const std::vector<HostAddress>& hosts) {
  Topology after = make_topology(hosts);
  after.system_identifier = before.system_identifier;
  after.newest = before.newest;
  for (Host& host : after.hosts) {
    if (const Host* known = before.find(host.address)) host = *known;
  }
  classify(after);
  return after;
}

Topology reduce(const Topology& before, const TopologyEvent& event) {
  Topology after = before;
  const auto at = find_host(after.hosts, event.host);
  if (at == after.hosts.end()) return after;
  Host& host = *at;
  host.checked_at = event.at;

  switch (event.kind) {
    case TopologyEvent::Kind::kProbed:
      note_probe(after, host, event);
      break;
    case TopologyEvent::Kind::kFailed:
      note_failure(host, event);
      break;
    case TopologyEvent::Kind::kRefused:
      note_refusal(host, event);
      break;
    case TopologyEvent::Kind::kFenceSeen:
    case TopologyEvent::Kind::kRecoverySeen:
      note_fence(host, event);
      break;
  }
  classify(after);
  outdate_sessions(before, after);
  return after;
}

std::vector<ClusterEvent> diff(const Topology& before, const Topology& after) {
  std::vector<ClusterEvent> events;
  std::vector<std::string> split;
  for (const Host& host : after.hosts) {
    const Host* old = before.find(host.address);
    const HostRole was = old != nullptr ? old->role : HostRole::kUnknown;
    if (was == host.role) continue;
    const std::string name = host.address.text();
    switch (host.role) {
      case HostRole::kDown:
        events.emplace_back(HostDownEvent{.host = name, .reason = host.reason});
        break;
      case HostRole::kFenced:
        events.emplace_back(FencedEvent{.host = name});
        break;
      case HostRole::kQuarantined:
        if (host.split) {
          split.push_back(name);
        } else {
          events.emplace_back(SplitBrainEvent{.hosts = {name}, .reason = host.reason});
        }
        break;
      case HostRole::kPrimary:
      case HostRole::kStandby:
        if (was == HostRole::kDown || was == HostRole::kUnknown) {
          events.emplace_back(HostUpEvent{.host = name, .role = host.role});
        }
        break;
      case HostRole::kUnknown:
        break;
    }
  }
  if (!split.empty()) {
    events.emplace_back(SplitBrainEvent{.hosts = split,
                                        .reason = "Two nodes accept writes on the same timeline; neither "
                                                  "gets any until one is stopped or fenced."});
  }
  const Host* old_primary = before.primary();
  const Host* new_primary = after.primary();
  const bool same = (old_primary == nullptr) == (new_primary == nullptr) &&
                    (old_primary == nullptr || old_primary->address == new_primary->address);
  if (!same) {
    PrimaryChangedEvent event;
    if (new_primary != nullptr) {
      event.host = new_primary->address.text();
      event.timeline = new_primary->facts->timeline;
    }
    if (old_primary != nullptr) event.previous = old_primary->address.text();
    events.emplace_back(std::move(event));
  }
  return events;
}

}  // namespace hdb
