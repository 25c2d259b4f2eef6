#include "client/config.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "generated/names/options.hpp"
#include "pq/conninfo.hpp"

namespace hdb {

namespace {

Fail<Error> refuse(std::string message) {
  return Fail(Error::make(ErrorKind::kConfiguration, std::move(message)));
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > 65535) return false;
  port = static_cast<std::uint16_t>(value);
  return true;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (;;) {
    const std::size_t comma = list.find(',', from);
    parts.push_back(list.substr(from, comma - from));
    if (comma == std::string::npos) return parts;
    from = comma + 1;
  }
}

void set(pq::Conninfo& conninfo, const std::string& keyword, const std::string& value) {
  const auto at =
      std::find_if(conninfo.begin(), conninfo.end(), [&](const auto& pair) { return pair.first == keyword; });
  if (at == conninfo.end()) {
    conninfo.emplace_back(keyword, value);
  } else {
    at->second = value;
  }
}

std::string text_of(const pq::Conninfo& conninfo, std::string_view keyword) {
  const auto at =
      std::find_if(conninfo.begin(), conninfo.end(), [&](const auto& pair) { return pair.first == keyword; });
  return at == conninfo.end() ? std::string() : at->second;
}

/// The URL and the environment; our own parameters are removed from what goes to libpq.
struct Given {
  pq::Conninfo rest;
  std::string host;  // of the URL, as is its port
  std::string port;
  std::string environment_host;
  std::string environment_port;
  std::string session_attrs;
  std::string connect_timeout;
  std::string settings;  // of the URL, else PGOPTIONS: they come before our own
};

Expected<Unit> read_url(const std::string& url, Given& given) {
  auto parsed = pq::parse_conninfo(url);
  if (!parsed.ok()) return Fail(std::move(parsed).error());
  // A service ranks between the URL and the environment. Only libpq reads it, so libpq applies the order.
  if (!text_of(parsed.value(), "service").empty()) given.rest.clear();
  for (auto& [keyword, value] : parsed.value()) {
    if (keyword == "host") {
      given.host = value;
    } else if (keyword == "port") {
      given.port = value;
    } else if (keyword == "target_session_attrs") {
      given.session_attrs = value;
    } else if (keyword == "connect_timeout") {
      given.connect_timeout = value;
    } else if (keyword == "load_balance_hosts") {
      // The pool chooses hosts, by role and load.
    } else if (keyword == "options") {
      given.settings = value;
    } else if (keyword == "hostaddr" || keyword == "replication" || keyword == "client_encoding") {
      return refuse("The URL parameter \"" + keyword +
                    "\" is not supported: hosts are given by name or address, and text is always UTF-8.");
    } else {
      set(given.rest, keyword, value);
    }
  }
  return Unit{};
}

/// Read once, here: libpq would read it at each connect, on another thread, while the application may be
/// changing it.
Expected<Given> read_environment() {
  auto found = pq::read_environment();
  if (!found.ok()) return Fail(std::move(found).error());
  Given given;
  for (auto& [keyword, value] : found.value()) {
    if (keyword == "host") {
      given.environment_host = value;
    } else if (keyword == "port") {
      given.environment_port = value;
    } else if (keyword == "target_session_attrs") {
      given.session_attrs = value;
    } else if (keyword == "connect_timeout") {
      given.connect_timeout = value;
    } else if (keyword == "options") {
      given.settings = value;
    } else if (keyword == "hostaddr") {
      return refuse(
          "The environment variable PGHOSTADDR is not supported: hosts are given by name or address, in "
          "PGHOST.");
    } else if (keyword != "load_balance_hosts" && keyword != "client_encoding") {
      given.rest.emplace_back(keyword, value);
    }
  }
  return given;
}

Expected<Unit> apply(const Given& parts, PoolOptions& options) {
  if (!parts.session_attrs.empty() && !options.mode) {
    const std::string& attrs = parts.session_attrs;
    if (attrs == "standby" || attrs == "read-only") {
      options.mode = Mode::kReadOnly;
    } else if (attrs == "prefer-standby") {
      options.mode = Mode::kPreferStandby;
    } else if (attrs == "any") {
      options.mode = Mode::kAny;
    } else if (attrs != "read-write" && attrs != "primary") {
      return refuse("The parameter target_session_attrs has the value \"" + attrs +
                    "\"; possible are read-write, primary, read-only, standby, prefer-standby and any.");
    }
  }
  if (!parts.connect_timeout.empty() && !options.connect_timeout) {
    int seconds = 0;
    const std::string& text = parts.connect_timeout;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
      return refuse("The parameter connect_timeout must be a number of seconds.");
    }
    if (seconds > 0) options.connect_timeout = std::chrono::seconds(seconds);
  }
  if (!options.mode) options.mode = Mode::kReadWrite;
  if (!options.connect_timeout) options.connect_timeout = milliseconds(2000);
  return Unit{};
}

Expected<std::vector<HostAddress>> read_hosts(const Given& given, const PoolOptions& options) {
  std::vector<std::string> names;
  if (options.hosts) {
    names = *options.hosts;
  } else if (!given.host.empty()) {
    names = split(given.host);
  } else {
    names = split(given.environment_host.empty() ? "localhost" : given.environment_host);
  }

  std::uint16_t default_port = options.port ? static_cast<std::uint16_t>(*options.port) : 5432;
  const bool is_in_url = !options.hosts && !given.port.empty();
  const std::string environment_port = options.port ? "" : given.environment_port;
  // PGPORT applies to hosts of the URL without a port.
  if (is_in_url) static_cast<void>(parse_port(environment_port, default_port));
  const std::string& port = is_in_url ? given.port : environment_port;
  std::vector<std::uint16_t> ports;
  for (const std::string& text : split(port)) {
    ports.push_back(default_port);
    if (!text.empty() && !parse_port(text, ports.back())) {
      if (!is_in_url)
        return refuse("The environment variable PGPORT has the port \"" + text +
                      "\"; possible are 1 to 65535.");
      // It may be part of a password: postgres://user:secret/more@host.
      return refuse(
          "The URL has a port (not shown) that is no number from 1 to 65535. If it is part of the password, "
          "encode / "
          "as %2F, ? as %3F and @ as %40.");
    }
  }
  if (ports.size() > 1 && (options.hosts || ports.size() != names.size())) {
    return refuse(std::string(is_in_url ? "The URL" : "The environment") + " names " +
                  std::to_string(ports.size()) + " ports for " + std::to_string(names.size()) + " hosts" +
                  (options.hosts ? ", which are named elsewhere." : "."));
  }
  return parse_hosts(names, ports);
}

/// The options that are libpq's own keywords.
pq::Conninfo keywords_of(const PoolOptions& options) {
  pq::Conninfo keywords;
  const auto add = [&](const char* keyword, const std::optional<std::string>& value) {
    if (value) keywords.emplace_back(keyword, *value);
  };
  const auto add_word = [&](const char* keyword, const auto& value) {
    if (value) keywords.emplace_back(keyword, std::string(text_of(*value)));
  };
  add("user", options.user);
  add("password", options.password);
  add("dbname", options.database);
  add("application_name", options.application_name);
  add_word("sslmode", options.ssl.mode);
  add_word("sslnegotiation", options.ssl.negotiation);
  add("sslrootcert", options.ssl.root_cert);
  add("sslcert", options.ssl.cert);
  add("sslkey", options.ssl.key);
  add("sslpassword", options.ssl.key_password);
  add_word("sslcertmode", options.ssl.cert_mode);
  add("sslcrl", options.ssl.crl);
  add("sslcrldir", options.ssl.crl_dir);
  if (options.ssl.sni) keywords.emplace_back("sslsni", *options.ssl.sni ? "1" : "0");
  add_word("ssl_min_protocol_version", options.ssl.min_version);
  add_word("ssl_max_protocol_version", options.ssl.max_version);
  add_word("channel_binding", options.channel_binding);
  if (options.require_auth) {
    std::string list;
    for (const std::string& method : *options.require_auth) list += (list.empty() ? "" : ",") + method;
    keywords.emplace_back("require_auth", list);
  }
  return keywords;
}

/// The settings of every session, as libpq's `options`.
std::string session_settings(const PoolOptions& options, bool restricted, std::string settings) {
  const auto add = [&](const std::string& setting) {
    settings += (settings.empty() ? "-c " : " -c ") + setting;
  };
  if (restricted) add("default_transaction_read_only=on");
  if (options.statement_timeout.count() > 0)
    add("statement_timeout=" + std::to_string(options.statement_timeout.count()));
  if (options.lock_timeout.count() > 0) add("lock_timeout=" + std::to_string(options.lock_timeout.count()));
  if (options.idle_in_transaction_timeout.count() > 0) {
    add("idle_in_transaction_session_timeout=" + std::to_string(options.idle_in_transaction_timeout.count()));
  }
  return settings;
}

}  // namespace

Expected<HostAddress> parse_host(const std::string& text, std::uint16_t default_port) {
  HostAddress host;
  host.port = default_port;
  if (text.empty()) return refuse("The host is an empty text.");
  if (is_socket_name(text)) {
    host.name = text;
    return host;
  }
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string::npos) return refuse("\"" + text + "\" has no closing bracket.");
    host.name = text.substr(1, close - 1);
    if (host.name.empty()) return refuse("\"" + text + "\" has no address between the brackets.");
    if (close + 1 == text.size()) return host;
    if (text[close + 1] != ':' || !parse_port(std::string_view(text).substr(close + 2), host.port)) {
      return refuse("\"" + text + "\" has no port number (1 to 65535) behind the bracket.");
    }
    return host;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
    host.name = text;  // a name, an IPv4 address, or an IPv6 address without a port
    return host;
  }
  host.name = text.substr(0, colon);
  if (host.name.empty()) return refuse("\"" + text + "\" has no host in front of the port.");
  if (!parse_port(std::string_view(text).substr(colon + 1), host.port)) {
    return refuse("\"" + text + "\" has no port number (1 to 65535) behind the colon.");
  }
  return host;
}

Expected<std::vector<HostAddress>> parse_hosts(const std::vector<std::string>& names,
                                               const std::vector<std::uint16_t>& default_ports) {
  if (names.empty()) return refuse("The option \"hosts\" is an empty list; name at least one host.");
  std::vector<HostAddress> hosts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto host = parse_host(names[i], default_ports[default_ports.size() == 1 ? 0 : i]);
    if (!host.ok()) {
      Error error = std::move(host).error();
      error.message = "hosts[" + std::to_string(i) + "]: " + error.message;
      return Fail(std::move(error));
    }
    // libpq reads C strings: a NUL would cut the name short without a word.
    if (host->name.find('\0') != std::string::npos)
      return refuse("hosts[" + std::to_string(i) + "] holds a NUL character.");
    if (std::find(hosts.begin(), hosts.end(), host.value()) != hosts.end()) {
      return refuse("The option \"hosts\" names " + host->text() + " twice.");
    }
    hosts.push_back(std::move(host).value());
  }
  return hosts;
}

Expected<PoolConfig> make_config(const std::optional<std::string>& url, PoolOptions options) {
  auto read = read_environment();
  if (!read.ok()) return Fail(std::move(read).error());
  Given given = std::move(read).value();
  if (url) {
    HDB_TRY(read_url(*url, given));
    if (!options.hosts && given.host.empty() && !text_of(given.rest, "service").empty()) {
      return refuse(
          "With a service in the URL the hosts must be named; name the service in PGSERVICE to take them "
          "from it.");
    }
  }
  HDB_TRY(apply(given, options));
  auto hosts = read_hosts(given, options);
  if (!hosts.ok()) return Fail(std::move(hosts).error());

  PoolConfig config;
  config.hosts = std::move(hosts).value();
  config.conninfo = std::move(given.rest);
  for (const auto& [keyword, value] : keywords_of(options)) {
    // libpq reads C strings: a NUL would cut the value short without a word.
    if (value.find('\0') != std::string::npos) {
      return refuse("The option for \"" + keyword + "\" holds a NUL character.");
    }
    set(config.conninfo, keyword, value);
  }
  // Every behavioural parameter that libpq would take from its environment is set explicitly.
  set(config.conninfo, "client_encoding", "UTF8");
  set(config.conninfo, "target_session_attrs", "any");
  set(config.conninfo, "fallback_application_name", "hyperiondb-client");
  const std::pair<const char*, const char*> defaults[] = {{"keepalives", "1"},
                                                          {"keepalives_idle", "10"},
                                                          {"keepalives_interval", "5"},
                                                          {"keepalives_count", "3"},
                                                          {"tcp_user_timeout", "10000"}};
  for (const auto& [keyword, value] : defaults) {
    const bool is_set = std::any_of(config.conninfo.begin(), config.conninfo.end(),
                                    [&, name = keyword](const auto& pair) { return pair.first == name; });
    if (!is_set) config.conninfo.emplace_back(keyword, value);
  }
  HDB_TRY(pq::check_conninfo(config.conninfo));
  config.restricted_options = session_settings(options, true, given.settings);
  config.unrestricted_options = session_settings(options, false, given.settings);
  if (options.asks_for_password) {
    std::erase_if(config.conninfo, [](const auto& pair) { return pair.first == "password"; });
    const std::string user = text_of(config.conninfo, "user");
    const std::string database = text_of(config.conninfo, "dbname");
    config.passwords = std::make_shared<PasswordSource>(user, database.empty() ? user : database);
  }
  options.password.reset();  // kept in the conninfo only
  options.min_idle = std::min(options.min_idle, options.pool_size);
  config.options = std::move(options);
  return config;
}

}  // namespace hdb
