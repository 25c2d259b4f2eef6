// TransactionCore: one explicit transaction on one pinned session, from BEGIN to its end.
// Thread: I/O only.  Owner: the engine, beside its pool.
// Not here: savepoints and running a transaction again; those are made of statements by lib/.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "api/options.hpp"
#include "base/lifetime.hpp"
#include "base/snapshot.hpp"
#include "conn/connection.hpp"
#include "pool/commit_proof.hpp"
#include "pool/pool_core.hpp"

namespace hdb {

/// What a JavaScript thread may ask of a transaction without waiting.
struct TransactionView {
  Gauge is_open;
  Snapshot<std::string> host;
};

/// What a call gets when its transaction has ended.
Error transaction_closed_error();

class TransactionCore final : private Leaseholder {
 public:
  TransactionCore(PoolCore& pool, TransactionOptions options, TimePoint deadline,
                  std::shared_ptr<TransactionView> view);
  ~TransactionCore() override;

  void begin(Completion<Unit> done);
  void query(std::unique_ptr<Request> request, Completion<ResultSet> done);
  void describe(std::unique_ptr<Request> request, Completion<StatementDescription> done);
  void commit(Completion<Unit> done);
  void rollback(Completion<Unit> done);

 private:
  enum class State : std::uint8_t {
    kWaiting,    // for a session
    kBeginning,  // BEGIN is on its way
    kOpen,       // takes statements
    kEnding,     // COMMIT or ROLLBACK is on its way, or waits for running statements
    kEnded,      // terminal
  };
  struct Pending {
    std::unique_ptr<Request> request;
    Completion<ResultSet> done;
    TimePoint since{};
  };

  void on_leased(Connection& connection) override;
  void on_refused(Error error) override;
  void on_lost(const Error& why) override;

  void on_begun(Expected<Reply> reply);
  void open();
  bool is_fenced(const Reply& reply) const;
  void send_next();
  bool has_begun(Expected<Reply>& reply) const;
  void on_answer(const Expected<Reply>& reply);
  void send_end();
  void on_ended(Expected<Reply> reply);
  void find_out();
  void on_evidence(Expected<ResultSet> result);
  void stay_in_doubt(const std::string& why);
  void lose(Error why);
  void settle(Completion<Unit> done, std::optional<Error> error);
  void finish();
  void count(const Expected<Reply>& reply, TimePoint since);
  void count_end(Outcome outcome);
  Mode mode() const { return options_.mode.value_or(*pool_.options().mode); }
  void run(std::vector<std::string> script, Scope scope, std::function<void(Expected<Reply>)> done,
           std::function<void(const ResultSet&)> on_first = nullptr);
  std::string begin_text() const;

  PoolCore& pool_;
  TransactionOptions options_;
  TimePoint deadline_;
  std::shared_ptr<TransactionView> view_;
  State state_ = State::kWaiting;
  Connection* connection_ = nullptr;
  std::deque<Pending> pending_;
  bool running_ = false;
  bool is_begun_ = false;  // BEGIN was sent
  Completion<Unit> beginning_;
  Completion<Unit> ending_;
  bool commit_wanted_ = false;
  bool may_write_ = true;
  std::optional<Error> first_error_;  // what failed the transaction
  std::optional<Error> lost_;         // its session is gone
  std::optional<CommitProof> proof_;  // with `commitProof`, from just before COMMIT
  std::optional<Error> doubt_;        // what became of COMMIT is being found out
  TimePoint committed_at_{};          // when COMMIT was sent
  TimePoint open_since_{};
  std::shared_ptr<HostGauge> gauge_;  // of its host, until it is known how it ended
  Timer timer_;
  Lifetime life_;
};

}  // namespace hdb
