// What a pool opens next, and whose place it takes when the pool is full.
#include <algorithm>

#include "pool/pool_core.hpp"

namespace hdb {

namespace {

/// Whoever has waited longer than this takes the place of a session that serves others.
constexpr milliseconds kPatience{100};
/// A session that has been free for longer than this is spare.
constexpr milliseconds kUnused{1000};

}  // namespace

/// Opens what is needed: a session for each that waits, and the idle minimum.
void PoolCore::demand() {
  demands_again_ = true;
  if (state_ == PoolState::kClosed || is_demanding_) return;
  is_demanding_ = true;
  demand_timer_.disarm();
  do {
    demands_again_ = false;
    while (open_next()) {
    }
  } while (demands_again_);
  is_demanding_ = false;
}

void PoolCore::try_again_at(TimePoint when) {
  if (when != kNever && (!demand_timer_.is_armed() || when < demand_timer_.due())) demand_timer_.arm(when);
}

/// Opens one session for the mode that has the fewest of those that want one; among equals, for whoever has
/// waited longest. False: none can be opened now.
bool PoolCore::open_next() {
  const TimePoint now = loop_.now();
  ModeSet passed;
  while (state_ != PoolState::kClosed) {
    std::optional<Mode> poorest;
    HostPool* chosen = nullptr;
    std::size_t fewest = 0;
    TimePoint longest{};
    for (const Mode mode : kModes) {
      if (passed.has(mode)) continue;
      const std::size_t most = wanted(mode);
      if (most == 0) continue;
      if (targets_[index_of(mode)].hosts.empty()) {
        if (race(mode)) return true;
        continue;
      }
      if (dialing(mode) >= most) continue;
      HostPool* host = host_to_dial(mode);
      const std::size_t own = members(mode);
      const Claim* first = waiters_.first(mode);
      const TimePoint since = first != nullptr ? first->since : now;
      const bool is_poorer = own < fewest || (own == fewest && since < longest);
      if (host == nullptr || (chosen != nullptr && !is_poorer)) continue;
      poorest = mode;
      chosen = host;
      fewest = own;
      longest = since;
    }
    if (!poorest) return false;
    if (!is_full()) {
      open_one(*chosen, *poorest);
      return true;
    }
    if (make_room(*poorest, *chosen)) return true;
    passed.add(*poorest);
  }
  return false;
}

/// How many sessions a mode wants to have on their way.
std::size_t PoolCore::wanted(Mode mode) const {
  const std::size_t waiting = waiters_.count(mode);
  if (mode != config_.options.mode || state_ != PoolState::kOpen) return waiting;
  if (refusal_for(mode) != nullptr && loop_.now() < ask_refused_at_) return waiting;
  std::size_t open = 0;
  std::size_t bare = 0;  // hosts without a session: modes that spread want one on each
  bool is_refused = true;
  for (const HostPool* host : targets_[index_of(mode)].hosts) {
    open += host->open(is_restricted(mode));
    bare += mode != Mode::kReadWrite && host->open(is_restricted(mode)) == 0 ? 1 : 0;
    is_refused = is_refused && host->refusal;
  }
  const auto least = static_cast<std::size_t>(config_.options.min_idle);
  const std::size_t idle = std::max(open < least ? least - open : 0, bare);
  // Refused logins are tried again one at a time.
  return std::max(waiting, is_refused && open == 0 ? std::min<std::size_t>(idle, 1) : idle);
}

/// Sessions that are being opened where the mode may land; a silent host is no hope for anybody else.
std::size_t PoolCore::dialing(Mode mode) const {
  std::size_t count = 0;
  for (const HostPool* host : targets_[index_of(mode)].hosts) count += host->dialing(is_restricted(mode));
  return count;
}

/// Of `poolSize`, open or being opened where the mode may land.
std::size_t PoolCore::members(Mode mode) const {
  std::size_t count = 0;
  for (const HostPool* host : targets_[index_of(mode)].hosts) count += host->members(is_restricted(mode));
  return count;
}

HostPool* PoolCore::host_to_dial(Mode mode) {
  const TimePoint now = loop_.now();
  HostPool* best = nullptr;
  for (HostPool* host : targets_[index_of(mode)].hosts) {
    if (!host->pacer.may_dial(now)) {
      try_again_at(host->pacer.next_try());
    } else if (best == nullptr || host->sessions().size() < best->sessions().size()) {
      best = host;
    }
  }
  return best;
}

void PoolCore::open_one(HostPool& host, Mode mode) {
  if (refusal_for(mode) != nullptr) ask_refused_at_ = loop_.now() + kIdleRefusalPause;
  PooledSession* warm = is_restricted(mode) ? nullptr : host.warm();
  if (warm != nullptr) {
    enlist(*warm);
  } else {
    dial(host, is_restricted(mode), Place::kMember, mode);
  }
}

/// Nobody fits as far as is known: the hosts that have not answered yet are dialled one after the other. With
/// every session open there would be no place for the one that is found: then the monitor finds it.
bool PoolCore::race(Mode mode) {
  if (counts_.open_members >= static_cast<std::size_t>(config_.options.pool_size)) return false;
  const TimePoint now = loop_.now();
  for (HostPool* host : targets_[index_of(mode)].unknown) {
    if (host->pacer.dialing() > 0) continue;
    if (!host->pacer.may_dial(now)) {
      try_again_at(host->pacer.next_try());
      continue;
    }
    if (now < race_at_) {
      try_again_at(race_at_);
      return false;
    }
    race_at_ = now + kRaceStagger;
    dial(*host, is_restricted(mode), Place::kRacing, mode);
    return true;
  }
  return false;
}

/// The pool is full, and a mode wants a session: one that does not serve it may have to go. True: there is
/// room now.
bool PoolCore::make_room(Mode mode, const HostPool& where) {
  std::array<std::size_t, ModeSet::kSets> sizes{};  // of the groups of sessions that serve the same modes
  std::size_t own = 0;
  for (const auto& host : hosts_) {
    for (const auto& session : host->sessions()) {
      if (session->place() != Place::kMember) continue;
      ++sizes[session->modes().index()];
      own += session->modes().has(mode) ? 1 : 0;
    }
  }
  const Claim* first = waiters_.first(mode);
  if (first == nullptr || own == counts_.members) {
    even_out(mode, where);
    return !is_full();
  }
  const TimePoint now = loop_.now();
  const TimePoint due = after(first->since, kPatience);
  if (own > 0 && now < due) {
    try_again_at(due);
    return false;
  }
  if (now < due) try_again_at(due);
  PooledSession* found = nullptr;
  bool is_coming = false;  // room, as soon as a session that has been told to go is free
  const auto size_of = [&](const PooledSession& session) { return sizes[session.modes().index()]; };
  const auto is_better = [&](const PooledSession& one, const PooledSession& other) {
    if (one.is_idle() != other.is_idle()) return one.is_idle();
    if (size_of(one) != size_of(other)) return size_of(one) > size_of(other);
    const Connection& a = one.connection();
    const Connection& b = other.connection();
    if (one.is_idle()) return a.idle_since() < b.idle_since();
    // Soon free, by all that is known.
    if ((one.holder == nullptr) != (other.holder == nullptr)) return one.holder == nullptr;
    return a.heard_at() > b.heard_at();
  };
  for (const auto& host : hosts_) {
    for (const auto& session : host->sessions()) {
      const Connection& connection = session->connection();
      if (session->place() != Place::kMember || !session->is_open() || session->modes().has(mode)) continue;
      if (connection.is_retiring()) {
        is_coming |= session->eviction == Eviction::kRoom && now < after(connection.heard_at(), kUnused);
        continue;
      }
      const bool is_rich = own == 0 || session->modes().is_empty() || size_of(*session) >= own + 2;
      const bool may_go = session->is_idle() ? is_rich || now >= after(connection.idle_since(), kUnused)
                                             : is_rich && now >= due;
      if (may_go && (found == nullptr || is_better(*session, *found))) found = session.get();
    }
  }
  if (found == nullptr || (is_coming && !found->is_idle())) return false;
  retire(*found, Eviction::kRoom);
  return !is_full();
}

/// The pool is full, and `poor` wants a session: a host that has two more gives one up when it is free. One
/// at a time: a standby that comes back gets its share without a storm.
void PoolCore::even_out(Mode mode, const HostPool& poor) {
  if (mode != config_.options.mode) return;
  const bool restricted = is_restricted(mode);
  const HostPool* rich = nullptr;
  for (const HostPool* host : targets_[index_of(mode)].hosts) {
    const bool is_giving =
        std::any_of(host->sessions().begin(), host->sessions().end(),
                    [](const auto& session) { return session->connection().is_retiring(); });
    if (is_giving) return;
    const std::size_t own = host->members(restricted);
    if (own >= poor.members(restricted) + 2 && (rich == nullptr || own > rich->members(restricted)))
      rich = host;
  }
  if (rich == nullptr) return;
  for (const auto& session : rich->sessions()) {
    if (session->place() != Place::kMember || !session->modes().has(mode) || session->holder != nullptr)
      continue;
    retire(*session, Eviction::kRoom);
    return;
  }
}

}  // namespace hdb
