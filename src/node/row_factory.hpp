// RowFactory: the functions that lib/rows.js has made for one list of columns, and how each column is
// decoded. RowFactories: those of one environment; the least recently used one goes.
// Thread: JS.
// Not here: the text of the functions (lib/rows.js), the cells (rows_to_js.cpp).
#pragma once

#include <napi.h>

#include <array>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/result.hpp"
#include "node/env_data.hpp"
#include "types/decode.hpp"

namespace hdb::node {

struct RowFactory {
  /// The form in which the cells of a column cross to JavaScript.
  enum class Cross : std::uint8_t {
    kValue,   // the decoded value
    kJson,    // its JSON text: JSON.parse is faster than making objects through Node-API
    kParser,  // the server's text, for a parser of the application
  };
  struct Plan {
    types::ColumnDecoder decoder;
    Cross cross = Cross::kValue;
  };

  explicit RowFactory(napi_env env) : env_(env) {}
  ~RowFactory();
  RowFactory(const RowFactory&) = delete;
  RowFactory& operator=(const RowFactory&) = delete;

  /// The functions that lib/rows.js has made: an array in this order.
  enum Function : std::uint32_t {
    kSingle,  // (row count, command, cells…) → the whole result, of one row
    kOne,     // (rows, cells…); (rows, array of cells) if wide
    kBatch,   // (rows, cells… of several rows)
    kSeal,    // (rows, row count, command) → the result
    kParsed,  // the columns with a parser of the application
    kWide,    // whether a row crosses as an array
  };
  static constexpr std::size_t kFunctions = kSeal + 1;
  napi_value function(Function name) const {
    napi_value found = nullptr;
    napi_get_reference_value(env_, functions_[name], &found);
    return found;
  }
  /// Keeps the functions that lib/rows.js has made.
  void keep(napi_value made);

  std::vector<Plan> plans;
  std::size_t batch = 1;                      // rows per call of kBatch
  bool wide = false;                          // too many columns for arguments: a row crosses as an array
  mutable std::vector<napi_value> arguments;  // of the call that is being made

 private:
  napi_env env_;
  std::array<napi_ref, kFunctions> functions_{};
};

class RowFactories final : public PerEnv {
 public:
  static RowFactories& of(napi_env env);
  /// null, with an exception pending or none, if lib/ could not make one.
  std::shared_ptr<const RowFactory> get(Napi::Env env, const std::shared_ptr<const Columns>& columns,
                                        const DecodeOptions& options);
  void close(napi_env env) override;

 private:
  // Most statements come back with the very same columns.
  struct Recent {
    std::shared_ptr<const Columns> columns;
    DecodeOptions options;
    std::shared_ptr<const RowFactory> factory;
  };
  struct Entry {
    std::string signature;
    std::shared_ptr<const RowFactory> factory;
  };

  std::shared_ptr<const RowFactory> make(Napi::Env env, const Columns& columns, const DecodeOptions& options);

  std::array<Recent, 256> recent_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_signature_;
};

}  // namespace hdb::node
