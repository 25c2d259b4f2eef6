#include "pq/url_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace hdb::pq {

namespace {

struct Foreign {
  std::string_view name;
  std::string_view instead;
};
/// Parameters that other tools put into a URL, and what to use here instead.
constexpr std::array kForeign{
    Foreign{"schema", "options=-csearch_path%3Dname in the URL, or SET search_path in `onConnect`"},
    Foreign{"currentSchema", "options=-csearch_path%3Dname in the URL, or SET search_path in `onConnect`"},
    Foreign{"search_path", "options=-csearch_path%3Dname in the URL, or SET search_path in `onConnect`"},
    Foreign{"pgbouncer", "the option `prepare: false`"},
    Foreign{"prepare", "the option `prepare`"},
    Foreign{"prepared_statements", "the option `prepare`"},
    Foreign{"timezone", "options=-ctimezone%3Dname in the URL"},
    Foreign{"encoding", "nothing: text is always UTF-8"},
    Foreign{"connection_limit", "the option `poolSize`"},
    Foreign{"max", "the option `poolSize`"},
    Foreign{"pool_size", "the option `poolSize`"},
    Foreign{"poolSize", "the option `poolSize`"},
    Foreign{"pool_timeout", "the option `acquireTimeoutMs`"},
    Foreign{"socket_timeout", "the option `timeoutMs`"},
    Foreign{"statement_cache_size", "the option `statementCacheSize`"},
    Foreign{"statement_timeout", "the option `statementTimeoutMs`"},
    Foreign{"lock_timeout", "the option `lockTimeoutMs`"},
    Foreign{"idle_in_transaction_session_timeout", "the option `idleInTransactionTimeoutMs`"},
    Foreign{"ssl", "sslmode=disable, require or verify-full"},
    Foreign{"sslaccept", "sslmode=require, or verify-full to verify the certificate"},
    Foreign{"sslidentity", "sslcert and sslkey"},
    Foreign{"uselibpqcompat", "nothing: sslmode has libpq's meaning anyway"}};

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

Fail<Error> refuse(const std::string& message) {
  return Fail(Error::make(ErrorKind::kConfiguration, "The connection URL cannot be read: " + message));
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

Fail<Error> refuse_parameter(std::string_view name) {
  const auto known =
      std::find_if(kForeign.begin(), kForeign.end(), [&](const Foreign& f) { return f.name == name; });
  return refuse("\"" + std::string(name) + "\" is not a parameter of PostgreSQL" +
                (known == kForeign.end() ? "." : "; here it is " + std::string(known->instead) + "."));
}

}  // namespace

Expected<Unit> check_url(std::string_view text, const std::function<bool(std::string_view)>& is_keyword) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return Unit{};  // keywords and values
  if (is_space(text.front()) || is_space(text.back())) return refuse("it begins or ends with white space.");
  if (text.front() == '"' || text.front() == '\'') return refuse("it has quotes around it.");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme.find('=') != std::string_view::npos) return Unit{};  // a value with a URL in it
  if (scheme != "postgres" && scheme != "postgresql")
    return refuse("it must begin with postgres:// or postgresql://, without jdbc: or the like in front.");
  const std::string_view rest = text.substr(scheme_end + 3);
  // libpq ends the user's part at the first @, and looks for that no further than the first slash.
  const std::size_t user_end = rest.find_first_of("@/");
  const bool has_user = user_end != std::string_view::npos && rest[user_end] == '@';
  const std::string_view place = has_user ? rest.substr(user_end + 1) : rest;
  const std::size_t question = std::min(place.find('?'), place.size());
  if (place.substr(0, question).find('@') != std::string_view::npos) {
    return refuse(
        "it has an @ that does not end the user's part: encode / as %2F and @ as %40 in the "
        "password.");
  }
  std::string_view query = place.substr(std::min(question + 1, place.size()));
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view name = query.substr(0, std::min(query.find('='), end));
    const bool is_jdbc = query.substr(0, end) == "ssl=true";  // which libpq knows
    if (is_name(name) && !is_jdbc && !is_keyword(name)) {
      // In front of an @, what looks like a parameter may be part of a password.
      if (query.find('@') == std::string_view::npos) return refuse_parameter(name);
      return refuse(
          "a parameter is not one of PostgreSQL's (not shown). If it is part of the password, encode / "
          "as %2F, "
          "? as %3F and @ as %40.");
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return Unit{};
}

}  // namespace hdb::pq
