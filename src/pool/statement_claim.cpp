#include "pool/statement_claim.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hdb {

namespace {

/// Pipeline depth of one session when all sessions are busy.
constexpr std::size_t kReadDepth = 16;
constexpr std::size_t kWriteDepth = 4;

bool are_plain_reads(const Request& request) {
  const auto statements = request.statements();
  return request.may_repeat &&
         std::all_of(statements.begin(), statements.end(), [](const Statement& statement) {
           return kind_of_statement(statement.sql).is_plain_read;
         });
}

StatementKind kind_of(const Request& request, const Query& query) {
  StatementKind kind = query.info ? query.info->kind : kind_of_statement(query.sql);
  kind.is_plain_read = kind.is_plain_read && request.may_repeat;
  return kind;
}

}  // namespace

StatementClaim::StatementClaim(const Desk& desk, PoolStatement statement, TimePoint acquire_by)
    : Claim(statement.mode, acquire_by, statement.request->deadline, statement.request->token,
            std::move(statement.on_wait)),
      desk_(desk),
      statement_(std::move(statement)) {}

void StatementClaim::serve(std::unique_ptr<Claim> self, PooledSession& session) {
  auto request = std::move(statement_.request);
  request->rewind();
  Query* const query = request->query();
  if (query != nullptr && !query->info) query->info = desk_.catalog.find(query->sql);
  // The server rules out writes that the text cannot, in the same round trip.
  request->is_guarded = mode == Mode::kReadWrite && needs_guard(*request, session.connection());
  request->is_read_only = !statement_.is_idempotent && (left_open_ || shown_in_fence_);
  request->done = [claim = static_cast<StatementClaim*>(self.release()), &session](
                      std::unique_ptr<Request> back, Expected<Reply> reply) {
    Self owned(claim);
    claim->statement_.request = std::move(back);
    Dispatcher& dispatcher = claim->desk_.dispatcher;
    if (reply.ok()) {
      claim->on_reply(std::move(owned), session, reply.value());
    } else {
      claim->on_failure(std::move(owned), session, std::move(reply).error());
    }
    dispatcher.feed(session);
  };
  session.connection().send(std::move(request));
}

// --------------------------------------------------------------------------------------------- answers

void StatementClaim::on_reply(Self self, PooledSession& session, Reply& answer) {
  const Connection& connection = session.connection();
  HostGauge& gauge = *session.home.gauge;
  if (is_fenced(mode, answer.node) && kind().is_plain_read) {
    // A fenced node may show stale data. A read changed nothing, so it runs again on the primary. A write got
    // through before the fence, or it would have failed.
    gauge.retried_for(RetryReason::kFenced).add();
    causes.push_back(connection.host().text() + ": fenced; its answer was discarded.");
    if (!shown_in_fence_) shown_in_fence_ = std::make_unique<Reply>(std::move(answer));
    desk_.dispatcher.place(std::move(self), true);
    return;
  }
  gauge.query.record(connection.heard_at() - began);
  if (answer.unreplicated && desk_.pool.options().on_unreplicated == OnUnreplicated::kReject) {
    Error error = not_replicated_error("The statement", connection.host().text());
    error.wait_ms = waited_ms();
    gauge.failed_with(error.outcome).add();
    fail(std::move(error));
    return;
  }
  gauge.succeeded.add();
  answer.result.wait_ms = waited_ms();
  succeed(std::move(answer));
}

void StatementClaim::on_failure(Self self, PooledSession& session, Error error) {
  const Connection& connection = session.connection();
  HostGauge& gauge = *session.home.gauge;
  const Attempt made = attempt(connection.node());
  attempts = error.attempts;
  if (is_unmasked(error, made)) {
    gauge.failed_with(error.outcome).add();
    settle_unmasked(connection.host().text());
    return;
  }
  const bool is_closed = desk_.pool.state == PoolState::kClosed;
  const Verdict verdict = is_closed ? Verdict::kSettle : verdict_of(error, made);
  if (verdict == Verdict::kSettle) {
    settle_failure(std::move(error), made, gauge);
    return;
  }
  if (shows_fence(error)) session.report(NodeState::kReadOnly);
  gauge.retried_for(reason_of(error)).add();
  causes.push_back(connection.host().text() + ": " + error.message);
  if (error.outcome == Outcome::kUnknown && mode == Mode::kReadWrite && !left_open_)
    left_open_ = std::make_unique<Error>(std::move(error));
  if (verdict == Verdict::kLater) {
    desk_.dispatcher.place_later(std::move(self));
  } else {
    desk_.dispatcher.place(std::move(self), true);
  }
}

void StatementClaim::settle_failure(Error error, const Attempt& made, HostGauge& gauge) {
  error = as_known(std::move(error));
  error.wait_ms = waited_ms();
  gauge.query.record(desk_.pool.loop.now() - began);
  gauge.failed_with(error.outcome).add();
  fail(as_told(std::move(error), made));
}

void StatementClaim::settle_unmasked(const std::string& host) {
  if (shown_in_fence_) {
    succeed(std::move(*shown_in_fence_));
  } else if (left_open_) {
    fail(as_told(*left_open_, {.mode = mode}));
  } else {
    Error error =
        Error::make(ErrorKind::kResult,
                    "The answer has other columns than the statement had when it was prepared, and it "
                    "writes: it was not run again.",
                    Outcome::kCommitted);
    error.code = "ERR_RESULT";
    error.host = host;
    fail(std::move(error));
  }
}

void StatementClaim::fail(Error error) {
  error = as_known(std::move(error));
  error.retryable = is_retryable(error);
  error.causes.insert(error.causes.end(), causes.begin(), causes.end());
  reject(*statement_.request, std::move(error));
}

void StatementClaim::succeed(Reply reply) { resolve(std::move(statement_.request), std::move(reply)); }

/// The error of the last attempt says nothing about earlier ones.
Error StatementClaim::as_known(Error error) const {
  if (left_open_ || shown_in_fence_) error.outcome = Outcome::kUnknown;
  return error;
}

double StatementClaim::waited_ms() const { return std::chrono::duration<double, std::milli>(waited).count(); }

// ------------------------------------------------------------------------------------ what it is, by its
// text

std::size_t StatementClaim::share_depth() {
  Query* const query = statement_.request->query();
  if (query == nullptr || query->is_description) return 0;
  if (!query->info) query->info = desk_.catalog.find(query->sql);
  const StatementInfo* info = query->info.get();
  if (info == nullptr || !info->pace.is_fast() || info->kind.may_commit || info->kind.changes_session)
    return 0;
  // A lost session leaves every write in flight in doubt, so writes are pipelined less deeply.
  return info->kind.is_plain_read ? kReadDepth : kWriteDepth;
}

const StatementInfo* StatementClaim::joins() {
  if (share_depth() != kReadDepth || statement_.request->may_be_given_up()) return nullptr;
  const StatementInfo* info = statement_.request->query()->info.get();
  return info->pace.is_brief() ? info : nullptr;
}

std::size_t StatementClaim::bytes() const {
  const Request* request = statement_.request.get();
  return request == nullptr ? 0 : request->bytes;
}

Attempt StatementClaim::attempt(NodeState node) const {
  return {.mode = mode,
          .is_idempotent = statement_.is_idempotent,
          .is_plain_read = kind().is_plain_read,
          .node = node,
          .is_read_only = statement_.request->is_read_only,
          .most = desk_.pool.options().retry.max_attempts};
}

StatementKind StatementClaim::kind() const {
  const Request& request = *statement_.request;
  if (const Query* const query = request.query()) return kind_of(request, *query);
  const bool reads = are_plain_reads(request);
  return {.reads = reads, .is_plain_read = reads, .may_commit = false, .changes_session = false};
}

/// A SELECT that calls a function may write. If a fence goes up meanwhile, the answer alone cannot tell.
bool StatementClaim::needs_guard(const Request& request, const Connection& connection) const {
  const Query* const query = request.query();
  if (query == nullptr) return !are_plain_reads(request);
  if (connection.is_read_only_itself()) return false;  // it can write nowhere, and sees no fence
  const StatementKind kind = kind_of(request, *query);
  if (connection.node() == NodeState::kUnreported && connection.server_version() < 140000)
    return !kind.may_commit;
  return kind.reads && !kind.is_plain_read;
}

}  // namespace hdb
