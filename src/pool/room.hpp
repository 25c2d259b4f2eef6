// room: picks the session that is closed when the pool is full and another mode needs one.
// Thread: any; pure.
#pragma once

#include "base/clock.hpp"
#include "pool/claim.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

struct Room {
  PooledSession* from = nullptr;  // closed as soon as it is idle; null: none
  TimePoint ask_again = kNever;   // when that may have changed
};

/// Makes room for `mode` on `where`. `first`: the oldest waiter, or null. `own`: the mode of the pool.
Room room_for(Mode mode, const HostPool& where, const PoolHosts& hosts, const Claim* first, Mode own,
              TimePoint now);

}  // namespace hdb
