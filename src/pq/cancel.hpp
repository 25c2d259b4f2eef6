// CancelRequest: asks the server, on a connection of its own, to cancel what a session runs.
// Thread: I/O only.  Owner: LibpqSession; if destroyed before it is done, it calls nobody.
// Not here: whether a cancel may be sent, and how long to wait for its answer (CancelFlow).
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>

#include "loop/loop.hpp"

namespace hdb::pq {

/// With libpq 17 or newer: encrypted where the session is, and nothing blocks.
/// Older ones: in the clear, and on a thread of its own, because it blocks.
class CancelRequest {
 public:
  /// `done` is called on the loop, never inside this call, with an error text or empty.
  CancelRequest(Loop& loop, PGconn* session, std::function<void(std::string)> done);
  ~CancelRequest();
  CancelRequest(const CancelRequest&) = delete;
  CancelRequest& operator=(const CancelRequest&) = delete;

 private:
#if defined(LIBPQ_HAS_ASYNC_CANCEL)
  void poll();
  void watch(bool for_write);
  void finish(std::string error);

  Loop& loop_;
  std::function<void(std::string)> done_;
  PGcancelConn* conn_ = nullptr;
  std::unique_ptr<SocketWatch> watch_;
#endif
};

}  // namespace hdb::pq
