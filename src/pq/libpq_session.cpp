#include "pq/libpq_session.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/sqlstate.hpp"
#include "loop/cut_off.hpp"
#include "loop/tcp_info.hpp"
#include "pq/server_report.hpp"

#if !defined(LIBPQ_HAS_PIPELINING)
#error "libpq 14 or newer is needed: older ones have no pipeline mode (apt-get install libpq-dev)"
#endif

namespace hdb::pq {

// ----------------------------------------------------------------------------------------- sending

namespace {

/// Upper bound for all messages of one call, without names, texts and values.
constexpr std::size_t kFraming = 64;
#if defined(LIBPQ_HAS_CHUNK_MODE)
constexpr int kRowsOfPart = 128;
#endif

}  // namespace

bool LibpqSession::sent(int ok, std::size_t bytes, Expect kind, std::shared_ptr<const Columns> columns,
                        bool in_parts) {
  if (ok != 1) {
    lose();
    return false;
  }
  flushed_ = false;
  unsent_ += bytes;
  expected_.push_back({kind, std::move(columns), in_parts});
  if (expected_.size() == 1) begin_front();
  return true;
}

/// Prepares libpq for the next answer: it must know now whether the rows shall come in parts.
void LibpqSession::begin_front() {
  answered_bytes_ = 0;
#if defined(LIBPQ_HAS_CHUNK_MODE)
  if (!expected_.empty() && expected_.front().in_parts) PQsetChunkedRowsMode(conn_, kRowsOfPart);
#endif
}

bool LibpqSession::send_prepare(const std::string& name, const std::string& sql,
                                const std::vector<Oid>& types) {
  if (lost_) return false;
  return sent(PQsendPrepare(conn_, name.c_str(), sql.c_str(), static_cast<int>(types.size()),
                            types.empty() ? nullptr : types.data()),
              kFraming + name.size() + sql.size() + 4 * types.size(), Expect::kPrepare);
}

bool LibpqSession::send_describe(const std::string& name) {
  if (lost_) return false;
  return sent(PQsendDescribePrepared(conn_, name.c_str()), kFraming + name.size(), Expect::kDescribe);
}

void LibpqSession::set_params(const std::vector<WireParam>& params) {
  values_.clear();
  lengths_.clear();
  formats_.clear();
  for (const WireParam& param : params) {
    values_.push_back(param.data);
    lengths_.push_back(param.length);
    formats_.push_back(param.binary ? 1 : 0);
    unsent_ += 6 + static_cast<std::size_t>(param.length);
  }
}

bool LibpqSession::send_execute(const std::string& name, const std::vector<WireParam>& params,
                                bool binary_result, std::shared_ptr<const Columns> columns, bool in_parts) {
  if (lost_) return false;
  set_params(params);
  return sent(PQsendQueryPrepared(conn_, name.c_str(), static_cast<int>(params.size()), values_.data(),
                                  lengths_.data(), formats_.data(), binary_result ? 1 : 0),
              kFraming + name.size(), Expect::kExecute, std::move(columns), in_parts);
}

bool LibpqSession::send_unprepared(const std::string& sql, const std::vector<Oid>& types,
                                   const std::vector<WireParam>& params, bool binary_result,
                                   std::shared_ptr<const Columns> columns) {
  if (lost_) return false;
  set_params(params);
  return sent(PQsendQueryParams(conn_, sql.c_str(), static_cast<int>(params.size()),
                                types.size() == params.size() && !types.empty() ? types.data() : nullptr,
                                values_.data(), lengths_.data(), formats_.data(), binary_result ? 1 : 0),
              kFraming + sql.size() + 4 * types.size(), Expect::kExecute, std::move(columns));
}

bool LibpqSession::send_sync() {
  if (lost_) return false;
#if defined(LIBPQ_HAS_SEND_PIPELINE_SYNC)
  // Long before libpq sends by itself, so that it is known what has left.
  return sent(PQsendPipelineSync(conn_), kFraming, Expect::kSync) && (unsent_ <= kSafelyKept || flush());
#else
  // Before libpq 17 each Sync is sent at once.
  return sent(PQpipelineSync(conn_), kFraming, Expect::kSync) && flush();
#endif
}

bool LibpqSession::send_flush_request() {
  if (lost_) return false;
  unsent_ += kFraming;
  if (PQsendFlushRequest(conn_) == 1) return true;
  lose();
  return false;
}

bool LibpqSession::flush() {
  if (lost_) return false;
  const int left = PQflush(conn_);
  if (left < 0) {
    lose();
    return false;
  }
  flushed_ = left == 0;
  unsent_ = flushed_ ? 0 : kSafelyKept + 1;  // who knows how much of it has left
  if (!flushed_) watch_->want_write();
  return true;
}

// ----------------------------------------------------------------------------------------- reading

void LibpqSession::watch_socket() {
  watch_ =
      loop_.watch(PQsocket(conn_), [this](bool readable, bool writable) { on_ready(readable, writable); });
}

void LibpqSession::on_ready(bool readable, bool writable) {
  if (lost_) return;
  if (dialling_) {
    poll_dial();
    return;
  }
  const Lifetime::Watch alive = life_.watch();
  if (readable) {
    // Most answers are complete after the first read, and are counted when they are handed on.
    if (++reads_ > 1 && is_flooded()) return;
    if (PQconsumeInput(conn_) != 1) {
      // What the server said before it closed (57P01 and the like) is still in the buffer.
      read_responses();
      if (alive) lose();
      return;
    }
    read_responses();
    if (!alive || lost_) return;
    read_on();
  }
  if (writable || !flushed_) flush();
}

/// Waits until there is room for more rows, unless their end is urgent.
void LibpqSession::read_on() {
  const bool may_wait = !expected_.empty() && expected_.front().in_parts && !is_cancelling_;
  if (may_wait && backlog_->is_full(life_.guard([this] {
        if (!lost_) watch_->want_read();
      }))) {
    return;
  }
  watch_->want_read();
}

/// Enforces the limit on the size of an answer.
bool LibpqSession::is_flooded() {
  const std::uint64_t received = bytes_received(PQsocket(conn_));
  if (reads_ == 2) received_before_ = received;
  const bool is_asked = !expected_.empty();
  const std::uint64_t most = is_asked ? most_answered_ : kMostUnasked;
  if (received - received_before_ <= most) return false;
  lose_flooded();
  return true;
}

void LibpqSession::lose_flooded() {
  const bool is_asked = !expected_.empty();
  lose({.message = is_asked ? "the answer has more than " + std::to_string(most_answered_) +
                                  " bytes (maxResultBytes)"
                            : std::string("the server sent more than 1 MB that nobody asked for"),
        .sqlstate = {},
        .code = is_asked ? "ERR_RESULT" : "EPROTO"});
}

/// Counts the answer so far, however libpq has read it. `memory`: of the part, at least its bytes on the
/// wire.
bool LibpqSession::is_too_large(const ResultSet& part, std::size_t memory, bool is_last) {
  if (!is_last || answered_bytes_ + memory > most_answered_) {
    const std::size_t cells = part.rows > 0 ? part.rows * part.columns->size() : 0;
    for (std::size_t i = 0; i < cells; ++i)
      answered_bytes_ += 4 + static_cast<std::uint64_t>(std::max(part.row(0)[i].length, 0));
  }
  const bool is_too_large = answered_bytes_ > most_answered_;
  if (is_too_large) lose_flooded();
  return is_too_large;
}

void LibpqSession::read_responses() {
  const Lifetime::Watch alive = life_.watch();
  while (alive && !lost_ && PQisBusy(conn_) == 0) {
    if (expected_.empty()) {
      // Nothing was asked: libpq has parsed what came unasked (notices, parameters, notifications).
      if (ResultPtr result{PQgetResult(conn_)}) {
        lose({.message = "the server answered a question that nobody asked",
              .sqlstate = std::string(sqlstate::kProtocolViolation),
              .code = "EPROTO"});
      }
      break;
    }
    if (!read_one()) break;
  }
  if (!alive || lost_) return;
  // Notifications for a LISTEN that was sent as a statement: nobody wants them, and libpq would keep them.
  while (PGnotify* notify = PQnotifies(conn_)) {
    PQfreemem(notify);
    reads_ = 0;
  }
  if (PQstatus(conn_) == CONNECTION_BAD) lose();
}

/// Reads one result of the front of `expected_`; false when there is nothing more to read now.
bool LibpqSession::read_one() {
  Expected& expected = expected_.front();
  ResultPtr result(PQgetResult(conn_));
  if (!result) {
    // Each command ends with a null. A Sync ends with its own result: a null in front of that one
    // follows an error of the implicit commit.
    if (!answered_) return false;
    answered_ = false;
    if (expected.kind != Expect::kSync) {
      expected_.pop_front();
      begin_front();
    }
    return true;
  }
  const ExecStatusType status = PQresultStatus(result.get());
#if defined(LIBPQ_HAS_CHUNK_MODE)
  if (status != PGRES_TUPLES_CHUNK) reads_ = 0;
#else
  reads_ = 0;
#endif
  if (status == PGRES_PIPELINE_SYNC) {
    if (expected.kind != Expect::kSync) {
      lose({.message = "the server skipped an answer",
            .sqlstate = std::string(sqlstate::kProtocolViolation),
            .code = "EPROTO"});
      return false;
    }
    expected_.pop_front();
    is_cancelling_ = false;
    begin_front();
    handler_->on_sync();
    return true;
  }
  if (PQstatus(conn_) == CONNECTION_BAD) return false;  // libpq's own result about the lost connection
  answered_ = true;
  respond(std::move(result), expected);
  return true;
}

void LibpqSession::respond(ResultPtr result, Expected& expected) {
  switch (PQresultStatus(result.get())) {
#if defined(LIBPQ_HAS_CHUNK_MODE)
    case PGRES_TUPLES_CHUNK: {
      const std::size_t bytes = PQresultMemorySize(result.get());
      ResultSet part = result_set_of(std::move(result), expected.columns, slab_);
      if (expected.columns && is_too_large(part, bytes, false)) return;
      // libpq writes the tag of the statement on the result that it is building: the last chunk, unless that
      // was full.
      if (part.row_count) tag_ = {std::move(part.command), *part.row_count};
      // Other requests wait for the end of the statement, so it must not wait for room.
      if (part.columns == expected.columns) part.cells = backlog_->charge(std::move(part.cells), bytes);
      handler_->on_rows(std::move(part));
      return;
    }
#endif
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: {
      const std::size_t bytes = PQresultMemorySize(result.get());
      const bool is_ours = expected.columns == nullptr;  // a query of our own
      ResultSet rest = result_set_of(std::move(result), std::move(expected.columns), slab_);
      if (!is_ours && is_too_large(rest, bytes, true)) return;
      if (tag_) std::tie(rest.command, rest.row_count) = *std::exchange(tag_, std::nullopt);
      handler_->on_result(std::move(rest));
      return;
    }
    case PGRES_COMMAND_OK:
      if (expected.kind == Expect::kPrepare) {
        handler_->on_prepared();
      } else if (expected.kind == Expect::kDescribe) {
        Description description;
        for (int i = 0; i < PQnparams(result.get()); ++i)
          description.params.push_back(PQparamtype(result.get(), i));
        description.columns = columns_of(result.get());
        handler_->on_described(std::move(description));
      } else {
        handler_->on_result(result_set_of(std::move(result), std::move(expected.columns), slab_));
      }
      return;
    case PGRES_PIPELINE_ABORTED:
      return;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      handler_->on_copy();
      return;
    default: {
      ServerReport report = server_report(result.get());
      if (report.severity == "FATAL" || report.severity == "PANIC") {
        last_fatal_ = report.message;
        last_fatal_sqlstate_ = report.sqlstate;
      }
      handler_->on_error(std::move(report));
    }
  }
}

void LibpqSession::on_libpq_notice(void* self, const PGresult* result) {
  auto* session = static_cast<LibpqSession*>(self);
  ServerReport report = server_report(result);
  if (report.severity == "FATAL" || report.severity == "PANIC" || report.sqlstate.starts_with("57P")) {
    session->last_fatal_ = report.message;
    session->last_fatal_sqlstate_ = report.sqlstate;
  }
  if (session->handler_ != nullptr && !session->dialling_) session->handler_->on_notice(report);
}

// ------------------------------------------------------------------------------------------ ending

void LibpqSession::lose() {
  const std::string message = conn_ != nullptr ? tidy(PQerrorMessage(conn_)) : "no connection";
  Loss loss{.message = message, .sqlstate = sqlstate_in(message), .code = node_code_for(message)};
  if (!last_fatal_sqlstate_.empty()) {
    loss.sqlstate = last_fatal_sqlstate_;
    loss.message = last_fatal_;
  }
  lose(std::move(loss));
}

void LibpqSession::lose(Loss loss) {
  if (lost_) return;
  lost_ = true;
  watch_.reset();
  // Deferred: the loss may be found inside a call from the very object that has to be told.
  loop_.defer(life_.guard([this, what = std::move(loss)]() mutable {
    if (handler_ != nullptr) handler_->on_lost(std::move(what));
  }));
}

void LibpqSession::close() {
  life_.end();
  lost_ = true;
  watch_.reset();
  handler_ = nullptr;
  cancel_.reset();
  backlog_->close();
  PGconn* const conn = std::exchange(conn_, nullptr);
  if (login_) {
    abandoned_->emplace(dialled_, login_->since);
    login_.reset();  // the helper thread ends it
  } else if (conn != nullptr) {
    // With its Terminate message libpq would send what it still holds, which was reported as not sent.
    if (!flushed_ && PQsocket(conn) >= 0) cut_off(PQsocket(conn));
    PQfinish(conn);
  }
}

std::string_view LibpqSession::parameter(const char* name) const {
  const char* value = conn_ != nullptr ? PQparameterStatus(conn_, name) : nullptr;
  return value != nullptr ? std::string_view(value) : std::string_view();
}

TransactionStatus LibpqSession::transaction_status() const {
  switch (conn_ != nullptr ? PQtransactionStatus(conn_) : PQTRANS_UNKNOWN) {
    case PQTRANS_IDLE:
      return TransactionStatus::kIdle;
    case PQTRANS_ACTIVE:
      return TransactionStatus::kActive;
    case PQTRANS_INTRANS:
      return TransactionStatus::kInTransaction;
    case PQTRANS_INERROR:
      return TransactionStatus::kInError;
    default:
      return TransactionStatus::kUnknown;
  }
}

std::size_t LibpqSession::most_parameters() const {
  // Before 18 libpq takes a description of more than 30,000 bytes for a broken protocol.
  return PQlibVersion() >= 180000 ? 65535 : (30000 - 4 - 2) / 4;
}

bool LibpqSession::is_unacknowledged() const {
  return conn_ != nullptr && hdb::is_unacknowledged(PQsocket(conn_));
}

int LibpqSession::server_version() const { return conn_ != nullptr ? PQserverVersion(conn_) : 0; }

void LibpqSession::cancel(std::function<void(std::string)> done) {
  if (conn_ == nullptr) {
    loop_.defer([done = std::move(done)] { done("there is no connection to cancel"); });
    return;
  }
  is_cancelling_ = true;
  if (watch_) watch_->want_read();
  cancel_ = std::make_unique<CancelRequest>(loop_, conn_, std::move(done));
}

}  // namespace hdb::pq
