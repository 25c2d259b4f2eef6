#include "pq/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>

#include "pq/server_report.hpp"

namespace hdb::pq {

namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionsPtr = std::unique_ptr<PQconninfoOption, OptionsDeleter>;

}  // namespace

Expected<Conninfo> parse_conninfo(const std::string& text) {
  char* message = nullptr;
  const OptionsPtr options(PQconninfoParse(text.c_str(), &message));
  if (!options) {
    std::string reason = message != nullptr ? tidy(message) : "out of memory";
    PQfreemem(message);
    // libpq quotes the part that it does not like, and with it perhaps a password.
    if (const std::size_t quote = reason.find('"'); quote != std::string::npos) {
      reason = reason.substr(0, quote) + "(not shown)";
    }
    return Fail(Error::make(ErrorKind::kConfiguration, "The connection URL cannot be read: " + reason + "."));
  }
  Conninfo set;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) set.emplace_back(option->keyword, option->val);
  }
  return set;
}

bool is_keyword(const std::string& name) {
  const OptionsPtr options(PQconndefaults());
  if (!options) return false;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (name == option->keyword) return true;
  }
  return false;
}

}  // namespace hdb::pq
