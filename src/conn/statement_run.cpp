#include "conn/statement_run.hpp"

#include <algorithm>

#include "base/sqlstate.hpp"
#include "conn/fence.hpp"
#include "conn/parameter_limit.hpp"

namespace hdb {

namespace {

/// A statement that gave so many rows is shown in parts, while the rest is on its way.
constexpr std::size_t kManyRows = 200;
/// How long a read may go by the types of its parameters as they were, where they matter.
constexpr milliseconds kFreshName{1000};

bool wants_text(const Request& request, const Columns& columns) {
  if (request.text_types.empty()) return false;
  return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
    const std::string oid = std::to_string(column.field.type_oid);
    return std::any_of(request.text_types.begin(), request.text_types.end(), [&](const std::string& type) {
      return type == oid || type == column.field.type_name;
    });
  });
}

bool wants_parts(const Request& request, const StatementInfo& info) {
  const Query* const query = request.query();
  return query != nullptr && query->completion.takes_parts() && !info.text_columns->empty() &&
         info.rows.value_or(kManyRows) >= kManyRows;
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
std::vector<Oid> fixed_types(const Statement& statement) {
  std::vector<Oid> types;
  for (std::size_t i = 0; i < statement.encoded.size(); ++i) {
    if (!statement.encoded[i].binary) continue;
    types.resize(statement.encoded.size());
    types[i] = statement.info->param_oids[i];
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

Error changed_types_error(Scope scope) {
  Error error = Error::make(ErrorKind::kServer,
                            "The types of the statement's parameters changed "
                            "while it was sent; run it again.",
                            scope == Scope::kAutocommit ? Outcome::kNotExecuted : Outcome::kRolledBack);
  error.code = sqlstate::kFeatureNotSupported;
  return error;
}

bool is_same(const StatementInfo& then, const StatementInfo& now) {
  if (then.param_oids != now.param_oids) return false;
  return std::equal(then.text_columns->begin(), then.text_columns->end(), now.text_columns->begin(),
                    now.text_columns->end(),
                    [](const Column& a, const Column& b) { return a.field.type_oid == b.field.type_oid; });
}

/// What the server says of the texts now is what was taken for them when the error came: it was the
/// statement's own.
bool is_as_believed(const Flight& flight) {
  if (!flight.doubted) return false;
  const auto statements = std::as_const(*flight.request).statements();
  return std::equal(flight.believed.begin(), flight.believed.end(), statements.begin(), statements.end(),
                    [](const auto& then, const Statement& now) { return is_same(*then, *now.info); });
}

}  // namespace

StatementRun::Next StatementRun::start(Flight& flight) {
  if (const Script* const script = flight.request->script()) return run_script(flight, *script);
  // The pool knows it for sessions as they begin.
  if (Query* const query = flight.request->query(); query != nullptr && !names_.key().empty())
    query->info.reset();
  return prepare(flight);
}

/// All texts are known before any of them runs.
StatementRun::Next StatementRun::prepare(Flight& flight) {
  const Query* const query = flight.request->query();
  for (Statement& statement : flight.request->statements()) {
    if (!statement.info) statement.info = catalog_.find(statement.sql, names_.key());
    if (!statement.info || (query != nullptr && query->is_description)) return describe(flight, statement);
  }
  return encode(flight);
}

StatementRun::Next StatementRun::describe(Flight& flight, Statement& statement) {
  if (auto refused = refuse_parameters(statement.sql, statement.params.size(), session_->most_parameters()))
    return refuse(flight, *std::move(refused));
  flight.request->came_to(Phase::kPreparing);
  flight.stage = Flight::Stage::kDescribe;
  flight.is_first_here = true;
  flight.item = &statement;
  // The unnamed statement where names are not wanted; its text is sent again with its execution then.
  std::string& name = flight.preparation.described;
  name = wants_name(*flight.request) ? cache_.new_name() : std::string();
  if (send_begin(flight) && session_->send_prepare(name, statement.sql, {})) session_->send_describe(name);
  return Next::kFly;
}

StatementRun::Next StatementRun::look_up_types(Flight& flight, const std::vector<Oid>& unknown) {
  flight.stage = Flight::Stage::kTypes;
  std::string list = "{";
  for (const Oid oid : unknown) list += (list.size() > 1 ? "," : "") + std::to_string(oid);
  list += "}";
  session_->send_unprepared(
      StatementCatalog::type_query(), {},
      {{.data = list.c_str(), .length = static_cast<int>(list.size()), .binary = false}}, false, nullptr);
  return Next::kFly;
}

StatementRun::Next StatementRun::encode(Flight& flight) {
  Request& request = *flight.request;
  const std::span<Statement> statements = request.statements();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Statement& statement = statements[i];
    if (statement.encoded_as) {
      if (!fits(statement)) return refuse(flight, changed_types_error(request.scope));
      continue;
    }
    auto encoded = types::encode_all(statement.params, statement.info->params);
    if (encoded.ok()) {
      statement.encoded = std::move(encoded).value();
      statement.encoded_as = statement.info;
      continue;
    }
    if (!std::exchange(flight.is_described, true)) {
      // By what was known of the texts: their types may be others by now.
      for (Statement& other : statements) {
        if (other.encoded_as) continue;
        cache_.drop(other.info.get());
        catalog_.forget(*std::exchange(other.info, nullptr));
      }
      return prepare(flight);
    }
    Error error = std::move(encoded).error();
    if (request.batch() != nullptr)
      error.message = "Statement " + std::to_string(i + 1) + " of the batch: " + error.message;
    return refuse(flight, std::move(error));
  }
  return execute(flight);
}

StatementRun::Next StatementRun::execute(Flight& flight) {
  Request& request = *flight.request;
  flight.stage = Flight::Stage::kExecute;
  if (is_as_believed(flight)) {
    flight.answer.error = std::move(flight.doubted);
    request.came_to(Phase::kDispatched);
    return Next::kFail;
  }
  request.came_to(Phase::kSent);
  const bool is_batch = request.batch() != nullptr;
  bool ok = send_begin(flight);
  if (request.is_read_only || (request.is_guarded && !is_batch)) {
    flight.results_to_skip = 1;
    ok = ok && send(request.is_read_only ? read_only_guard() : statement_guard());
  }
  for (const Statement& statement : request.statements()) ok = ok && send_statement(flight, statement);
  // Behind them: a fence that went up while they ran rolls all of them back.
  if (ok && request.is_guarded && is_batch) send(view_.commit_guard());
  return Next::kFly;
}

StatementRun::Next StatementRun::run_script(Flight& flight, const Script& script) {
  flight.request->came_to(Phase::kSent);
  bool is_first = true;
  for (const std::string& sql : script.texts) {
    if (!send(sql)) break;
    if (std::exchange(is_first, false) && script.on_first) session_->send_flush_request();
  }
  return Next::kFly;
}

StatementRun::Next StatementRun::refuse(Flight& flight, Error error) const {
  error.host = config_.host.text();
  flight.problem = std::make_unique<Error>(std::move(error));
  return Next::kRefuse;
}

bool StatementRun::send(const std::string& sql) {
  return session_->send_unprepared(sql, {}, {}, false, nullptr);
}

bool StatementRun::send_begin(Flight& flight) {
  Query* const query = flight.request->query();
  const auto begin = query != nullptr ? std::move(query->begin) : nullptr;
  if (!begin) return true;
  flight.results_to_skip = 1;
  return send(*begin);
}

/// By the name that it has here, if its values are the same by whatever types its parameters have now. A name
/// keeps the types with which it was prepared: else the text is parsed anew, in the same round trip. What
/// only reads stores no value wrongly: its name is good for a moment.
bool StatementRun::send_statement(Flight& flight, const Statement& statement) {
  const Request& request = *flight.request;
  const auto& info = statement.info;
  Flight::Preparation& preparation = flight.preparation;
  const bool in_parts = wants_parts(request, *info);
  const bool is_binary = info->binary_columns != nullptr && !wants_text(request, *info->text_columns);
  const auto& columns = is_binary ? info->binary_columns : info->text_columns;
  const std::vector<pq::WireParam> params = wire_params(statement.encoded);
  const auto pending =
      std::find_if(preparation.names.begin(), preparation.names.end(),
                   [&](const auto& name) { return name.first == info && !name.second.empty(); });
  if (pending != preparation.names.end())
    return session_->send_execute(pending->second, params, is_binary, columns, in_parts);
  const bool is_named = wants_name(request);
  const std::string* const name = is_named ? cache_.find(info.get()) : nullptr;
  const bool is_read = info->kind.is_plain_read;
  const bool is_fresh = is_read && loop_.now() - cache_.prepared_at(info.get()) < kFreshName;
  if (name != nullptr && (is_fresh || are_plain(statement.encoded))) {
    config_.meters->statement_cache_hits.add();
    preparation.is_by_name = true;
    return session_->send_execute(*name, params, is_binary, columns, in_parts);
  }
  if (is_named) config_.meters->statement_cache_misses.add();
  // Empty: the unnamed statement.
  const bool has_new_name = is_named && (name == nullptr || is_read);
  preparation.names.emplace_back(info, has_new_name ? cache_.new_name() : std::string());
  const std::string& made = preparation.names.back().second;
  flight.is_first_here = flight.is_first_here || !made.empty();
  return session_->send_prepare(made, statement.sql, fixed_types(statement)) &&
         session_->send_execute(made, params, is_binary, columns, in_parts);
}

}  // namespace hdb
