// The application: calls of every kind, on several pools.
#include <utility>

#include "test/sim/rules.hpp"
#include "test/sim/scene.hpp"

namespace hdb::sim {

namespace {

/// What functions, foreign servers and the server itself raise without ending the session.
constexpr std::array kRaised{"08001", "08006", "22012", "53100", "57P01", "57P03",
                             "58030", "58P01", "P0001", "XX000", "XX001"};

}  // namespace

/// Mostly the first one.
Party& Scene::party() {
  Party& other = *parties_[random_.below(parties_.size())];
  return other.is_open() && random_.below(2) == 0 ? other : *parties_.front();
}

void Scene::work() {
  if (parties_.size() > 1 && random_.below(60) == 0) return end_or_move();
  const std::string id = std::to_string(++last_id_);
  TimePoint deadline = kNever;
  if (random_.below(3) == 0) deadline = loop_.now() + milliseconds(1 + random_.below(2000));
  CancelToken token;
  if (random_.below(6) == 0) {
    token = CancelToken::make();
    loop_.in(milliseconds(random_.below(500)), [token] { token.cancel(); });
  }
  Party& by = party();
  switch (random_.below(16)) {
    case 0:
      for (int n = random_.below(4) == 0 ? 8 : 1; n > 0; --n)
        ask(by, {.sql = "select now()", .params = {}, .raises = {}}, deadline, token);
      break;
    case 1:
    case 2:
      ask(by, {.sql = "select 1", .params = {}, .mode = any_mode(), .raises = {}}, deadline, token);
      break;
    case 3:
      ask(by, {.sql = "select writing($1)", .params = {Value(id)}, .writes = true, .raises = {}}, deadline,
          token);
      break;
    case 4:
      ask(by, {.sql = "select pg_sleep(0.3)", .params = {}, .raises = {}}, deadline, token);
      break;
    case 5:
    case 6:
      begin(by, id, random_.below(4) == 0 ? any_mode() : Mode::kReadWrite, deadline, token);
      break;
    case 7:
      // Its caller lets it run twice.
      ask(by,
          {.sql = "insert into t values ($1) -- again",
           .params = {Value(id)},
           .may_repeat = true,
           .writes = true,
           .raises = {}},
          deadline, token);
      break;
    case 8:
    case 9:
      // A text that occurs once shows when it is sent.
      ask(by, {.sql = "insert into t values ('" + id + "')", .params = {}, .writes = true, .raises = {}},
          deadline, token);
      break;
    case 10:
      ask(by,
          {.sql = "insert into t values ($1) returning id",
           .params = {Value(id)},
           .writes = true,
           .raises = {}},
          deadline, token);
      break;
    case 11:
      ask_batch(by, id, deadline, token);
      break;
    case 12: {
      const std::string code = kRaised[random_.below(kRaised.size())];
      const Mode mode = random_.below(3) == 0 ? any_mode() : Mode::kReadWrite;
      ask(by, {.sql = "raise " + code, .params = {}, .mode = mode, .raises = code}, deadline, token);
      break;
    }
    default:
      ask(by, {.sql = "insert into t values ($1)", .params = {Value(id)}, .writes = true, .raises = {}},
          deadline, token);
      break;
  }
}

/// One of the pools ends, or is given other hosts.
void Scene::end_or_move() {
  Party& party = *parties_[1 + random_.below(parties_.size() - 1)];
  if (!party.is_open()) return;
  if (random_.below(4) != 0) {
    std::vector<HostAddress> some;
    for (const HostAddress& host : hosts_) {
      if (random_.below(3) != 0) some.push_back(host);
    }
    move_party(party, some.empty() ? hosts_ : some);
    return;
  }
  note("end of the pool of", party.role);
  const milliseconds drain(random_.below(2000));
  party.is_ending = true;
  party.ends_by = loop_.now() + drain + kCancel;
  party.pool->end(drain, completion_from<Unit, Error>([this, &party](const Expected<Unit>& result) {
                    settle(party.ended, result.ok() ? nullptr : &result.error(), "the end of a pool");
                    in_time("the end of a pool", party.ends_by);
                  }));
}

// ---- Calls.

Callback<std::string, double> Scene::on_wait(Waiting& one) {
  return Callback<std::string, double>([&one](const std::string& host, double) { one.wait(host.empty()); });
}

Call& Scene::add_call(Party& party, Mode mode, TimePoint deadline) {
  calls_.push_back(std::make_unique<Call>());
  Call& call = *calls_.back();
  call.party = &party;
  call.mode = mode;
  call.number = calls_.size();
  call.made_at = loop_.now();
  call.deadline = deadline;
  return call;
}

PoolCore::Statement Scene::statement_for(Call& call, TimePoint deadline, const CancelToken& token) {
  PoolCore::Statement statement;
  statement.mode = call.mode;
  statement.is_idempotent = call.may_repeat || is_restricted(call.mode);
  statement.on_wait = on_wait(call);
  statement.request = std::make_unique<Request>();
  statement.request->deadline = deadline;
  statement.request->token = token;
  return statement;
}

Call& Scene::ask(Party& party, Ask what, TimePoint deadline, const CancelToken& token) {
  Call& call = add_call(party, what.mode, deadline);
  std::string label = what.sql;
  for (const Value& value : what.params) label += " [" + *value.get<std::string>() + "]";
  call.name = label;
  call.is_unique = what.writes && what.params.empty();
  if (what.writes) call.labels = {std::move(label)};
  call.may_repeat = what.may_repeat;
  call.raises = what.raises;
  PoolCore::Statement statement = statement_for(call, deadline, token);
  if (call.is_unique) unique_[what.sql] = &call;
  Query& query = *statement.request->query();
  query.sql = std::move(what.sql);
  query.params = std::move(what.params);
  query.completion = completion_from<ResultSet, Error>([this, &call](const Expected<ResultSet>& result) {
    on_settled(call, result.ok() ? nullptr : &result.error());
  });
  submit(party, std::move(statement));
  return call;
}

/// Two writes, or none of them.
void Scene::ask_batch(Party& party, const std::string& id, TimePoint deadline, const CancelToken& token) {
  Call& call = add_call(party, Mode::kReadWrite, deadline);
  call.name = "batch [" + id + "]";
  Batch batch;
  for (const char* sql : {"insert into b values ($1)", "insert into c values ($1)"}) {
    batch.statements.emplace_back(sql, std::vector<Value>{Value(id)});
    call.labels.push_back(std::string(sql) + " [" + id + "]");
  }
  batch.completion = completion_from<std::vector<ResultSet>, Error>(
      [this, &call](const Expected<std::vector<ResultSet>>& result) {
        on_settled(call, result.ok() ? nullptr : &result.error());
      });
  PoolCore::Statement statement = statement_for(call, deadline, token);
  statement.request->work = std::move(batch);
  submit(party, std::move(statement));
}

void Scene::submit(Party& party, PoolCore::Statement statement) {
  PoolCore& pool = *party.pool;
  if (broken != Rule::kOrder || party.number != 0) return pool.submit(std::move(statement));
  if (held_) {
    pool.submit(std::move(statement));
    pool.submit(*std::exchange(held_, std::nullopt));
  } else {
    held_ = std::move(statement);
    loop_.in(milliseconds(50), [this, &pool] {
      if (held_ && parties_.front()->pool) pool.submit(*std::exchange(held_, std::nullopt));
    });
  }
}

// ---- Transactions.

void Scene::begin(Party& party, const std::string& id, Mode mode, TimePoint deadline,
                  const CancelToken& token) {
  transactions_.push_back(std::make_unique<Open>());
  Open& one = *transactions_.back();
  one.party = &party;
  one.mode = mode;
  if (mode == Mode::kReadWrite) one.label = "insert into tx values ($1) [" + id + "]";
  one.name = one.label.empty() ? "transaction [" + id + "] that reads" : one.label;
  one.commits = random_.below(4) != 0;
  one.deadline = deadline;
  TransactionOptions with;
  with.mode = mode;
  with.signal = token;
  with.defers_begin = random_.below(2) == 0;
  with.commit_proof = one.is_proven = random_.below(2) == 0;
  with.on_wait = on_wait(one);
  one.core = std::make_unique<TransactionCore>(*party.pool, std::move(with), deadline,
                                               std::make_shared<TransactionView>());
  one.core->begin(into<Unit>(one.begun, one));
  drive(one, id);
}

/// The next step of a transaction as soon as the last is answered.
void Scene::drive(Open& one, const std::string& id) {
  loop_.in(milliseconds(random_.below(40)), [this, &one, id] {
    if (!one.core || one.ended.times != 0 || one.begun.failed()) return;
    if (!one.is_asked && one.begun.ok) {
      one.is_asked = true;
      Query query;
      query.sql = one.label.empty() ? "select 1" : "insert into tx values ($1)";
      if (!one.label.empty()) query.params = {Value(id)};
      query.completion = into<ResultSet>(one.wrote, one);
      one.core->query(std::make_unique<Request>(std::move(query)));
    } else if (one.wrote.times != 0 && !one.is_ending) {
      one.is_ending = true;
      if (one.commits && one.wrote.ok) {
        one.core->commit(into<Unit>(one.ended, one));
      } else {
        one.core->rollback(into<Unit>(one.ended, one));
      }
    }
    drive(one, id);
  });
}

template <class T>
Completion<T> Scene::into(Answer& answer, Open& one) {
  // What is asked after the deadline has no other one.
  const TimePoint due = std::max(one.deadline, loop_.now());
  return completion_from<T, Error>([this, &answer, &one, due](const Expected<T>& result) {
    one.wait(false);
    settle(answer, result.ok() ? nullptr : &result.error(), one.name);
    in_time(one.name, due);
  });
}

}  // namespace hdb::sim
