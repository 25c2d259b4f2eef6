#include "pool/dispatcher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.hpp"
#include "pool/no_session_error.hpp"
#include "pool/retry.hpp"

namespace hdb {

void Dispatcher::place(std::unique_ptr<Claim> claim, bool in_front) {
  claim->since = pool_.loop.now();
  if (claim->began == TimePoint{}) claim->began = claim->since;
  if (claim->token.is_cancelled()) {
    expire(std::move(claim), true);
    return;
  }
  if (in_front || pool_.waiters.count(claim->mode) == 0) {
    PooledSession* session = picker_.session_for(*claim);
    // Earlier waiters for the same session go first.
    if (session != nullptr && (in_front || pool_.waiters.first(session->modes()) == nullptr)) {
      serve(std::move(claim), *session);
      return;
    }
  }
  const bool is_new = claim->last_host == nullptr;  // an accepted request is not refused later
  if (auto error = is_new ? refusal_to_wait(*claim) : std::nullopt) {
    pool_.report.count_failure(*error);
    claim->fail(*std::move(error));
    return;
  }
  claim->is_queued = true;
  if (claim->on_wait) claim->on_wait({}, 0);
  pool_.waiters.push(std::move(claim), in_front);
  opener_.demand();
  fail_refused();
  if (!pool_.report.is_holding()) pool_.report.note_holding();
  pool_.report.changed();
}

/// A request waits if no session for it can be opened.
std::optional<Error> Dispatcher::refusal_to_wait(const Claim& claim) const {
  const PoolOptions& options = pool_.options();
  const std::size_t size = pool_.hosts.pool_size();
  const PoolHosts::Targets& targets = pool_.hosts.targets(claim.mode);
  const bool has_host = !targets.hosts.empty() || !targets.unknown.empty();
  const auto most = static_cast<std::size_t>(options.max_waiting);
  const auto most_bytes = static_cast<std::size_t>(options.max_waiting_bytes);
  const std::size_t openable = has_host ? size - std::min(size, pool_.hosts.busy()) : 0;
  const bool is_full = pool_.waiters.size() >= most + openable;
  if (!is_full && pool_.waiters.bytes() + claim.bytes() <= most_bytes) return std::nullopt;
  return too_many_error(options, is_full);
}

void Dispatcher::place_later(std::unique_ptr<Claim> claim) {
  const milliseconds delay = backoff(claim->attempts, pool_.options().retry, pool_.random.unit());
  const TimePoint when = std::min(after(pool_.loop.now(), delay), claim->wait_until());
  pool_.waiters.hold(std::move(claim), when,
                     [this](std::unique_ptr<Claim> due) { place(std::move(due), false); });
}

void Dispatcher::expire(std::unique_ptr<Claim> claim, bool aborted) {
  const TimePoint now = pool_.loop.now();
  Error error = no_session_error(*claim, aborted, pool_.hosts, now);
  error.wait_ms = std::chrono::duration<double, std::milli>(claim->waited + (now - claim->since)).count();
  pool_.report.count_failure(error);
  claim->fail(std::move(error));
  pool_.report.changed();
  settled_();
}

void Dispatcher::serve(std::unique_ptr<Claim> claim, PooledSession& session) {
  HDB_CHECK(claim != nullptr);
  session.home.set_idle(session, false);
  picker_.given(session);
  HostGauge& gauge = *session.home.gauge;
  Duration waited{};
  if (std::exchange(claim->is_queued, false)) {
    // The clock has just been read for the answer that made the session free.
    const TimePoint heard = session.connection().heard_at();
    waited = (heard > claim->since ? heard : pool_.loop.now()) - claim->since;
    claim->waited += waited;
  }
  gauge.acquire.record(waited);
  if (claim->on_wait)
    claim->on_wait(session.home.address.text(), std::chrono::duration<double, std::milli>(waited).count());
  if (claim->last_host != nullptr && claim->last_host != &session.home) gauge.reroutes.add();
  claim->last_host = &session.home;
  Claim& served = *claim;
  served.serve(std::move(claim), session);
  pool_.report.changed();
}

/// Gives the session to the oldest compatible waiter; false if there is none.
bool Dispatcher::serve_next(PooledSession& session) {
  auto claim = pool_.waiters.take_first(session.modes());
  if (!claim) return false;
  serve(std::move(claim), session);
  return true;
}

void Dispatcher::feed(PooledSession& session) {
  for (bool is_first = true; !pool_.waiters.is_empty(); is_first = false) {
    Claim* first = pool_.waiters.first(session.modes());
    if (first == nullptr || !picker_.may_follow(session, *first, is_first)) return;
    serve(pool_.waiters.take(*first), session);
  }
}

void Dispatcher::give(PooledSession& session) {
  pool_.report.changed();
  if (serve_next(session)) {
    feed(session);
    return;
  }
  if (pool_.loop.now() >= session.retire_at) {
    session.retire(Eviction::kLifetime);
    opener_.demand();
    return;
  }
  session.home.set_idle(session, true);
  if (!pool_.waiters.is_empty()) opener_.demand();  // closing this one may make room for another
  if (is_ending(pool_.state)) settled_();
}

void Dispatcher::serve_waiting() {
  for (const Mode mode : kModes) {
    while (pool_.waiters.count(mode) > 0) {
      PooledSession* session = picker_.free_session(mode);
      // Another mode may have waited longer for the same session.
      if (session == nullptr || !serve_next(*session)) break;
    }
  }
}

void Dispatcher::fail_refused() {
  for (const Mode mode : kModes) {
    if (pool_.waiters.count(mode) == 0) continue;
    const Error* refusal = opener_.refusal_for(mode);
    if (refusal == nullptr) continue;
    const Error error = *refusal;
    while (auto claim = pool_.waiters.take_first(mode)) {
      pool_.report.count_failure(error);
      claim->fail(error);
    }
  }
}

}  // namespace hdb
