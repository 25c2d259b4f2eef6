#include "pool/session_opener.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "cluster/cluster.hpp"
#include "pool/room.hpp"
#include "pool/session_setup.hpp"

namespace hdb {

namespace {

/// Slowest pace of dials to a host that refuses our credentials.
constexpr milliseconds kRefusalPause{1000};
/// How often refused logins are tried again while nobody waits.
constexpr milliseconds kIdleRefusalPause{10000};

}  // namespace

SessionOpener::SessionOpener(const PoolContext& pool, pq::SessionFactory& factory, StatementCatalog& catalog,
                             SessionKeeper& keeper)
    : pool_(pool), factory_(factory), catalog_(catalog), keeper_(keeper), timer_(pool.loop.timers(), [this] {
        demand();
      }) {}

// --------------------------------------------------------------------------------------- what is needed

void SessionOpener::demand() {
  demands_again_ = true;
  if (pool_.state == PoolState::kClosed || is_demanding_) return;
  is_demanding_ = true;
  timer_.disarm();
  do {
    demands_again_ = false;
    while (open_next()) {
    }
  } while (demands_again_);
  is_demanding_ = false;
}

void SessionOpener::try_again_at(TimePoint when) {
  if (when != kNever && (!timer_.is_armed() || when < timer_.due())) timer_.arm(when);
}

/// Opens one session for the mode that has the fewest of those that want one; among equals, for whoever has
/// waited longest. False: none can be opened now.
bool SessionOpener::open_next() {
  const TimePoint now = pool_.loop.now();
  ModeSet passed;
  while (pool_.state != PoolState::kClosed) {
    std::optional<Mode> poorest;
    HostPool* chosen = nullptr;
    std::size_t fewest = 0;
    TimePoint longest{};
    for (const Mode mode : kModes) {
      if (passed.has(mode)) continue;
      const std::size_t most = wanted(mode);
      if (most == 0) continue;
      if (pool_.hosts.targets(mode).hosts.empty()) {
        if (race(mode)) return true;
        continue;
      }
      if (pool_.hosts.dialing(mode) >= most) continue;
      HostPool* host = host_to_dial(mode);
      const std::size_t own = pool_.hosts.members(mode);
      const Claim* first = pool_.waiters.first(mode);
      const TimePoint since = first != nullptr ? first->since : now;
      const bool is_poorer = own < fewest || (own == fewest && since < longest);
      if (host == nullptr || (chosen != nullptr && !is_poorer)) continue;
      poorest = mode;
      chosen = host;
      fewest = own;
      longest = since;
    }
    if (!poorest) return false;
    if (open_for(*poorest, *chosen)) return true;
    passed.add(*poorest);
  }
  return false;
}

/// How many sessions a mode wants to have on their way.
std::size_t SessionOpener::wanted(Mode mode) const {
  const std::size_t waiting = pool_.waiters.count(mode);
  if (mode != pool_.options().mode || pool_.state != PoolState::kOpen) return waiting;
  if (refusal_for(mode) != nullptr && pool_.loop.now() < ask_refused_at_) return waiting;
  std::size_t open = 0;
  std::size_t bare = 0;  // hosts without a session: modes that spread want one on each
  bool is_refused = true;
  for (const HostPool* host : pool_.hosts.targets(mode).hosts) {
    open += host->open(is_restricted(mode));
    bare += mode != Mode::kReadWrite && host->open(is_restricted(mode)) == 0 ? 1 : 0;
    is_refused = is_refused && host->refusal;
  }
  const auto least = static_cast<std::size_t>(pool_.options().min_idle);
  const std::size_t idle = std::max(open < least ? least - open : 0, bare);
  // Refused logins are tried again one at a time.
  return std::max(waiting, is_refused && open == 0 ? std::min<std::size_t>(idle, 1) : idle);
}

HostPool* SessionOpener::host_to_dial(Mode mode) {
  const TimePoint now = pool_.loop.now();
  HostPool* best = nullptr;
  for (HostPool* host : pool_.hosts.targets(mode).hosts) {
    if (!host->pacer.may_dial(now)) {
      try_again_at(host->pacer.next_try());
    } else if (best == nullptr || host->sessions().size() < best->sessions().size()) {
      best = host;
    }
  }
  return best;
}

/// True: it opens one, or has made room for one.
bool SessionOpener::open_for(Mode mode, HostPool& host) {
  if (pool_.hosts.is_full()) {
    const Room room =
        room_for(mode, host, pool_.hosts, pool_.waiters.first(mode), *pool_.options().mode, pool_.loop.now());
    try_again_at(room.ask_again);
    if (room.from != nullptr) room.from->retire(Eviction::kRoom);
    return !pool_.hosts.is_full();
  }
  if (refusal_for(mode) != nullptr) ask_refused_at_ = pool_.loop.now() + kIdleRefusalPause;
  PooledSession* warm = is_restricted(mode) ? nullptr : host.warm();
  if (warm != nullptr) {
    enlist(*warm);
  } else {
    dial(host, is_restricted(mode), Place::kMember, mode);
  }
  return true;
}

/// Nobody fits as far as is known: the hosts that have not answered yet are dialled one after the other. With
/// every session open there would be no place for the one that is found: then the monitor finds it.
bool SessionOpener::race(Mode mode) {
  if (pool_.hosts.counts().open_members >= pool_.hosts.pool_size()) return false;
  const TimePoint now = pool_.loop.now();
  for (HostPool* host : pool_.hosts.targets(mode).unknown) {
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

// ------------------------------------------------------------------------------------------- warm ones

void SessionOpener::keep_warm() {
  for (const auto& host : pool_.hosts.all()) {
    if (wants_warm(*host)) dial(*host, false, Place::kWarm, Mode::kReadWrite);
  }
}

bool SessionOpener::wants_warm(const HostPool& host) const {
  if (pool_.options().mode != Mode::kReadWrite || pool_.state != PoolState::kOpen ||
      pool_.hosts.topology().primary() == nullptr)
    return false;
  const Host* known = pool_.hosts.topology().find(host.address);
  return known != nullptr && known->role == HostRole::kStandby && !host.refusal &&
         host.pacer.may_dial(pool_.loop.now()) && host.open(false) + host.dialing(false) == 0;
}

void SessionOpener::promote_warm() {
  const auto find = [this]() -> PooledSession* {
    for (const HostPool* host : pool_.hosts.targets(Mode::kReadWrite).hosts) {
      if (PooledSession* warm = host->warm()) return warm;
    }
    return nullptr;
  };
  while (!pool_.hosts.is_full()) {
    PooledSession* warm = find();
    if (warm == nullptr) return;
    enlist(*warm);
  }
}

void SessionOpener::promote(PooledSession& session) {
  const ModeSet modes = session.modes();
  const bool is_wanted = modes.has(*pool_.options().mode) || pool_.waiters.first(modes) != nullptr;
  if (is_wanted && !pool_.hosts.is_full()) session.home.move_to(session, Place::kMember);
}

/// One more of `poolSize`.
void SessionOpener::enlist(PooledSession& session) {
  session.home.move_to(session, Place::kMember);
  if (session.may_be_given()) keeper_.on_free(session);  // else it tells when it is free
}

// --------------------------------------------------------------------------------------------- one dial

ConnectionConfig SessionOpener::config_for(const HostPool& host, bool restricted) {
  const PoolConfig& config = pool_.config;
  ConnectionConfig made;
  made.host = host.address;
  made.conninfo = config.conninfo;
  const std::string& settings = restricted ? config.restricted_options : config.unrestricted_options;
  if (!settings.empty()) made.conninfo.emplace_back("options", settings);
  made.passwords = config.passwords;
  made.restricted = restricted;
  made.statement_cache_size = static_cast<std::size_t>(config.options.statement_cache_size);
  // Of this session alone: a pooler may let several of ours share one of the server's.
  made.name_prefix = config.name_prefix + std::to_string(++dials_) + '_';
  made.connect_timeout = *config.options.connect_timeout;
  made.cancel_timeout = config.options.cancel_timeout;
  made.suspect_after = config.options.suspect_after;
  made.most_answered = static_cast<std::uint64_t>(config.options.max_result_bytes);
  made.meters = std::shared_ptr<SessionMeters>(host.gauge, &host.gauge->on_sessions);
  return made;
}

void SessionOpener::dial(HostPool& host, bool restricted, Place place, Mode mode) {
  ConnectionConfig config = config_for(host, restricted);
  PooledSession& session = host.add(keeper_, place, mode, [&](ConnectionOwner& owner) {
    return std::make_unique<Connection>(pool_.loop, factory_, catalog_, std::move(config), owner);
  });
  host.pacer.started();
  session.dialled_at = pool_.loop.now();
  session.number = dials_;
  pool_.report.tell(
      SessionOpeningEvent{.host = host.address.text(), .session = static_cast<double>(session.number)});
  session.connection().dial();
  pool_.report.changed();
}

void SessionOpener::logged_in(PooledSession& session) {
  session.is_verified = true;
  // What the application prepares is being dialled until that is done.
  if (!pool_.options().asks_on_connect) dial_ended(session, nullptr);
  session.home.refusal.reset();
  session.home.trouble.reset();
  race_at_ = pool_.loop.now();  // whatever it is, the next host need not wait for it
}

bool SessionOpener::admit(PooledSession& session) {
  const Connection& connection = session.connection();
  if (pool_.state == PoolState::kClosed || connection.is_retiring()) return false;
  const Mode own = *pool_.options().mode;
  const ModeSet modes = session.modes();
  const bool fits = modes.has(session.wanted_by) || modes.has(own) || pool_.waiters.first(modes) != nullptr;
  if (fits && (session.place() == Place::kMember || !pool_.hosts.is_full())) {
    if (session.place() != Place::kMember) session.home.move_to(session, Place::kMember);
    return true;
  }
  const Host* host = pool_.hosts.topology().find(connection.host());
  if (host == nullptr || host->role != HostRole::kStandby || connection.is_restricted() ||
      own != Mode::kReadWrite || pool_.state != PoolState::kOpen) {
    return false;
  }
  const auto& sessions = session.home.sessions();
  const bool has_one = std::any_of(sessions.begin(), sessions.end(), [&](const auto& other) {
    return other.get() != &session && other->place() == Place::kWarm;
  });
  session.home.move_to(session, Place::kWarm);
  return !has_one;
}

void SessionOpener::opened(PooledSession& session) {
  HostPool& host = session.home;
  host.opened(session);
  pool_.report.changed();
  const Duration took = pool_.loop.now() - session.dialled_at;
  host.gauge->connect.record(took);
  pool_.report.tell(SessionOpenedEvent{.host = host.address.text(),
                                       .session = static_cast<double>(session.number),
                                       .took_ms = std::chrono::duration<double, std::milli>(took).count()});
  const auto lifetime = pool_.options().max_lifetime;
  if (lifetime.count() > 0) {
    const double jitter = 0.9 + 0.2 * pool_.random.unit();
    session.retire_at =
        after(pool_.loop.now(),
              milliseconds(static_cast<std::int64_t>(static_cast<double>(lifetime.count()) * jitter)));
  }
}

void SessionOpener::dial_ended(PooledSession& session, const Error* why) {
  if (!std::exchange(session.is_paced, false)) return;
  HostPool& host = session.home;
  if (why == nullptr) {
    host.pacer.succeeded();
    return;
  }
  const TimePoint now = pool_.loop.now();
  host.gauge->connect_failures.add();
  host.pacer.failed(now, pool_.random);
  host.trouble = *why;
  const bool is_login = !session.is_verified;
  if (is_login) race_at_ = now;
  if (is_login ? !is_refusal(*why) : !is_setup_failure(*why)) return;
  if (is_login && !host.refusal) ask_refused_at_ = now + kIdleRefusalPause;
  host.refusal = *why;
  host.pacer.hold_until(now + kRefusalPause);
}

const Error* SessionOpener::refusal_for(Mode mode) const {
  const PoolHosts::Targets& targets = pool_.hosts.targets(mode);
  const Error* refusal = nullptr;
  for (const auto* list : {&targets.hosts, &targets.unknown}) {
    for (const HostPool* host : *list) {
      // While it is asked again, its answer decides; and who has sessions there gets one of those.
      if (!host->refusal || host->pacer.dialing() > 0 || host->open(is_restricted(mode)) > 0) return nullptr;
      if (refusal == nullptr) refusal = &*host->refusal;
    }
    if (refusal != nullptr) return refusal;
  }
  if (mode == Mode::kAny || !targets.hosts.empty() || !targets.unknown.empty()) return nullptr;
  // None of the servers may be asked what it is.
  for (const auto& host : pool_.hosts.all()) {
    if (!host->unreadable) return nullptr;
    refusal = &*host->unreadable;
  }
  return refusal;
}

}  // namespace hdb
