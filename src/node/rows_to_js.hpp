// RowsBuilder: ResultSet → the array that `query` resolves to. A large one is built over several turns, and
// while the rest of it is still on its way.
// Thread: JS; may be dropped on any.
// Not here: how a row is put together (lib/rows.js), how a cell is read (types/decode.hpp).
#pragma once

#include <napi.h>

#include <list>
#include <memory>
#include <optional>

#include "api/error.hpp"
#include "api/result.hpp"
#include "base/clock.hpp"
#include "node/cell_sink.hpp"
#include "node/kept_value.hpp"
#include "node/row_factory.hpp"

namespace hdb::node {

class RowsBuilder {
 public:
  RowsBuilder() = default;
  RowsBuilder(const RowsBuilder&) = delete;
  RowsBuilder& operator=(const RowsBuilder&) = delete;

  /// Some of the rows. Rows of an earlier attempt at the statement are discarded.
  void add(ResultSet part);
  /// The remaining rows, and the facts about the whole result.
  void complete(ResultSet rest);

  enum class State : std::uint8_t {
    kMore,     // call again in a later turn
    kWaiting,  // for parts that have not come
    kDone,     // value() is the array
    kFailed,   // value() is the error
  };
  /// Stops soon after `until`. value() is good until the caller's handle scope ends.
  State step(Napi::Env env, TimePoint until);
  napi_value value() const { return value_; }

 private:
  State build_all(Napi::Env env, TimePoint until);
  bool build(Napi::Env env, TimePoint until);
  bool call_rows(Napi::Env env, std::size_t count);
  bool read_cell(CellSink& sink, std::size_t column, Cell cell);
  bool may_lend(const RowFactory::Plan& plan, Cell cell) const;
  napi_value wide_row(Napi::Env env, CellSink& sink);
  State finish(Napi::Env env);
  State fail(Napi::Env env);
  void decode_failed(std::size_t column, types::DecodeStatus status);
  void v8_refused(std::size_t column, Cell cell);
  /// Keeps `value` between turns.
  bool keep(Napi::Env env, napi_value value);

  ResultSet result_;            // whose rows are being built
  std::list<ResultSet> parts_;  // behind it
  bool is_complete_ = false;    // the last of them is the rest
  bool is_single_ = false;      // of one row, all of it here
  bool has_failed_ = false;     // the value that is kept is the error
  std::shared_ptr<const RowFactory> factory_;
  std::size_t next_row_ = 0;
  std::size_t batch_bytes_ = 0;    // of the cells of the last batch
  std::optional<KeptValue> kept_;  // the array, or the error, between turns
  napi_value value_ = nullptr;
  std::unique_ptr<Error> error_;
};

}  // namespace hdb::node
