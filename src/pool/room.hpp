// room: which session gives up its place when the pool is full and a mode wants one.
// Thread: any; pure.
#pragma once

#include "base/clock.hpp"
#include "pool/claim.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

struct Room {
  PooledSession* from = nullptr;  // it goes as soon as it is free; null: none may
  TimePoint ask_again = kNever;   // when that may have changed
};

/// A place for `mode` on `where`. `first`: who has waited longest for one; null: nobody waits. `own`: the
/// mode of the pool.
Room room_for(Mode mode, const HostPool& where, const PoolHosts& hosts, const Claim* first, Mode own,
              TimePoint now);

}  // namespace hdb
