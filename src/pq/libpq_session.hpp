// LibpqSession: Session over a PGconn: non-blocking, always in pipeline mode (libpq_login.cpp opens it).
// Thread: I/O only.  Owner: Connection.
// Not here: names (the loop resolves them), time (the owner's timers), choosing what to send.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/lifetime.hpp"
#include "loop/backlog.hpp"
#include "loop/loop.hpp"
#include "pq/cancel.hpp"
#include "pq/cells.hpp"
#include "pq/session.hpp"

namespace hdb::pq {

/// Start times of abandoned logins that still compute on their helper threads, by host and port.
using AbandonedLogins = std::multimap<std::string, TimePoint>;

class LibpqSession final : public Session {
 public:
  LibpqSession(Loop& loop, Slab& slab, std::shared_ptr<AbandonedLogins> abandoned)
      : loop_(loop), slab_(slab), abandoned_(std::move(abandoned)) {}
  ~LibpqSession() override { close(); }

  void set_handler(SessionHandler& handler) override { handler_ = &handler; }
  void dial(const Conninfo& conninfo) override;
  void limit_answers(std::uint64_t bytes) override { most_answered_ = bytes; }

  bool send_prepare(const std::string& name, const std::string& sql, const std::vector<Oid>& types) override;
  bool send_describe(const std::string& name) override;
  bool send_execute(const std::string& name, const std::vector<WireParam>& params, bool binary_result,
                    std::shared_ptr<const Columns> columns, bool in_parts) override;
  bool send_unprepared(const std::string& sql, const std::vector<Oid>& types,
                       const std::vector<WireParam>& params, bool binary_result,
                       std::shared_ptr<const Columns> columns) override;
  bool send_sync() override;
  bool send_flush_request() override;
  bool flush() override;
  Flushed flushed() const override {
    return flushed_ ? Flushed::kAll : unsent_ > kSafelyKept ? Flushed::kPartly : Flushed::kNothing;
  }

  std::string_view parameter(const char* name) const override;
  TransactionStatus transaction_status() const override;
  bool is_unacknowledged() const override;
  int server_version() const override;
  std::size_t most_parameters() const override;
  void cancel(std::function<void(std::string)> done) override;
  void close() override;

 private:
  enum class Expect : std::uint8_t { kPrepare, kDescribe, kExecute, kSync };
  struct Expected {
    Expect kind;
    std::shared_ptr<const Columns> columns;
    bool in_parts = false;
  };

  /// A PGconn on a helper thread: its last holder closes it.
  struct Login {
    explicit Login(PGconn* lent) : conn(lent) {}
    ~Login() { PQfinish(conn); }
    Login(const Login&) = delete;
    Login& operator=(const Login&) = delete;
    PGconn* conn;
    TimePoint since{};
    PostgresPollingStatusType status = PGRES_POLLING_FAILED;
  };

  void poll_dial();
  void poll_elsewhere();
  void on_polled(PostgresPollingStatusType status);
  bool is_futile() const;
  bool is_flooded();
  bool is_too_large(const ResultSet& part, std::size_t memory, bool is_last);
  void lose_flooded();
  void watch_socket();
  void on_ready(bool readable, bool writable);
  void read_on();
  void read_responses();
  bool read_one();
  void respond(ResultPtr result, Expected& expected);
  bool sent(int ok, std::size_t bytes, Expect kind, std::shared_ptr<const Columns> columns = nullptr,
            bool in_parts = false);
  void begin_front();
  void set_params(const std::vector<WireParam>& params);
  void lose();
  void lose(Loss loss);
  static void on_libpq_notice(void* self, const PGresult* result);

  Loop& loop_;
  Slab& slab_;
  SessionHandler* handler_ = nullptr;
  PGconn* conn_ = nullptr;
  std::unique_ptr<SocketWatch> watch_;
  std::unique_ptr<CancelRequest> cancel_;
  bool dialling_ = false;
  /// Maximum that a server may send before the session is open, and unasked afterwards.
  static constexpr std::uint64_t kMostUnasked = 1 << 20;
  /// Above 64 KiB libpq sends on its own.
  static constexpr std::size_t kSafelyKept = std::size_t{32} * 1024;

  bool flushed_ = true;
  std::size_t unsent_ = 0;  // bytes given to libpq since the last flush, at most
  bool lost_ = false;
  // libpq takes one array per property of the parameters; reused, because every statement needs them.
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::deque<Expected> expected_;  // what was sent and not yet answered
  /// Of the statement that is answered, when it came with the last rows.
  std::optional<std::pair<std::string, std::uint64_t>> tag_;
  std::shared_ptr<Backlog> backlog_ = std::make_shared<Backlog>(loop_);
  bool is_cancelling_ = false;  // what runs; a server that waits to send does not hear of it
  bool answered_ = false;       // the front of expected_ has its result; its terminator is still to come
  std::string last_fatal_;      // what a FATAL notice said before the end of the stream
  std::string last_fatal_sqlstate_;
  std::shared_ptr<AbandonedLogins> abandoned_;
  std::string dialled_;           // host and port
  std::shared_ptr<Login> login_;  // while a helper thread has the connection
  std::uint64_t most_answered_ = UINT64_MAX;
  std::uint64_t received_before_ = 0;  // when it was first looked at, in the answer that is coming in
  unsigned reads_ = 0;                 // since the last answer
  std::uint64_t answered_bytes_ = 0;   // of the statement that is answered, in the parts so far
  Lifetime life_;
};

class LibpqSessionFactory final : public SessionFactory {
 public:
  explicit LibpqSessionFactory(Loop& loop) : loop_(loop) {}
  std::unique_ptr<Session> make() override {
    return std::make_unique<LibpqSession>(loop_, slab_, abandoned_);
  }

 private:
  Loop& loop_;
  Slab slab_;
  std::shared_ptr<AbandonedLogins> abandoned_ = std::make_shared<AbandonedLogins>();
};

}  // namespace hdb::pq
