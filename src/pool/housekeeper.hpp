// housekeeper: which sessions have to go, and why.
// Thread: I/O only; pure, but for what is said.
// Not here: whose place is needed elsewhere (room).
#pragma once

#include <optional>
#include <vector>

#include "api/error.hpp"
#include "api/options.hpp"
#include "base/clock.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

/// A session that has to go.
struct Leaving {
  PooledSession* session;
  Eviction why;
  std::optional<Error> error;  // what runs on it fails with this; none: it finishes what runs
};

/// Those that are too old, idle for too long, or of no use for any mode.
std::vector<Leaving> expired_sessions(const PoolHosts& hosts, const PoolOptions& options, TimePoint now);

/// Those whose peer is gone without a word: what they have sent is not acknowledged, though their host has
/// answered somebody since. They are lost, not the host. Idle ones that were heard of last before that go,
/// too.
std::vector<Leaving> unheard_sessions(const PoolHosts& hosts, milliseconds suspect_after);

/// Those of a host that is not what it was when they were opened. It is noted what each is now.
std::vector<Leaving> unfit_sessions(PoolHosts& hosts);

}  // namespace hdb
