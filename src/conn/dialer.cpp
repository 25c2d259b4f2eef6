#include "conn/dialer.hpp"

#include <algorithm>
#include <utility>

namespace hdb {

std::string HostAddress::text() const {
  const std::string number = std::to_string(port);
  if (!is_socket() && name.find(':') != std::string::npos) return "[" + name + "]:" + number;
  return name + ":" + number;
}

/// One address being dialled.
class Dialer::Attempt final : public pq::SessionHandler {
 public:
  Attempt(Dialer& dialer, std::unique_ptr<pq::Session> session)
      : dialer_(dialer), session_(std::move(session)) {
    session_->set_handler(*this);
  }

  void dial(const pq::Conninfo& conninfo) { session_->dial(conninfo); }
  std::unique_ptr<pq::Session> take() { return std::move(session_); }

  void on_dialled() override { dialer_.on_attempt_won(*this); }
  void on_lost(pq::Loss loss) override { dialer_.on_attempt_ended(*this, std::move(loss)); }
  void on_rows(ResultSet) override {}
  void on_result(ResultSet) override {}
  void on_prepared() override {}
  void on_described(pq::Description) override {}
  void on_error(ServerReport) override {}
  void on_copy() override {}
  void on_sync() override {}
  void on_notice(const ServerReport&) override {}

 private:
  Dialer& dialer_;
  std::unique_ptr<pq::Session> session_;
};

Dialer::Dialer(Loop& loop, pq::SessionFactory& factory, Done done)
    : loop_(loop),
      factory_(factory),
      done_(std::move(done)),
      stagger_(loop.timers(), [this] { dial_next(); }) {}

Dialer::~Dialer() { *alive_ = false; }

void Dialer::start(const HostAddress& host, pq::Conninfo conninfo) {
  host_ = host;
  conninfo_ = std::move(conninfo);
  const bool is_numeric = host_.name.find(':') != std::string::npos ||
                          host_.name.find_first_not_of("0123456789.") == std::string::npos;
  const auto resolved = [this, alive = alive_](Resolved answer) {
    if (*alive) on_resolved(std::move(answer));
  };
  if (host_.is_socket() || is_numeric) {
    loop_.defer([resolved, name = host_.name] { resolved({.addresses = {name}, .error = {}}); });
  } else {
    loop_.resolve(host_.name, resolved);
  }
}

void Dialer::on_resolved(Resolved resolved) {
  if (resolved.addresses.empty()) {
    finish({.session = nullptr,
            .loss = {.message = "could not resolve the host name: " + resolved.error,
                     .sqlstate = {},
                     .code = "ENOTFOUND"}});
    return;
  }
  addresses_ = std::move(resolved.addresses);
  dial_next();
}

void Dialer::dial_next() {
  if (next_address_ == addresses_.size()) return;
  const std::string& address = addresses_[next_address_++];
  pq::Conninfo conninfo = conninfo_;
  conninfo.emplace_back("host", host_.name);
  // The name stays for TLS verification and the password file; the address keeps libpq from resolving.
  if (!host_.is_socket()) conninfo.emplace_back("hostaddr", address);
  conninfo.emplace_back("port", std::to_string(host_.port));
  attempts_.push_back(std::make_unique<Attempt>(*this, factory_.make()));
  ++running_;
  attempts_.back()->dial(conninfo);
  if (next_address_ < addresses_.size()) stagger_.arm(loop_.now() + kRaceStagger);
}

void Dialer::on_attempt_ended(Attempt&, pq::Loss loss) {
  if (!done_) return;  // another one won in this turn
  --running_;
  last_loss_ = std::move(loss);
  if (next_address_ < addresses_.size()) {
    dial_next();
  } else if (running_ == 0) {
    finish({.session = nullptr, .loss = std::move(last_loss_)});
  }
}

void Dialer::on_attempt_won(Attempt& attempt) {
  if (done_) finish({.session = attempt.take(), .loss = {}});
}

void Dialer::finish(Result result) {
  stagger_.disarm();
  // The owner drops this dialer, and with it the losers, at the end of the turn.
  const Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace hdb
