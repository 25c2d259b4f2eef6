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
  /// default_transaction_read_only in the server's configuration. None when the session has a value of its
  /// own in front of that: a read mode's, or a setting of its role, its database or its connection.
  std::optional<bool> read_only;
  /// `read_only` is none, and no member of the cluster has a login that would see it.
  bool is_unseen = false;
  /// Where the session's own `on` comes from, as in pg_settings.source ("user", "database", "client", …).
  /// Empty: it has none.
  std::string own_setting;
  std::string system_identifier;  // of pg_control_system(); empty when it may not be read
  std::uint32_t timeline = 0;     // 0: not told
  /// `timeline` is what a standby's control file says, which a restartpoint brings up to date: it is at least
  /// that.
  bool is_timeline_least = false;
  std::uint64_t lsn = 0;      // inserted on a primary, replayed on a standby
  std::int64_t sequence = 0;  // pg_replica's decision number; 0: not installed
  int server_version = 0;
  /// Why the server may not be asked who it is: a function that it does not have, or a privilege that the
  /// role has not. Empty: it may.
  std::string unreadable;
  Duration round_trip{};
};

}  // namespace hdb
