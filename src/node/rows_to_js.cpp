#include "node/rows_to_js.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "node/converter.hpp"

namespace hdb::node {

namespace {

constexpr std::size_t kBigBatch =
    std::size_t{256} * 1024;  // bytes; rows so large are built one by one, each with a look at the clock
constexpr std::int32_t kWorthLending = 64 * 1024;  // bytes

// JSON.parse knows no limit of depth, but what walks such a value later overflows the stack: the limit of
// parse_json.
bool is_too_deep(std::string_view json) {
  if (json.size() < types::kMaxJsonDepth) return false;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i) i += json[i] == '\\';
    } else if (c == '[' || c == '{') {
      if (++depth > types::kMaxJsonDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

bool RowsBuilder::keep(Napi::Env env, napi_value value) {
  kept_.emplace(env, value);
  return kept_->value(env) != nullptr;
}

void RowsBuilder::add(ResultSet part) {
  if (part.attempts != result_.attempts) {
    kept_.reset();
    value_ = nullptr;
    result_ = {};
    parts_.clear();
    has_failed_ = false;
    factory_.reset();
    next_row_ = 0;
    error_.reset();
    result_.attempts = part.attempts;
  }
  if (part.rows > 0 && parts_.empty() && next_row_ == result_.rows) {
    result_ = std::move(part);
    next_row_ = 0;
  } else {
    parts_.push_back(std::move(part));
  }
}

void RowsBuilder::complete(ResultSet rest) {
  is_single_ =
      rest.rows == 1 && !rest.decode.is_told && !kept_ && parts_.empty() && next_row_ == result_.rows;
  add(std::move(rest));
  is_complete_ = true;
}

RowsBuilder::State RowsBuilder::step(Napi::Env env, TimePoint until) {
  if (kept_ && (value_ = kept_->value(env)) == nullptr) return fail(env);
  State state = has_failed_ ? State::kFailed : build_all(env, until);
  // A failure is reported when the statement has ended, because only then its outcome is known.
  if (state == State::kFailed && !is_complete_) {
    if (!std::exchange(has_failed_, true)) keep(env, value_);
    parts_.clear();
    result_.cells.reset();
    return State::kWaiting;
  }
  if (!kept_ && (state == State::kMore || state == State::kWaiting) && value_ != nullptr &&
      !keep(env, value_))
    return fail(env);
  return state;
}

RowsBuilder::State RowsBuilder::build_all(Napi::Env env, TimePoint until) {
  for (;;) {
    if (next_row_ == result_.rows) {
      result_.cells.reset();  // who reads waits for the room
      if (parts_.empty()) return is_complete_ ? finish(env) : State::kWaiting;
      result_ = std::move(parts_.front());
      parts_.pop_front();
      next_row_ = 0;
    }
    if (!factory_) factory_ = RowFactories::of(env).get(env, result_.columns, result_.decode);
    if (!factory_) return fail(env);
    if (is_single_ && !factory_->wide) return call_rows(env, 1) ? State::kDone : fail(env);
    is_single_ = false;
    if (value_ == nullptr && napi_create_array(env, &value_) != napi_ok) return fail(env);
    if (!build(env, until)) return fail(env);
    if (next_row_ < result_.rows) return State::kMore;
  }
}

bool RowsBuilder::build(Napi::Env env, TimePoint until) {
  while (next_row_ < result_.rows) {
    const std::size_t left = result_.rows - next_row_;
    const bool batch = left >= factory_->batch && batch_bytes_ < kBigBatch;
    const std::size_t count = batch ? factory_->batch : 1;
    napi_handle_scope scope = nullptr;
    napi_open_handle_scope(env, &scope);
    const bool built = call_rows(env, count);
    napi_close_handle_scope(env, scope);
    if (!built) return false;
    next_row_ += count;
    if (SteadyClock::now() >= until) break;
  }
  return true;
}

// Hands the next rows to lib/: (array, cells…), or for the only row of a result (row count, command, cells…).
bool RowsBuilder::call_rows(Napi::Env env, std::size_t count) {
  const std::size_t width = factory_->plans.size();
  const bool single = is_single_;
  std::vector<napi_value>& arguments = factory_->arguments;
  arguments.clear();
  if (single) {
    arguments.push_back(Converter<double>::to_js(env, static_cast<double>(result_.row_count.value_or(1))));
    arguments.push_back(string_to_js(env, result_.command));
  } else {
    arguments.push_back(value_);
  }
  CellSink sink(env);
  const Cell* cell = result_.row(next_row_);
  batch_bytes_ = 0;
  if (factory_->wide) {
    const napi_value row = wide_row(env, sink);
    if (row == nullptr) return false;
    arguments.push_back(row);
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t column = 0; column < width; ++column, ++cell) {
        if (!read_cell(sink, column, *cell)) return false;
        arguments.push_back(sink.take());
        batch_bytes_ += static_cast<std::size_t>(cell->is_null() ? 0 : cell->length);
      }
    }
  }
  const auto name = single ? RowFactory::kSingle : count == 1 ? RowFactory::kOne : RowFactory::kBatch;
  napi_value undefined = nullptr, made = nullptr;
  napi_get_undefined(env, &undefined);
  if (napi_call_function(env, undefined, factory_->function(name), arguments.size(), arguments.data(),
                         &made) != napi_ok)
    return false;
  if (single) value_ = made;
  return true;
}

napi_value RowsBuilder::wide_row(Napi::Env env, CellSink& sink) {
  const std::size_t width = factory_->plans.size();
  const Cell* cells = result_.row(next_row_);
  napi_value row = nullptr;
  if (napi_create_array_with_length(env, width, &row) != napi_ok) return nullptr;
  for (std::size_t column = 0; column < width; ++column) {
    if (!read_cell(sink, column, cells[column])) return nullptr;
    napi_set_element(env, row, static_cast<std::uint32_t>(column), sink.take());
    batch_bytes_ += static_cast<std::size_t>(cells[column].is_null() ? 0 : cells[column].length);
  }
  return row;
}

/// A Buffer that makes up most of its result may keep the whole result alive: copying many bytes costs more
/// than reading them.
bool RowsBuilder::may_lend(const RowFactory::Plan& plan, Cell cell) const {
  const types::ColumnDecoder& decoder = plan.decoder;
  if (!is_single_ || cell.length < kWorthLending || !decoder.binary || decoder.is_array ||
      decoder.shape != types::Shape::kBytea)
    return false;
  std::int64_t all = 0;
  for (std::size_t column = 0; column < factory_->plans.size(); ++column)
    all += std::max(result_.row(0)[column].length, 0);
  return 2 * std::int64_t{cell.length} >= all;
}

bool RowsBuilder::read_cell(CellSink& sink, std::size_t column, Cell cell) {
  const RowFactory::Plan& plan = factory_->plans[column];
  auto status = types::DecodeStatus::kOk;
  if (plan.cross == RowFactory::Cross::kValue || cell.is_null()) {
    if (may_lend(plan, cell)) sink.lend(result_.cells);
    status = types::decode(plan.decoder, cell, sink);
  } else if (plan.cross == RowFactory::Cross::kParser) {
    if (plan.decoder.binary) status = types::DecodeStatus::kNoBinaryDecoder;  // text was to be asked for
    sink.text({cell.data, static_cast<std::size_t>(cell.length)});
  } else {
    std::string_view json(cell.data, static_cast<std::size_t>(cell.length));
    if (plan.decoder.binary && plan.decoder.shape == types::Shape::kJsonb) {
      if (json.empty() || json[0] != 1) status = types::DecodeStatus::kMalformed;
      json.remove_prefix(json.empty() ? 0 : 1);  // the version of the binary form
    }
    if (is_too_deep(json)) status = types::DecodeStatus::kJsonTooDeep;
    if (status == types::DecodeStatus::kOk) sink.text(json);
  }
  if (status != types::DecodeStatus::kOk) {
    decode_failed(column, status);
  } else if (sink.failed()) {
    v8_refused(column, cell);
  }
  return !error_;
}

RowsBuilder::State RowsBuilder::finish(Napi::Env env) {
  napi_value arguments[6] = {
      value_,
      result_.row_count ? Converter<double>::to_js(env, static_cast<double>(*result_.row_count))
                        : static_cast<napi_value>(env.Null()),
      string_to_js(env, result_.command),
  };
  std::size_t count = 3;
  if (result_.decode.is_told) {
    arguments[count++] = string_to_js(env, result_.host);
    arguments[count++] = Converter<double>::to_js(env, result_.attempts);
    arguments[count++] = Converter<double>::to_js(env, result_.wait_ms);
  }
  napi_value undefined = nullptr, sealed = nullptr;
  napi_get_undefined(env, &undefined);
  const napi_value seal = factory_->function(RowFactory::kSeal);
  if (napi_call_function(env, undefined, seal, count, arguments, &sealed) != napi_ok) return fail(env);
  return State::kDone;
}

RowsBuilder::State RowsBuilder::fail(Napi::Env env) {
  if (error_) {
    take_exception(env);  // of the call that V8 refused
    error_->host = result_.host;
    error_->attempts = result_.attempts;
    value_ = error_to_js(env, *error_);
  } else {
    value_ = take_exception(env);
  }
  return State::kFailed;
}

void RowsBuilder::decode_failed(std::size_t column, types::DecodeStatus status) {
  error_ = std::make_unique<Error>(types::decode_error((*result_.columns)[column], status));
}

void RowsBuilder::v8_refused(std::size_t column, Cell cell) {
  error_ = std::make_unique<Error>(Error::make(ErrorKind::kResult,
                                               "Column \"" + (*result_.columns)[column].field.name +
                                                   "\" holds a value of " + std::to_string(cell.length) +
                                                   " bytes, which is too large for a JavaScript value.",
                                               Outcome::kCommitted));
  error_->code = "ERR_STRING_TOO_LONG";
}

}  // namespace hdb::node
