#include "pq/conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string_view>

#include "pq/server_report.hpp"
#include "pq/url_check.hpp"

namespace hdb::pq {

namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionsPtr = std::unique_ptr<PQconninfoOption, OptionsDeleter>;
struct ConnDeleter {
  void operator()(PGconn* conn) const { PQfinish(conn); }
};

/// Keywords that not every supported libpq knows, and the first major version that does.
struct Newer {
  std::string_view keyword;
  int major;
};
constexpr std::array kNewer{
    Newer{"require_auth", 16},         Newer{"sslcertmode", 16},      Newer{"gssdelegation", 16},
    Newer{"load_balance_hosts", 16},   Newer{"sslnegotiation", 17},   Newer{"min_protocol_version", 18},
    Newer{"max_protocol_version", 18}, Newer{"scram_client_key", 18}, Newer{"scram_server_key", 18},
    Newer{"sslkeylogfile", 18},        Newer{"oauth_issuer", 18},     Newer{"oauth_client_id", 18},
    Newer{"oauth_client_secret", 18},  Newer{"oauth_scope", 18}};

/// Every keyword of the libpq in use.
OptionsPtr all_keywords() { return OptionsPtr(PQconninfoParse("", nullptr)); }

bool is_keyword(std::string_view name) {
  const OptionsPtr options = all_keywords();
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (name == option->keyword) return true;
  }
  return false;
}

Error needs_newer(std::string_view what, int major) {
  const int version = PQlibVersion();
  return Error::make(ErrorKind::kConfiguration,
                     "The connection parameter " + std::string(what) + " needs libpq " +
                         std::to_string(major) + " or newer; this is libpq " +
                         std::to_string(version / 10000) + "." + std::to_string(version % 10000) + ".");
}

const Newer* newer_named(std::string_view name) {
  const auto* found =
      std::find_if(kNewer.begin(), kNewer.end(), [&](const Newer& n) { return n.keyword == name; });
  return found == kNewer.end() ? nullptr : found;
}

/// The keyword that only a newer libpq knows, if that is why a text cannot be read; else null.
const Newer* newer_in(const std::string& text) {
  for (const Newer& newer : kNewer) {
    for (std::size_t at = text.find(newer.keyword); at != std::string::npos;
         at = text.find(newer.keyword, at + 1)) {
      std::size_t end = at + newer.keyword.size();
      while (end < text.size() && text[end] == ' ') ++end;
      const bool begins = at == 0 || text[at - 1] == '?' || text[at - 1] == '&' || text[at - 1] == ' ';
      if (begins && end < text.size() && text[end] == '=' && !is_keyword(newer.keyword)) return &newer;
    }
  }
  return nullptr;
}

}  // namespace

Expected<Conninfo> parse_conninfo(const std::string& text) {
  HDB_TRY(check_url(text,
                    [](std::string_view name) { return is_keyword(name) || newer_named(name) != nullptr; }));
  char* message = nullptr;
  const OptionsPtr options(PQconninfoParse(text.c_str(), &message));
  if (!options) {
    std::string reason = message != nullptr ? tidy(message) : "out of memory";
    PQfreemem(message);
    if (const Newer* newer = newer_in(text)) return Fail(needs_newer(newer->keyword, newer->major));
    // libpq quotes the part that it cannot read, which may contain a password.
    if (const std::size_t quote = reason.find('"'); quote != std::string::npos) {
      reason = reason.substr(0, quote) + "(not shown)";
    }
    return Fail(Error::make(ErrorKind::kConfiguration,
                            "The connection URL cannot be read: " + reason +
                                ". A URL begins with postgres://, other strings are made of keyword=value."));
  }
  Conninfo set;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) set.emplace_back(option->keyword, option->val);
  }
  return set;
}

Expected<Conninfo> read_environment() {
  const OptionsPtr options(PQconndefaults());
  if (!options)
    return Fail(
        Error::make(ErrorKind::kConfiguration, "The environment cannot be read: libpq is out of memory."));
  Conninfo set;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    // What libpq would do anyway stays unsaid: it may depend on what else is said.
    if (option->val == nullptr || *option->val == '\0') continue;
    if (option->compiled != nullptr && std::string_view(option->compiled) == option->val) continue;
    set.emplace_back(option->keyword, option->val);
  }
  return set;
}

Expected<Unit> check_conninfo(const Conninfo& conninfo) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : conninfo) {
    if (!is_keyword(keyword)) {
      if (const Newer* newer = newer_named(keyword)) return Fail(needs_newer(newer->keyword, newer->major));
    }
    if (keyword == "sslrootcert" && value == "system" && PQlibVersion() < 160000) {
      return Fail(needs_newer("sslrootcert=system", 16));
    }
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  // Only libpq knows which values it takes, and it says so when it begins to connect. The port, which no
  // server can have, is what it looks at last before it opens a socket.
  constexpr const char* kNoPort = "98765";
  for (const auto& [keyword, value] :
       {std::pair{"host", "localhost"}, {"port", kNoPort}, {static_cast<const char*>(nullptr), nullptr}}) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  const std::unique_ptr<PGconn, ConnDeleter> tried(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!tried) return Unit{};
  const std::string message = tidy(PQerrorMessage(tried.get()));
  if (message.find(kNoPort) != std::string::npos) return Unit{};
  // It may have needed a file, as for the name of the user who runs this: then nothing is wrong with the
  // values.
  if (std::string code = node_code_for(message); code == "EMFILE" || code == "ENOMEM") {
    Error error =
        Error::make(ErrorKind::kConnect, "The connection parameters could not be checked: " + message + ".");
    error.code = std::move(code);
    return Fail(std::move(error));
  }
  return Fail(
      Error::make(ErrorKind::kConfiguration, "The connection parameters are not possible: " + message + "."));
}

}  // namespace hdb::pq
