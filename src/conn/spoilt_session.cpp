#include "conn/spoilt_session.hpp"

#include <string>
#include <string_view>

namespace hdb {

const char* misread_setting(const pq::Session& session) {
  const std::string_view encoding = session.parameter("client_encoding");
  if (!encoding.empty() && encoding != "UTF8") return "client_encoding";
  const std::string_view style = session.parameter("DateStyle");
  return style.empty() || style.starts_with("ISO") ? nullptr : "DateStyle";
}

Error misread_error(const char* setting, ErrorKind kind, Outcome outcome) {
  return Error::make(kind,
                     std::string("The statement has changed ") + setting +
                         ", by which values are sent and read; the session is closed: use convert_to() or "
                         "to_char() for another form.",
                     outcome);
}

std::optional<Error> spoilt_by(const Request& request, const pq::Session& session, const char* setting,
                               bool is_next_other) {
  const pq::TransactionStatus status = session.transaction_status();
  const bool is_own = is_autocommit(request.scope);
  // With others in flight libpq does not tell; but a text that has left one open is never fast, and has
  // nobody behind it. Of a session that is lost by now it does not tell either.
  const bool is_inside =
      status == pq::TransactionStatus::kInTransaction || status == pq::TransactionStatus::kInError;
  if (setting != nullptr) {
    // What has ended its transaction is told by its answer.
    const bool is_end =
        request.scope == Scope::kCommit || (!is_own && status == pq::TransactionStatus::kIdle);
    if (is_end) return std::nullopt;
    return misread_error(setting, ErrorKind::kConfiguration,
                         is_own && !is_inside ? Outcome::kCommitted : Outcome::kRolledBack);
  }
  // Whatever follows in it would be acknowledged and not stored.
  if (!is_next_other || !is_own || !is_inside) return std::nullopt;
  return Error::make(ErrorKind::kConfiguration,
                     "The statement has left a transaction open on a session that the next one need not get; "
                     "it is rolled back: use pool.transaction(work), or pool.begin().",
                     Outcome::kRolledBack);
}

}  // namespace hdb
