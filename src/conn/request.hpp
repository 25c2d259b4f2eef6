// Request: one statement, or one script under a single Sync, on its way to an answer.
// Thread: made by a JS thread, then the I/O thread's.  Owner: exactly one of waiter queue, connection,
// retry list; it moves, it is never shared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/error.hpp"
#include "api/options.hpp"
#include "api/result.hpp"
#include "base/cancel_token.hpp"
#include "base/clock.hpp"
#include "base/completion.hpp"
#include "base/value.hpp"
#include "conn/fence.hpp"
#include "conn/outcome.hpp"
#include "conn/statement_info.hpp"
#include "types/encode.hpp"

namespace hdb {

/// The answer to a request.
struct Reply {
  ResultSet result;                         // of the statement, or of the last one of the script
  std::vector<ResultSet> earlier;           // of the script's other statements
  NodeState node = NodeState::kUnreported;  // what the response said of the node
  bool unreplicated = false;                // stored, but the wait for the synchronous standby was cut short
};

/// One statement of an atomic batch.
struct BatchItem {
  std::string sql;
  std::vector<Value> params;
  std::shared_ptr<const StatementInfo> info;
  std::vector<types::EncodedParam> encoded;
  std::shared_ptr<const StatementInfo> encoded_as;  // for whose types; null: not yet
};

struct Request : Baggage {
  /// Called once, on the loop; the request is handed back with its answer, so that whoever owns it
  /// may send it again.
  using Done = std::function<void(std::unique_ptr<Request>, Expected<Reply>)>;
  using Part = std::function<void(ResultSet)>;

  // What to run: `sql` with `params`; or `script`, whose statements take none; or `batch`. Those of a
  // script or batch share one Sync: they are one transaction.
  std::string sql;
  std::vector<Value> params;
  std::vector<std::string> script;
  /// Gets the answer to the script's first statement as soon as it is there, before the next one is executed:
  /// also when the session dies under that.
  std::function<void(const ResultSet&)> on_first;
  std::vector<BatchItem> batch;
  std::size_t bytes = 0;  // of text and values, roughly

  Scope scope = Scope::kAutocommit;
  /// For the first statement of a transaction: BEGIN, which goes in front of it under the same Sync. Null
  /// from then on.
  std::unique_ptr<const std::string> begin;
  bool is_guarded = false;  // a guard goes under the same Sync: in front of a statement, behind a batch
  bool may_repeat = true;   // false: its caller forbids it, even where the text looks harmless
  bool is_read_only =
      false;  // it ran before, and looks as if it changed nothing: the server makes sure of that now
  bool prepare = true;
  bool is_description = false;  // only what the statement is, not its execution
  DecodeOptions decode;
  std::vector<std::string> text_types;  // types that a custom parser reads: the whole result comes as text

  TimePoint deadline = kNever;
  CancelToken token;
  Done done;
  Part part;  // takes rows before `done`, which gets the rest; null: all of them go to `done`

  // How far it has come. Reset by `rewind`, but for `attempts`.
  Phase phase = Phase::kQueued;
  bool unreplicated = false;
  std::uint32_t attempts = 0;  // how often it was given to a server for execution
  std::shared_ptr<const StatementInfo> info;
  std::vector<types::EncodedParam> encoded;
  std::shared_ptr<const StatementInfo>
      encoded_as;  // null: not yet; else the values are gone, for these types

  /// Its caller may want it cancelled, which goes at once only while it is alone on its session.
  bool may_be_given_up() const { return deadline != kNever || static_cast<bool>(token); }
  void rewind() {
    phase = Phase::kQueued;
    unreplicated = false;
  }
};

}  // namespace hdb
