// What the answers to a request make of it: its next stage, another attempt, or its end.
#include <algorithm>

#include "base/sqlstate.hpp"
#include "conn/fence.hpp"
#include "conn/statement_run.hpp"

namespace hdb {

namespace {

/// A table that is changed again and again meanwhile is not waited for longer than this.
constexpr int kMostStale = 10;

bool is_still(const StatementInfo& known, const pq::Description& now) {
  return known.param_oids == now.params &&
         std::equal(known.text_columns->begin(), known.text_columns->end(), now.columns.begin(),
                    now.columns.end(), [](const Column& a, const Column& b) {
                      return a.field.name == b.field.name && a.field.type_oid == b.field.type_oid;
                    });
}

bool has_columns_of(const ResultSet& result, const StatementInfo& info) {
  return result.columns == info.text_columns || result.columns == info.binary_columns;
}

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

/// What the reader of a result has to know besides its rows.
void StatementRun::label(ResultSet& result, const Request& request) const {
  if (!result.columns) result.columns = std::make_shared<const Columns>();
  result.decode = request.decode;
  result.host = config_.host.text();
  result.attempts = request.attempts;
}

void StatementRun::on_rows(Flight& flight, ResultSet part) const {
  if (!flight.request) return;
  Query& query = *flight.request->query();
  flight.answer.rows += part.rows;
  label(part, *flight.request);
  if (has_columns_of(part, *query.info)) {
    query.completion.progress(std::move(part));
  } else {
    flight.answer.odd_parts.push_back(std::move(part));
  }
}

void StatementRun::on_result(Flight& flight, ResultSet result) {
  if (flight.results_to_skip > 0) {
    --flight.results_to_skip;
    return;
  }
  Flight::Answer& answer = flight.answer;
  const bool is_first = !answer.result;
  if (!is_first) answer.earlier.push_back(*std::move(answer.result));
  answer.result = std::move(result);
  const Script* const script = is_first && flight.request ? flight.request->script() : nullptr;
  if (script != nullptr && script->on_first) script->on_first(*answer.result);
}

void StatementRun::on_prepared(Flight& flight, TimePoint heard_at) {
  Flight::Preparation& preparation = flight.preparation;
  if (flight.stage != Flight::Stage::kExecute || !preparation.is_parsing()) return;
  auto& [info, name] = preparation.names[preparation.names_done++];
  if (!name.empty()) cache_.add(info, name, heard_at);
}

StatementRun::Next StatementRun::answered(Flight& flight, TimePoint heard_at) {
  if (flight.answer.error) return failed(flight);
  switch (flight.stage) {
    case Flight::Stage::kDescribe: {
      const std::vector<Oid> unknown = catalog_.unknown_types(flight.description);
      return unknown.empty() ? described(flight, heard_at) : look_up_types(flight, unknown);
    }
    case Flight::Stage::kTypes:
      return types_known(flight, heard_at);
    case Flight::Stage::kExecute:
      break;
  }
  return executed(flight);
}

StatementRun::Next StatementRun::types_known(Flight& flight, TimePoint heard_at) {
  const std::vector<Oid> asked = catalog_.unknown_types(flight.description);
  if (flight.answer.result) {
    for (TypeInfo& type : StatementCatalog::read_types(*flight.answer.result))
      catalog_.add_type(std::move(type));
  }
  flight.answer.result.reset();
  const std::vector<Oid> unknown = catalog_.unknown_types(flight.description);
  // A type that was dropped meanwhile stays unknown: do not ask for ever.
  if (!unknown.empty() && unknown != asked) return look_up_types(flight, unknown);
  return described(flight, heard_at);
}

/// The server has told of the text, and of the types that it names.
StatementRun::Next StatementRun::described(Flight& flight, TimePoint heard_at) {
  const Query* const query = flight.request->query();
  const bool is_description = query != nullptr && query->is_description;
  Statement& statement = *std::exchange(flight.item, nullptr);
  // What was asked for again and has not changed keeps its names on all sessions.
  const auto known = is_description ? catalog_.find(statement.sql, names_.key()) : nullptr;
  statement.info = known && is_still(*known, flight.description)
                       ? known
                       : catalog_.add(statement.sql, std::move(flight.description), names_.key());
  statement.info->described_at = heard_at;
  std::string name = std::exchange(flight.preparation.described, {});
  if (!name.empty()) cache_.add(statement.info, std::move(name), heard_at);
  if (is_description) return Next::kDeliver;
  flight.is_described = flight.is_described || query != nullptr;
  return prepare(flight);
}

StatementRun::Next StatementRun::executed(Flight& flight) {
  Flight::Answer& answer = flight.answer;
  if (const Query* const query = flight.request->query()) {
    const bool is_odd = answer.result && !has_columns_of(*answer.result, *query->info);
    return is_odd ? has_other_columns(flight) : Next::kDeliver;
  }
  const auto statements = flight.request->statements();
  const std::size_t count = std::min(statements.size(), answer.earlier.size() + (answer.result ? 1 : 0));
  for (std::size_t i = 0; i < count; ++i) {
    ResultSet& result = i < answer.earlier.size() ? answer.earlier[i] : *answer.result;
    if (has_columns_of(result, *statements[i].info)) continue;
    Columns now = *result.columns;
    if (catalog_.describe(now)) result.columns = std::make_shared<const Columns>(std::move(now));
  }
  return Next::kDeliver;
}

/// Another session had learnt what the statement gives, and a table has changed since.
StatementRun::Next StatementRun::has_other_columns(Flight& flight) {
  Request& request = *flight.request;
  Query& query = *request.query();
  Columns columns = *flight.answer.result->columns;
  const bool is_readable = catalog_.describe(columns);
  forget(request, true);
  if (request.scope == Scope::kAutocommit && query.info->kind.is_plain_read && request.may_repeat &&
      flight.times_stale < kMostStale && !flight.cancelled_as) {
    request.is_read_only = true;
    return prepare_anew(flight);
  }
  if (!is_readable) {
    flight.problem = std::make_unique<Error>(Error::make(ErrorKind::kResult,
                                                         "The columns of the answer are not those that the "
                                                         "statement had when it was prepared.",
                                                         outcome_of_answer(request.scope)));
    flight.problem->code = "ERR_RESULT";
    flight.problem->host = config_.host.text();
    return Next::kFail;
  }
  const auto known = std::make_shared<const Columns>(std::move(columns));
  flight.answer.result->columns = known;
  for (ResultSet& part : flight.answer.odd_parts) {
    part.columns = known;
    query.completion.progress(std::move(part));
  }
  return Next::kDeliver;
}

/// An error may come of what was known of the texts: that is not believed any longer.
StatementRun::Next StatementRun::failed(Flight& flight) {
  Request& request = *flight.request;
  const ServerReport& report = *flight.answer.error;
  if (request.script() != nullptr) return Next::kFail;  // nothing was known of its texts
  if (is_stale_statement(report)) {
    forget(request, report.sqlstate == sqlstate::kFeatureNotSupported);
    // Refused before it ran. Inside a transaction the error has aborted it already.
    if (request.scope != Scope::kAutocommit || flight.times_stale >= kMostStale || flight.cancelled_as)
      return Next::kFail;
    return prepare_anew(flight);
  }
  if (is_guard_failure(report)) return Next::kFail;
  const bool is_of_types = may_be_stale(report) && flight.preparation.is_by_name;
  if (flight.stage != Flight::Stage::kExecute || flight.is_described ||
      (!is_of_types && !is_refused_input(report)))
    return Next::kFail;
  const bool is_doubtful =
      is_of_types && scope_of(request) == Scope::kAutocommit && !flight.doubted && !flight.cancelled_as;
  if (is_doubtful) {
    flight.doubted = std::move(flight.answer.error);
    for (const Statement& statement : request.statements()) flight.believed.push_back(statement.info);
  }
  forget(request, true);
  return is_doubtful ? prepare_anew(flight) : Next::kFail;
}

StatementRun::Next StatementRun::prepare_anew(Flight& flight) {
  ++flight.times_stale;
  flight.answer = {};
  flight.preparation = {};
  flight.is_described = true;
  if (Query* const query = flight.request->query()) return describe(flight, *query);
  return prepare(flight);
}

/// What is known of its texts is wrong. `has_names`: the server still has the names that it had.
void StatementRun::forget(Request& request, bool has_names) {
  for (Statement& statement : request.statements()) {
    if (!statement.info) continue;
    if (has_names) {
      cache_.drop(statement.info.get());
    } else {
      cache_.lose(statement.info.get());
    }
    catalog_.forget(*statement.info);
    // Those of a batch are looked up again.
    if (request.batch() != nullptr) statement.info.reset();
  }
}

Error StatementRun::error_of(const Flight& flight) const {
  const ServerReport& report = *flight.answer.error;
  const Request& request = *flight.request;
  const Outcome undone = request.scope == Scope::kAutocommit ? Outcome::kNotExecuted : Outcome::kRolledBack;
  const bool is_refused_write = is_write_refusal(report);
  const bool is_own = view_.is_read_only_itself() && view_.state() != NodeState::kInRecovery;
  Error error;
  if (is_own && (is_guard_failure(report) || is_refused_write)) {
    error = own_setting_error(
        view_.facts().own_setting, undone,
        is_refused_write ? report.message : "The session may not write, and hides whether its node may");
    error.server = report;
  } else if (is_guard_failure(report)) {
    error = fenced_error(config_.host.text(), undone);
  } else {
    // The server did not come to the execution.
    const bool is_unprepared = flight.preparation.is_parsing() && request.query() != nullptr;
    const Phase phase = is_unprepared ? Phase::kPreparing : request.phase();
    error =
        Error::make(ErrorKind::kServer, report.message, outcome_of_error(report, phase, scope_of(request)));
    error.code = report.sqlstate;
    error.server = report;
  }
  error.host = config_.host.text();
  error.attempts = request.attempts;
  return error;
}

Reply StatementRun::reply_of(Flight& flight, TimePoint heard_at, bool is_in_transaction) {
  const Request& request = *flight.request;
  const Query* const query = request.query();
  const bool has_run = query != nullptr && !query->is_description;
  Flight::Answer& answer = flight.answer;
  if (query != nullptr && flight.is_telling) query->info->pace.note(heard_at - flight.sent_at);
  Reply reply;
  reply.unreplicated = request.unreplicated;
  if (request.batch() != nullptr && request.is_guarded) answer.result.reset();  // the guard's
  if (!answer.result && !answer.earlier.empty()) {
    answer.result = std::move(answer.earlier.back());
    answer.earlier.pop_back();
  }
  if (answer.result) reply.result = *std::move(answer.result);
  reply.earlier = std::move(answer.earlier);
  if (has_run && is_in_transaction)
    names_.note(query->info->name_change, query->sql, query->encoded, reply.result);
  // What the caller's own statement did to our prepared names.
  if (reply.result.command == "DISCARD ALL" || reply.result.command == "DEALLOCATE ALL") cache_.clear();
  label(reply.result, request);
  if (has_run) query->info->rows = answer.rows + reply.result.rows;
  return reply;
}

void StatementRun::drop_described(const Flight& flight) {
  const std::string& name = flight.preparation.described;
  if (!name.empty() && flight.stage == Flight::Stage::kDescribe && !flight.answer.error)
    cache_.drop_name(name);
}

}  // namespace hdb
