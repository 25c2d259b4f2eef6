#include "pool/housekeeper.hpp"

#include <algorithm>
#include <utility>

#include "cluster/cluster.hpp"

namespace hdb {

std::vector<Leaving> expired_sessions(const PoolHosts& hosts, const PoolOptions& options, TimePoint now) {
  std::vector<Leaving> expired;
  std::size_t idle = hosts.counts().idle;
  for (PooledSession* session : hosts.listed()) {
    const Connection& connection = session->connection();
    const bool is_old = now >= session->retire_at;
    if (!session->is_idle()) {
      // A warm session, or a pipelined one that is never idle: it ends after what it runs.
      if (is_old && connection.is_open()) expired.push_back({session, Eviction::kLifetime, {}});
      continue;
    }
    const bool is_useless = session->modes().is_empty();
    const bool is_unused = options.idle_timeout.count() > 0 &&
                           now >= after(connection.idle_since(), options.idle_timeout) &&
                           idle > static_cast<std::size_t>(options.min_idle);
    if (!is_old && !is_unused && !is_useless) continue;
    const Eviction why = is_useless ? Eviction::kRole : is_old ? Eviction::kLifetime : Eviction::kIdle;
    expired.push_back({session, why, {}});
    --idle;
  }
  return expired;
}

std::vector<Leaving> unheard_sessions(const PoolHosts& hosts, milliseconds suspect_after) {
  std::vector<Leaving> lost;
  std::vector<Leaving> unsure;
  for (const auto& pool : hosts.all()) {
    const Host* host = hosts.topology().find(pool->address);
    if (host == nullptr) continue;
    const std::size_t before = lost.size();
    TimePoint since = kNever;
    for (const auto& session : pool->sessions()) {
      const Connection& connection = session->connection();
      if (host->seen_at < after(connection.heard_at(), suspect_after)) continue;
      if (!connection.is_open() || !connection.is_unheard()) continue;
      Error why = Error::make(ErrorKind::kConnectionLost,
                              "What was sent to " + pool->address.text() +
                                  " was not acknowledged, though the server answers on other connections.");
      why.code = "ETIMEDOUT";
      lost.push_back({session.get(), Eviction::kLost, std::move(why)});
      since = std::min(since, connection.heard_at());
    }
    if (lost.size() == before) continue;
    for (const auto& session : pool->sessions()) {
      if (session->is_idle() && session->connection().heard_at() <= since)
        unsure.push_back({session.get(), Eviction::kLost, {}});
    }
  }
  // Requests that are placed again when the lost sessions close must not land on these.
  unsure.insert(unsure.end(), lost.begin(), lost.end());
  return unsure;
}

std::vector<Leaving> unfit_sessions(PoolHosts& hosts) {
  std::vector<Leaving> unfit;
  const Topology& topology = hosts.topology();
  for (const auto& pool : hosts.all()) {
    const Host* host = topology.find(pool->address);
    if (host == nullptr) continue;
    // What still ran on a silent node ends when another node has taken over.
    const bool is_overtaken = host->role == HostRole::kDown && host->epoch() < topology.newest;
    if (std::exchange(pool->generation, host->generation) == host->generation && !is_overtaken) continue;
    // A fenced node still answers, so running statements get their own responses. So may a silent primary
    // that nobody has replaced.
    const bool may_answer =
        host->role == HostRole::kFenced || (host->role == HostRole::kDown && !is_overtaken &&
                                            !is_gone(host->code) && host->facts && !host->facts->in_recovery);
    const Error why = Error::make(ErrorKind::kConnectionLost,
                                  "The host " + pool->address.text() + " left its role: " +
                                      (host->reason.empty() ? "it is in recovery." : host->reason));
    for (const auto& session : pool->sessions()) {
      if (!session->connection().is_open()) continue;
      unfit.push_back(
          {session.get(), Eviction::kRole, may_answer ? std::nullopt : std::optional<Error>(why)});
    }
  }
  return unfit;
}

}  // namespace hdb
