#include "pool/host_pool.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace hdb {

bool PooledSession::may_be_given() const {
  return is_open_ && place_ == Place::kMember && connection_->is_idle() && !connection_->is_retiring();
}

ModeSet PooledSession::modes() const {
  if (connection_->is_retiring()) return {};
  return home.fits & ModeSet::of_sessions(connection_->is_restricted());
}

void HostPool::count(PooledSession& session, int sign) {
  const auto add = [sign](std::size_t& number) { number += static_cast<std::size_t>(sign); };
  const bool restricted = session.connection().is_restricted();
  add(all_[restricted]);
  if (session.is_open_) add(open_[restricted]);
  if (session.place() != PooledSession::Place::kMember) return;
  add(counts_.members);
  add(members_[restricted]);
  if (!session.is_open_) return;
  add(counts_.open_members);
  add(open_members_);
}

void HostPool::opened(PooledSession& session) {
  count(session, -1);
  session.is_open_ = true;
  count(session, 1);
}

void HostPool::move_to(PooledSession& session, PooledSession::Place place) {
  count(session, -1);
  session.place_ = place;
  count(session, 1);
}

void HostPool::set_idle(PooledSession& session, bool idle) {
  if (session.is_idle_ == idle) return;
  HDB_CHECK(!idle || session.may_be_given());
  session.is_idle_ = idle;
  auto& list = idle_[session.connection().is_restricted()];
  if (idle) {
    list.push_back(&session);
    ++counts_.idle;
    return;
  }
  --counts_.idle;
  // Nearly always the last one: that is the one that is given out.
  const auto at = std::find(list.rbegin(), list.rend(), &session);
  HDB_CHECK(at != list.rend());
  list.erase(std::next(at).base());
}

std::vector<PooledSession*> HostPool::listed() const {
  std::vector<PooledSession*> all;
  all.reserve(sessions_.size());
  for (const auto& session : sessions_) all.push_back(session.get());
  return all;
}

PooledSession* HostPool::warm() const {
  for (const auto& session : sessions_) {
    const bool is_spare = session->place() == PooledSession::Place::kWarm && session->is_open();
    if (is_spare && !session->connection().is_retiring()) return session.get();
  }
  return nullptr;
}

std::unique_ptr<PooledSession> HostPool::remove(PooledSession& session) {
  set_idle(session, false);
  count(session, -1);
  const auto at = std::find_if(sessions_.begin(), sessions_.end(),
                               [&](const auto& one) { return one.get() == &session; });
  HDB_CHECK(at != sessions_.end());
  std::unique_ptr<PooledSession> removed = std::move(*at);
  sessions_.erase(at);
  return removed;
}

}  // namespace hdb
