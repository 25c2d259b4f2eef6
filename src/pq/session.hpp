// Session: one connection to one server, as the layers above see it: what to send, and what has come.
// Thread: I/O only.  Owner: Connection (or Dialer, while it races addresses).
// Not here: which statement may be sent when, which request an answer belongs to, how errors are handled.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/result.hpp"

namespace hdb::pq {

/// libpq keywords and values. `hostaddr` is always set for a TCP host, so that libpq never resolves.
using Conninfo = std::vector<std::pair<std::string, std::string>>;

/// One parameter as it goes on the wire. `data` must live until `send_execute` returns.
struct WireParam {
  const char* data = nullptr;  // null: NULL; text is NUL-terminated
  int length = 0;
  bool binary = false;
};

/// The server's description of a prepared statement.
struct Description {
  std::vector<Oid> params;
  Columns columns;
};

enum class TransactionStatus : std::uint8_t { kIdle, kActive, kInTransaction, kInError, kUnknown };

/// How much of what was sent, up to the last Sync, has left this process.
enum class Flushed : std::uint8_t {
  kAll,      // nothing waits in our buffers
  kPartly,   // the end of it surely waits there; what is before may have left
  kNothing,  // since the last time that it was all
};

/// Why a session could not be opened or went away.
struct Loss {
  std::string message;   // libpq's text, without the password
  std::string sqlstate;  // empty when the server said nothing
  std::string code;      // Node-style: ECONNREFUSED, ECONNRESET, ETIMEDOUT, …
};

class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  virtual void on_dialled() = 0;
  /// Some of the rows of a running statement that was sent `in_parts`.
  virtual void on_rows(ResultSet part) = 0;
  /// A statement has run. If it was sent `in_parts`, the rest of its rows.
  virtual void on_result(ResultSet result) = 0;
  virtual void on_prepared() = 0;
  virtual void on_described(Description description) = 0;
  /// The server silently skips what follows under the same Sync.
  virtual void on_error(ServerReport error) = 0;
  /// The server wants COPY, which is not supported.
  virtual void on_copy() = 0;
  /// ReadyForQuery: what was sent since the last Sync has finished, and reported parameters are current.
  virtual void on_sync() = 0;
  virtual void on_notice(const ServerReport& notice) = 0;
  /// The session is unusable; nothing more comes.
  virtual void on_lost(Loss loss) = 0;
};

class Session {
 public:
  virtual ~Session() = default;

  virtual void set_handler(SessionHandler& handler) = 0;
  virtual void dial(const Conninfo& conninfo) = 0;
  /// A larger answer ends the session, with the code ERR_RESULT.
  virtual void limit_answers(std::uint64_t bytes) = 0;

  // Each returns false when the session is broken; `on_lost` follows at the end of the turn.
  virtual bool send_prepare(const std::string& name, const std::string& sql,
                            const std::vector<Oid>& types) = 0;
  virtual bool send_describe(const std::string& name) = 0;
  /// `columns`: what Describe said, shared by all results of the statement; null: read from the result.
  /// `in_parts`: rows may come before the statement has ended, where libpq can do it (17).
  virtual bool send_execute(const std::string& name, const std::vector<WireParam>& params, bool binary_result,
                            std::shared_ptr<const Columns> columns, bool in_parts) = 0;
  virtual bool send_unprepared(const std::string& sql, const std::vector<Oid>& types,
                               const std::vector<WireParam>& params, bool binary_result,
                               std::shared_ptr<const Columns> columns) = 0;
  virtual bool send_sync() = 0;
  /// Asks the server to send its answers so far before it goes on.
  virtual bool send_flush_request() = 0;
  /// Writes what was sent to the socket, now or as soon as it is writable.
  virtual bool flush() = 0;
  /// How much of what was sent has left this process.
  virtual Flushed flushed() const = 0;

  /// A parameter that the server reported (ParameterStatus); empty when it did not.
  virtual std::string_view parameter(const char* name) const = 0;
  virtual TransactionStatus transaction_status() const = 0;
  virtual int server_version() const = 0;
  /// Maximum number of parameters of a statement whose description can be read.
  virtual std::size_t most_parameters() const = 0;
  /// True if what was sent has not been acknowledged, even after retransmission. False if the system cannot
  /// tell.
  virtual bool is_unacknowledged() const = 0;

  /// A request to cancel what runs now; `done` is called on the loop when the cancel's own
  /// connection has ended, with an error text or empty.
  virtual void cancel(std::function<void(std::string)> done) = 0;

  /// Ends the session; no handler is called any more.
  virtual void close() = 0;
};

/// Makes sessions; tests have a fake one.
class SessionFactory {
 public:
  virtual ~SessionFactory() = default;
  virtual std::unique_ptr<Session> make() = 0;
};

}  // namespace hdb::pq
