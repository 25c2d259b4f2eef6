// Dialer: one host → one authenticated session. Resolves the name, races its addresses.
// Thread: I/O only.  Owner: Connection.
// Not here: the time limit (the owner's), what the host is (Connection verifies it).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.hpp"
#include "pq/session.hpp"

namespace hdb {

/// Whether libpq takes a host for the directory of a Unix socket, or (@) for an abstract one.
inline bool is_socket_name(std::string_view host) {
#if defined(_WIN32)
  const std::string_view path = host.substr(host.size() > 2 && host[1] == ':' ? 2 : 0);  // C:\dir
  if (path.starts_with('/') || path.starts_with('\\')) return true;
#endif
  return host.starts_with('/') || host.starts_with('@');
}

/// Where a server listens, as the caller named it.
struct HostAddress {
  std::string name;  // host name, numeric address, or Unix socket
  std::uint16_t port = 5432;

  bool is_socket() const { return is_socket_name(name); }
  /// "name:port"; an IPv6 address in brackets.
  std::string text() const;
  friend bool operator==(const HostAddress&, const HostAddress&) = default;
  friend auto operator<=>(const HostAddress&, const HostAddress&) = default;
};

class Dialer {
 public:
  struct Result {
    std::unique_ptr<pq::Session> session;  // null: failed
    pq::Loss loss;
  };
  /// Called once, never inside `start`.
  using Done = std::function<void(Result)>;

  Dialer(Loop& loop, pq::SessionFactory& factory, Done done);
  ~Dialer();

  /// `conninfo`: everything but host, hostaddr and port.
  void start(const HostAddress& host, pq::Conninfo conninfo);

 private:
  class Attempt;
  void on_resolved(Resolved resolved);
  void dial_next();
  void on_attempt_ended(Attempt& attempt, pq::Loss loss);
  void on_attempt_won(Attempt& attempt);
  void finish(Result result);

  Loop& loop_;
  pq::SessionFactory& factory_;
  Done done_;
  HostAddress host_;
  pq::Conninfo conninfo_;
  std::vector<std::string> addresses_;
  std::size_t next_address_ = 0;
  std::size_t running_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  pq::Loss last_loss_;
  Timer stagger_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// How long an address may be silent before the next one is tried beside it.
inline constexpr std::chrono::milliseconds kRaceStagger{250};

}  // namespace hdb
