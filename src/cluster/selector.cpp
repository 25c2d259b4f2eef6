#include "cluster/selector.hpp"

#include <algorithm>

namespace hdb {

int rank(Mode mode, HostRole role) {
  switch (mode) {
    case Mode::kReadWrite:
      return role == HostRole::kPrimary ? 0 : -1;
    case Mode::kReadOnly:
      return role == HostRole::kStandby ? 0 : -1;
    case Mode::kPreferStandby:
      if (role == HostRole::kStandby) return 0;
      return role == HostRole::kPrimary ? 1 : -1;
    case Mode::kAny:
      if (role == HostRole::kPrimary || role == HostRole::kStandby) return 0;
      return role == HostRole::kFenced ? 1 : -1;
  }
  return -1;
}

Candidates candidates(Mode mode, const Topology& topology) {
  Candidates found;
  int best = -1;
  for (const Host& host : topology.hosts) {
    if (host.role == HostRole::kUnknown && !host.facts) found.unknown.push_back(&host);
    // Mode `any` takes whatever answers, even if its role is unknown.
    const bool is_nameless = mode == Mode::kAny && host.role == HostRole::kUnknown && host.facts;
    const int own = is_nameless ? 2 : rank(mode, host.role);
    if (own < 0 || (best >= 0 && own > best)) continue;
    if (own != best) found.hosts.clear();
    best = own;
    found.hosts.push_back(&host);
  }
  // Every host refuses: the pool tries for itself, since the monitor may have used another pool's credentials
  // and requests should fail with this pool's own error.
  const bool are_refusing =
      !topology.hosts.empty() && std::all_of(topology.hosts.begin(), topology.hosts.end(),
                                             [](const Host& host) { return host.is_refusal; });
  if (are_refusing) {
    for (const Host& host : topology.hosts) found.unknown.push_back(&host);
  }
  return found;
}

}  // namespace hdb
