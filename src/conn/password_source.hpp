// PasswordSource: asks the application for the password of a host, once for all connects that want it
// meanwhile. Thread: I/O only.  Owner: shared by the pool, its connections and the monitor. Not here: what a
// refusal means (Login), the application's function (lib/password.js).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/options.hpp"
#include "base/callback.hpp"
#include "base/clock.hpp"
#include "conn/dialer.hpp"

namespace hdb {

/// For so long an answer serves further connects: a burst of them asks once, and a token is never old.
inline constexpr std::chrono::seconds kPasswordLifetime{60};

class PasswordSource {
 public:
  using Ask = Callback<std::uint32_t, PasswordTarget>;
  using Done = std::function<void(Expected<std::string>)>;

  PasswordSource(std::string user, std::string database)
      : user_(std::move(user)), database_(std::move(database)) {}

  /// Whom to ask. What was wanted before is asked for now.
  void provide(Ask ask) {
    ask_ = std::move(ask);
    for (const auto& [number, question] : questions_) ask_(number, target(question.host));
  }

  /// `done` is called at once when the password is known, and not at all when nobody answers: a question that
  /// is older than `patience` is given up, and asked anew.
  void get(const HostAddress& host, TimePoint now, milliseconds patience, Done done) {
    const auto known = answers_.find(host);
    if (known != answers_.end() && now < known->second.until) {
      done(known->second.password);
      return;
    }
    answers_.erase(host);
    std::erase_if(questions_, [&](const auto& entry) {
      return entry.second.host == host && now >= after(entry.second.since, patience);
    });
    const auto asked = std::find_if(questions_.begin(), questions_.end(),
                                    [&](const auto& entry) { return entry.second.host == host; });
    if (asked != questions_.end()) {
      asked->second.waiting.push_back(std::move(done));
      return;
    }
    Question& question = questions_[++last_number_];
    question.host = host;
    question.since = now;
    question.waiting.push_back(std::move(done));
    if (ask_) ask_(last_number_, target(host));
  }

  void answer(std::uint32_t number, TimePoint now, const Expected<std::string>& password) {
    auto asked = questions_.extract(number);
    if (asked.empty()) return;
    Question& question = asked.mapped();
    if (password.ok())
      answers_[question.host] = {.password = password.value(), .until = now + kPasswordLifetime};
    for (const Done& done : question.waiting) done(password);
  }

  /// The server did not take it: the next connect asks again, unless a newer one is known already.
  void refused(const HostAddress& host, const std::string& password) {
    const auto known = answers_.find(host);
    if (known != answers_.end() && known->second.password == password) answers_.erase(known);
  }

 private:
  struct Question {
    HostAddress host;
    TimePoint since{};
    std::vector<Done> waiting;
  };
  struct Answer {
    std::string password;
    TimePoint until{};
  };

  PasswordTarget target(const HostAddress& host) const {
    return {.host = host.name, .port = host.port, .user = user_, .database = database_};
  }

  std::string user_;
  std::string database_;
  Ask ask_;
  std::uint32_t last_number_ = 0;
  std::map<std::uint32_t, Question> questions_;
  std::map<HostAddress, Answer> answers_;
};

}  // namespace hdb
