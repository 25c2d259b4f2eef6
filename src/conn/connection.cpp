#include "conn/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/sqlstate.hpp"
#include "conn/parameter_limit.hpp"
#include "conn/probe.hpp"

namespace hdb {

Connection::Connection(Loop& loop, pq::SessionFactory& factory, StatementCatalog& catalog,
                       ConnectionConfig config, ConnectionOwner& owner)
    : loop_(loop),
      factory_(factory),
      catalog_(catalog),
      config_(std::move(config)),
      owner_(owner),
      cache_(config_.statement_cache_size, config_.name_prefix),
      timer_(loop.timers(), [this] { on_timer(); }) {}

Connection::~Connection() {
  *alive_ = false;
  if (session_) session_->close();
}

void Connection::move(ConnectionEvent event) {
  const ConnectionMove step = next(state_, event);
  HDB_CHECK(step.kind != ConnectionMove::Kind::kBug);
  if (step.kind == ConnectionMove::Kind::kGo) state_ = step.to;
  if (state_ == ConnectionState::kIdle) idle_since_ = loop_.now();
}

// ---------------------------------------------------------------------------------------- dialling

void Connection::dial() {
  dialled_at_ = loop_.now();
  timer_.arm(after(dialled_at_, config_.connect_timeout));
  if (config_.passwords) {
    log_in();
  } else {
    start_dialer();
  }
}

void Connection::log_in() {
  config_.passwords->get(config_.host, loop_.now(), config_.connect_timeout,
                         [this, alive = alive_](Expected<std::string> password) {
                           if (!*alive || state_ != ConnectionState::kDialing) return;
                           if (!password.ok()) {
                             shut(std::move(password).error());
                             return;
                           }
                           password_ = std::move(password).value();
                           start_dialer();
                         });
}

void Connection::start_dialer() {
  dialer_ = std::make_unique<Dialer>(loop_, factory_,
                                     [this](Dialer::Result result) { on_dial_ended(std::move(result)); });
  pq::Conninfo conninfo = config_.conninfo;
  if (config_.passwords) conninfo.emplace_back("password", password_);
  dialer_->start(config_.host, std::move(conninfo));
}

void Connection::on_dial_ended(Dialer::Result result) {
  // Its losers are closed at the end of the turn: one of them may be calling us.
  loop_.defer([dialer = std::shared_ptr<Dialer>(std::move(dialer_))] {});
  if (state_ != ConnectionState::kDialing) return;
  const std::string password = std::exchange(password_, {});
  if (!result.session) {
    if (config_.passwords && sqlstate::is_login_refused(result.loss.sqlstate)) {
      config_.passwords->refused(config_.host, password);
      // It may have been replaced meanwhile.
      if (!std::exchange(asked_again_, true)) {
        log_in();
        return;
      }
    }
    on_lost(std::move(result.loss));
    return;
  }
  session_ = std::move(result.session);
  session_->set_handler(*this);
  session_->limit_answers(config_.most_answered);
  move(ConnectionEvent::kDialled);
  verify(probe_sql());
}

const std::string& Connection::probe() const {
  return facts_.unreadable.empty() ? probe_sql() : plain_probe_sql();
}

Expected<HostFacts> Connection::read_answer(const ResultSet& answer) const {
  auto facts = read_probe(answer, config_.restricted);
  if (facts.ok()) facts->unreadable = facts_.unreadable;
  return facts;
}

void Connection::verify(const std::string& probe) {
  dialled_at_ = loop_.now();
  Script script{.texts = {probe}, .on_first = nullptr};
  // The text forms of dates are read as ISO; a server that prints another style is asked not to.
  if (const std::string_view style = session_->parameter("DateStyle");
      !style.empty() && !style.starts_with("ISO")) {
    script.texts.insert(script.texts.begin(), "set datestyle to iso");
  }
  auto request = std::make_unique<Request>(std::move(script));
  request->done = [this](std::unique_ptr<Request>, Expected<Reply> reply) {
    on_verification(std::move(reply));
  };
  auto flight = std::make_unique<Flight>();
  flight->request = std::move(request);
  run_script(std::move(flight));
  sent();
}

void Connection::on_verification(Expected<Reply> reply) {
  if (state_ != ConnectionState::kVerifying) return;  // lost meanwhile: on_lost tells the owner
  if (!reply.ok() && facts_.unreadable.empty() && is_unreadable(reply.error())) {
    facts_.unreadable = reply.error().message;
    verify(plain_probe_sql());
    return;
  }
  if (!reply.ok()) {
    shut(std::move(reply).error());
    return;
  }
  auto facts = read_answer(reply->result);
  if (!facts.ok()) {
    shut(std::move(facts).error());
    return;
  }
  facts_ = std::move(facts).value();
  if (is_read_only_itself() && node_ == NodeState::kReadOnly) node_ = NodeState::kWritable;
  facts_.server_version = session_->server_version();
  facts_.round_trip = round_trip_;
  timer_.disarm();
  owner_.on_verified(*this);
}

void Connection::accept() {
  if (state_ != ConnectionState::kVerifying) return;
  is_accepted_ = true;
  move(ConnectionEvent::kAccepted);
}

// ----------------------------------------------------------------------------------------- sending

namespace {

/// A session that has been silent for so long takes nothing more behind what it runs.
constexpr milliseconds kPatience{5};

}  // namespace

bool Connection::takes_company() const {
  if (state_ != ConnectionState::kBusy || pinned_ || retiring_ || queue_.empty()) return false;
  // What usually is fast may be slow for once.
  if (loop_.now() - heard_at_ > kPatience) return false;
  return unsociable_ == 0;
}

void Connection::send(std::unique_ptr<Request> request) {
  if (state_ == ConnectionState::kCancelling || runs_on()) {
    // Its user has the answer and cannot know of the cancel's own connection, which may still hit
    // whatever is sent now.
    wake_by(request->deadline);
    held_back_.push_back(std::move(request));
    return;
  }
  move(ConnectionEvent::kSend);
  if (queue_.empty()) heard_at_ = loop_.now();
  silence_told_ = unheard_told_ = false;
  auto flight = std::make_unique<Flight>();
  flight->request = std::move(request);
  start(std::move(flight));
  sent();
}

void Connection::start(std::unique_ptr<Flight> flight) {
  drop_old_names();
  if (flight->request->query() != nullptr) {
    start_query(std::move(flight));
  } else if (flight->request->script() != nullptr) {
    run_script(std::move(flight));
  } else {
    start_batch(std::move(flight));
  }
}

void Connection::start_query(std::unique_ptr<Flight> flight) {
  Query& query = *flight->request->query();
  // The pool knows it for sessions as they begin.
  if (!query.info || !names_.key().empty()) query.info = catalog_.find(query.sql, names_.key());
  if (query.info && !query.is_description) {
    execute(std::move(flight));
  } else {
    describe(std::move(flight));
  }
}

void Connection::describe(std::unique_ptr<Flight> flight) {
  Request& request = *flight->request;
  const Statement& statement = flight->item != nullptr ? *flight->item : *request.query();
  if (auto refused = refuse_parameters(statement.sql, statement.params.size(), session_->most_parameters())) {
    refused->host = host().text();
    refuse(std::move(flight), *std::move(refused));
    return;
  }
  request.came_to(Phase::kPreparing);
  flight->stage = Stage::kDescribe;
  flight->is_first_here = true;
  // The unnamed statement where names are not wanted; execute() sends the text again then.
  flight->name = request.prepare && cache_.capacity() > 0 ? cache_.new_name() : std::string();
  if (send_begin(*flight) && session_->send_prepare(flight->name, statement.sql, {}))
    session_->send_describe(flight->name);
  in_flight(std::move(flight));
}

void Connection::look_up_types(std::unique_ptr<Flight> flight, const std::vector<Oid>& unknown) {
  flight->stage = Stage::kTypes;
  std::string list = "{";
  for (const Oid oid : unknown) list += (list.size() > 1 ? "," : "") + std::to_string(oid);
  list += "}";
  session_->send_unprepared(
      StatementCatalog::type_query(), {},
      {{.data = list.c_str(), .length = static_cast<int>(list.size()), .binary = false}}, false, nullptr);
  in_flight(std::move(flight));
}

/// The server has told of the statement, and of the types that it names.
void Connection::described(std::unique_ptr<Flight> flight) {
  if (Statement* item = std::exchange(flight->item, nullptr)) {
    item->info = catalog_.add(item->sql, std::move(flight->description), names_.key());
    if (!flight->name.empty()) cache_.add(item->info, std::exchange(flight->name, {}), heard_at_);
    start_batch(std::move(flight));
    return;
  }
  flight->is_described = true;
  Query& query = *flight->request->query();
  // A description is asked for by the text alone.
  query.info = catalog_.add(query.sql, std::move(flight->description),
                            query.is_description ? std::string_view() : names_.key());
  if (!flight->name.empty()) cache_.add(query.info, std::exchange(flight->name, {}), heard_at_);
  if (query.is_description) {
    deliver(std::move(flight));
  } else {
    execute(std::move(flight));
  }
}

namespace {

bool wants_text(const Request& request, const Columns& columns) {
  if (request.text_types.empty()) return false;
  return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
    const std::string oid = std::to_string(column.field.type_oid);
    return std::any_of(request.text_types.begin(), request.text_types.end(), [&](const std::string& type) {
      return type == oid || type == column.field.type_name;
    });
  });
}

/// A text is read as whatever its parameter is now; the bytes of one type must not become another.
bool fits(const Statement& statement) {
  const StatementInfo& as = *statement.encoded_as;
  const StatementInfo& now = *statement.info;
  if (&as == &now || as.param_oids == now.param_oids) return true;
  if (as.param_oids.size() != now.param_oids.size()) return false;
  for (std::size_t i = 0; i < statement.encoded.size(); ++i) {
    if (statement.encoded[i].binary && as.param_oids[i] != now.param_oids[i]) return false;
  }
  return true;
}

bool are_plain(const std::vector<types::EncodedParam>& encoded) {
  return std::all_of(encoded.begin(), encoded.end(), [](const auto& param) { return param.is_plain; });
}

/// The types that Parse is given: only of what is sent as bytes. What a text is the server says by itself, as
/// it is now and not when the text was described.
std::vector<Oid> fixed_types(const std::vector<types::EncodedParam>& encoded, const StatementInfo& info) {
  std::vector<Oid> types;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (!encoded[i].binary) continue;
    types.resize(encoded.size());
    types[i] = info.param_oids[i];
  }
  return types;
}

std::vector<pq::WireParam> wire_params(const std::vector<types::EncodedParam>& encoded) {
  std::vector<pq::WireParam> wire;
  wire.reserve(encoded.size());
  for (const types::EncodedParam& param : encoded) {
    if (param.is_null) {
      wire.emplace_back();
      continue;
    }
    const std::string_view data = param.data();
    // libpq takes a null pointer for NULL, whatever the length.
    wire.push_back({.data = data.data() != nullptr ? data.data() : "",
                    .length = static_cast<int>(data.size()),
                    .binary = param.binary});
  }
  return wire;
}

}  // namespace

Error Connection::changed_types_error(Scope scope) const {
  Error error = Error::make(
      ErrorKind::kServer, "The types of the statement's parameters changed while it was sent; run it again.",
      scope == Scope::kAutocommit ? Outcome::kNotExecuted : Outcome::kRolledBack);
  error.code = sqlstate::kFeatureNotSupported;
  error.host = host().text();
  return error;
}

namespace {

/// A statement that gave so many rows is shown in parts, while the rest is on its way.
constexpr std::size_t kManyRows = 200;
/// How long a read may go by the types of its parameters as they were, where they matter.
constexpr milliseconds kFreshName{1000};

}  // namespace

void Connection::execute(std::unique_ptr<Flight> flight) {
  Request& request = *flight->request;
  Query& query = *request.query();
  const StatementInfo& info = *query.info;
  if (!query.encoded_as) {
    auto encoded = types::encode_all(query.params, info.params);
    if (!encoded.ok() && !flight->is_described) {
      // By what was known of the text: its types may be others by now.
      forget(request, true);
      describe(std::move(flight));
      return;
    }
    if (!encoded.ok()) {
      Error error = std::move(encoded).error();
      error.host = host().text();
      refuse(std::move(flight), std::move(error));
      return;
    }
    query.encoded = std::move(encoded).value();
    query.encoded_as = query.info;
  } else if (!fits(query)) {
    Error error = changed_types_error(request.scope);
    refuse(std::move(flight), std::move(error));
    return;
  }
  if (is_as_believed(*flight)) {
    tell_doubted(std::move(flight));
    return;
  }
  flight->stage = Stage::kExecute;
  request.came_to(Phase::kSent);

  bool ok = send_begin(*flight);
  if (request.is_guarded || request.is_read_only) {
    flight->results_to_skip = 1;
    const std::string& guard = request.is_read_only ? read_only_guard() : statement_guard();
    ok = session_->send_unprepared(guard, {}, {}, false, nullptr);
  }
  const bool in_parts = query.completion.takes_parts() && !info.text_columns->empty() &&
                        info.rows.value_or(kManyRows) >= kManyRows;
  if (ok) send_statement(*flight, query, in_parts);
  in_flight(std::move(flight));
}

/// By the name that it has here, if its values are the same by whatever types its parameters have now. A name
/// keeps the types with which it was prepared: else the text is parsed anew, in the same round trip. What
/// only reads stores no value wrongly: its name is good for a moment.
bool Connection::send_statement(Flight& flight, const Statement& statement, bool in_parts) {
  const Request& request = *flight.request;
  const auto& info = statement.info;
  const auto& encoded = statement.encoded;
  const bool is_binary = info->binary_columns != nullptr && !wants_text(request, *info->text_columns);
  const auto& columns = is_binary ? info->binary_columns : info->text_columns;
  const std::vector<pq::WireParam> params = wire_params(encoded);
  const bool is_named = request.prepare && cache_.capacity() > 0;
  const auto pending = std::find_if(flight.names.begin(), flight.names.end(), [&](const auto& name) {
    return name.first == info && !name.second.empty();
  });
  if (pending != flight.names.end())
    return session_->send_execute(pending->second, params, is_binary, columns, in_parts);
  const std::string* const name = is_named ? cache_.find(info.get()) : nullptr;
  const bool is_read = info->kind.is_plain_read;
  const bool is_fresh = is_read && loop_.now() - cache_.prepared_at(info.get()) < kFreshName;
  if (name != nullptr && (is_fresh || are_plain(encoded))) {
    config_.meters->statement_cache_hits.add();
    flight.is_by_name = true;
    return session_->send_execute(*name, params, is_binary, columns, in_parts);
  }
  if (is_named) config_.meters->statement_cache_misses.add();
  // Empty: the unnamed statement.
  const bool has_new_name = is_named && (name == nullptr || is_read);
  flight.names.emplace_back(info, has_new_name ? cache_.new_name() : std::string());
  const std::string& made = flight.names.back().second;
  flight.is_parsing = true;
  flight.is_first_here = flight.is_first_here || !made.empty();
  return session_->send_prepare(made, statement.sql, fixed_types(encoded, *info)) &&
         session_->send_execute(made, params, is_binary, columns, in_parts);
}

/// What the server says of the text now is what was taken for it when the error came: it was the statement's
/// own.
bool Connection::is_as_believed(const Flight& flight) const {
  if (!flight.doubted) return false;
  const auto is_same = [](const StatementInfo& then, const StatementInfo& now) {
    if (then.param_oids != now.param_oids) return false;
    return std::equal(then.text_columns->begin(), then.text_columns->end(), now.text_columns->begin(),
                      now.text_columns->end(),
                      [](const Column& a, const Column& b) { return a.field.type_oid == b.field.type_oid; });
  };
  const std::span<const Statement> statements = std::as_const(*flight.request).statements();
  for (std::size_t i = 0; i < flight.believed.size(); ++i) {
    if (!is_same(*flight.believed[i], *statements[i].info)) return false;
  }
  return true;
}

void Connection::tell_doubted(std::unique_ptr<Flight> flight) {
  flight->error = std::move(flight->doubted);
  flight->stage = Stage::kExecute;
  flight->request->came_to(Phase::kDispatched);
  Error error = error_of(*flight);
  fail(std::move(flight), std::move(error));
}

bool Connection::send_begin(Flight& flight) {
  Query* const query = flight.request->query();
  const auto begin = query != nullptr ? std::move(query->begin) : nullptr;
  if (!begin) return true;
  flight.results_to_skip = 1;
  return session_->send_unprepared(*begin, {}, {}, false, nullptr);
}

void Connection::run_script(std::unique_ptr<Flight> flight) {
  flight->stage = Stage::kExecute;
  flight->request->came_to(Phase::kSent);
  const Script& script = *flight->request->script();
  bool is_first = true;
  for (const std::string& sql : script.texts) {
    if (!session_->send_unprepared(sql, {}, {}, false, nullptr)) break;
    if (std::exchange(is_first, false) && script.on_first) session_->send_flush_request();
  }
  in_flight(std::move(flight));
}

/// All statements of a batch are known before any of them runs.
void Connection::start_batch(std::unique_ptr<Flight> flight) {
  for (Statement& item : flight->request->batch()->statements) {
    if (!item.info) item.info = catalog_.find(item.sql, names_.key());
    if (item.info) continue;
    flight->item = &item;
    describe(std::move(flight));
    return;
  }
  run_batch(std::move(flight));
}

void Connection::run_batch(std::unique_ptr<Flight> flight) {
  Request& request = *flight->request;
  std::vector<Statement>& statements = request.batch()->statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Statement& item = statements[i];
    if (item.encoded_as) {
      if (fits(item)) continue;
      Error error = changed_types_error(request.scope);
      refuse(std::move(flight), std::move(error));
      return;
    }
    auto encoded = types::encode_all(item.params, item.info->params);
    if (!encoded.ok() && !std::exchange(flight->is_described, true)) {
      for (Statement& other : statements) {
        if (other.encoded_as) continue;
        cache_.drop(other.info.get());
        catalog_.forget(*std::exchange(other.info, nullptr));
      }
      start_batch(std::move(flight));
      return;
    }
    if (!encoded.ok()) {
      Error error = std::move(encoded).error();
      error.message = "Statement " + std::to_string(i + 1) + " of the batch: " + error.message;
      error.host = host().text();
      refuse(std::move(flight), std::move(error));
      return;
    }
    item.encoded = std::move(encoded).value();
    item.encoded_as = item.info;
  }
  if (is_as_believed(*flight)) {
    tell_doubted(std::move(flight));
    return;
  }
  flight->stage = Stage::kExecute;
  request.came_to(Phase::kSent);
  bool ok = true;
  if (request.is_read_only) {
    flight->results_to_skip = 1;
    ok = session_->send_unprepared(read_only_guard(), {}, {}, false, nullptr);
  }
  for (const Statement& item : statements) ok = ok && send_statement(*flight, item, false);
  // Behind them: a fence that went up while they ran rolls all of them back.
  if (ok && request.is_guarded) session_->send_unprepared(commit_guard(), {}, {}, false, nullptr);
  in_flight(std::move(flight));
}

/// Names that fell out of the cache are given back to the server with the next request; not in a transaction,
/// which would fail with a name that the server has lost.
void Connection::drop_old_names() {
  if (!cache_.has_dropped() || (pinned_ && is_in_transaction())) return;
  for (const std::string& name : cache_.take_dropped()) {
    // The name is ours: letters, digits and underscores. Each has its own Sync: one that is lost keeps no
    // other.
    session_->send_unprepared("deallocate " + name, {}, {}, false, nullptr);
    in_flight(std::make_unique<Flight>());
  }
}

void Connection::in_flight(std::unique_ptr<Flight> flight) {
  // Without its Sync the server cannot have committed anything of it.
  if (!session_->send_sync() && flight->request) flight->request->came_to(Phase::kQueued);
  if (flight->request) watch_token(*flight);
  const Query* const query = flight->request ? flight->request->query() : nullptr;
  const StatementInfo* const info = query != nullptr ? query->info.get() : nullptr;
  flight->is_sociable =
      info != nullptr && flight->stage == Stage::kExecute && info->pace.is_fast() && !info->kind.may_commit;
  unsociable_ += flight->is_sociable ? 0 : 1;
  flight->sent_at = loop_.now();
  // A first execution tells more of the server's caches than of the text.
  flight->is_telling = queue_.empty() && flight->stage == Stage::kExecute && !flight->is_first_here;
  const bool is_common =
      (queue_.empty() || info == common_text_) && info != nullptr && !flight->request->may_be_given_up();
  common_text_ = is_common ? info : nullptr;
  loop_.wait_strategy().sent(flight->sent_at);
  queue_.push_back(std::move(flight));
}

std::unique_ptr<Connection::Flight> Connection::take_front() {
  std::unique_ptr<Flight> flight = std::move(queue_.front());
  queue_.pop_front();
  unsociable_ -= flight->is_sociable ? 0 : 1;
  told_ -= flight->is_told ? 1 : 0;
  return flight;
}

void Connection::forbid_company(Flight& flight) {
  if (std::exchange(flight.is_sociable, false)) ++unsociable_;
}

/// What is sent in one turn leaves together.
void Connection::sent() {
  if (state_ == ConnectionState::kClosed) return;
  if (!std::exchange(flush_wanted_, true)) {
    loop_.defer([this, alive = alive_] {
      if (*alive) flush();
    });
  }
  if (is_accepted_) arm_timer();
}

void Connection::flush() {
  flush_wanted_ = false;
  if (state_ == ConnectionState::kClosed) return;
  session_->flush();
  note_what_left();
  if (refused_.empty()) return;
  const std::shared_ptr<bool> alive = alive_;
  fail_refused();
  if (*alive) settle();  // they may have left nothing in flight
}

/// A statement whose Sync may have left may have been committed.
void Connection::note_what_left() {
  const pq::Flushed flushed = session_->flushed();
  if (flushed == pq::Flushed::kNothing) return;
  bool is_kept = flushed == pq::Flushed::kPartly;
  for (auto at = queue_.rbegin(); at != queue_.rend(); ++at) {
    Request* request = (*at)->request.get();
    const Phase phase = request != nullptr ? request->phase() : Phase::kQueued;
    if (phase == Phase::kDispatched) return;
    if (phase == Phase::kSent && !is_kept) request->came_to(Phase::kDispatched);
    is_kept = false;
  }
}

// ----------------------------------------------------------------------------------------- answers

/// What the reader of a result has to know besides its rows.
void Connection::label(ResultSet& result, const Request& request) const {
  if (!result.columns) result.columns = std::make_shared<const Columns>();
  result.decode = request.decode;
  result.host = host().text();
  result.attempts = request.attempts;
}

void Connection::on_rows(ResultSet part) {
  heard_at_ = loop_.now();
  if (queue_.empty() || !queue_.front()->request) return;
  Flight& flight = *queue_.front();
  Query& query = *flight.request->query();
  flight.rows += part.rows;
  label(part, *flight.request);
  if (part.columns == query.info->text_columns || part.columns == query.info->binary_columns) {
    query.completion.progress(std::move(part));
  } else {
    flight.odd_parts.push_back(std::move(part));
  }
}

void Connection::on_result(ResultSet result) {
  heard_at_ = loop_.now();
  if (queue_.empty()) return;  // the session checks that answers match what was sent
  Flight& flight = *queue_.front();
  if (flight.results_to_skip > 0) {
    --flight.results_to_skip;
    return;
  }
  if (flight.result) flight.earlier.push_back(*std::move(flight.result));
  const bool is_first = !flight.result;
  flight.result = std::move(result);
  const Script* const script = is_first && flight.request ? flight.request->script() : nullptr;
  if (script != nullptr && script->on_first) script->on_first(*flight.result);
}

void Connection::on_prepared() {
  heard_at_ = loop_.now();
  if (queue_.empty() || queue_.front()->stage != Stage::kExecute) return;
  Flight& flight = *queue_.front();
  if (flight.names_done == flight.names.size()) return;
  auto& [info, name] = flight.names[flight.names_done++];
  flight.is_parsing = flight.names_done < flight.names.size();
  if (!name.empty()) cache_.add(info, name, heard_at_);
}

void Connection::on_described(pq::Description description) {
  heard_at_ = loop_.now();
  if (!queue_.empty()) queue_.front()->description = std::move(description);
}

void Connection::on_error(ServerReport error) {
  heard_at_ = loop_.now();
  if (queue_.empty() || queue_.front()->error) return;
  queue_.front()->error = std::make_unique<ServerReport>(std::move(error));
  // What is answered has left, though the turn may not be over in which it was sent.
  Request* const request = queue_.front()->request.get();
  if (request != nullptr && request->phase() == Phase::kSent) request->came_to(Phase::kDispatched);
}

void Connection::on_copy() {
  if (queue_.empty()) return;
  queue_.front()->is_copy = true;
  shut(Error::make(ErrorKind::kServer, "COPY is not possible with query(); the connection was closed."));
}

void Connection::on_notice(const ServerReport& notice) {
  // The text is localised; the routine is not.
  if (notice.routine == "SyncRepWaitForLSN" && !queue_.empty() && queue_.front()->request) {
    queue_.front()->request->unreplicated = true;
  }
  // A server that shuts down tells idle sessions by a notice before it closes them.
  has_farewell_ = has_farewell_ || (queue_.empty() && is_farewell(notice));
  if (!notice.sqlstate.starts_with("57P") || std::exchange(retiring_, true)) return;
  if (is_open()) owner_.on_leaving(*this);
  // At the end of the turn, because libpq is calling.
  loop_.defer([this, why = notice, alive = alive_] {
    if (*alive && state_ == ConnectionState::kIdle)
      on_lost({.message = why.message, .sqlstate = why.sqlstate, .code = {}});
  });
}

/// What the parameters of a response say of the node.
void Connection::note_node(const Flight& flight) {
  const std::string_view read_only = session_->parameter("default_transaction_read_only");
  const Query* const query = flight.request ? flight.request->query() : nullptr;
  // What a user says of his own session is no fence.
  if (is_accepted_ && read_only == "on" && node_ == NodeState::kWritable && facts_.own_setting.empty() &&
      query != nullptr && may_set_read_only(query->sql)) {
    facts_.own_setting = "session";
  } else if (read_only == "off" && facts_.own_setting == "session") {
    facts_.own_setting.clear();
  }
  node_ = node_state(read_only, session_->parameter("in_hot_standby"),
                     config_.restricted || is_read_only_itself());
}

void Connection::on_sync() {
  heard_at_ = loop_.now();
  if (queue_.empty()) return;
  auto flight = take_front();
  const Duration took = heard_at_ - flight->sent_at;
  loop_.wait_strategy().answered(heard_at_, took);
  round_trip_ = std::min(round_trip_, took);

  const NodeState before = node_;
  note_node(*flight);
  const bool changed = is_accepted_ && node_ != before;

  if (!is_in_transaction()) names_.end(flight->result && flight->result->command == "COMMIT");

  const std::shared_ptr<bool> alive = alive_;
  const bool was_given_up = flight->cancelled_as.has_value();
  finish(std::move(flight));
  if (!*alive || state_ == ConnectionState::kClosed) return;
  if (was_given_up) bound_cancels();
  if (changed) owner_.on_node_changed(*this, node_);
  if (!*alive || state_ == ConnectionState::kClosed) return;
  if (queue_.size() == 1 && queue_.front()->cancelled_as) send_cancel(*queue_.front());
  settle();
  if (*alive && state_ != ConnectionState::kClosed) arm_timer();
}

namespace {

/// What an error in the middle of the request leaves.
Scope scope_of(const Request& request) {
  if (request.scope != Scope::kAutocommit) return request.scope;
  const auto statements = request.statements();
  const bool is_stepwise = std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
    return statement.info && statement.info->kind.commits_inside;
  });
  return is_stepwise ? Scope::kStepwise : Scope::kAutocommit;
}

}  // namespace

namespace {

/// A table that is changed again and again meanwhile is not waited for longer than this.
constexpr int kMostStale = 10;

}  // namespace

/// What is known of its text is wrong. `has_names`: the server still has the names that it had.
void Connection::forget(Request& request, bool has_names) {
  const auto drop = [&](const std::shared_ptr<const StatementInfo>& info) {
    if (!info) return;
    if (has_names) {
      cache_.drop(info.get());
    } else {
      cache_.lose(info.get());
    }
    catalog_.forget(*info);
  };
  for (Statement& statement : request.statements()) drop(statement.info);
  // Those of a batch are looked up again.
  if (Batch* const batch = request.batch()) {
    for (Statement& item : batch->statements) item.info.reset();
  }
}

/// An error may come of what was known of the text: it is not believed any longer. True: it is sent once
/// more.
bool Connection::meet_stale(std::unique_ptr<Flight>& flight) {
  Request& request = *flight->request;
  const ServerReport& report = *flight->error;
  if (request.script() != nullptr) return false;  // nothing was known of its texts
  if (is_stale_statement(report)) {
    forget(request, report.sqlstate == sqlstate::kFeatureNotSupported);
    // Refused before it ran. Inside a transaction the error has aborted it already.
    if (request.scope != Scope::kAutocommit || flight->times_stale >= kMostStale || flight->cancelled_as)
      return false;
    prepare_anew(std::move(flight));
    return true;
  }
  if (is_guard_failure(report)) return false;
  const bool is_of_types = may_be_stale(report) && flight->is_by_name;
  if (flight->stage != Stage::kExecute || flight->is_described || (!is_of_types && !is_refused_input(report)))
    return false;
  const bool is_doubtful =
      is_of_types && scope_of(request) == Scope::kAutocommit && !flight->doubted && !flight->cancelled_as;
  if (is_doubtful) {
    flight->doubted = std::move(flight->error);
    for (const Statement& statement : request.statements()) flight->believed.push_back(statement.info);
  }
  forget(request, true);
  if (is_doubtful) prepare_anew(std::move(flight));
  return is_doubtful;
}

void Connection::prepare_anew(std::unique_ptr<Flight> flight) {
  ++flight->times_stale;
  flight->error.reset();
  flight->result.reset();
  flight->earlier.clear();
  flight->rows = 0;
  flight->odd_parts.clear();
  flight->name.clear();
  flight->names.clear();
  flight->names_done = 0;
  flight->is_parsing = false;
  flight->is_by_name = false;
  flight->is_described = true;
  if (flight->request->batch() == nullptr) {
    describe(std::move(flight));
  } else {
    start_batch(std::move(flight));
  }
  sent();
}

/// Another session had learnt what the statement gives, and a table has changed since.
bool Connection::has_other_columns(const Flight& flight) const {
  const Query* const query = flight.request->query();
  if (query == nullptr || !flight.result) return false;
  const auto& columns = flight.result->columns;
  return columns != query->info->text_columns && columns != query->info->binary_columns;
}

/// One stage of a request is answered.
void Connection::finish(std::unique_ptr<Flight> flight) {
  if (!flight->request) {
    if (!flight->name.empty() && flight->stage == Stage::kDescribe && !flight->error)
      cache_.drop_name(flight->name);
    return;
  }
  Request& request = *flight->request;
  if (flight->error) {
    if (meet_stale(flight)) return;
    Error error = error_of(*flight);
    fail(std::move(flight), std::move(error));
    return;
  }
  if (flight->cancelled_as && flight->stage != Stage::kExecute) {
    Error error = cancelled_error(*flight->cancelled_as, Outcome::kNotExecuted);
    fail(std::move(flight), std::move(error));
    return;
  }
  if (flight->stage == Stage::kTypes) {
    const std::vector<Oid> asked = catalog_.unknown_types(flight->description);
    if (flight->result) {
      for (TypeInfo& type : StatementCatalog::read_types(*flight->result)) catalog_.add_type(std::move(type));
    }
    flight->result.reset();
    const std::vector<Oid> unknown = catalog_.unknown_types(flight->description);
    // A type that was dropped meanwhile stays unknown: do not ask for ever.
    if (!unknown.empty() && unknown != asked) {
      look_up_types(std::move(flight), unknown);
    } else {
      described(std::move(flight));
    }
    sent();
    return;
  }
  if (flight->stage == Stage::kDescribe) {
    const std::vector<Oid> unknown = catalog_.unknown_types(flight->description);
    if (unknown.empty()) {
      described(std::move(flight));
    } else {
      look_up_types(std::move(flight), unknown);
    }
    sent();
    return;
  }

  const std::size_t count = flight->earlier.size() + (flight->result ? 1 : 0);
  Batch* const batch = request.batch();
  for (std::size_t i = 0; batch != nullptr && i < batch->statements.size() && i < count; ++i) {
    const StatementInfo& info = *batch->statements[i].info;
    auto& columns = (i < flight->earlier.size() ? flight->earlier[i] : *flight->result).columns;
    if (columns == info.text_columns || columns == info.binary_columns) continue;
    Columns now = *columns;
    if (catalog_.describe(now)) columns = std::make_shared<const Columns>(std::move(now));
  }
  if (has_other_columns(*flight)) {
    Query& query = *request.query();
    Columns columns = *flight->result->columns;
    const bool is_readable = catalog_.describe(columns);
    forget(request, true);
    if (request.scope == Scope::kAutocommit && query.info->kind.is_plain_read && request.may_repeat &&
        flight->times_stale < kMostStale && !flight->cancelled_as) {
      request.is_read_only = true;
      prepare_anew(std::move(flight));
      return;
    }
    if (!is_readable) {
      Error error =
          Error::make(ErrorKind::kResult,
                      "The columns of the answer are not those that the statement had when it was prepared.",
                      outcome_of_answer(request.scope));
      error.code = "ERR_RESULT";
      error.host = host().text();
      fail(std::move(flight), std::move(error));
      return;
    }
    flight->result->columns = std::make_shared<const Columns>(std::move(columns));
    for (ResultSet& part : flight->odd_parts) {
      part.columns = flight->result->columns;
      query.completion.progress(std::move(part));
    }
  }
  deliver(std::move(flight));
}

void Connection::deliver(std::unique_ptr<Flight> flight) {
  Request& request = *flight->request;
  const Query* const query = request.query();
  if (query != nullptr && flight->is_telling) query->info->pace.note(heard_at_ - flight->sent_at);
  Reply reply;
  reply.node = node_;
  reply.unreplicated = request.unreplicated;
  if (request.batch() != nullptr && request.is_guarded) flight->result.reset();  // the guard's
  if (!flight->result && !flight->earlier.empty()) {
    flight->result = std::move(flight->earlier.back());
    flight->earlier.pop_back();
  }
  if (flight->result) reply.result = *std::move(flight->result);
  reply.earlier = std::move(flight->earlier);
  if (query != nullptr && is_in_transaction())
    names_.note(query->info->name_change, query->sql, query->encoded, reply.result);
  // What the caller's own statement did to our prepared names.
  if (reply.result.command == "DISCARD ALL" || reply.result.command == "DEALLOCATE ALL") cache_.clear();
  label(reply.result, request);
  if (query != nullptr) query->info->rows = flight->rows + reply.result.rows;
  request.token.subscribe(nullptr);
  auto done = std::move(request.done);
  done(std::move(flight->request), Expected<Reply>(std::move(reply)));
}

Error Connection::error_of(const Flight& flight) const {
  const ServerReport& report = *flight.error;
  const Request& request = *flight.request;
  // The server did not come to the execution.
  const bool is_unprepared = flight.is_parsing && request.query() != nullptr;
  const Outcome outcome =
      outcome_of_error(report, is_unprepared ? Phase::kPreparing : request.phase(), scope_of(request));
  Error error;
  const Outcome undone = request.scope == Scope::kAutocommit ? Outcome::kNotExecuted : Outcome::kRolledBack;
  const bool is_own = is_read_only_itself() && node_ != NodeState::kInRecovery;
  if (is_own && (is_guard_failure(report) || sqlstate::is_read_only(report.sqlstate))) {
    error = own_setting_error(facts_.own_setting, undone,
                              sqlstate::is_read_only(report.sqlstate)
                                  ? report.message
                                  : "The session may not write, and hides whether its node may");
    error.server = report;
  } else if (is_guard_failure(report)) {
    error = fenced_error(host().text(), undone);
  } else if (flight.cancelled_as &&
             (report.sqlstate == sqlstate::kQueryCanceled || is_stale_statement(report))) {
    error = cancelled_error(*flight.cancelled_as, outcome);
    error.server = report;
  } else {
    error = Error::make(ErrorKind::kServer, report.message, outcome);
    error.code = report.sqlstate;
    error.server = report;
  }
  error.host = host().text();
  error.attempts = request.attempts;
  return error;
}

void Connection::fail(std::unique_ptr<Flight> flight, Error error) {
  if (!flight->name.empty() && flight->stage == Stage::kDescribe && !flight->error)
    cache_.drop_name(flight->name);
  hand_back(std::move(flight->request), std::move(error));
}

/// It was not sent. Its caller is told after the turn: told in here, he might send the next one in here, and
/// so on for all that wait.
void Connection::refuse(std::unique_ptr<Flight> flight, Error error) {
  refused_.emplace_back(std::move(flight), std::move(error));
}

void Connection::fail_refused() {
  const std::shared_ptr<bool> alive = alive_;
  while (*alive && !refused_.empty()) {
    auto [flight, error] = std::move(refused_.front());
    refused_.pop_front();
    fail(std::move(flight), std::move(error));
  }
}

void Connection::hand_back(std::unique_ptr<Request> request, Error error) {
  error.attempts = request->attempts;
  request->token.subscribe(nullptr);
  const auto done = std::move(request->done);
  done(std::move(request), Expected<Reply>(Fail(std::move(error))));
}

void Connection::fail_held_back(const Error& why) {
  for (auto& request : std::exchange(held_back_, {})) {
    Error error = why;
    error.outcome = outcome_of_loss(Phase::kQueued, request->scope);
    error.host = host().text();
    hand_back(std::move(request), std::move(error));
  }
}

/// After each turn of answers: what the session is free for now.
void Connection::settle() {
  if (!queue_.empty() || !refused_.empty() || !is_accepted_ || state_ == ConnectionState::kClosed) return;
  if (cancelling_) return;  // its socket may still hit whatever is sent next
  cancel_until_ = kNever;
  if (stopping_) {
    shut(*stopping_);
    return;
  }
  if (state_ == ConnectionState::kIdle || state_ == ConnectionState::kHeld) return;
  if (pinned_) {
    move(ConnectionEvent::kPinned);
    owner_.on_free(*this);
    if (held_back_.empty() || state_ != ConnectionState::kHeld) return;
    auto request = std::move(held_back_.front());
    held_back_.pop_front();
    send(std::move(request));
    return;
  }
  fail_held_back(
      Error::make(ErrorKind::kConnectionLost, "The session was given back before the statement was sent."));
  if (session_->transaction_status() != pq::TransactionStatus::kIdle) {
    if (state_ == ConnectionState::kResetting) {
      shut(Error::make(ErrorKind::kInternal, "The session could not be reset."));
      return;
    }
    move(ConnectionEvent::kDirty);
    reset();
    return;
  }
  move(ConnectionEvent::kClean);
  if (retiring_) {
    shut(Error::make(ErrorKind::kConnectionLost, "The connection was retired."));
    return;
  }
  owner_.on_free(*this);
}

void Connection::reset() {
  auto errand = std::make_unique<Flight>();
  session_->send_unprepared("rollback", {}, {}, false, nullptr);
  in_flight(std::move(errand));
  cancel_until_ = after(loop_.now(), config_.cancel_timeout);
  sent();
}

void Connection::pin() {
  pinned_ = true;
  if (state_ == ConnectionState::kIdle) move(ConnectionEvent::kPinned);
}

void Connection::unpin() {
  if (!pinned_) return;
  pinned_ = false;
  if (state_ != ConnectionState::kHeld) return;  // settle() goes on when the answers are in
  if (session_->transaction_status() != pq::TransactionStatus::kIdle) {
    move(ConnectionEvent::kDirty);
    reset();
    return;
  }
  move(ConnectionEvent::kClean);
  if (retiring_) {
    shut(Error::make(ErrorKind::kConnectionLost, "The connection was retired."));
  } else {
    owner_.on_free(*this);
  }
}

void Connection::retire() {
  retiring_ = true;
  if (state_ == ConnectionState::kIdle)
    shut(Error::make(ErrorKind::kConnectionLost, "The connection was retired."));
}

// ------------------------------------------------------------------------------------------ ending

void Connection::on_lost(pq::Loss loss) {
  Error error = Error::make(is_accepted_ ? ErrorKind::kConnectionLost : ErrorKind::kConnect,
                            (is_accepted_ ? "The connection to " + host().text() + " was lost: "
                                          : "Could not connect to " + host().text() + ": ") +
                                loss.message + ".");
  error.code = loss.sqlstate.empty() ? loss.code : loss.sqlstate;
  if (error.code == "ERR_RESULT") error.kind = ErrorKind::kResult;
  shut(std::move(error));
}

void Connection::close(Error why) { shut(std::move(why)); }

void Connection::stop(Error why) {
  if (stopping_) return;
  if (!is_open() || queue_.empty()) {
    shut(std::move(why));
    return;
  }
  const ErrorKind kind = why.kind;
  stopping_ = std::move(why);
  // What is being prepared is not run any more.
  for (auto& flight : queue_) {
    if (!flight->request || flight->cancelled_as) continue;
    give_up(*flight, kind);
    if (state_ == ConnectionState::kClosed) return;
  }
  cancel_until_ = std::min(cancel_until_, after(loop_.now(), config_.cancel_timeout));
  arm_timer();
}

/// What the loss of the session leaves of a request that was in flight.
void Connection::end(std::unique_ptr<Flight> flight, const Error& why, bool is_first) {
  Request& request = *flight->request;
  const bool is_commit = request.script() != nullptr && request.scope == Scope::kCommit;
  // The tag of a COMMIT follows its work, unlike that of a statement that commits at its Sync.
  if (is_commit && flight->result && flight->result->command == "COMMIT") {
    deliver(std::move(flight));
    return;
  }
  Error error = why;
  if (flight->error && !ends_session(*flight->error)) {
    // The server had answered before the session went.
    error = error_of(*flight);
  } else {
    if (flight->cancelled_as) error = cancelled_error(*flight->cancelled_as, Outcome::kUnknown);
    const bool has_farewell = has_farewell_ || (flight->error && is_farewell(*flight->error));
    has_farewell_ = has_farewell;
    error.outcome = has_farewell ? outcome_of_farewell(request.phase(), request.scope, is_first, is_commit)
                                 : outcome_of_loss(request.phase(), request.scope);
    if (flight->is_copy) error.outcome = Outcome::kRolledBack;
    if (flight->error) error.server = *flight->error;
  }
  error.host = host().text();
  fail(std::move(flight), std::move(error));
}

void Connection::shut(Error why) {
  if (state_ == ConnectionState::kClosed) return;
  const bool was_open = is_accepted_;
  why.host = host().text();
  if (session_) note_what_left();
  timer_.disarm();
  move(ConnectionEvent::kClose);
  node_ = NodeState::kUnreported;  // an answer that was cut short did not come to what it says of the node
  if (dialer_) loop_.defer([dialer = std::shared_ptr<Dialer>(std::move(dialer_))] {});
  if (session_) {
    // Ended now, freed later: it may be calling us.
    session_->close();
    loop_.defer([session = std::shared_ptr<pq::Session>(std::move(session_))] {});
  }
  const std::shared_ptr<bool> alive = alive_;
  auto queue = std::exchange(queue_, {});
  told_ = 0;
  loop_.wait_strategy().lost(queue.size());
  bool is_first = !has_farewell_;
  while (!queue.empty()) {
    auto flight = std::move(queue.front());
    queue.pop_front();
    if (!flight->request) continue;
    end(std::move(flight), why, std::exchange(is_first, false));
    // Only the one that is being answered has too large an answer, or is COPY.
    if (why.kind == ErrorKind::kResult || why.kind == ErrorKind::kServer)
      why.kind = ErrorKind::kConnectionLost;
  }
  if (*alive) fail_refused();
  if (*alive) fail_held_back(why);
  if (*alive) owner_.on_closed(*this, why, was_open);
}

}  // namespace hdb
