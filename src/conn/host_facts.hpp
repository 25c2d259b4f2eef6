// HostFacts: what one session, at one moment, tells of its host.
// Thread: any; a plain value.
// Not here: what follows from it for the cluster (cluster/topology.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace hdb {

struct HostFacts {
  bool in_recovery = false;
  /// default_transaction_read_only. None when the session overrides it (the read modes do).
  std::optional<bool> read_only;
  std::string system_identifier;  // of pg_control_system(); empty when it may not be read
  std::uint32_t timeline = 0;     // 0: not told
  std::uint64_t lsn = 0;          // inserted on a primary, replayed on a standby
  std::int64_t sequence = 0;      // pg_replica's decision number; 0: not installed
  int server_version = 0;
  Duration round_trip{};
};

}  // namespace hdb
