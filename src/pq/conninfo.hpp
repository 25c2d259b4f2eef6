// conninfo: parses connection strings with libpq.
// Thread: any; pure.
#pragma once

#include <string>

#include "api/error.hpp"
#include "pq/session.hpp"

namespace hdb::pq {

/// A URI or keyword string → keywords and values that it sets. The error never repeats the string: it
/// may hold a password.
Expected<Conninfo> parse_conninfo(const std::string& text);

/// What libpq would take from the environment: PG… variables, and the service that PGSERVICE names.
Expected<Conninfo> read_environment();

/// Checks whether this libpq accepts the values, without sending anything. A shortage of descriptors or
/// memory is a kConnect, not an error in the values.
Expected<Unit> check_conninfo(const Conninfo& conninfo);

}  // namespace hdb::pq
