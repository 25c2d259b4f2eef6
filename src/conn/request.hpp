// Request: a statement, or several under a single Sync, on the way to an answer.
// Thread: made by a JS thread, then the I/O thread's.  Owner: exactly one of waiter queue, connection,
// retry list; it moves, it is never shared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
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

/// One SQL text with its values.
struct Statement {
  Statement() = default;
  Statement(std::string text, std::vector<Value> values) : sql(std::move(text)), params(std::move(values)) {}

  std::string sql;
  std::vector<Value> params;
  std::shared_ptr<const StatementInfo> info;
  std::vector<types::EncodedParam> encoded;
  std::shared_ptr<const StatementInfo> encoded_as;  // for its types; null: not yet; else the values are gone
};

/// A statement by itself.
struct Query : Statement {
  Query() = default;
  Query(std::string text, std::vector<Value> values, Completion<ResultSet> done)
      : Statement(std::move(text), std::move(values)), completion(std::move(done)) {}

  Completion<ResultSet> completion;
  bool is_description = false;  // only what the statement is, not its execution
  /// For the first one of a transaction: BEGIN, which goes in front of it under the same Sync. Null from then
  /// on.
  std::unique_ptr<const std::string> begin;
};

/// Texts without values, under one Sync.
struct Script {
  std::vector<std::string> texts;
  /// Gets the answer to the first one as soon as it is there, before the next one is executed: also when the
  /// session dies under that.
  std::function<void(const ResultSet&)> on_first;
};

/// Statements under one Sync: they are one transaction.
struct Batch {
  std::vector<Statement> statements;
  Completion<std::vector<ResultSet>> completion;
};

struct Request : Baggage {
  /// Called once, on the loop; the request is handed back with its answer, so that whoever owns it may send
  /// it again, or settle the completion in it.
  using Done = std::function<void(std::unique_ptr<Request>, Expected<Reply>)>;

  Request() = default;
  explicit Request(Query&& query) : work(std::move(query)) {}
  explicit Request(Script&& script) : work(std::move(script)) {}
  explicit Request(Batch&& batch) : work(std::move(batch)) {}

  std::variant<Query, Script, Batch> work;
  std::size_t bytes = 0;  // of text and values, roughly

  Scope scope = Scope::kAutocommit;
  bool is_guarded = false;  // a guard goes under the same Sync: in front of a query, behind a batch
  bool may_repeat = true;   // false: its caller forbids it, even where the text looks harmless
  bool is_read_only =
      false;  // it ran before, and looks as if it changed nothing: the server makes sure of that now
  bool prepare = true;
  DecodeOptions decode;
  std::vector<std::string> text_types;  // types that a custom parser reads: the whole result comes as text

  TimePoint deadline = kNever;
  CancelToken token;
  Done done;

  bool unreplicated = false;
  std::uint32_t attempts = 0;  // how often it was given to a server for execution

  /// Null: it is something else.
  Query* query() { return std::get_if<Query>(&work); }
  const Query* query() const { return std::get_if<Query>(&work); }
  Script* script() { return std::get_if<Script>(&work); }
  const Script* script() const { return std::get_if<Script>(&work); }
  Batch* batch() { return std::get_if<Batch>(&work); }
  const Batch* batch() const { return std::get_if<Batch>(&work); }
  /// The query, or those of the batch.
  std::span<Statement> statements() {
    if (Query* const one = query()) return {static_cast<Statement*>(one), 1};
    if (Batch* const several = batch()) return several->statements;
    return {};
  }
  std::span<const Statement> statements() const {
    if (const Query* const one = query()) return {static_cast<const Statement*>(one), 1};
    if (const Batch* const several = batch()) return several->statements;
    return {};
  }

  /// Its caller may want it cancelled, which goes at once only while it is alone on its session.
  bool may_be_given_up() const { return deadline != kNever || static_cast<bool>(token); }
  Phase phase() const { return phase_; }
  /// Nothing else writes how far it has come, by which is judged what its failure means.
  void came_to(Phase phase) {
    phase_ = phase;
    if (phase == Phase::kSent) ++attempts;
  }
  void rewind() {
    came_to(Phase::kQueued);
    unreplicated = false;
  }

 private:
  Phase phase_ = Phase::kQueued;
};

/// Hands it back with its answer.
void hand_back(std::unique_ptr<Request> request, Expected<Reply> reply);

/// Settles the completion in it. A query goes back to its caller's thread with the answer.
void resolve(std::unique_ptr<Request> request, Reply reply);
void reject(Request& request, Error error);

}  // namespace hdb
