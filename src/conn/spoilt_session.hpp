// spoilt_session: what a statement has left on its session that nobody else may meet, and that its text did
// not show: a transaction, or other settings by which values are sent and read. Thread: any; pure. Not here:
// what a text shows (statement_place.hpp).
#pragma once

#include <optional>

#include "api/error.hpp"
#include "conn/request.hpp"
#include "pq/session.hpp"

namespace hdb {

/// The setting by which values would be sent or read as others; null: there is none.
const char* misread_setting(const pq::Session& session);
Error misread_error(const char* setting, ErrorKind kind, Outcome outcome);

/// Why what was answered is no success. `setting`: the one that is misread now. `is_next_other`: nothing is
/// in flight behind it, and the session is nobody's.
std::optional<Error> spoilt_by(const Request& request, const pq::Session& session, const char* setting,
                               bool is_next_other);

}  // namespace hdb
