// The views of a pool that can be read without waiting.
#include <array>
#include <chrono>
#include <cstdio>

#include "api/pool.hpp"
#include "client/pool_impl.hpp"
#include "cluster/selector.hpp"

namespace hdb {

PoolStatus Pool::status() const {
  PoolStatus status;
  status.max_size = impl_->options.pool_size;
  status.size = impl_->gauges->size.read();
  status.available = impl_->gauges->available.read();
  status.in_use = impl_->gauges->in_use.read();
  status.waiting = impl_->gauges->waiting.read();
  return status;
}

namespace {

Histogram histogram_of(const Meter& meter) {
  Histogram histogram;
  for (const std::int64_t bound : Meter::kBounds)
    histogram.bounds_ms.push_back(static_cast<double>(bound) / 1000);
  for (std::size_t i = 0; i <= Meter::kBounds.size(); ++i) {
    histogram.counts.push_back(static_cast<double>(meter.bucket(i)));
    histogram.count += histogram.counts.back();
  }
  histogram.sum_ms = meter.sum_ms();
  return histogram;
}

double number(const Counter& counter) { return static_cast<double>(counter.read()); }

template <class Reason, std::size_t N>
double number(const std::array<Counter, N>& counters, Reason reason) {
  return number(counters[static_cast<std::size_t>(reason)]);
}

HostStats stats_of(const HostGauge& gauge) {
  HostStats stats;
  stats.host = gauge.host.text();
  stats.sessions = gauge.sessions.read();
  stats.warm_sessions = gauge.warm_sessions.read();
  stats.connect = histogram_of(gauge.connect);
  stats.connect_failures = number(gauge.connect_failures);
  stats.acquire = histogram_of(gauge.acquire);
  stats.query = histogram_of(gauge.query);
  stats.statements = {.succeeded = number(gauge.succeeded),
                      .not_sent = number(gauge.failed, Outcome::kNotSent),
                      .not_executed = number(gauge.failed, Outcome::kNotExecuted),
                      .rolled_back = number(gauge.failed, Outcome::kRolledBack),
                      .committed_locally = number(gauge.failed, Outcome::kCommittedLocally),
                      .committed = number(gauge.failed, Outcome::kCommitted),
                      .unknown = number(gauge.failed, Outcome::kUnknown)};
  stats.transaction = histogram_of(gauge.transaction);
  stats.transactions = {.committed = number(gauge.ended, Outcome::kCommitted),
                        .committed_locally = number(gauge.ended, Outcome::kCommittedLocally),
                        .rolled_back = number(gauge.ended, Outcome::kRolledBack),
                        .unknown = number(gauge.ended, Outcome::kUnknown)};
  stats.retries = {.lost = number(gauge.retries, RetryReason::kLost),
                   .fenced = number(gauge.retries, RetryReason::kFenced),
                   .shutdown = number(gauge.retries, RetryReason::kShutdown),
                   .conflict = number(gauge.retries, RetryReason::kConflict)};
  stats.reroutes = number(gauge.reroutes);
  stats.cancels = number(gauge.on_sessions.cancels);
  stats.evictions = {.idle = number(gauge.evictions, Eviction::kIdle),
                     .lifetime = number(gauge.evictions, Eviction::kLifetime),
                     .role = number(gauge.evictions, Eviction::kRole),
                     .room = number(gauge.evictions, Eviction::kRoom),
                     .lost = number(gauge.evictions, Eviction::kLost)};
  stats.statement_cache_hits = number(gauge.on_sessions.statement_cache_hits);
  stats.statement_cache_misses = number(gauge.on_sessions.statement_cache_misses);
  return stats;
}

/// The I/O thread visits each pool once a second; after this long without a visit it counts as hung.
constexpr std::int32_t kHungSeconds = 30;

}  // namespace

PoolStats Pool::stats() const {
  const PoolGauges& gauges = *impl_->gauges;
  PoolStats stats;
  const auto hosts = gauges.hosts.read();
  for (const auto& gauge : *hosts) stats.hosts.push_back(stats_of(*gauge));
  stats.failover_gap = histogram_of(gauges.failover_gap);
  stats.acquire_failures = {.no_host = number(gauges.no_host),
                            .exhausted = number(gauges.exhausted),
                            .timeout = number(gauges.timed_out),
                            .aborted = number(gauges.aborted),
                            .refused = number(gauges.refused)};
  return stats;
}

PoolHealth Pool::health() const {
  const PoolGauges& gauges = *impl_->gauges;
  PoolHealth health;
  const auto fail = [&health](std::string reason) {
    health.ready = false;
    health.reasons.push_back(std::move(reason));
  };
  if (gauges.is_closed.read() != 0) {
    health.live = false;
    fail("The pool is closed: end() was called.");
    return health;
  }
  const std::int32_t alive_at = gauges.alive_at.read();
  if (alive_at != 0 && seconds_of(SteadyClock::now()) - alive_at > kHungSeconds) {
    health.live = false;
    fail("The I/O thread does not answer.");
  }
  const auto topology = gauges.topology.read();
  if (topology && !candidates(*impl_->options.mode, *topology).hosts.empty()) {
    const auto trouble = gauges.trouble.read();
    if (trouble && !trouble->empty()) {
      fail("No session can be opened.");
      health.reasons.insert(health.reasons.end(), trouble->begin(), trouble->end());
    }
    return health;
  }
  switch (*impl_->options.mode) {
    case Mode::kReadWrite:
      fail("There is no writable primary.");
      break;
    case Mode::kReadOnly:
      fail("There is no standby.");
      break;
    case Mode::kPreferStandby:
    case Mode::kAny:
      fail("There is no host that answers.");
      break;
  }
  if (!topology) return health;
  for (const Host& host : topology->hosts) {
    const std::string& why = host.reason;
    if (!why.empty())
      health.reasons.push_back(host.address.text() + ": " + why + (why.back() == '.' ? "" : "."));
  }
  return health;
}

namespace {

std::string lsn_text(std::uint64_t lsn) {
  char text[32];
  std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn >> 32), static_cast<unsigned>(lsn));
  return text;
}

}  // namespace

TopologyView Pool::topology() const {
  const auto published = impl_->gauges->topology.read();
  const Topology known = published ? *published : Topology();
  const Host* primary = known.primary();
  TopologyView view;
  if (primary != nullptr) view.primary = primary->address.text();
  const auto hosts = impl_->gauges->hosts.read();
  for (const auto& gauge : *hosts) {
    HostView shown;
    shown.host = gauge->host.text();
    shown.sessions = gauge->sessions.read();
    shown.warm_sessions = gauge->warm_sessions.read();
    if (const Host* host = known.find(gauge->host)) {
      shown.role = host->role;
      if (!host->reason.empty()) shown.last_error = host->reason;
      if (host->role == HostRole::kDown || !host->facts) {
        if (!host->code.empty()) shown.last_error_code = host->code;
        shown.refused = host->is_refusal;
      }
      if (host->facts) {
        const HostFacts& facts = *host->facts;
        // A lower bound is exact for the primary: no node is ahead of it.
        const bool is_certain =
            !facts.is_timeline_least || (primary != nullptr && facts.timeline == primary->facts->timeline);
        if (facts.timeline != 0 && is_certain) shown.timeline = facts.timeline;
        if (!facts.system_identifier.empty()) shown.system_identifier = facts.system_identifier;
        shown.lsn = lsn_text(facts.lsn);
        shown.round_trip_ms = std::chrono::duration<double, std::milli>(facts.round_trip).count();
        if (primary != nullptr && primary != host && host->role == HostRole::kStandby) {
          const std::uint64_t ahead = primary->facts->lsn;
          shown.lag_bytes = ahead > facts.lsn ? static_cast<double>(ahead - facts.lsn) : 0.0;
        }
      }
    }
    view.hosts.push_back(std::move(shown));
  }
  return view;
}

}  // namespace hdb
