#include "pool/pool_report.hpp"

#include <algorithm>
#include <chrono>

namespace hdb {

void PoolReport::listen(Callback<ClusterEvent> listener) {
  listener_ = std::move(listener);
  for (const PooledSession* session : hosts_.listed()) {
    if (session->is_open() || session->connection().state() == ConnectionState::kClosed) continue;
    tell(SessionOpeningEvent{.host = session->home.address.text(),
                             .session = static_cast<double>(session->number)});
  }
}

void PoolReport::followed(const std::vector<ClusterEvent>& events) {
  for (const ClusterEvent& event : events) {
    const auto* change = std::get_if<PrimaryChangedEvent>(&event);
    if (change != nullptr && change->host && change->gap_ms) {
      gauges_->failover_gap.record(
          std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*change->gap_ms)));
    }
    tell(event);
  }
  if (is_in_trouble_) changed();
}

void PoolReport::publish_hosts() {
  auto hosts = std::make_shared<std::vector<std::shared_ptr<const HostGauge>>>();
  for (const auto& host : hosts_.all()) hosts->push_back(host->gauge);
  gauges_->hosts.publish(std::move(hosts));
}

void PoolReport::publish() {
  is_published_ = true;
  publish_trouble();
  if (held_since_ && waiters_.is_empty()) note_holding();
  for (const auto& host : hosts_.all()) {
    host->gauge->sessions.set(static_cast<std::int32_t>(host->open_members()));
    host->gauge->warm_sessions.set(static_cast<std::int32_t>(host->open_warm()));
  }
  gauges_->size.set(static_cast<std::int32_t>(hosts_.counts().members));
  gauges_->available.set(static_cast<std::int32_t>(hosts_.counts().idle));
  gauges_->in_use.set(static_cast<std::int32_t>(hosts_.busy()));
  gauges_->waiting.set(static_cast<std::int32_t>(waiters_.size() + waiters_.held()));
}

void PoolReport::publish_trouble() {
  std::vector<std::string> lines;
  for (const HostPool* host : hosts_.targets(mode_).hosts) {
    if (host->open(is_restricted(mode_)) > 0 || !host->trouble) {
      lines.clear();
      break;
    }
    lines.push_back(host->trouble->message + (host->trouble->message.ends_with('.') ? "" : "."));
  }
  if (!is_in_trouble_ && lines.empty()) return;
  is_in_trouble_ = !lines.empty();
  gauges_->trouble.publish(std::make_shared<const std::vector<std::string>>(std::move(lines)));
}

/// Waiting for a race of hosts does not count as a hold.
bool PoolReport::waits_for_a_node() const {
  return std::any_of(kModes.begin(), kModes.end(), [&](Mode mode) {
    const PoolHosts::Targets& targets = hosts_.targets(mode);
    return waiters_.count(mode) > 0 && targets.hosts.empty() && targets.unknown.empty();
  });
}

void PoolReport::note_holding() {
  if (!held_since_ && waits_for_a_node()) {
    held_since_ = loop_.now();
    tell(HoldEvent{.waiting = static_cast<std::int32_t>(waiters_.size())});
  } else if (held_since_ && waiters_.is_empty()) {
    const std::chrono::duration<double, std::milli> held = loop_.now() - *held_since_;
    held_since_.reset();
    tell(DrainedEvent{.held_ms = held.count()});
  }
}

void PoolReport::count_failure(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kPoolExhausted:
      gauges_->exhausted.add();
      return;
    case ErrorKind::kTimeout:
      gauges_->timed_out.add();
      return;
    case ErrorKind::kAborted:
      gauges_->aborted.add();
      return;
    case ErrorKind::kConnect:
      gauges_->refused.add();
      return;
    default:
      gauges_->no_host.add();
  }
}

}  // namespace hdb
