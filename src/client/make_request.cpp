#include "client/make_request.hpp"

#include <utility>

namespace hdb {

TimePoint deadline_of(const std::optional<milliseconds>& own, milliseconds pools) {
  const milliseconds limit = own.value_or(pools);
  return limit.count() > 0 ? after(SteadyClock::now(), limit) : kNever;
}

namespace {

/// Approximate memory of a value.
std::size_t size_of(const Value& value) {
  std::size_t size = sizeof(Value);
  if (const auto* text = value.get<std::string>()) size += text->size();
  if (const auto* bytes = value.get<Bytes>()) size += bytes->size();
  if (const auto* json = value.get<Json>()) size += json->text.size();
  if (const auto* list = value.get<List>()) {
    for (const Value& element : *list) size += size_of(element);
  }
  return size;
}

template <class Work>
std::unique_ptr<Request> make(Work&& work, QueryOptions& options, const PoolOptions& defaults) {
  auto request = std::make_unique<Request>(std::forward<Work>(work));
  request->bytes = sizeof(Request);
  for (const Statement& statement : request->statements()) {
    request->bytes += statement.sql.size();
    for (const Value& value : statement.params) request->bytes += size_of(value);
  }
  request->prepare = options.prepare.value_or(defaults.prepare);
  request->may_repeat = options.retry.value_or(true);
  request->decode.int8 = options.int8.value_or(defaults.int8);
  request->decode.timestamps = options.timestamps.value_or(defaults.timestamps);
  request->decode.rows = options.row_mode.value_or(defaults.row_mode);
  request->decode.is_told = options.is_told;
  const bool own_parsers = options.parsers_id != 0;
  request->decode.parsers = own_parsers ? options.parsers_id : defaults.parsers_id;
  request->text_types = own_parsers ? std::move(options.text_types) : defaults.text_types;
  request->deadline = deadline_of(options.timeout, defaults.timeout);
  request->token = std::move(options.signal);
  return request;
}

}  // namespace

std::unique_ptr<Request> make_request(Query&& query, QueryOptions& options, const PoolOptions& defaults) {
  return make(std::move(query), options, defaults);
}

std::unique_ptr<Request> make_request(Batch&& batch, QueryOptions& options, const PoolOptions& defaults) {
  return make(std::move(batch), options, defaults);
}

}  // namespace hdb
