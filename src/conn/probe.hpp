// probe: the statement that asks a server what it is, and the reading of its answer.
// Thread: any; pure.
#pragma once

#include <string>

#include "api/error.hpp"
#include "api/result.hpp"
#include "conn/host_facts.hpp"

namespace hdb {

/// One row: in recovery, read-only, system identifier, timeline, LSN, pg_replica's status, whose setting
/// read-only is. Every function in it may be called by a plain role, or is asked for first.
const std::string& probe_sql();

/// For a server that refuses the other: the same row, with what any server says.
const std::string& plain_probe_sql();
/// Did the server refuse the probe for a function that is missing, or that the role may not call?
bool is_unreadable(const Error& error);

/// `restricted`: default_transaction_read_only is a read mode's, so it says nothing of the host.
Expected<HostFacts> read_probe(const ResultSet& result, bool restricted);

}  // namespace hdb
