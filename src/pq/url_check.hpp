// url_check: what libpq would misread in a connection URL, or refuse without saying what: a password that is
// not encoded, parameters of other tools, white space.
// Thread: any; pure.
#pragma once

#include <functional>
#include <string_view>

#include "api/error.hpp"

namespace hdb::pq {

/// `is_keyword` knows the parameters that libpq takes. The error names parameters, never values: a text that
/// may be part of a password is not shown.
Expected<Unit> check_url(std::string_view text, const std::function<bool(std::string_view)>& is_keyword);

}  // namespace hdb::pq
