#include "test/unit/support/fake_session.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <deque>
#include <utility>

#include "conn/fence.hpp"
#include "conn/probe.hpp"
#include "pool/commit_proof.hpp"

namespace hdb::test {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string first_word(const std::string& sql) {
  std::size_t end = 0;
  while (end < sql.size() && std::isalpha(static_cast<unsigned char>(sql[end])) != 0) ++end;
  return lower(sql.substr(0, end));
}

bool has(const std::string& sql, const char* part) { return sql.find(part) != std::string::npos; }

bool is_writing(const std::string& sql) {
  const std::string word = first_word(sql);
  for (const char* known : {"insert", "update", "delete", "merge", "create", "drop", "truncate"}) {
    if (word == known) return true;
  }
  return has(sql, "writing(") || (word == "with" && has(sql, "insert"));
}

bool is_query(const std::string& sql) {
  const std::string word = first_word(sql);
  return word == "select" || word == "values" || word == "show" || word == "with" || word == "table" ||
         has(sql, "returning");
}

Oid oid_of(const std::string& type) {
  static const std::map<std::string, Oid> kOids{{"int", 23},  {"int4", 23}, {"bigint", 20}, {"int8", 20},
                                                {"bool", 16}, {"text", 25}, {"bytea", 17}};
  const auto found = kOids.find(type);
  return found == kOids.end() ? 25 : found->second;
}

/// Parameters and one column, by the casts in the text.
pq::Description guess(const std::string& sql) {
  pq::Description description;
  if (sql == evidence_sql()) {
    description.params = {25};
    description.columns.resize(5);
    for (Column& column : description.columns) column.field.type_oid = 25;
    return description;
  }
  for (std::size_t at = sql.find('$'); at != std::string::npos; at = sql.find('$', at + 1)) {
    const auto number = static_cast<std::size_t>(std::atoi(sql.c_str() + at + 1));
    if (number == 0) continue;
    if (description.params.size() < number) description.params.resize(number, 25);
    std::size_t end = at + 1;
    while (end < sql.size() && std::isdigit(static_cast<unsigned char>(sql[end])) != 0) ++end;
    if (sql.compare(end, 2, "::") != 0) continue;
    std::size_t stop = end + 2;
    while (stop < sql.size() && std::isalnum(static_cast<unsigned char>(sql[stop])) != 0) ++stop;
    description.params[number - 1] = oid_of(sql.substr(end + 2, stop - end - 2));
  }
  if (is_query(sql)) {
    Column column;
    column.field.name = "value";
    column.field.type_oid = description.params.empty() ? 25 : description.params.front();
    description.columns.push_back(column);
  }
  return description;
}

std::string in_binary(const std::string& text, Oid oid) {
  const auto big_endian = [](std::uint64_t value, int bytes) {
    std::string out;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      out += static_cast<char>((value >> shift) & 0xFF);
    return out;
  };
  switch (oid) {
    case 16:
      return std::string(1, text == "t" ? '\1' : '\0');
    case 20:
      return big_endian(static_cast<std::uint64_t>(std::atoll(text.c_str())), 8);
    case 23:
      return big_endian(static_cast<std::uint64_t>(std::atoll(text.c_str())), 4);
    default:
      return text;
  }
}

std::string hex(std::uint64_t value, int digits) {
  std::string out;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789ABCDEF"[(value >> shift) & 15];
  return out;
}

}  // namespace

ServerReport report(std::string sqlstate, std::string message, std::string severity, std::string routine) {
  ServerReport made;
  made.sqlstate = std::move(sqlstate);
  made.severity = std::move(severity);
  made.message = std::move(message);
  if (!routine.empty()) made.routine = std::move(routine);
  return made;
}

std::string FakeStatement::label() const {
  std::string text = sql;
  for (const Text& param : params) text += (text.size() == sql.size() ? " [" : ", ") + param.value_or("null");
  if (!params.empty()) text += "]";
  return text;
}

namespace {

/// What a client sends.
struct Asked {
  enum class Kind { kParse, kDescribe, kExecute, kUnprepared, kFlush, kSync } kind = Kind::kSync;
  std::string name;
  FakeStatement statement;
  bool binary = false;
  std::shared_ptr<const Columns> columns;
  bool in_parts = false;
};

/// Of what is asked for in parts, how many rows come at a time.
constexpr std::size_t kPartRows = 100;

/// What a server sends.
struct Told {
  enum class Kind {
    kDialled,
    kRows,
    kResult,
    kPrepared,
    kDescribed,
    kError,
    kSkipped,
    kCopy,
    kSync,
    kNotice,
    kLoss
  };
  Kind kind = Kind::kSync;
  ResultSet result;
  pq::Description description;
  ServerReport error;
  ServerReport notice;
  pq::Loss loss;
  // ReadyForQuery, and what was reported before it.
  pq::TransactionStatus status = pq::TransactionStatus::kIdle;
  std::map<std::string, std::string> parameters;
};

}  // namespace

// -------------------------------------------------------------------------------------- both ends

/// One session: its two ends and what is on its way between them.
struct FakeWire : std::enable_shared_from_this<FakeWire> {
  enum class Transaction { kNone, kImplicit, kOpen, kFailed };
  struct Prepared {
    std::string sql;
    int version = 0;
  };

  FakeLoop* loop = nullptr;
  std::shared_ptr<FakeServer> server;
  FakeSession* client = nullptr;   // null: closed
  bool is_dead = false;            // the server's end is gone
  bool is_cut = false;             // no packet arrives any more
  bool is_unacknowledged = false;  // something was sent since
  bool is_leaving = false;         // the client's end is gone; what came before it is still served
  int pid = 0;
  std::vector<Asked> unsent;
  TimePoint there{};  // when what was sent last arrives, each way
  TimePoint back{};

  // The server's end.
  std::deque<Asked> inbox;
  std::vector<Told> outbox;
  bool is_late = false;          // its answer has not left: it froze, or waits for a standby
  bool is_unreplicated = false;  // it waits for a standby
  bool is_running = false;       // a statement that takes time
  Asked running;
  std::uint64_t run_number = 0;
  Transaction transaction = Transaction::kNone;
  bool is_read_only = false;  // of the transaction
  std::string date_style;     // of its own; empty: it has the server's
  std::string encoding = "UTF8";
  std::uint64_t xid = 0;  // of the transaction, once it has written
  bool is_skipping = false;
  std::string own_read_only;  // the source of an `on` of its own, or "off"; empty: it has the server's
  bool began_on_standby = false;
  std::vector<std::string> writes;
  FakeStatement last_write;
  std::map<std::string, Prepared> prepared;

  Duration way(TimePoint& last);
  void send(std::vector<Asked> batch);
  void tell(std::vector<Told> batch);
  void end();
  void lose(pq::Loss loss, const std::optional<ServerReport>& notice = {});
  void pump();
  bool read(Asked asked);
  bool run(const Asked& asked);
  void finish(const Asked& asked, FakeAnswer answer);
  FakeAnswer answer_to(const FakeStatement& statement);
  bool at(FakeServer::Moment moment, const FakeStatement& statement);
  void fail(ServerReport error, bool is_last = false);
  void begin_implicit();
  void forget_transaction();
  void warn_unreplicated();
  void answer(Told::Kind kind);
  bool commit(const FakeStatement& statement);
  bool sync();
  bool default_read_only() const {
    return own_read_only.empty() ? server->is_fenced : own_read_only != "off";
  }
  std::map<std::string, std::string> parameters() const;
};

class FakeSession final : public pq::Session {
 public:
  explicit FakeSession(FakeNetwork& network) : network_(network), wire_(std::make_shared<FakeWire>()) {
    wire_->loop = &network.loop();
    wire_->client = this;
    network.sessions_.push_back(this);
  }
  ~FakeSession() override {
    close();
    std::erase(network_.sessions_, this);
  }

  void set_handler(pq::SessionHandler& handler) override { handler_ = &handler; }
  void dial(const pq::Conninfo& conninfo) override;
  void limit_answers(std::uint64_t) override {}

  bool send_prepare(const std::string& name, const std::string& sql, const std::vector<Oid>&) override {
    watch_sent(sql);
    names_[name] = sql;
    return ask(
        {.kind = Asked::Kind::kParse, .name = name, .statement = {sql, {}}, .binary = false, .columns = {}});
  }
  bool send_describe(const std::string& name) override {
    return ask(
        {.kind = Asked::Kind::kDescribe, .name = name, .statement = {}, .binary = false, .columns = {}});
  }
  bool send_execute(const std::string& name, const std::vector<pq::WireParam>& params, bool binary_result,
                    std::shared_ptr<const Columns> columns, bool in_parts) override {
    if (is_leaving()) watch_leaving(names_[name]);
    return ask({.kind = Asked::Kind::kExecute,
                .name = name,
                .statement = {{}, texts(params)},
                .binary = binary_result,
                .columns = std::move(columns),
                .in_parts = in_parts});
  }
  bool send_unprepared(const std::string& sql, const std::vector<Oid>&,
                       const std::vector<pq::WireParam>& params, bool binary_result,
                       std::shared_ptr<const Columns> columns) override {
    watch_sent(sql);
    return ask({.kind = Asked::Kind::kUnprepared,
                .name = {},
                .statement = {sql, texts(params)},
                .binary = binary_result,
                .columns = std::move(columns)});
  }
  bool send_sync() override { return ask({}); }
  bool send_flush_request() override {
    return ask({.kind = Asked::Kind::kFlush, .name = {}, .statement = {}, .binary = false, .columns = {}});
  }
  bool flush() override {
    if (lost_) return false;
    if (wire_->server != nullptr && wire_->server->is_blocked_) return true;
    wire_->send(std::exchange(wire_->unsent, {}));
    return true;
  }
  pq::Flushed flushed() const override {
    const bool is_known = wire_->unsent.empty() && !(wire_->server != nullptr && wire_->server->is_ahead);
    return is_known ? pq::Flushed::kAll : pq::Flushed::kNothing;
  }

  std::string_view parameter(const char* name) const override {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? std::string_view() : std::string_view(found->second);
  }
  pq::TransactionStatus transaction_status() const override {
    if (lost_) return pq::TransactionStatus::kUnknown;
    return unanswered_ > 0 ? pq::TransactionStatus::kActive : status_;  // as libpq says it
  }
  std::size_t most_parameters() const override {
    return wire_->server != nullptr ? wire_->server->most_parameters : 65535;
  }
  bool is_unacknowledged() const override { return wire_->is_unacknowledged; }
  int server_version() const override { return wire_->server != nullptr ? wire_->server->version : 0; }
  void cancel(std::function<void(std::string)> done) override;
  void close() override;

  void hear(Told told);
  bool is_idle_at(const FakeServer& server, const std::string& role, bool restricted) const {
    return is_ready_ && !lost_ && handler_ != nullptr && !is_told_to_go_ && cancels_ == 0 && is_idle() &&
           wire_->server.get() == &server && role_ == role &&
           (wire_->own_read_only == "client") == restricted && (restricted || !wire_->began_on_standby);
  }

 private:
  void watch_sent(const std::string& sql) {
    if (network_.on_sent && wire_->server != nullptr) network_.on_sent(*wire_->server, sql);
    if (is_leaving()) watch_leaving(sql);
  }
  bool is_idle() const { return unanswered_ == 0 && status_ == pq::TransactionStatus::kIdle; }
  bool is_leaving() const { return is_told_to_go_ && is_idle(); }
  void watch_leaving(const std::string& sql) {
    if (network_.on_sent_to_leaving) network_.on_sent_to_leaving(*wire_->server, sql);
  }
  static std::vector<Text> texts(const std::vector<pq::WireParam>& params) {
    std::vector<Text> out;
    for (const pq::WireParam& param : params) {
      if (param.data == nullptr) {
        out.emplace_back();
      } else {
        out.emplace_back(std::string(param.data, static_cast<std::size_t>(param.length)));
      }
    }
    return out;
  }
  bool ask(Asked asked) {
    if (lost_) return false;
    HDB_CHECK(wire_->server != nullptr);
    unanswered_ += asked.kind == Asked::Kind::kSync ? 1 : 0;
    wire_->unsent.push_back(std::move(asked));
    status_ = pq::TransactionStatus::kActive;
    return true;
  }

  FakeNetwork& network_;
  std::shared_ptr<FakeWire> wire_;
  pq::SessionHandler* handler_ = nullptr;
  bool lost_ = false;
  bool is_ready_ = false;
  bool is_told_to_go_ = false;  // while it was idle
  int cancels_ = 0;             // that have not ended
  int unanswered_ = 0;          // Syncs
  std::string role_;
  pq::TransactionStatus status_ = pq::TransactionStatus::kIdle;
  std::map<std::string, std::string> parameters_;
  std::map<std::string, std::string> names_;  // of what was prepared
};

// ------------------------------------------------------------------------------------- the client

void FakeSession::dial(const pq::Conninfo& conninfo) {
  std::string address;
  std::string host;
  for (const auto& [keyword, value] : conninfo) {
    if (keyword == "hostaddr") address = value;
    if (keyword == "host") host = value;
    if (keyword == "user") role_ = value;
    if (keyword == "options" && value.find("default_transaction_read_only=on") != std::string::npos)
      wire_->own_read_only = "client";
  }
  if (address.empty()) address = host;
  const std::shared_ptr<FakeServer> server = network_.shared(address);
  wire_->server = server;
  if (server != nullptr && server->read_only_roles.contains(role_) && wire_->own_read_only.empty())
    wire_->own_read_only = "user";
  if (network_.silent_.contains(address)) return;
  if (server == nullptr) {
    wire_->lose({.message = "connection to server at \"" + address + "\" failed: No route to host",
                 .sqlstate = {},
                 .code = "EHOSTUNREACH"});
    return;
  }
  server->dials.push_back(conninfo);
  if (server->is_cut_) return;
  wire_->loop->in(server->latency, [wire = wire_] {
    if (wire->client == nullptr || wire->server->is_cut_) return;
    wire->server->accept(wire);
  });
}

void FakeSession::hear(Told told) {
  if (lost_ || handler_ == nullptr) return;
  switch (told.kind) {
    case Told::Kind::kDialled:
      parameters_ = std::move(told.parameters);
      is_ready_ = true;
      handler_->on_dialled();
      break;
    case Told::Kind::kRows:
      handler_->on_rows(std::move(told.result));
      break;
    case Told::Kind::kResult:
      handler_->on_result(std::move(told.result));
      break;
    case Told::Kind::kPrepared:
      handler_->on_prepared();
      break;
    case Told::Kind::kDescribed:
      handler_->on_described(std::move(told.description));
      break;
    case Told::Kind::kError:
      handler_->on_error(std::move(told.error));
      break;
    case Told::Kind::kCopy:
      handler_->on_copy();
      break;
    case Told::Kind::kSkipped:
      break;
    case Told::Kind::kSync:
      parameters_ = std::move(told.parameters);
      status_ = told.status;
      --unanswered_;
      handler_->on_sync();
      break;
    case Told::Kind::kNotice:
      if (told.notice.sqlstate.starts_with("57P") && is_idle()) is_told_to_go_ = true;
      if (!is_told_to_go_ || !network_.loses_warnings) handler_->on_notice(told.notice);
      break;
    case Told::Kind::kLoss:
      lost_ = true;
      network_.loop().defer([wire = wire_, loss = std::move(told.loss)]() mutable {
        if (wire->client != nullptr && wire->client->handler_ != nullptr)
          wire->client->handler_->on_lost(std::move(loss));
      });
      break;
  }
}

void FakeSession::cancel(std::function<void(std::string)> done) {
  const std::shared_ptr<FakeServer> server = wire_->server;
  ++cancels_;
  const auto ended = [wire = wire_, done = std::move(done)](std::string why) {
    if (wire->client != nullptr) --wire->client->cancels_;
    done(std::move(why));
  };
  network_.loop().in(server->latency, [wire = wire_, server, done = ended] {
    const auto arrive = [wire, server, done] {
      ++server->cancels;
      // What waits for a standby is stored, and stays so.
      if (!server->ignores_cancel && !wire->is_dead && wire->is_unreplicated && wire->is_late) {
        wire->is_unreplicated = false;
        wire->warn_unreplicated();
        wire->pump();
      }
      // It hits whatever runs now, whoever it was meant for.
      if (!server->ignores_cancel && !wire->is_dead && wire->is_running) {
        const Asked asked = wire->running;
        wire->is_running = false;
        ++wire->run_number;
        wire->fail(report("57014", "canceling statement due to user request"));
        wire->pump();
      }
      if (!server->loses_cancel) wire->loop->in(server->latency, [done] { done({}); });
    };
    if (server->is_cut_) return;
    if (!server->is_running_) {
      wire->loop->in(server->latency, [done] { done("Connection refused"); });
    } else if (server->is_frozen_) {
      server->waiting_cancels_.push_back(arrive);
    } else {
      arrive();
    }
  });
}

void FakeSession::close() {
  if (wire_->client == nullptr) return;
  wire_->client = nullptr;
  wire_->unsent.clear();
  handler_ = nullptr;
  lost_ = true;
  // What is on its way arrives before the end of the stream.
  if (wire_->server == nullptr || wire_->is_cut || wire_->server->loses_close) return;
  wire_->loop->in(wire_->server->latency, [wire = wire_] {
    wire->is_leaving = true;
    if (!wire->is_dead) wire->pump();
  });
}

// --------------------------------------------------------------------------------------- the wire

/// How long what is sent now is on its way: as slow as the server is, but behind what was sent before.
Duration FakeWire::way(TimePoint& last) {
  const TimePoint now = loop->now();
  last = std::max(last, now + (server != nullptr ? server->latency : Duration{}));
  return last - now;
}

void FakeWire::send(std::vector<Asked> batch) {
  if (batch.empty()) return;
  is_unacknowledged = is_cut;
  if (is_cut) return;
  loop->in(way(there), [self = shared_from_this(), batch = std::move(batch)]() mutable {
    if (self->is_dead || self->is_cut) return;
    for (Asked& asked : batch) self->inbox.push_back(std::move(asked));
    self->pump();
  });
}

void FakeWire::tell(std::vector<Told> batch) {
  if (is_cut) return;
  loop->in(way(back), [self = shared_from_this(), batch = std::move(batch)]() mutable {
    for (Told& told : batch) {
      if (self->client == nullptr || self->is_cut) return;
      self->client->hear(std::move(told));
    }
  });
}

/// The server's end goes; whatever was not committed is undone.
void FakeWire::end() {
  if (is_dead) return;
  is_dead = true;
  ++run_number;
  inbox.clear();
  outbox.clear();
  writes.clear();
  std::erase(server->wires_, shared_from_this());
}

void FakeWire::lose(pq::Loss loss, const std::optional<ServerReport>& notice) {
  std::vector<Told> last;
  if (notice) {
    last.emplace_back();
    last.back().kind = Told::Kind::kNotice;
    last.back().notice = *notice;
  }
  last.emplace_back();
  last.back().kind = Told::Kind::kLoss;
  last.back().loss = std::move(loss);
  if (server != nullptr) end();
  tell(std::move(last));
}

void FakeWire::pump() {
  const auto self = shared_from_this();
  if (is_unreplicated && server->is_replicated()) is_unreplicated = false;
  if (is_late && !is_dead && !server->is_frozen_ && !is_unreplicated) {
    is_late = false;
    tell(std::exchange(outbox, {}));
  }
  if (is_late) return;
  while (!is_dead && !is_running && !server->is_frozen_ && !inbox.empty()) {
    Asked asked = std::move(inbox.front());
    inbox.pop_front();
    if (!read(std::move(asked))) return;
  }
  if (!is_dead && is_leaving && inbox.empty() && !is_running && !is_late && !server->is_frozen_) end();
}

// ------------------------------------------------------------------------------------ the backend

std::map<std::string, std::string> FakeWire::parameters() const {
  std::map<std::string, std::string> out{{"DateStyle", date_style.empty() ? server->date_style : date_style},
                                         {"client_encoding", encoding}};
  if (server->version >= 140000) {
    out["default_transaction_read_only"] = default_read_only() ? "on" : "off";
    out["in_hot_standby"] = server->in_recovery ? "on" : "off";
  }
  return out;
}

void FakeWire::answer(Told::Kind kind) {
  outbox.emplace_back();
  outbox.back().kind = kind;
}

void FakeWire::fail(ServerReport error, bool is_last) {
  const bool is_fatal = error.severity == "FATAL" || error.severity == "PANIC";
  const pq::Loss loss{.message = error.message, .sqlstate = error.sqlstate, .code = "ECONNRESET"};
  answer(Told::Kind::kError);
  outbox.back().error = std::move(error);
  is_skipping = true;
  writes.clear();
  xid = 0;
  if (transaction == Transaction::kOpen) transaction = Transaction::kFailed;
  if (is_fatal || is_last) {
    tell(std::exchange(outbox, {}));
    lose(loss);
  }
}

void FakeWire::begin_implicit() {
  if (transaction != Transaction::kNone) return;
  transaction = Transaction::kImplicit;
  is_read_only = default_read_only() || server->in_recovery;
}

void FakeWire::forget_transaction() {
  transaction = Transaction::kNone;
  writes.clear();
  xid = 0;
}

/// False: what was called killed this session.
bool FakeWire::at(FakeServer::Moment moment, const FakeStatement& statement) {
  if (server->watch) {
    const auto watch = server->watch;
    watch(moment, statement);
  }
  return !is_dead;
}

/// One message. False: nothing more is read now.
bool FakeWire::read(Asked asked) {
  using Kind = Asked::Kind;
  if (asked.kind == Kind::kSync) return sync();
  if (asked.kind == Kind::kFlush) {
    tell(std::exchange(outbox, {}));
    return true;
  }
  if (is_skipping) {
    answer(Told::Kind::kSkipped);
    return true;
  }
  std::string& sql = asked.statement.sql;
  const auto is_refused = [&] {
    const std::string word = first_word(sql);
    if (transaction != Transaction::kFailed || word == "rollback" || word == "commit" || word == "end")
      return false;
    fail(report("25P02", "current transaction is aborted, commands ignored until end of transaction block"));
    return true;
  };
  const auto parses = [&] {
    ++server->parses_[sql];
    begin_implicit();
    if (is_refused()) return false;
    if (first_word(sql) == "syntax") {
      fail(report("42601", "syntax error at or near \"syntax\""));
      return false;
    }
    return true;
  };
  switch (asked.kind) {
    case Kind::kParse:
      if (server->held_parses_.contains(sql)) {
        is_running = true;
        running = std::move(asked);
        ++run_number;
        return false;
      }
      if (!parses()) return !is_dead;
      if (!asked.name.empty() && prepared.contains(asked.name)) {
        fail(report("42P05", "prepared statement \"" + asked.name + "\" already exists"));
        return true;
      }
      prepared[asked.name] = {sql, server->plan_version(sql)};
      answer(Told::Kind::kPrepared);
      return true;
    case Kind::kDescribe:
    case Kind::kExecute: {
      begin_implicit();
      const auto found = prepared.find(asked.name);
      if (found == prepared.end()) {
        fail(report("26000", "prepared statement \"" + asked.name + "\" does not exist"));
        return true;
      }
      sql = found->second.sql;
      if (asked.kind == Kind::kDescribe) {
        const auto known = server->descriptions.find(sql);
        answer(Told::Kind::kDescribed);
        outbox.back().description = known != server->descriptions.end() ? known->second : guess(sql);
        return true;
      }
      if (is_refused()) return true;
      if (found->second.version != server->plan_version(sql)) {
        fail(report("0A000", "cached plan must not change result type", "ERROR", "RevalidateCachedQuery"));
        return true;
      }
      return run(asked);
    }
    case Kind::kUnprepared:
      if (!parses()) return !is_dead;
      return run(asked);
    case Kind::kFlush:
    case Kind::kSync:
      break;
  }
  return true;
}

bool FakeWire::run(const Asked& asked) {
  const FakeStatement& statement = asked.statement;
  ++server->runs_[statement.sql];
  server->log.push_back(statement.label());
  if (!at(FakeServer::Moment::kRunning, statement)) return false;
  if (server->is_frozen_) {
    // It froze before it ran: it goes on with this after the thaw.
    --server->runs_[statement.sql];
    server->log.pop_back();
    Asked again = asked;
    if (again.kind == Asked::Kind::kExecute) again.kind = Asked::Kind::kUnprepared;
    inbox.push_front(std::move(again));
    return false;
  }
  const std::size_t sleep = statement.sql.find("pg_sleep(");
  const bool is_held = server->held_.contains(statement.sql);
  if (!is_held && sleep == std::string::npos) {
    finish(asked, answer_to(statement));
    return !is_dead;
  }
  is_running = true;
  running = asked;
  ++run_number;
  if (is_held) return false;
  const auto ms = static_cast<std::int64_t>(1000 * std::atof(statement.sql.c_str() + sleep + 9));
  loop->in(milliseconds(ms), [self = shared_from_this(), number = run_number] {
    if (self->is_dead || self->run_number != number || !self->is_running) return;
    self->is_running = false;
    self->finish(self->running, self->answer_to(self->running.statement));
    self->pump();
  });
  return false;
}

FakeAnswer FakeWire::answer_to(const FakeStatement& statement) {
  const std::string& sql = statement.sql;
  const std::string word = first_word(sql);
  const auto row = [](std::vector<Text> cells) {
    FakeAnswer one;
    one.rows.push_back(std::move(cells));
    one.row_count = 1;
    return one;
  };
  const auto tag = [](std::string command) {
    FakeAnswer one;
    one.command = std::move(command);
    return one;
  };
  const auto error = [](ServerReport why) {
    FakeAnswer one;
    one.error = std::move(why);
    return one;
  };
  if (server->answers) {
    if (auto own = server->answers(statement)) {
      if (own->is_write && is_read_only)
        return error(report("25006", "cannot execute it in a read-only transaction"));
      return *own;
    }
  }
  if (sql == probe_sql()) {
    return row({server->in_recovery ? "t" : "f", default_read_only() ? "on" : "off",
                server->system_identifier, hex(server->timeline, 8), "0/" + hex(server->lsn(), 8),
                server->sequence == 0
                    ? Text()
                    : Text("node=1 seq=" + std::to_string(server->sequence) + " quorum=true"),
                !default_read_only()    ? Text()
                : own_read_only.empty() ? Text("configuration file")
                                        : Text(own_read_only),
                Text()});
  }
  if (sql == own_guard()) {
    if (writes.empty()) return row({"0"});
    return error(report("22P02", "invalid input syntax for type integer: \"hyperiondb: not writable\""));
  }
  if (sql == statement_guard() || sql == commit_guard()) {
    const bool refuses = sql == statement_guard() ? is_read_only : default_read_only() || server->in_recovery;
    if (!refuses) return row({"0"});
    return error(report("22P02", "invalid input syntax for type integer: \"hyperiondb: not writable\""));
  }
  if (sql == proof_guard()) {
    if (default_read_only() || server->in_recovery)
      return error(report("22P02", "invalid input syntax for type integer: \"hyperiondb: not writable\""));
    const FakeHistory& history = server->history_;
    return row({"0", xid == 0 ? Text() : Text(std::to_string(xid)), "0/" + hex(server->lsn(), 8),
                hex(server->timeline, 8), std::to_string(history.lives),
                history.replayed ? Text("0/" + hex(*history.replayed, 8)) : Text()});
  }
  if (sql == evidence_sql()) {
    if (is_read_only) return error(report("25006", "cannot execute it in a read-only transaction"));
    const FakeHistory& history = server->history_;
    FakeAnswer evidence =
        row({hex(server->timeline, 8), std::to_string(history.lives),
             history.replayed ? Text("0/" + hex(*history.replayed, 8)) : Text(),
             server->status_of(static_cast<std::uint64_t>(std::atoll(statement.params.front()->c_str()))),
             std::to_string(ms_between(history.started, loop->now()))});
    evidence.is_write = true;  // it leaves a message in the WAL, and waits for the standby with it
    return evidence;
  }
  if (sql == StatementCatalog::type_query()) {
    FakeAnswer found;
    const std::string wanted =
        statement.params.empty()
            ? ""
            : "," + statement.params[0]->substr(1, statement.params[0]->size() - 2) + ",";
    for (const TypeInfo& type : server->types) {
      if (!has(wanted, ("," + std::to_string(type.oid) + ",").c_str())) continue;
      found.rows.push_back({std::to_string(type.oid), type.name, std::string(1, type.kind),
                            std::to_string(type.base_oid), std::to_string(type.element_oid),
                            std::string(1, type.delimiter)});
    }
    found.row_count = found.rows.size();
    return found;
  }
  if (word == "begin" || word == "start") {
    if (transaction == Transaction::kImplicit) {
      transaction = Transaction::kOpen;
      is_read_only = default_read_only() || server->in_recovery || has(sql, "read only");
      if (has(sql, "read write") && !server->in_recovery) is_read_only = false;
    }
    return tag("BEGIN");
  }
  if (word == "rollback" || word == "abort") {
    forget_transaction();
    return tag("ROLLBACK");
  }
  if (word == "commit" || word == "end") {
    if (transaction == Transaction::kFailed) {
      forget_transaction();
      return tag("ROLLBACK");
    }
    return tag("COMMIT");  // stored by finish()
  }
  if (word == "prepare") {
    forget_transaction();
    return tag("PREPARE TRANSACTION");
  }
  if (word == "set") {
    if (has(sql, "datestyle")) date_style = has(sql, "iso") ? "ISO, MDY" : "SQL, DMY";
    if (has(sql, "client_encoding")) encoding = "LATIN1";
    if (has(sql, "default_transaction_read_only"))
      own_read_only = has(sql, "=on") || has(sql, "= on") ? "session" : "off";
    return tag("SET");
  }
  if (word == "deallocate") {
    const std::string name = sql.substr(sql.find(' ') + 1);
    if (prepared.erase(name) == 0)
      return error(report("26000", "prepared statement \"" + name + "\" does not exist"));
    return tag("DEALLOCATE");
  }
  if (word == "raise") {  // raise [fatal] <sqlstate>
    const bool is_fatal = has(sql, "fatal");
    return error(report(sql.substr(sql.rfind(' ') + 1), "raised", is_fatal ? "FATAL" : "ERROR"));
  }
  if (is_writing(sql)) {
    if (is_read_only) return error(report("25006", "cannot execute " + word + " in a read-only transaction"));
    FakeAnswer one;
    if (is_query(sql))
      one = row({statement.params.empty() ? Text(server->name()) : statement.params.front()});
    one.is_write = true;
    one.command = word;
    std::transform(one.command.begin(), one.command.end(), one.command.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    one.row_count = 1;
    return one;
  }
  if (is_query(sql)) return row({statement.params.empty() ? Text(server->name()) : statement.params.front()});
  std::string command = word;
  std::transform(command.begin(), command.end(), command.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return tag(command);
}

/// A statement has run.
void FakeWire::finish(const Asked& asked, FakeAnswer given) {
  const FakeStatement& statement = asked.statement;
  if (given.error) {
    fail(std::move(*given.error), given.is_last);
    return;
  }
  if (given.command == "COPY") {
    answer(Told::Kind::kCopy);
    return;
  }
  if (given.is_write) {
    xid = server->record(xid);
    writes.push_back(statement.label());
    last_write = statement;
  }
  if (given.command == "CALL" || given.command == "DO") {  // commit inside
    server->store({statement.label()});
  }
  if (given.command == "COMMIT" && transaction != Transaction::kNone && !commit(statement)) return;
  if (given.command == "COMMIT") forget_transaction();
  if (given.command == "COMMIT" && has(statement.sql, "and chain")) transaction = Transaction::kOpen;

  ResultSet result;
  result.command = std::move(given.command);
  result.row_count = given.row_count;
  result.rows = given.rows.size();
  Columns columns = asked.columns ? *asked.columns : guess(statement.sql).columns;
  if (!given.rows.empty() && columns.size() != given.rows.front().size()) {
    const auto known = server->descriptions.find(statement.sql);
    columns = known != server->descriptions.end() ? known->second.columns : Columns();
    columns.resize(given.rows.front().size());
  }
  for (Column& column : columns) column.binary = asked.binary;
  struct Kept {
    std::deque<std::string> texts;
    std::vector<Cell> cells;
  };
  auto kept = std::make_shared<Kept>();
  for (const auto& cells : given.rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Cell cell;
      if (cells[i]) {
        kept->texts.push_back(asked.binary ? in_binary(*cells[i], columns[i].field.type_oid) : *cells[i]);
        cell.data = kept->texts.back().c_str();
        cell.length = static_cast<std::int32_t>(kept->texts.back().size());
      }
      kept->cells.push_back(cell);
    }
  }
  result.columns = asked.columns && asked.columns->size() == columns.size()
                       ? asked.columns
                       : std::make_shared<const Columns>(std::move(columns));
  result.cells = std::shared_ptr<const Cell>(kept, kept->cells.data());
  while (asked.in_parts && result.rows > kPartRows) {
    answer(Told::Kind::kRows);
    ResultSet& part = outbox.back().result;
    part.columns = result.columns;
    part.cells = result.cells;
    part.rows = kPartRows;
    result.cells = std::shared_ptr<const Cell>(kept, result.row(kPartRows));
    result.rows -= kPartRows;
  }
  answer(Told::Kind::kResult);
  outbox.back().result = std::move(result);
}

/// Stores what the transaction wrote. False: it did not come to that.
bool FakeWire::commit(const FakeStatement& statement) {
  if (!at(FakeServer::Moment::kCommitting, statement)) return false;
  if (server->fails_commit) {
    forget_transaction();
    fail(*server->fails_commit);
    return false;
  }
  server->store(writes, xid);
  // A commit of what has only read waits for nobody.
  if (server->is_synchronous && !writes.empty() && !server->is_replicated()) is_unreplicated = true;
  writes.clear();
  if (server->reports_unreplicated) warn_unreplicated();
  return at(FakeServer::Moment::kCommitted, statement);
}

void FakeWire::warn_unreplicated() {
  Told told;
  told.kind = Told::Kind::kNotice;
  told.notice = report("01000", "canceling wait for synchronous replication", "WARNING", "SyncRepWaitForLSN");
  // Before the ReadyForQuery that may be there already.
  const bool is_ready = !outbox.empty() && outbox.back().kind == Told::Kind::kSync;
  outbox.insert(is_ready ? outbox.end() - 1 : outbox.end(), std::move(told));
}

bool FakeWire::sync() {
  if (transaction == Transaction::kImplicit) {
    if (!writes.empty() && !is_skipping && !commit(last_write)) {
      if (is_dead) return false;
    }
    forget_transaction();
  }
  is_skipping = false;
  Told told;
  told.kind = Told::Kind::kSync;
  told.parameters = parameters();
  told.status = transaction == Transaction::kOpen     ? pq::TransactionStatus::kInTransaction
                : transaction == Transaction::kFailed ? pq::TransactionStatus::kInError
                                                      : pq::TransactionStatus::kIdle;
  outbox.push_back(std::move(told));
  if (server->is_frozen_ || is_unreplicated) {
    is_late = true;
    return false;
  }
  tell(std::exchange(outbox, {}));
  return true;
}

// ------------------------------------------------------------------------------------- the server

FakeServer::FakeServer(FakeNetwork& network, std::string name, std::string address)
    : network_(network), name_(std::move(name)), address_(std::move(address)) {
  history_.started = network.loop().now();
}

FakeServer::~FakeServer() = default;

void FakeServer::accept(const std::shared_ptr<FakeWire>& wire) {
  if (!is_running_) {
    wire->lose(
        {.message = "connection to server at \"" + address_ + "\", port 5432 failed: Connection refused",
         .sqlstate = {},
         .code = "ECONNREFUSED"});
    return;
  }
  if (is_frozen_) {
    knocking_.push_back(wire);
    return;
  }
  if (rejects) {
    wire->lose({.message = rejects->severity + ":  " + rejects->sqlstate + ": " + rejects->message,
                .sqlstate = rejects->sqlstate,
                .code = "ECONNECT"});
    return;
  }
  wires_.push_back(wire);
  static int pids = 0;
  wire->pid = ++pids;
  wire->began_on_standby = in_recovery;
  Told told;
  told.kind = Told::Kind::kDialled;
  told.parameters = wire->parameters();
  std::vector<Told> batch;
  batch.push_back(std::move(told));
  wire->tell(std::move(batch));
}

std::uint64_t FakeServer::record(std::uint64_t xid) {
  if (xid == 0) xid = history_.next_xid++;
  ++history_.records;
  for (FakeServer* standby : standbys) {
    if (standby->takes_stream()) standby->take_history(*this);
  }
  return xid;
}

void FakeServer::take_history(const FakeServer& primary) {
  history_.next_xid = primary.history_.next_xid;
  history_.records = primary.history_.records;
  history_.committed = primary.history_.committed;
}

Text FakeServer::status_of(std::uint64_t xid) const {
  if (xid >= history_.next_xid) return {};
  if (history_.committed.contains(xid)) return "committed";
  const bool is_running =
      std::any_of(wires_.begin(), wires_.end(), [&](const auto& wire) { return wire->xid == xid; });
  return is_running ? "in progress" : "aborted";
}

void FakeServer::store(const std::vector<std::string>& writes, std::uint64_t xid) {
  if (xid != 0) history_.committed.insert(xid);
  for (const std::string& label : writes) {
    stored.push_back(label);
    ++network_.commits_[label];
    bool has_left = false;
    for (FakeServer* standby : standbys) {
      if (!standby->takes_stream()) {
        standby->is_lagging = true;  // a gap is never skipped
        continue;
      }
      standby->stored.push_back(label);
      standby->take_history(*this);
      has_left = true;
    }
    if (has_left) network_.replicated.push_back(label);
  }
}

bool FakeServer::is_replicated() const {
  return std::any_of(standbys.begin(), standbys.end(),
                     [](const FakeServer* standby) { return standby->takes_stream(); });
}

void FakeServer::drop_all(const pq::Loss& loss, const std::optional<ServerReport>& notice) {
  for (const auto& wire : std::exchange(wires_, {})) wire->lose(loss, notice);
}

void FakeServer::kill() {
  is_running_ = false;
  is_frozen_ = false;
  const pq::Loss loss{
      .message = "server closed the connection unexpectedly", .sqlstate = {}, .code = "ECONNRESET"};
  drop_all(loss, {});
  for (const auto& wire : std::exchange(knocking_, {})) wire->lose(loss);
  waiting_cancels_.clear();
}

void FakeServer::start() {
  if (is_running_) return;
  is_running_ = true;
  ++history_.lives;
  history_.started = network_.loop().now();
  if (!in_recovery) history_.replayed = lsn();
}

void FakeServer::freeze() { is_frozen_ = true; }

void FakeServer::thaw() {
  is_frozen_ = false;
  for (const auto& cancel : std::exchange(waiting_cancels_, {})) cancel();
  for (const auto& wire : std::exchange(knocking_, {})) {
    if (wire->client != nullptr) accept(wire);
  }
  pump_all();
}

void FakeServer::pump_all() {
  const auto wires = wires_;
  for (const auto& wire : wires) wire->pump();
}

void FakeServer::cut() {
  is_cut_ = true;
  for (const auto& wire : std::exchange(wires_, {})) {
    wire->is_cut = true;
    wire->end();
    wire->loop->in(kTcpUserTimeout, [wire] {
      if (wire->client == nullptr) return;
      Told told;
      told.kind = Told::Kind::kLoss;
      told.loss = {.message = "could not receive data from server: Connection timed out",
                   .sqlstate = {},
                   .code = "ETIMEDOUT"};
      wire->client->hear(std::move(told));
    });
  }
}

void FakeServer::heal() { is_cut_ = false; }

void FakeServer::promote() {
  in_recovery = false;
  ++timeline;
  history_.replayed = lsn();
}

void FakeServer::follow(FakeServer& primary) {
  kill();
  stored = primary.stored;
  take_history(primary);
  timeline = primary.timeline;
  in_recovery = true;
  is_fenced = false;
  is_lagging = false;
  if (std::find(primary.standbys.begin(), primary.standbys.end(), this) == primary.standbys.end())
    primary.standbys.push_back(this);
  standbys.clear();
  start();
  network_.replicated = stored;
  primary.pump_all();
}

void FakeServer::attach(FakeServer& primary) {
  timeline = primary.timeline;
  if (std::find(primary.standbys.begin(), primary.standbys.end(), this) == primary.standbys.end())
    primary.standbys.push_back(this);
  catch_up(primary);
}

void FakeServer::catch_up(FakeServer& primary) {
  is_lagging = false;
  if (stored != primary.stored) {
    stored = primary.stored;
    network_.replicated = stored;
  }
  take_history(primary);
  primary.pump_all();
}

void FakeServer::end_sessions(const std::string& sqlstate) {
  const std::string message = "terminating connection due to administrator command";
  drop_all({.message = message, .sqlstate = sqlstate, .code = "ECONNRESET"},
           report(sqlstate, message, "FATAL"));
}

void FakeServer::announce_end(const std::string& sqlstate) {
  const auto wires = wires_;
  for (const auto& wire : wires) {
    std::vector<Told> told(1);
    told.back().kind = Told::Kind::kNotice;
    told.back().notice = report(sqlstate, "terminating connection due to administrator command", "WARNING");
    wire->tell(std::move(told));
  }
}

void FakeServer::hold(const std::string& sql) { held_.insert(sql); }

void FakeServer::release(const std::string& sql) {
  held_.erase(sql);
  const auto wires = wires_;
  for (const auto& wire : wires) {
    if (wire->is_dead || !wire->is_running || wire->running.kind == Asked::Kind::kParse ||
        wire->running.statement.sql != sql)
      continue;
    wire->is_running = false;
    wire->finish(wire->running, wire->answer_to(wire->running.statement));
    wire->pump();
  }
}

void FakeServer::release_parse(const std::string& sql) {
  held_parses_.erase(sql);
  const auto wires = wires_;
  for (const auto& wire : wires) {
    if (wire->is_dead || !wire->is_running || wire->running.kind != Asked::Kind::kParse ||
        wire->running.statement.sql != sql)
      continue;
    wire->is_running = false;
    wire->inbox.push_front(std::move(wire->running));
    wire->pump();
  }
}

void FakeServer::block() { is_blocked_ = true; }

void FakeServer::unblock() {
  is_blocked_ = false;
  for (const auto& wire : wires_) wire->send(std::exchange(wire->unsent, {}));
}

void FakeServer::change_plan(const std::string& sql) { ++plan_versions_[sql]; }

int FakeServer::plan_version(const std::string& sql) const {
  const auto found = plan_versions_.find(sql);
  return found == plan_versions_.end() ? 0 : found->second;
}

int FakeServer::runs(const std::string& sql) const {
  const auto found = runs_.find(sql);
  return found == runs_.end() ? 0 : found->second;
}

int FakeServer::parses(const std::string& sql) const {
  const auto found = parses_.find(sql);
  return found == parses_.end() ? 0 : found->second;
}

bool FakeServer::holds(const std::string& label) const {
  return std::find(stored.begin(), stored.end(), label) != stored.end();
}

// ------------------------------------------------------------------------------------ the network

FakeNetwork::~FakeNetwork() {
  for (const auto& server : servers_) {
    server->wires_.clear();
    server->knocking_.clear();
    server->waiting_cancels_.clear();
  }
}

FakeServer& FakeNetwork::add(const std::string& name) {
  const std::string address = "10.0.0." + std::to_string(servers_.size() + 1);
  loop_.names[name] = {.answer = {.addresses = {address}, .error = {}}};
  servers_.push_back(std::make_shared<FakeServer>(*this, name, address));
  return *servers_.back();
}

FakeServer& FakeNetwork::primary(const std::string& name) { return add(name); }

FakeServer& FakeNetwork::standby(const std::string& name) {
  FakeServer& server = add(name);
  server.in_recovery = true;
  for (const auto& other : servers_) {
    if (other.get() != &server && !other->in_recovery) other->standbys.push_back(&server);
  }
  return server;
}

FakeServer& FakeNetwork::add_address(const std::string& address) {
  servers_.push_back(std::make_shared<FakeServer>(*this, address, address));
  return *servers_.back();
}

FakeServer* FakeNetwork::find(const std::string& address) { return shared(address).get(); }

std::shared_ptr<FakeServer> FakeNetwork::shared(const std::string& address) {
  for (const auto& server : servers_) {
    if (server->address() == address) return server;
  }
  return nullptr;
}

std::size_t FakeNetwork::idle_sessions(const FakeServer& server, const std::string& role,
                                       bool restricted) const {
  return static_cast<std::size_t>(std::count_if(
      sessions_.begin(), sessions_.end(),
      [&](const FakeSession* session) { return session->is_idle_at(server, role, restricted); }));
}

int FakeNetwork::commits(const std::string& label) const {
  const auto found = commits_.find(label);
  return found == commits_.end() ? 0 : found->second;
}

std::unique_ptr<pq::Session> FakeNetwork::make() {
  ++made_;
  return std::make_unique<FakeSession>(*this);
}

}  // namespace hdb::test
