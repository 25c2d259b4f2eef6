// conninfo: connection strings, as libpq reads them.
// Thread: any; pure.
#pragma once

#include <string>

#include "api/error.hpp"
#include "pq/session.hpp"

namespace hdb::pq {

/// A URI or keyword string → keywords and values that it sets. The error never repeats the string: it
/// may hold a password.
Expected<Conninfo> parse_conninfo(const std::string& text);

/// Does the libpq in use know this keyword?
bool is_keyword(const std::string& name);

}  // namespace hdb::pq
