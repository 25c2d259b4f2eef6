// server_report.hpp: PGresult fields → ServerReport.
// Thread: I/O only.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "api/error.hpp"

namespace hdb::pq {

ServerReport server_report(const PGresult* result);

/// The SQLSTATE inside a connect error, where libpq keeps no fields: with verbose messages it stands
/// between the severity and the text ("FATAL:  28P01: …"). Empty if there is none.
std::string sqlstate_in(std::string_view message);

/// A Node-style code for a connection failure that libpq only describes in words.
std::string node_code_for(std::string_view message);

/// What happened, in one line without a full stop: without libpq's LOCATION line, hints and guesses.
std::string tidy(std::string_view message);

}  // namespace hdb::pq
