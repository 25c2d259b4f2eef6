#include "pool/pool_hosts.hpp"

#include <algorithm>
#include <utility>

#include "base/sqlstate.hpp"
#include "cluster/selector.hpp"

namespace hdb {

std::vector<std::unique_ptr<HostPool>> PoolHosts::set(const std::vector<HostAddress>& addresses,
                                                      const Topology& numbered) {
  std::vector<std::unique_ptr<HostPool>> removed = std::exchange(hosts_, {});
  for (const HostAddress& address : addresses) {
    const auto known = std::find_if(removed.begin(), removed.end(),
                                    [&](const auto& host) { return host && host->address == address; });
    hosts_.push_back(known != removed.end() ? std::move(*known)
                                            : std::make_unique<HostPool>(address, counts_));
    const Host* host = numbered.find(address);
    hosts_.back()->generation = host != nullptr ? host->generation : 0;
  }
  std::erase(removed, nullptr);
  return removed;
}

void PoolHosts::follow(std::shared_ptr<const Topology> topology) {
  topology_ = std::move(topology);
  for (const auto& host : hosts_) host->fits = {};
  for (const Mode mode : kModes) {
    const Candidates found = candidates(mode, *topology_);
    Targets& targets = targets_[index_of(mode)] = {};
    for (const Host* host : found.hosts) {
      if (HostPool* pool = find(host->address)) {
        targets.hosts.push_back(pool);
        pool->fits.add(mode);
      }
    }
    for (const Host* host : found.unknown) {
      if (HostPool* pool = find(host->address)) targets.unknown.push_back(pool);
    }
  }
  for (const auto& host : hosts_) {
    host->unreadable.reset();
    const Host* known = topology_->find(host->address);
    if (known == nullptr || !known->facts || known->facts->unreadable.empty()) continue;
    Error& error = host->unreadable.emplace(Error::make(ErrorKind::kConnect, known->reason));
    error.code = sqlstate::kInsufficientPrivilege;
    error.host = host->address.text();
  }
}

std::vector<PooledSession*> PoolHosts::listed() const {
  std::vector<PooledSession*> all;
  for (const auto& host : hosts_) {
    for (const auto& session : host->sessions()) all.push_back(session.get());
  }
  return all;
}

HostPool* PoolHosts::find(const HostAddress& address) const {
  for (const auto& host : hosts_) {
    if (host->address == address) return host.get();
  }
  return nullptr;
}

std::size_t PoolHosts::members(Mode mode) const {
  std::size_t count = 0;
  for (const HostPool* host : targets(mode).hosts) count += host->members(is_restricted(mode));
  return count;
}

std::size_t PoolHosts::dialing(Mode mode) const {
  std::size_t count = 0;
  for (const HostPool* host : targets(mode).hosts) count += host->dialing(is_restricted(mode));
  return count;
}

}  // namespace hdb
