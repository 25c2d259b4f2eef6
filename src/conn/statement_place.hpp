// statement_place: statements that have no place where they were asked for, as far as their text shows it:
// they would change a session that the next statement need not get, or commit what is all or nothing. Thread:
// any; pure.
#pragma once

#include <optional>
#include <string_view>

#include "api/error.hpp"

namespace hdb {

enum class Place {
  kAlone,        // by itself, on whichever session is free
  kBatch,        // among others under one Sync
  kTransaction,  // in a transaction that is ended by its own methods
};

/// The refusal, with the way to go; nothing: it may be sent.
std::optional<Error> misplaced(std::string_view sql, Place place);

}  // namespace hdb
