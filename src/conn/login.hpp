// Login: opens one session: asks for the password where one is provided, and dials. Once more when a password
// is refused, since it may have been replaced meanwhile.
// Thread: I/O only.  Owner: Connection.
// Not here: addresses and their race (dialer.hpp), what the host is (probe.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/error.hpp"
#include "base/lifetime.hpp"
#include "conn/connection_config.hpp"
#include "conn/dialer.hpp"
#include "loop/timers.hpp"

namespace hdb {

class Login {
 public:
  /// The session, or why there is none. The connect timeout may still end it when it is there, until `end()`.
  using Ended = std::function<void(Expected<std::unique_ptr<pq::Session>>)>;

  Login(Loop& loop, pq::SessionFactory& factory, const ConnectionConfig& config, Ended ended);

  void start();
  /// The connect timeout matters no longer, nor what still dials.
  void end();

 private:
  void ask();
  void dial();
  void on_dialled(Dialer::Result result);
  void on_timeout();

  Loop& loop_;
  pq::SessionFactory& factory_;
  const ConnectionConfig& config_;
  Ended ended_;
  std::unique_ptr<Dialer> dialer_;
  std::string password_;  // from `passwords`, while it is being used
  enum class Step : std::uint8_t { kNone, kAsking, kDialing, kDialled, kEnded } step_ = Step::kNone;
  bool asked_again_ = false;  // for a password, after a refusal
  Timer timer_;
  Lifetime life_;
};

/// What the loss of a session is told as. `was_open`: it had been used.
Error error_of_loss(const pq::Loss& loss, const HostAddress& host, bool was_open);

}  // namespace hdb
