#include "conn/fence.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/sqlstate.hpp"

namespace hdb {

bool may_set_read_only(std::string_view sql) {
  const auto has = [sql](std::string_view word) {
    return std::search(sql.begin(), sql.end(), word.begin(), word.end(), [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) == b;
           }) != sql.end();
  };
  return has("default_transaction_read_only") || has("characteristics");
}

namespace {

std::string_view owner_of(std::string_view setting) {
  if (setting == "user") return "the role (ALTER ROLE … SET)";
  if (setting == "database") return "the database (ALTER DATABASE … SET)";
  if (setting == "database user") return "the role in this database (ALTER ROLE … IN DATABASE … SET)";
  if (setting == "global") return "all roles (ALTER ROLE ALL SET)";
  if (setting == "client") return "the connection (options or PGOPTIONS)";
  return "the session (SET)";
}

}  // namespace

Error own_setting_error(const std::string& setting, Outcome outcome, std::string message) {
  Error error = Error::make(ErrorKind::kServer, std::move(message), outcome);
  error.message +=
      "; default_transaction_read_only is on for " + std::string(owner_of(setting)) + ", not for the server";
  error.code = sqlstate::kReadOnlyTransaction;
  error.is_lasting = true;
  return error;
}

}  // namespace hdb
