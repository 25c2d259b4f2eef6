// Sessions whose peer is gone without a word, while their host answers others.
#include <algorithm>

#include "pool/pool_core.hpp"

namespace hdb {

/// What a session has sent is not acknowledged, though its host has answered somebody since: that session is
/// lost, not the host. Idle ones that were heard of last before that are not waited for either.
void PoolCore::close_unheard() {
  const std::shared_ptr<const Topology> topology = topology_;
  std::vector<PooledSession*> lost;
  std::vector<PooledSession*> unsure;
  for (const auto& pool : hosts_) {
    const Host* host = topology->find(pool->address);
    if (host == nullptr) continue;
    const std::size_t before = lost.size();
    TimePoint since = kNever;
    for (const auto& session : pool->sessions()) {
      const Connection& connection = session->connection();
      if (host->seen_at < after(connection.heard_at(), config_.options.suspect_after)) continue;
      if (!connection.is_open() || !connection.is_unheard()) continue;
      lost.push_back(session.get());
      since = std::min(since, connection.heard_at());
    }
    if (lost.size() == before) continue;
    for (const auto& session : pool->sessions()) {
      if (session->is_idle() && session->connection().heard_at() <= since) unsure.push_back(session.get());
    }
  }
  for (PooledSession* session : unsure) retire(*session, Eviction::kLost);
  for (PooledSession* session : lost) {
    Connection& connection = session->connection();
    if (!connection.is_open()) continue;
    Error why = Error::make(ErrorKind::kConnectionLost,
                            "What was sent to " + connection.host().text() +
                                " was not acknowledged, though the server answers on other connections.");
    why.code = "ETIMEDOUT";
    connection.close(std::move(why));
  }
}

}  // namespace hdb
