// cells.hpp: PGresult → ResultSet. A small result is copied; the cells of a large one point into libpq's own
// buffers.
// Thread: I/O only; what it makes may cross threads, because libpq documents a PGresult as read-only after
// creation.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "api/result.hpp"
#include "pq/slab.hpp"

namespace hdb::pq {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

Columns columns_of(const PGresult* result);
/// `columns` is null when the caller wants them read from the result.
ResultSet result_set_of(ResultPtr result, std::shared_ptr<const Columns> columns, Slab& slab);

}  // namespace hdb::pq
