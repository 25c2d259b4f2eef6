// What must hold: at once, and in the end.
#include <cstdio>

#include "test/sim/rules.hpp"
#include "test/sim/scene.hpp"

namespace hdb::sim {

namespace {

/// How often it is looked whether somebody waits beside a session that is free, and for how long that may be
/// so.
constexpr milliseconds kLook{5};
constexpr milliseconds kMostHeldUp{40};
/// How long after its deadline a call may be told so: four round trips to the slowest server, as a client
/// measures them that has asked it once, in bad times.
constexpr milliseconds kMostLate{500};

}  // namespace

void Scene::settle(Answer& answer, const Error* error, const std::string& label) {
  ++answer.times;
  answer.ok = error == nullptr;
  if (error != nullptr) {
    answer.kind = error->kind;
    answer.outcome = error->outcome;
    answer.retryable = error->retryable;
    answer.message = error->code + " " + error->message;
    // FATAL and PANIC end a session. After an ERROR it lives on, whatever the class: the server has spoken.
    // Of what was sent before that, to a session that was lost, it says nothing.
    const bool is_known = error->server && error->server->severity == "ERROR" && error->attempts <= 1;
    if (is_known && (error->kind == ErrorKind::kInDoubt || error->outcome == Outcome::kUnknown))
      violate(label + " ended with an ERROR, and is told as in doubt: " + answer.message);
  }
  note(answer.ok ? "answered" : "failed", answer.ok ? label : label + ": " + answer.message);
}

void Scene::on_settled(Call& call, const Error* error) {
  call.wait(false);
  settle(call.answer, error, call.name);
  const TimePoint now = loop_.now();
  if (call.answer.times > 1) violate(call.name + " settled twice");
  in_time(call.name, call.deadline);
  if (call.is_unique && !call.was_sent && now > call.made_at + kAcquire) {
    violate(call.name + " waited for a session longer than it may: " +
            std::to_string(ms_between(call.made_at, now)) + " ms");
  }
  if (call.raises.empty()) return;
  if (error == nullptr) return violate(call.name + " did not fail");
  for (const std::string& cause : error->causes) {
    if (cause.ends_with(": raised")) violate(call.name + " was sent again after its own ERROR");
  }
}

void Scene::in_time(const std::string& label, TimePoint deadline) {
  if (deadline == kNever || loop_.now() <= deadline + kMostLate) return;
  violate(label + " settled " + std::to_string(ms_between(deadline, loop_.now())) + " ms after its deadline");
}

void Scene::on_sent(const FakeServer& server, const std::string& sql) {
  const auto found = unique_.find(sql);
  if (found == unique_.end()) return;
  Call& call = *found->second;
  note("sent to " + server.name(), call.name);
  if (call.party->number == 0) {
    const Topology& topology = call.party->pool->topology();
    const Host* host = topology.find(server.host());
    for (const Host& other : topology.hosts) {
      const bool leads = other.facts && other.facts->system_identifier != kForeign &&
                         !other.facts->in_recovery && other.facts->read_only == false;
      if (leads) newest_ = std::max(newest_, other.facts->timeline);
    }
    if (host != nullptr && host->facts && host->facts->timeline < newest_) {
      violate(call.name + " was sent to timeline " + std::to_string(host->facts->timeline) + " after " +
              std::to_string(newest_) + " was seen");
    }
  }
  if (call.was_sent) return;  // again
  call.was_sent = true;
  std::uint64_t& last = call.party->last_sent[index_of(call.mode)];
  if (call.number < last) violate(call.name + " was overtaken in the queue");
  last = std::max(last, call.number);
}

void Scene::on_event(const Party& party, const ClusterEvent& event) {
  if (const auto* changed = std::get_if<PrimaryChangedEvent>(&event);
      changed != nullptr && party.number == 0) {
    if (changed->host && changed->timeline.value_or(0) > followed_) {
      followed_ = *changed->timeline;
      ++report_.failovers;
    }
  }
  const auto name = [](const std::string& host) { return host.substr(0, host.find(':')); };
  if (const auto* fenced = std::get_if<FencedEvent>(&event)) {
    if (!fenced_.contains(name(fenced->host)))
      violate("the pool of " + party.role + " takes " + fenced->host + " for fenced, which it never was");
  }
  // With these rules broken a node seems down that is not.
  if (broken == Rule::kEpoch || broken == Rule::kTimers) return;
  if (const auto* down = std::get_if<HostDownEvent>(&event)) {
    if (!disturbed_.contains(name(down->host)))
      violate("the pool of " + party.role + " takes " + down->host +
              " for down, which it never was: " + down->reason);
  }
}

/// Nobody waits while a session that fits him is free.
void Scene::check_waiting() {
  const TimePoint now = loop_.now();
  if (now < looked_at_ + kLook) return;
  looked_at_ = now;
  for (const auto& party : parties_) {
    for (const Mode mode : kModes) {
      TimePoint& since = party->held_up_since[index_of(mode)];
      if (party->waiting[index_of(mode)] == 0 || !party->is_open() || !is_anything_idle(*party, mode)) {
        since = kNever;
      } else if (since == kNever) {
        since = now;
      } else if (now - since > kMostHeldUp) {
        static constexpr std::array kNames{"read-write", "read-only", "prefer-standby", "any"};
        violate("requests of mode " + std::string(kNames[index_of(mode)]) + " wait for " +
                std::to_string(ms_between(since, now)) + " ms beside sessions of " + party->role +
                " that are free and fit them");
      }
    }
  }
}

/// Rather says no: sessions that a transaction or the application has without using them look idle, and so do
/// those of the monitor. Sessions of a standby are not counted for those who may write: they may be warm
/// ones, for which there is no place yet.
bool Scene::is_anything_idle(const Party& party, Mode mode) const {
  const Topology& topology = party.pool->topology();
  std::size_t idle = 0;
  for (const Host* host : real_candidates(mode, topology).hosts) {
    if (!is_restricted(mode) && host->role != HostRole::kPrimary) continue;
    for (const FakeServer* server : servers_) {
      if (!(server->host() == host->address)) continue;
      const std::size_t found = net_.idle_sessions(*server, party.role, is_restricted(mode));
      const std::size_t monitors = is_restricted(mode) ? 0 : clusters_.size();
      idle += found > monitors ? found - monitors : 0;
    }
  }
  std::size_t others = party.greetings;
  for (const auto& one : transactions_) others += one->party == &party && one->is_open() ? 1 : 0;
  return idle > others;
}

// ---- In the end.

void Scene::compare(const std::string& label, const Answer& answer, bool may_repeat, bool is_proven) {
  int commits = net_.commits(label);
  if (answer.times != 1) return violate(label + " settled " + std::to_string(answer.times) + " times");
  ++report_.settled;
  report_.stored += static_cast<std::uint64_t>(commits);
  if (commits > 1 && !may_repeat) return violate(label + " was stored twice");
  if (answer.ok) {
    if (commits == 0) return violate(label + " was acknowledged and is not stored");
    if (is_synchronous_ && !held_in_the_end_.contains(label))
      return violate(label + " was acknowledged and is lost");
    return;
  }
  report_.in_doubt += answer.kind == ErrorKind::kInDoubt ? 1 : 0;
  if (answer.kind == ErrorKind::kInternal || answer.kind == ErrorKind::kParameter)
    return violate(label + ": " + answer.message);
  // The proof is about the cluster: what a primary stored that was lost with it is not stored.
  if (is_proven && !held_in_the_end_.contains(label)) commits = 0;
  const bool is_known = answer.outcome != Outcome::kUnknown && answer.outcome != Outcome::kCommittedLocally;
  if (is_known && commits != 0 && !may_repeat) return violate(label + " is stored, but: " + answer.message);
  if (answer.retryable && commits != 0 && !may_repeat)
    return violate(label + " may be run again, and is stored");
}

void Scene::check() {
  held_in_the_end_.insert(leader_->stored.begin(), leader_->stored.end());
  for (const auto& call : calls_) {
    if (!is_fine()) return;
    for (const std::string& label : call->labels) compare(label, call->answer, call->may_repeat);
    if (call->labels.size() == 2 && net_.commits(call->labels[0]) != net_.commits(call->labels[1]))
      violate(call->name + " is stored by half");
    if (!call->labels.empty()) continue;
    ++report_.settled;
    if (call->answer.times != 1)
      return violate(call->name + " settled " + std::to_string(call->answer.times) + " times");
    if (call->answer.ok || !call->raises.empty()) continue;
    if (call->answer.kind == ErrorKind::kInternal) return violate(call->name + ": " + call->answer.message);
    if (call->answer.kind == ErrorKind::kInDoubt) return violate(call->name + " is in doubt");
  }
  for (const auto& one : transactions_) {
    if (!is_fine()) return;
    if (one->begun.times != 1) return violate("the begin of " + one->name + " did not settle once");
    if (one->is_asked && one->wrote.times != 1) return violate(one->name + " did not settle once");
    if (one->label.empty()) {
      if (one->ended.failed() && one->ended.kind == ErrorKind::kInDoubt && is_restricted(one->mode))
        violate(one->name + " is in doubt");
    } else if (one->is_ending && one->commits && one->wrote.ok) {
      compare(one->label, one->ended, false, one->is_proven);
    } else if (net_.commits(one->label) != 0) {
      violate(one->label + " was not committed, and is stored");
    }
  }
}

void Scene::violate(std::string what) {
  note("VIOLATION", what);
  if (is_fine()) report_.violation = "at " + std::to_string(loop_.elapsed_ms()) + " ms: " + what;
}

/// What happened goes into the digest; with HDB_SIM_TRACE it is shown.
void Scene::note(std::string_view what, std::string_view of) {
  const auto mix = [this](std::string_view text) {
    for (const char c : text)
      report_.digest = (report_.digest ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  };
  report_.digest = (report_.digest ^ static_cast<std::uint64_t>(loop_.elapsed_ms())) * 0x100000001b3u;
  mix(what);
  mix(of);
  if (is_traced_)
    std::fprintf(stderr, "%8lld ms  %.*s %.*s\n", static_cast<long long>(loop_.elapsed_ms()),
                 static_cast<int>(what.size()), what.data(), static_cast<int>(of.size()), of.data());
}

}  // namespace hdb::sim
