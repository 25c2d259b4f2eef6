// parameter_limit: more parameters than this libpq can hear of.
// Thread: any; pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "api/error.hpp"

namespace hdb {

/// A statement of more than `most` parameters, by its values or by the placeholders in its text, is refused
/// before its description would break the session.
std::optional<Error> refuse_parameters(std::string_view sql, std::size_t values, std::size_t most);

}  // namespace hdb
