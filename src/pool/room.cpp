#include "pool/room.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace hdb {

namespace {

using Place = PooledSession::Place;

/// A request that has waited longer than this may take the place of a session of another mode.
constexpr milliseconds kPatience{100};
/// A session that has been idle for longer than this is spare.
constexpr milliseconds kUnused{1000};

/// The pool's sessions by the modes that they serve.
struct Groups {
  Groups(const PoolHosts& hosts, Mode mode) {
    for (const auto& host : hosts.all()) {
      for (const auto& session : host->sessions()) {
        if (session->place() != Place::kMember) continue;
        const ModeSet modes = session->modes();
        ++sizes[modes.index()];
        own += modes.has(mode) ? 1 : 0;
      }
    }
  }
  /// How many serve the same modes as this one.
  std::size_t size_of(const PooledSession& session) const { return sizes[session.modes().index()]; }

  std::array<std::size_t, ModeSet::kSets> sizes{};
  std::size_t own = 0;  // of the mode that needs room
};

/// A host with two sessions more than `poor` gives one up when it is idle. One at a time, so that a returning
/// standby causes no storm.
PooledSession* spare_one(Mode mode, const HostPool& poor, const PoolHosts& hosts) {
  const bool restricted = is_restricted(mode);
  const HostPool* rich = nullptr;
  for (const HostPool* host : hosts.targets(mode).hosts) {
    const bool is_giving =
        std::any_of(host->sessions().begin(), host->sessions().end(),
                    [](const auto& session) { return session->connection().is_retiring(); });
    if (is_giving) return nullptr;
    const std::size_t own = host->members(restricted);
    if (own >= poor.members(restricted) + 2 && (rich == nullptr || own > rich->members(restricted)))
      rich = host;
  }
  if (rich == nullptr) return nullptr;
  for (const auto& session : rich->sessions()) {
    if (session->place() == Place::kMember && session->modes().has(mode) && session->holder == nullptr)
      return session.get();
  }
  return nullptr;
}

/// Which of two candidates goes first.
bool goes_before(const PooledSession& one, const PooledSession& other, const Groups& groups) {
  if (one.is_idle() != other.is_idle()) return one.is_idle();
  if (groups.size_of(one) != groups.size_of(other)) return groups.size_of(one) > groups.size_of(other);
  const Connection& a = one.connection();
  const Connection& b = other.connection();
  if (one.is_idle()) return a.idle_since() < b.idle_since();
  // Likely to be idle soon.
  if ((one.holder == nullptr) != (other.holder == nullptr)) return one.holder == nullptr;
  return a.heard_at() > b.heard_at();
}

/// A session that does not serve the mode. Null also while one that is retiring is still busy.
PooledSession* taken_from_others(Mode mode, const PoolHosts& hosts, const Groups& groups, bool is_impatient,
                                 TimePoint now) {
  const std::size_t own = groups.own;
  PooledSession* found = nullptr;
  bool is_coming = false;
  for (PooledSession* session : hosts.listed()) {
    const Connection& connection = session->connection();
    if (session->place() != Place::kMember || !session->is_open() || session->modes().has(mode)) continue;
    if (connection.is_retiring()) {
      is_coming |= session->eviction == Eviction::kRoom && now < after(connection.heard_at(), kUnused);
      continue;
    }
    const bool is_rich = own == 0 || session->modes().is_empty() || groups.size_of(*session) >= own + 2;
    const bool may_go = session->is_idle() ? is_rich || now >= after(connection.idle_since(), kUnused)
                                           : is_rich && is_impatient;
    if (may_go && (found == nullptr || goes_before(*session, *found, groups))) found = session;
  }
  return found != nullptr && is_coming && !found->is_idle() ? nullptr : found;
}

}  // namespace

Room room_for(Mode mode, const HostPool& where, const PoolHosts& hosts, const Claim* first, Mode own_mode,
              TimePoint now) {
  const Groups groups(hosts, mode);
  if (first == nullptr || groups.own == hosts.counts().members)
    return {.from = mode == own_mode ? spare_one(mode, where, hosts) : nullptr};
  const TimePoint due = after(first->since, kPatience);
  const bool is_impatient = now >= due;
  Room room;
  if (!is_impatient) room.ask_again = due;
  if (groups.own > 0 && !is_impatient) return room;
  room.from = taken_from_others(mode, hosts, groups, is_impatient, now);
  return room;
}

}  // namespace hdb
