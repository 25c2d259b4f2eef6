// What happens to the cluster, and what its own software does about it.
#include <algorithm>

#include "test/sim/rules.hpp"
#include "test/sim/scene.hpp"

namespace hdb::sim {

/// A node that its cluster would promote: in reach, and in a synchronous cluster with all that was
/// confirmed.
bool Scene::may_lead(const FakeServer& next) const {
  if (&next == leader_ || !next.is_running() || next.is_frozen() || next.is_cut() || !next.in_recovery)
    return false;
  if (!is_synchronous_ || broken == Rule::kPromotion) return true;
  const std::unordered_set<std::string_view> held(next.stored.begin(), next.stored.end());
  return std::all_of(net_.replicated.begin(), net_.replicated.end(),
                     [&](const std::string& label) { return held.contains(label); });
}

/// The cluster's own software: a new leader on a higher timeline, whom the others follow.
bool Scene::fail_over() {
  std::vector<FakeServer*> able;
  for (FakeServer* server : servers_) {
    if (may_lead(*server)) able.push_back(server);
  }
  if (able.empty()) return false;
  FakeServer& next = *able[random_.below(able.size())];
  leader_->standbys.clear();
  for (const FakeServer* server : servers_) {
    if (!is_foreign(*server)) next.timeline = std::max(next.timeline, server->timeline);
  }
  next.promote();
  next.is_lagging = false;
  leader_ = &next;
  for (FakeServer* other : servers_) {
    if (other != leader_ && other->in_recovery && other->is_running() && !other->is_frozen())
      other->attach(*leader_);
  }
  ++report_.promotions;
  note("failover to", next.name());
  return true;
}

void Scene::fence(FakeServer& one) {
  fenced_.insert(one.name());
  one.fence();
}

void Scene::fault() {
  FakeServer& one = random_.below(2) == 0 ? *leader_ : any();
  switch (random_.below(14)) {
    case 0:
      note("kill", one.name());
      disturb(one);
      one.kill();
      break;
    case 1:
      note("freeze", one.name());
      disturb(one);
      one.freeze();
      break;
    case 2:
      note("end sessions of", one.name());
      disturb(one);
      one.end_sessions(random_.below(2) == 0 ? "57P01" : "57P02");
      break;
    case 3:
      if (!has_fences_) break;
      note("fence", leader_->name());
      fence(*leader_);
      break;
    case 4:
      note("cut", one.name());
      disturb(one);
      one.cut();
      break;
    case 5:
      note("block", one.name());
      disturb(one);
      one.block();
      break;
    case 6:
      lag(any());
      break;
    case 7:
      lie(any());
      break;
    case 8:
      one.latency = milliseconds(random_.below(40));
      break;
    case 9:
    case 10:
      note("warn sessions of", one.name());
      one.announce_end(random_.below(2) == 0 ? "57P01" : "57P05");
      break;
    default:
      // A switchover; without the fence the old leader goes on in its own timeline.
      if (has_fences_ && random_.below(3) != 0) fence(*leader_);
      disturb(*leader_);
      fail_over();
      break;
  }
}

void Scene::lag(FakeServer& one) {
  if (&one == leader_) return;
  note("lag", one.name());
  one.is_lagging = true;
}

/// A node that is not what it seems: of another cluster, writable and of a high timeline; or a standby
/// whose server no longer sees a cancel.
void Scene::lie(FakeServer& one) {
  disturb(one);
  if (&one == leader_ || random_.below(3) == 0) {
    one.ignores_cancel = random_.below(2) == 0;
    one.loses_cancel = random_.below(2) == 0;
    return;
  }
  note("foreign", one.name());
  one.kill();
  one.system_identifier = kForeign;
  one.in_recovery = false;
  one.is_fenced = false;
  one.timeline = 50'000;
  std::erase(leader_->standbys, &one);
  one.start();
}

void Scene::mend() {
  if (!leader_->accepts_writes() || leader_->is_frozen() || leader_->is_cut()) {
    if (random_.below(2) == 0) fail_over();
  }
  FakeServer& one = any();
  repair(one);
  if (&one == leader_) {
    one.unfence();
  } else if (is_foreign(one)) {
    if (random_.below(2) == 0) restore(one);
  } else if (!one.in_recovery) {
    if (random_.below(2) == 0) one.follow(*leader_);
  } else if (!leader_->is_cut() && leader_->is_running()) {
    one.attach(*leader_);
  }
}

void Scene::repair(FakeServer& one) {
  note("mend", one.name());
  one.thaw();
  one.heal();
  one.unblock();
  one.ignores_cancel = false;
  one.loses_cancel = false;
  if (!one.is_running()) one.start();
}

void Scene::restore(FakeServer& one) {
  disturb(one);
  one.system_identifier = leader_->system_identifier;
  one.follow(*leader_);
}

/// Faults in the middle of a statement.
void Scene::at_moment(FakeServer& server, const FakeStatement& statement) {
  const bool writes = statement.sql.starts_with("insert") || statement.sql.starts_with("select writing");
  if (writes && is_foreign(server)) violate(statement.label() + " runs on a node of another cluster");
  if (is_quiet_ || random_.below(20 * calm_) != 0) return;
  disturb(server);
  switch (random_.below(5)) {
    case 0:
      server.kill();
      break;
    case 1:
      server.end_sessions();
      break;
    case 2:
      if (has_fences_) fence(server);
      break;
    case 3:
      server.announce_end();
      break;
    default:
      server.freeze();
      break;
  }
}

}  // namespace hdb::sim
