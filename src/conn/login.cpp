#include "conn/login.hpp"

#include <utility>

#include "base/sqlstate.hpp"

namespace hdb {

Login::Login(Loop& loop, pq::SessionFactory& factory, const ConnectionConfig& config, Ended ended)
    : loop_(loop),
      factory_(factory),
      config_(config),
      ended_(std::move(ended)),
      timer_(loop.timers(), [this] { on_timeout(); }) {}

void Login::start() {
  timer_.arm(after(loop_.now(), config_.connect_timeout));
  if (config_.passwords) {
    ask();
  } else {
    dial();
  }
}

void Login::ask() {
  step_ = Step::kAsking;
  config_.passwords->get(config_.host, loop_.now(), config_.connect_timeout,
                         [this, alive = life_.watch()](Expected<std::string> password) {
                           if (!alive || step_ != Step::kAsking) return;
                           if (!password.ok()) {
                             ended_(Fail(std::move(password).error()));
                             return;
                           }
                           password_ = std::move(password).value();
                           dial();
                         });
}

void Login::dial() {
  step_ = Step::kDialing;
  dialer_ = std::make_unique<Dialer>(loop_, factory_,
                                     [this](Dialer::Result result) { on_dialled(std::move(result)); });
  pq::Conninfo conninfo = config_.conninfo;
  if (config_.passwords) conninfo.emplace_back("password", password_);
  dialer_->start(config_.host, std::move(conninfo));
}

void Login::on_dialled(Dialer::Result result) {
  // Its losers are closed at the end of the turn: one of them may be calling us.
  loop_.dispose(std::move(dialer_));
  if (step_ != Step::kDialing) return;
  const std::string password = std::exchange(password_, {});
  if (result.session) {
    step_ = Step::kDialled;
    ended_(std::move(result.session));
    return;
  }
  if (config_.passwords && sqlstate::is_login_refused(result.loss.sqlstate)) {
    config_.passwords->refused(config_.host, password);
    // It may have been replaced meanwhile.
    if (!std::exchange(asked_again_, true)) {
      ask();
      return;
    }
  }
  ended_(Fail(error_of_loss(result.loss, config_.host, false)));
}

void Login::on_timeout() {
  const bool is_asking = step_ == Step::kAsking;
  Error error = Error::make(ErrorKind::kConnect,
                            (is_asking ? "The function `password` gave no answer for " : "No answer from ") +
                                config_.host.text() + " within the connect timeout (" +
                                std::to_string(config_.connect_timeout.count()) + " ms).");
  error.code = is_asking ? "EAUTH" : "ETIMEDOUT";
  ended_(Fail(std::move(error)));
}

void Login::end() {
  step_ = Step::kEnded;
  timer_.disarm();
  if (dialer_) loop_.dispose(std::move(dialer_));
}

Error error_of_loss(const pq::Loss& loss, const HostAddress& host, bool was_open) {
  Error error = Error::make(was_open ? ErrorKind::kConnectionLost : ErrorKind::kConnect,
                            (was_open ? "The connection to " + host.text() + " was lost: "
                                      : "Could not connect to " + host.text() + ": ") +
                                loss.message + ".");
  error.code = loss.sqlstate.empty() ? loss.code : loss.sqlstate;
  if (error.code == "ERR_RESULT") error.kind = ErrorKind::kResult;
  return error;
}

}  // namespace hdb
