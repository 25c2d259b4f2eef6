// make_request: the arguments of a call, as the I/O thread takes them.
// Thread: JS.
#pragma once

#include <memory>
#include <optional>

#include "api/options.hpp"
#include "base/clock.hpp"
#include "conn/request.hpp"

namespace hdb {

/// The deadline of a call counts from the call, not from when the I/O thread receives it.
TimePoint deadline_of(const std::optional<milliseconds>& own, milliseconds pools);
std::unique_ptr<Request> make_request(Query&& query, QueryOptions& options, const PoolOptions& defaults);
std::unique_ptr<Request> make_request(Batch&& batch, QueryOptions& options, const PoolOptions& defaults);

}  // namespace hdb
