// no_session_error: the errors of requests that get no session.
// Thread: any; pure.
#pragma once

#include "api/error.hpp"
#include "api/options.hpp"
#include "base/clock.hpp"
#include "pool/claim.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

/// The error of a call on a closed pool.
Error pool_closed_error();
/// Too many requests wait already, or they hold too much memory.
Error too_many_error(const PoolOptions& options, bool is_full);
/// It waited in vain, or its caller gave up.
Error no_session_error(const Claim& claim, bool aborted, const PoolHosts& hosts, TimePoint now);

}  // namespace hdb
