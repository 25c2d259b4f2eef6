// url_check: finds what libpq would misread in a connection URL, or refuse without a useful message: a
// password that is not encoded, parameters of other tools, white space. Thread: any; pure.
#pragma once

#include <functional>
#include <string_view>

#include "api/error.hpp"

namespace hdb::pq {

/// `is_keyword` knows libpq's parameters. The error names parameters but never values, which may be part of a
/// password.
Expected<Unit> check_url(std::string_view text, const std::function<bool(std::string_view)>& is_keyword);

}  // namespace hdb::pq
