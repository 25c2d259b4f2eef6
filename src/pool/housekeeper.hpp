// housekeeper: which sessions have to be closed, and why.
// Thread: I/O only; pure, except where noted.
// Not here: making room for another mode (room).
#pragma once

#include <optional>
#include <vector>

#include "api/error.hpp"
#include "api/options.hpp"
#include "base/clock.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

/// A session to close.
struct Leaving {
  PooledSession* session;
  Eviction why;
  std::optional<Error> error;  // running statements fail with this; none: they finish
};

/// Sessions that are too old, idle for too long, or useful to no mode.
std::vector<Leaving> expired_sessions(const PoolHosts& hosts, const PoolOptions& options, TimePoint now);

/// Half-open sessions: their data is not acknowledged, although their host has answered another session
/// since. Idle sessions that were last heard from before then are closed as well.
std::vector<Leaving> unheard_sessions(const PoolHosts& hosts, milliseconds suspect_after);

/// Those of a host that is not what it was when they were opened. It is noted what each is now.
std::vector<Leaving> unfit_sessions(PoolHosts& hosts);

}  // namespace hdb
