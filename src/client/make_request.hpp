// make_request: the arguments of a call, as the I/O thread takes them.
// Thread: JS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/options.hpp"
#include "base/clock.hpp"
#include "base/value.hpp"
#include "conn/request.hpp"

namespace hdb {

/// The deadline of a call starts when it is made, not when the I/O thread hears of it.
TimePoint deadline_of(const std::optional<milliseconds>& own, milliseconds pools);
/// What a value holds in memory, roughly.
std::size_t size_of(const Value& value);
std::unique_ptr<Request> make_request(std::string sql, std::vector<Value> params, QueryOptions& options,
                                      const PoolOptions& defaults);

}  // namespace hdb
