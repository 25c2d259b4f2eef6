// StatementRun: what is sent for one request (statement_run.cpp), and what its answers make of it
// (statement_answer.cpp). A text that is not known is described first, and the types that it names are looked
// up; then all of them are executed under one Sync. A query goes this way as a batch of one does.
// Thread: I/O only.  Owner: Connection.
// Not here: what is in flight beside it (pipeline.hpp), what an error means for the data (outcome.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conn/connection_config.hpp"
#include "conn/flight.hpp"
#include "conn/name_scope.hpp"
#include "conn/node_view.hpp"
#include "conn/statement_cache.hpp"
#include "conn/statement_info.hpp"

namespace hdb {

class StatementRun {
 public:
  /// What becomes of a flight.
  enum class Next : std::uint8_t {
    kFly,      // it was given to the session, but for its Sync
    kRefuse,   // it was not, and there is a `problem`
    kDeliver,  // it is answered
    kFail,     // of its `problem`, or of the server's error
  };

  StatementRun(Loop& loop, StatementCatalog& catalog, const ConnectionConfig& config, const NodeView& view)
      : loop_(loop),
        catalog_(catalog),
        config_(config),
        view_(view),
        cache_(config.statement_cache_size, config.name_prefix) {}

  void open(pq::Session& session) { session_ = &session; }

  Next start(Flight& flight);
  /// One stage of a request is answered.
  Next answered(Flight& flight, TimePoint heard_at);

  // What comes of the one that is answered.
  void on_rows(Flight& flight, ResultSet part) const;
  static void on_result(Flight& flight, ResultSet result);
  void on_prepared(Flight& flight, TimePoint heard_at);

  /// Of a flight that the server has answered with an error, for whatever reason.
  Error error_of(const Flight& flight) const;
  /// Of a flight that is delivered.
  Reply reply_of(Flight& flight, TimePoint heard_at, bool is_in_transaction);
  /// The text that it has described is not executed.
  void drop_described(const Flight& flight);
  void transaction_ended(bool is_committed) { names_.end(is_committed); }

  /// What is known of a text as its names are looked up here now; null: nothing.
  std::shared_ptr<const StatementInfo> known(std::string_view sql) const {
    return catalog_.find(sql, names_.key());
  }

  /// Names that fell out of the cache, to be given back to the server.
  bool has_old_names() const { return cache_.has_dropped(); }
  std::vector<std::string> take_old_names() { return cache_.take_dropped(); }

 private:
  Next prepare(Flight& flight);
  Next describe(Flight& flight, Statement& statement);
  Next look_up_types(Flight& flight, const std::vector<Oid>& unknown);
  Next encode(Flight& flight);
  Next execute(Flight& flight);
  Next run_script(Flight& flight, const Script& script);
  Next refuse(Flight& flight, Error error) const;
  bool send(const std::string& sql);
  bool send_begin(Flight& flight);
  bool send_statement(Flight& flight, const Statement& statement);
  bool wants_name(const Request& request) const { return request.prepare && cache_.capacity() > 0; }

  Next described(Flight& flight, TimePoint heard_at);
  Next types_known(Flight& flight, TimePoint heard_at);
  Next executed(Flight& flight);
  Next failed(Flight& flight);
  Next has_other_columns(Flight& flight);
  Next prepare_anew(Flight& flight);
  void forget(Request& request, bool has_names);
  void label(ResultSet& result, const Request& request) const;

  Loop& loop_;
  StatementCatalog& catalog_;
  const ConnectionConfig& config_;
  const NodeView& view_;
  pq::Session* session_ = nullptr;
  StatementCache cache_;
  NameScope names_;
};

}  // namespace hdb
