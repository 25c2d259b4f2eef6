// StatementClaim: a statement or a batch on its way: it waits for a session, is sent, and is answered or run
// again.
// Thread: I/O only.  Owner: the queue while it waits, its request while that is in flight.
// Not here: whether it may run again (retry), on which session (Dispatcher).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "api/options.hpp"
#include "base/callback.hpp"
#include "conn/request.hpp"
#include "conn/statement_cache.hpp"
#include "pool/claim.hpp"
#include "pool/dispatcher.hpp"
#include "pool/pool_context.hpp"
#include "pool/retry.hpp"

namespace hdb {

/// A query or a batch, and how it is run.
struct PoolStatement {
  std::unique_ptr<Request> request;
  Mode mode = Mode::kReadWrite;
  bool is_idempotent = false;
  Callback<std::string, double> on_wait;  // as in QueryOptions
};

class StatementClaim final : public Claim {
 public:
  /// What the statements of one pool share.
  struct Desk {
    const PoolContext& pool;
    Dispatcher& dispatcher;
    StatementCatalog& catalog;
  };
  StatementClaim(const Desk& desk, PoolStatement statement, TimePoint acquire_by);

  void serve(std::unique_ptr<Claim> self, PooledSession& session) override;
  void fail(Error error) override;
  std::size_t share_depth() override;
  const StatementInfo* joins() override;
  std::size_t bytes() const override;

 private:
  using Self = std::unique_ptr<StatementClaim>;

  void on_reply(Self self, PooledSession& session, Reply& answer);
  void on_failure(Self self, PooledSession& session, Error error);
  void settle_failure(Error error, const Attempt& attempt, HostGauge& gauge);
  void settle_unmasked(const std::string& host);
  void succeed(Reply reply);
  Error as_known(Error error) const;
  Attempt attempt(NodeState node) const;
  StatementKind kind() const;
  bool needs_guard(const Request& request, const Connection& connection) const;
  double waited_ms() const;

  const Desk& desk_;
  PoolStatement statement_;
  // Why it is run again though it may have run: the server keeps it from writing then, unless its caller
  // allows that.
  std::unique_ptr<Error> left_open_;       // a failure left open whether it has run
  std::unique_ptr<Reply> shown_in_fence_;  // a node was fenced under it
};

}  // namespace hdb
