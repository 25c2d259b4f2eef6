// PoolContext: what the parts of one pool share. PoolConfig: what a pool is made of.
// Thread: I/O only.  Owner: PoolCore.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/options.hpp"
#include "base/random.hpp"
#include "conn/connection.hpp"
#include "loop/loop.hpp"
#include "pool/pool_hosts.hpp"
#include "pool/pool_report.hpp"
#include "pool/pool_state.hpp"
#include "pool/waiters.hpp"
#include "pq/session.hpp"

namespace hdb {

struct PoolConfig {
  std::vector<HostAddress> hosts;
  pq::Conninfo conninfo;                      // of every session
  std::string restricted_options;             // libpq's `options` for sessions of the read modes
  std::string unrestricted_options;           // and for all others
  std::shared_ptr<PasswordSource> passwords;  // null: the password, if there is one, is in the conninfo
  PoolOptions options;                        // with nothing left open that the environment decides
  std::string name_prefix;                    // of prepared statements
  std::uint64_t seed = 0;                     // of the jitter
};

struct PoolContext {
  Loop& loop;
  const PoolConfig& config;
  const PoolState& state;
  PoolHosts& hosts;
  Waiters& waiters;
  PoolReport& report;
  Random& random;

  const PoolOptions& options() const { return config.options; }
};

}  // namespace hdb
