// Opens a LibpqSession. Slow computations (SCRAM) run on a helper thread, and no new ones are begun for a
// host that already has too many.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "loop/tcp_info.hpp"
#include "pq/libpq_session.hpp"

namespace hdb::pq {

namespace {

/// Number of abandoned logins that still compute, and their age, above which a host gets no further ones.
constexpr std::ptrdiff_t kMostAbandoned = 2;
constexpr milliseconds kReasonable{1000};

void ignore_notice(void*, const PGresult*) {}

}  // namespace

/// An abandoned login cannot be stopped, so each further attempt would take another core.
bool LibpqSession::is_futile() const {
  const auto [first, last] = abandoned_->equal_range(dialled_);
  const TimePoint long_ago = loop_.now() - kReasonable;
  return std::count_if(first, last, [&](const auto& entry) { return entry.second < long_ago; }) >=
         kMostAbandoned;
}

void LibpqSession::dial(const Conninfo& conninfo) {
  HDB_CHECK(conn_ == nullptr);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : conninfo) {
    if (keyword == "host") dialled_ = value + dialled_;
    if (keyword == "port") dialled_ += ":" + value;
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);

  if (is_futile()) {
    lose({.message = "earlier logins, which nobody waits for any more, are still being computed: the server "
                     "asks for an "
                     "unreasonable number of SCRAM iterations",
          .sqlstate = {},
          .code = "EAUTH"});
    return;
  }
  conn_ = PQconnectStartParams(keywords.data(), values.data(), 0);
  if (conn_ == nullptr) {
    lose({.message = "libpq is out of memory", .sqlstate = {}, .code = "ENOMEM"});
    return;
  }
  // Only with verbose messages, and only when set before the first poll, does the SQLSTATE of a
  // refused connection stand in libpq's text.
  PQsetErrorVerbosity(conn_, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(conn_, &ignore_notice, nullptr);
  if (PQstatus(conn_) == CONNECTION_BAD) {
    lose();
    return;
  }
  dialling_ = true;
  watch_socket();
  watch_->want_write();  // libpq: behave as if the last poll had asked for writing
}

void LibpqSession::poll_dial() {
  // libpq may close the socket in here and open another one, of the same number, to try again with TLS or
  // without.
  watch_.reset();
  if (bytes_received(PQsocket(conn_)) > kMostUnasked) {
    lose({.message = "the server sent more than 1 MB before the session was open",
          .sqlstate = {},
          .code = "EPROTO"});
    return;
  }
  // The poll that reads a SCRAM challenge also computes the answer; the server chooses the iterations.
  if (PQstatus(conn_) == CONNECTION_AWAITING_RESPONSE) {
    poll_elsewhere();
  } else {
    on_polled(PQconnectPoll(conn_));
  }
}

void LibpqSession::poll_elsewhere() {
  login_ = std::make_shared<Login>(conn_);
  login_->since = loop_.now();
  loop_.offload([login = login_] { login->status = PQconnectPoll(login->conn); },
                [this, login = login_, alive = life_.watch(), abandoned = abandoned_, host = dialled_] {
                  if (!alive) {
                    const auto [first, last] = abandoned->equal_range(host);
                    abandoned->erase(std::find_if(
                        first, last, [&](const auto& entry) { return entry.second == login->since; }));
                    return;
                  }
                  login_.reset();
                  login->conn = nullptr;  // it is ours again
                  on_polled(login->status);
                });
}

void LibpqSession::on_polled(PostgresPollingStatusType status) {
  switch (status) {
    case PGRES_POLLING_READING:
      watch_socket();
      watch_->want_read();
      return;
    case PGRES_POLLING_WRITING:
      watch_socket();
      watch_->want_write();
      return;
    case PGRES_POLLING_OK:
      break;
    default:
      lose();
      return;
  }
  dialling_ = false;
  watch_socket();
  if (PQsetnonblocking(conn_, 1) != 0 || PQenterPipelineMode(conn_) != 1) {
    lose();
    return;
  }
  PQsetErrorVerbosity(conn_, PQERRORS_DEFAULT);
  PQsetNoticeReceiver(conn_, &LibpqSession::on_libpq_notice, this);
  watch_->want_read();
  handler_->on_dialled();
}

}  // namespace hdb::pq
