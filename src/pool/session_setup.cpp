#include "pool/session_setup.hpp"

#include <utility>

namespace hdb {

namespace {

constexpr const char* kFailed = "ERR_ON_CONNECT";

Error setup_error(const std::string& host, const std::string& problem) {
  Error error =
      Error::make(ErrorKind::kConnect, "The function `onConnect` failed for " + host + ": " + problem + ".");
  error.code = kFailed;
  error.host = host;
  return error;
}

}  // namespace

bool is_setup_failure(const Error& error) { return error.code == kFailed; }

void SessionSetup::begin(PooledSession& session) {
  const std::uint32_t number = session.setup = ++last_;
  auto timer = loop_.after(limit_, [this, number] {
    end(number, "it did not end within the connect timeout (" + std::to_string(limit_.count()) + " ms)");
  });
  running_[number] = {&session, std::move(timer)};
  session.connection().pin();
  ask_(number, session.home.address.text());
}

void SessionSetup::query(std::uint32_t number, std::unique_ptr<Request> request) {
  const auto found = running_.find(number);
  if (found == running_.end()) {
    Error error = Error::make(ErrorKind::kConnectionLost, "The session is no longer being prepared.");
    error.code = "ECONNRESET";
    reject(*request, std::move(error));
    return;
  }
  request->done = [](std::unique_ptr<Request> back, Expected<Reply>&& reply) {
    if (reply.ok()) {
      resolve(std::move(back), std::move(reply).value());
    } else {
      reject(*back, std::move(reply).error());
    }
  };
  found->second.session->connection().send(std::move(request));
}

void SessionSetup::end(std::uint32_t number, const std::optional<std::string>& problem) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  PooledSession& session = *found->second.session;
  if (problem) {
    session.connection().close(setup_error(session.home.address.text(), *problem));
    return;
  }
  forget(session);
  ready_(session);
}

void SessionSetup::forget(PooledSession& session) { running_.erase(std::exchange(session.setup, 0)); }

}  // namespace hdb
