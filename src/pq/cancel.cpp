#include "pq/cancel.hpp"

#include <utility>

#include "pq/server_report.hpp"

namespace hdb::pq {

#if defined(LIBPQ_HAS_ASYNC_CANCEL)

CancelRequest::CancelRequest(Loop& loop, PGconn* session, std::function<void(std::string)> done)
    : loop_(loop), done_(std::move(done)), conn_(PQcancelCreate(session)) {
  if (conn_ == nullptr || PQcancelStart(conn_) != 1) {
    finish(conn_ != nullptr ? tidy(PQcancelErrorMessage(conn_)) : "libpq is out of memory");
    return;
  }
  watch(true);  // libpq: behave as if the last poll had asked for writing
}

CancelRequest::~CancelRequest() {
  watch_.reset();
  PQcancelFinish(conn_);
}

void CancelRequest::poll() {
  switch (PQcancelPoll(conn_)) {
    case PGRES_POLLING_READING:
      return watch(false);
    case PGRES_POLLING_WRITING:
      return watch(true);
    case PGRES_POLLING_OK:
      return finish({});
    default:
      return finish(tidy(PQcancelErrorMessage(conn_)));
  }
}

void CancelRequest::watch(bool for_write) {
  // A new watch each time: libpq may have closed the socket and opened another with the same number.
  watch_.reset();
  watch_ = loop_.watch(PQcancelSocket(conn_), [this](bool, bool) { poll(); });
  if (for_write)
    watch_->want_write();
  else
    watch_->want_read();
}

void CancelRequest::finish(std::string error) {
  watch_.reset();
  // Deferred: the callback may destroy us.
  loop_.defer([done = std::move(done_), error = std::move(error)] { done(error); });
}

#else

CancelRequest::CancelRequest(Loop& loop, PGconn* session, std::function<void(std::string)> done) {
  const std::shared_ptr<PGcancel> handle(PQgetCancel(session), &PQfreeCancel);
  if (!handle) {
    loop.defer([done = std::move(done)] { done("there is no connection to cancel"); });
    return;
  }
  auto error = std::make_shared<std::string>("the system has no thread left");
  loop.offload(
      [handle, error] {
        char text[256] = "";
        *error = PQcancel(handle.get(), text, sizeof text) == 1 ? std::string() : tidy(text);
      },
      [error, done = std::move(done)] { done(*error); });
}

CancelRequest::~CancelRequest() = default;

#endif

}  // namespace hdb::pq
