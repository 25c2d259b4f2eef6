#include "pool/commit_inquiry.hpp"

#include <algorithm>
#include <utility>

namespace hdb {

namespace {

/// How long to wait before asking again about a transaction that is still committing.
constexpr milliseconds kAskAgain{100};

}  // namespace

void CommitInquiry::start(std::function<void(std::optional<Error>)> done) {
  done_ = std::move(done);
  if (!proof_) {
    stay_in_doubt("The facts that could prove it had not arrived when the connection ended.");
  } else if (proof_->xid.empty()) {
    conclude({}, {});
  } else {
    ask();
  }
}

void CommitInquiry::ask() {
  Query query;
  query.sql = evidence_sql();
  query.params.emplace_back(proof_->xid);
  query.completion = completion_from<ResultSet, Error>(
      life_.guard([this](const Expected<ResultSet>& answer) { on_answer(answer); }));
  PoolCore::Statement statement;
  statement.mode = Mode::kReadWrite;
  statement.is_idempotent = true;
  statement.request = std::make_unique<Request>(std::move(query));
  statement.request->prepare = false;
  statement.request->deadline = std::min(terms_.deadline, after(terms_.sent_at, kProofLifetime));
  statement.request->token = terms_.token;
  pool_.submit(std::move(statement));
}

void CommitInquiry::on_answer(const Expected<ResultSet>& answer) {
  if (!answer.ok()) {
    stay_in_doubt("The primary could not be asked: " + answer.error().message);
  } else if (const auto evidence = read_evidence(answer.value())) {
    conclude(*evidence, answer->host);
  } else {
    stay_in_doubt("The primary's answer about it is malformed.");
  }
}

void CommitInquiry::conclude(const CommitEvidence& evidence, const std::string& host) {
  switch (verdict_of(*proof_, evidence, pool_.loop().now() - terms_.sent_at)) {
    case CommitVerdict::kCommitted:
      done_(std::nullopt);
      return;
    case CommitVerdict::kNotCommitted:
      done_(not_committed());
      return;
    case CommitVerdict::kInProgress:
      pool_.pause(kAskAgain,
                  completion_from<Unit, Error>(life_.guard([this](const Expected<Unit>&) { ask(); })));
      return;
    case CommitVerdict::kInDoubt:
      stay_in_doubt("What the primary knows of it proves nothing: " + host + " is on timeline " +
                    std::to_string(evidence.timeline) + ", the transaction was on " +
                    std::to_string(proof_->timeline) + ".");
  }
}

Error CommitInquiry::not_committed() const {
  Error error = Error::make(ErrorKind::kConnectionLost,
                            "The connection ended during COMMIT; the transaction was not stored.",
                            Outcome::kRolledBack);
  error.code = doubt_.cause ? doubt_.cause->code : std::string();
  error.host = doubt_.host;
  error.attempts = doubt_.attempts;
  error.retryable = true;
  error.cause = std::make_shared<const Error>(doubt_);
  return error;
}

void CommitInquiry::stay_in_doubt(const std::string& why) {
  doubt_.causes.push_back(why);
  done_(std::move(doubt_));
}

}  // namespace hdb
