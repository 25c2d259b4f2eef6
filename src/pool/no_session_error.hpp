// no_session_error: what a request is told that gets no session.
// Thread: any; pure.
#pragma once

#include "api/error.hpp"
#include "api/options.hpp"
#include "base/clock.hpp"
#include "pool/claim.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

/// What a call gets when its pool is closed.
Error pool_closed_error();
/// Too many wait already; or what they hold in memory is too much.
Error too_many_error(const PoolOptions& options, bool is_full);
/// It has waited in vain; or its caller has given up.
Error no_session_error(const Claim& claim, bool aborted, const PoolHosts& hosts, TimePoint now);

}  // namespace hdb
