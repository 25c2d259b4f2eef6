// ConnectionConfig: how one connection is made, and what it may take.
// Thread: a value.  Owner: Connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/meter.hpp"
#include "conn/password_source.hpp"
#include "loop/loop.hpp"
#include "pq/session.hpp"

namespace hdb {

/// What is counted on sessions.
struct SessionMeters {
  Counter cancels;
  Counter statement_cache_hits;
  Counter statement_cache_misses;
};

struct ConnectionConfig {
  HostAddress host;
  pq::Conninfo conninfo;                      // everything but host, hostaddr and port
  std::shared_ptr<PasswordSource> passwords;  // null: the password, if there is one, is in the conninfo
  bool restricted = false;                    // its session sets default_transaction_read_only = on
  std::size_t statement_cache_size = 256;
  std::string name_prefix;  // of prepared names
  milliseconds connect_timeout{2000};
  milliseconds cancel_timeout{2000};
  milliseconds suspect_after{1000};
  std::uint64_t most_answered = UINT64_MAX;                                   // bytes of one answer
  std::shared_ptr<SessionMeters> meters = std::make_shared<SessionMeters>();  // never null
};

}  // namespace hdb
