// RowsBuilder: ResultSet → the array that `query` resolves to. A large one is built over several turns.
// Thread: JS.
// Not here: how a row is put together (lib/rows.js), how a cell is read (types/decode.hpp).
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "api/error.hpp"
#include "api/result.hpp"
#include "base/clock.hpp"
#include "node/cell_sink.hpp"
#include "node/row_factory.hpp"

namespace hdb::node {

class RowsBuilder {
 public:
  explicit RowsBuilder(ResultSet result) : result_(std::move(result)) {}
  ~RowsBuilder();
  RowsBuilder(const RowsBuilder&) = delete;
  RowsBuilder& operator=(const RowsBuilder&) = delete;

  enum class State : std::uint8_t {
    kMore,    // call again in a later turn
    kDone,    // value() is the array
    kFailed,  // value() is the error
  };
  /// Stops soon after `until`. value() is good until the caller's handle scope ends.
  State step(Napi::Env env, TimePoint until);
  napi_value value() const { return value_; }

 private:
  bool build(Napi::Env env, TimePoint until);
  bool call_rows(Napi::Env env, std::size_t count);
  bool read_cell(CellSink& sink, std::size_t column, Cell cell);
  napi_value wide_row(Napi::Env env, CellSink& sink);
  State finish(Napi::Env env);
  State fail(Napi::Env env);
  void decode_failed(std::size_t column, types::DecodeStatus status);
  void v8_refused(std::size_t column, Cell cell);

  ResultSet result_;
  std::shared_ptr<const RowFactory> factory_;
  std::vector<napi_value> arguments_;
  std::size_t next_row_ = 0;
  std::size_t batch_bytes_ = 0;  // of the cells of the last batch
  napi_ref kept_ = nullptr;      // the array, between turns
  napi_env env_ = nullptr;
  napi_value value_ = nullptr;
  std::optional<Error> error_;
};

}  // namespace hdb::node
