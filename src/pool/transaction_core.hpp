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
#include "pool/commit_inquiry.hpp"
#include "pool/commit_proof.hpp"
#include "pool/pool_core.hpp"
#include "pool/transaction_state.hpp"

namespace hdb {

/// What a JavaScript thread may ask of a transaction without waiting.
struct TransactionView {
  Gauge is_open;
  Snapshot<std::string> host;
};

class TransactionCore final : private Leaseholder {
 public:
  TransactionCore(PoolCore& pool, TransactionOptions options, TimePoint deadline,
                  std::shared_ptr<TransactionView> view);
  ~TransactionCore() override;

  void begin(Completion<Unit> done);
  void query(std::unique_ptr<Request> request);
  void describe(std::unique_ptr<Request> request, Completion<StatementDescription> done);
  void commit(Completion<Unit> done);
  void rollback(Completion<Unit> done);

 private:
  using State = TransactionState;
  using Event = TransactionEvent;
  struct Pending {
    std::unique_ptr<Request> request;
    TimePoint since{};
  };

  void on_leased(Connection& connection) override;
  void on_refused(Error error) override;
  void on_lost(const Error& why) override;

  /// The only place that changes the state.
  void move(Event event) { state_ = after_event(state_, event); }
  void on_begun(Expected<Reply> reply);
  void open();
  void send_next();
  bool has_begun(Expected<Reply>& reply) const;
  void notice_end(const Expected<Reply>& reply);
  void on_answer(const Expected<Reply>& reply);
  Error ended_error() const;
  Error gone_error() const;
  void send_end();
  void on_rolled_back(bool commits);
  void send_commit();
  void on_committed(Expected<Reply> reply);
  void on_commit_failed(Error error);
  void find_out(Error doubt);
  void give_up(ErrorKind why);
  void lose(Error why);
  void settle(Completion<Unit> done, std::optional<Error> error);
  void finish(Event event);
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
  bool is_begun_ = false;     // BEGIN was sent
  bool is_end_sent_ = false;  // COMMIT or ROLLBACK
  Completion<Unit> beginning_;
  Completion<Unit> ending_;
  bool may_write_ = true;
  std::optional<Error> first_error_;  // what failed the transaction
  std::optional<ErrorKind> over_;     // why it is lost when what runs has ended
  std::optional<Error> lost_;         // why it ended without its methods
  std::optional<CommitProof> proof_;  // with `commitProof`, from just before COMMIT
  TimePoint committed_at_{};          // when COMMIT was sent
  std::optional<CommitInquiry> inquiry_;
  TimePoint open_since_{};
  std::shared_ptr<HostGauge> gauge_;  // of its host, until it is known how it ended
  Timer timer_;
  Lifetime life_;
};

}  // namespace hdb
