// SessionSetup: runs `onConnect`, by which the application prepares a session before its first use. Thread:
// I/O only.  Owner: PoolCore.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/error.hpp"
#include "api/result.hpp"
#include "base/callback.hpp"
#include "conn/request.hpp"
#include "loop/loop.hpp"
#include "pool/host_pool.hpp"

namespace hdb {

class SessionSetup {
 public:
  /// `ready(session)` is called when a session may be used.
  SessionSetup(Loop& loop, milliseconds limit, std::function<void(PooledSession&)> ready)
      : loop_(loop), limit_(limit), ready_(std::move(ready)) {}

  /// The application's function; it gets the number of the setup and the host.
  void ask(Callback<std::uint32_t, std::string> ask) { ask_ = std::move(ask); }
  void begin(PooledSession& session);
  /// Runs a statement of `onConnect` on its session.
  void query(std::uint32_t number, std::unique_ptr<Request> request);
  /// `onConnect` has ended; if it failed, the session is closed.
  void end(std::uint32_t number, const std::optional<std::string>& problem);
  /// The session is gone, or ready.
  void forget(PooledSession& session);

 private:
  struct Setup {
    PooledSession* session;
    OneShot timer;
  };

  Loop& loop_;
  const milliseconds limit_;
  const std::function<void(PooledSession&)> ready_;
  Callback<std::uint32_t, std::string> ask_;
  std::map<std::uint32_t, Setup> running_;
  std::uint32_t last_ = 0;
};

/// The application has failed to prepare the session.
bool is_setup_failure(const Error& error);

}  // namespace hdb
