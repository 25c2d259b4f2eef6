#include "pool/session_picker.hpp"

namespace hdb {

namespace {

/// How many brief reads may be in flight on one session when others are free: so many on so many sessions are
/// about what the I/O thread can do.
constexpr std::size_t kJoinDepth = 8;
constexpr std::size_t kEnoughSessions = 2;
/// How many busy sessions are looked at for one that takes one more statement; the next time others are.
constexpr std::size_t kMostLookedAt = 8;

}  // namespace

PooledSession* SessionPicker::free_session(Mode mode) const {
  if (hosts_.counts().idle == 0) return nullptr;
  HostPool* best = nullptr;
  for (HostPool* host : hosts_.targets(mode).hosts) {
    if (host->idle(is_restricted(mode)) == nullptr) continue;
    const bool is_better = best == nullptr || host->busy() < best->busy() ||
                           (host->busy() == best->busy() && host->served < best->served);
    if (is_better) best = host;
  }
  return best != nullptr ? best->idle(is_restricted(mode)) : nullptr;
}

PooledSession* SessionPicker::session_for(Claim& claim) {
  const std::size_t enough = kEnoughSessions * hosts_.targets(claim.mode).hosts.size();
  if (hosts_.busy() >= enough) {
    // What holds up the first of them, a lock say, would hold up the others on sessions of their own, too.
    if (const StatementInfo* text = claim.joins()) {
      if (PooledSession* session = shared_session(claim.mode, kJoinDepth, enough, text)) return session;
    }
  }
  if (PooledSession* session = free_session(claim.mode)) return session;
  return hosts_.is_full() ? shared_session(claim.mode, claim.share_depth(), 1, nullptr)
                          : nullptr;  // or rather open one
}

/// Of some busy sessions that take company the one with the least in flight, if that is less than `depth`;
/// null if there are less than `enough` of them. Null as the text: whatever is in flight.
PooledSession* SessionPicker::shared_session(Mode mode, std::size_t depth, std::size_t enough,
                                             const StatementInfo* text) const {
  if (depth == 0) return nullptr;
  PooledSession* best = nullptr;
  std::size_t found = 0;
  std::size_t looked_at = 0;
  for (HostPool* host : hosts_.targets(mode).hosts) {
    const auto& sessions = host->sessions();
    for (std::size_t i = 0; i < sessions.size() && looked_at < kMostLookedAt; ++i) {
      PooledSession& session = *sessions[(turn_ + i) % sessions.size()];
      const Connection& connection = session.connection();
      if (text != nullptr && connection.common_text() != text) continue;
      if (!connection.takes_company() || !session.modes().has(mode)) continue;
      ++found;
      if (connection.in_flight() >= depth) continue;
      ++looked_at;
      if (best == nullptr || connection.in_flight() < best->connection().in_flight()) best = &session;
    }
  }
  return found >= enough ? best : nullptr;
}

/// At once half of what it may have in flight, because what is sent together costs little more than one
/// statement.
bool SessionPicker::may_follow(const PooledSession& session, Claim& claim, bool is_first) const {
  const Connection& connection = session.connection();
  // One that wants a session of its own is not overtaken: the session runs empty for it.
  if (!connection.takes_company()) return false;
  std::size_t depth = 0;
  if (hosts_.is_full()) {
    depth = claim.share_depth();
  } else if (const StatementInfo* text = claim.joins()) {  // all others rather open one
    depth = text == connection.common_text() ? kJoinDepth : 0;
  }
  return depth != 0 && connection.in_flight() < (is_first ? depth / 2 + 1 : depth);
}

}  // namespace hdb
