// SessionSetup: `onConnect`: the application prepares a session before anybody gets it.
// Thread: I/O only.  Owner: PoolCore.
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
  /// `ready(session)`: it may be used.
  SessionSetup(Loop& loop, milliseconds limit, std::function<void(PooledSession&)> ready)
      : loop_(loop), limit_(limit), ready_(std::move(ready)) {}

  /// Who prepares: gets the number of the setup, and the host.
  void ask(Callback<std::uint32_t, std::string> ask) { ask_ = std::move(ask); }
  void begin(PooledSession& session);
  /// A statement of the application on a session that it prepares.
  void query(std::uint32_t number, std::unique_ptr<Request> request);
  /// It has ended. With a problem, the session is closed.
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
