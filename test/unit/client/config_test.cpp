#include "client/config.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

/// Sets the environment for one test.
class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kNames) {
      const char* value = std::getenv(name);
      before[name] = value != nullptr ? std::optional<std::string>(value) : std::nullopt;
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : before) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }

  static PoolOptions hosts(std::vector<std::string> names) {
    PoolOptions options;
    options.hosts = std::move(names);
    return options;
  }
  static std::string host_texts(const Expected<PoolConfig>& config) {
    if (!config.ok()) return "(" + config.error().message + ")";
    std::string text;
    for (const HostAddress& host : config->hosts) text += (text.empty() ? "" : " ") + host.text();
    return text;
  }
  static std::string value(const Expected<PoolConfig>& config, const std::string& keyword) {
    if (!config.ok()) return "(" + config.error().message + ")";
    std::string found = "(none)";
    int times = 0;
    for (const auto& [key, text] : config->conninfo) {
      if (key == keyword) {
        found = text;
        ++times;
      }
    }
    EXPECT_LE(times, 1) << keyword;
    return found;
  }
  /// The value of a keyword that libpq has since this major; an older one refuses it by name.
  static void expect_since(int major, const PoolOptions& options, const std::string& keyword,
                           const std::string& text) {
    const auto config = make_config({}, options);
    if (PQlibVersion() / 10000 >= major) {
      EXPECT_EQ(value(config, keyword), text);
    } else {
      EXPECT_NE(refusal(config).find(keyword + " needs libpq " + std::to_string(major)), std::string::npos)
          << refusal(config);
    }
  }
  static std::string refusal(const Expected<PoolConfig>& config) {
    if (config.ok()) return "(accepted)";
    EXPECT_EQ(config.error().kind, ErrorKind::kConfiguration);
    return config.error().message;
  }

  static constexpr const char* kNames[] = {"PGHOST",           "PGPORT",
                                           "PGUSER",           "PGPASSWORD",
                                           "PGDATABASE",       "PGOPTIONS",
                                           "PGSERVICE",        "PGTARGETSESSIONATTRS",
                                           "PGHOSTADDR",       "PGSSLMODE",
                                           "PGSERVICEFILE",    "PGCONNECT_TIMEOUT",
                                           "PGCLIENTENCODING", "PGLOADBALANCEHOSTS"};
  std::map<std::string, std::optional<std::string>> before;
};

TEST_F(ConfigTest, HostsAreNamesAddressesAndSockets) {
  EXPECT_EQ(host_texts(make_config(
                {}, hosts({"db1", "db2:5433", "10.0.0.1", "10.0.0.2:6000", "/var/run/postgresql"}))),
            "db1:5432 db2:5433 10.0.0.1:5432 10.0.0.2:6000 /var/run/postgresql:5432");
}

TEST_F(ConfigTest, AHostThatBeginsWithAnAtIsAnAbstractSocket) {
  const Expected<HostAddress> host = parse_host("@app:1", 5432);
  ASSERT_TRUE(host.ok());
  EXPECT_EQ(host->text(), "@app:1:5432");
  EXPECT_TRUE(host->is_socket());
}

TEST_F(ConfigTest, AnIPv6AddressMayStandInBrackets) {
  EXPECT_EQ(host_texts(make_config({}, hosts({"[::1]:5433", "[fe80::1]", "2001:db8::2"}))),
            "[::1]:5433 [fe80::1]:5432 [2001:db8::2]:5432");
}

TEST_F(ConfigTest, ThePortOfTheOptionsIsForHostsThatNameNone) {
  PoolOptions options = hosts({"a", "b:7000", "/tmp"});
  options.port = 6000;
  EXPECT_EQ(host_texts(make_config({}, options)), "a:6000 b:7000 /tmp:6000");
}

TEST_F(ConfigTest, HostAndPortComeFromTheEnvironmentAtLast) {
  EXPECT_EQ(host_texts(make_config({}, {})), "localhost:5432");
  ::setenv("PGHOST", "e1,e2", 1);
  ::setenv("PGPORT", "5499", 1);
  EXPECT_EQ(host_texts(make_config({}, {})), "e1:5499 e2:5499");
  EXPECT_EQ(host_texts(make_config({}, hosts({"a"}))), "a:5499");
  EXPECT_EQ(host_texts(make_config("postgres://u1,u2:1/db", {})), "u1:5499 u2:1");
  ::setenv("PGHOST", "e1,/tmp,::1", 1);
  ::setenv("PGPORT", "1,2,3", 1);
  EXPECT_EQ(host_texts(make_config({}, {})), "e1:1 /tmp:2 [::1]:3");
  EXPECT_NE(
      refusal(make_config({}, hosts({"a", "b", "c"}))).find("3 ports for 3 hosts, which are named elsewhere"),
      std::string::npos);
  ::setenv("PGPORT", "1,2", 1);
  EXPECT_NE(refusal(make_config({}, {})).find("2 ports for 3 hosts."), std::string::npos);
  ::setenv("PGPORT", "x", 1);
  EXPECT_NE(refusal(make_config({}, {})).find("PGPORT has the port \"x\""), std::string::npos);
}

TEST_F(ConfigTest, AUrlNamesHostsWithTheirPorts) {
  EXPECT_EQ(host_texts(make_config("postgres://a,b:5433,c/db", {})), "a:5432 b:5433 c:5432");
  EXPECT_EQ(host_texts(make_config("postgres://[::1]:5433,b/db", {})), "[::1]:5433 b:5432");
  EXPECT_EQ(host_texts(make_config("host=a,b port=1,2", {})), "a:1 b:2");
  EXPECT_EQ(host_texts(make_config("host=a,b port=7", {})), "a:7 b:7");
  EXPECT_EQ(host_texts(make_config("postgres:///db?host=/tmp", {})), "/tmp:5432");
  EXPECT_EQ(host_texts(make_config("port=7", {})), "localhost:7");
}

TEST_F(ConfigTest, OptionsWinOverTheUrl) {
  PoolOptions options = hosts({"x"});
  options.user = "me";
  options.password = "mine";
  options.database = "own";
  options.application_name = "app";
  options.ssl.mode = SslMode::kVerifyFull;
  const auto config =
      make_config("postgres://u:p@a/db?sslmode=disable&application_name=url&sslcompression=0", options);
  EXPECT_EQ(host_texts(config), "x:5432");
  EXPECT_EQ(value(config, "user"), "me");
  EXPECT_EQ(value(config, "password"), "mine");
  EXPECT_EQ(value(config, "dbname"), "own");
  EXPECT_EQ(value(config, "application_name"), "app");
  EXPECT_EQ(value(config, "sslmode"), "verify-full");
}

TEST_F(ConfigTest, TheUrlFillsWhatTheOptionsLeaveOpen) {
  const auto config = make_config("postgres://u:p@a/db?sslmode=require&keepalives_idle=33", {});
  EXPECT_EQ(value(config, "user"), "u");
  EXPECT_EQ(value(config, "password"), "p");
  EXPECT_EQ(value(config, "dbname"), "db");
  EXPECT_EQ(value(config, "sslmode"), "require");
  EXPECT_EQ(value(config, "keepalives_idle"), "33");
  EXPECT_EQ(value(config, "keepalives_interval"), "5");
}

TEST_F(ConfigTest, ThePasswordStaysInTheConninfoOnly) {
  PoolOptions options = hosts({"a"});
  options.password = "secret";
  const auto config = make_config({}, options);
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(value(config, "password"), "secret");
  EXPECT_EQ(config->options.password, std::nullopt);
}

TEST_F(ConfigTest, WhatDecidesBehaviourIsAlwaysSaid) {
  const auto config = make_config({}, hosts({"a"}));
  EXPECT_EQ(value(config, "client_encoding"), "UTF8");
  EXPECT_EQ(value(config, "target_session_attrs"), "any");
  EXPECT_EQ(value(config, "fallback_application_name"), "hyperiondb-client");
  EXPECT_EQ(value(config, "keepalives"), "1");
  EXPECT_EQ(value(config, "tcp_user_timeout"), "10000");
  EXPECT_EQ(value(config, "host"), "(none)");
  EXPECT_EQ(value(config, "port"), "(none)");
}

TEST_F(ConfigTest, LibpqsWordsForRolesChooseTheMode) {
  const auto mode = [](const std::string& attrs) {
    return make_config("postgres://a/db?target_session_attrs=" + attrs, {})->options.mode;
  };
  EXPECT_EQ(mode("read-write"), Mode::kReadWrite);
  EXPECT_EQ(mode("primary"), Mode::kReadWrite);
  EXPECT_EQ(mode("read-only"), Mode::kReadOnly);
  EXPECT_EQ(mode("standby"), Mode::kReadOnly);
  EXPECT_EQ(mode("prefer-standby"), Mode::kPreferStandby);
  EXPECT_EQ(mode("any"), Mode::kAny);
  PoolOptions options;
  options.mode = Mode::kPreferStandby;
  EXPECT_EQ(make_config("postgres://a/db?target_session_attrs=any", options)->options.mode,
            Mode::kPreferStandby);
  EXPECT_NE(
      refusal(make_config("postgres://a/db?target_session_attrs=leader", {})).find("target_session_attrs"),
      std::string::npos);
}

TEST_F(ConfigTest, LibpqsConnectTimeoutIsSeconds) {
  EXPECT_EQ(make_config("postgres://a/db?connect_timeout=7", {})->options.connect_timeout,
            milliseconds(7000));
  EXPECT_EQ(make_config("postgres://a/db?connect_timeout=0", {})->options.connect_timeout,
            milliseconds(2000));
  EXPECT_NE(refusal(make_config("postgres://a/db?connect_timeout=x", {})).find("connect_timeout"),
            std::string::npos);
}

TEST_F(ConfigTest, SessionSettingsBecomeOptionsOfTheSession) {
  PoolOptions options = hosts({"a"});
  EXPECT_EQ(make_config({}, options)->restricted_options, "-c default_transaction_read_only=on");
  EXPECT_EQ(make_config({}, options)->unrestricted_options, "");
  options.statement_timeout = milliseconds(1500);
  options.lock_timeout = milliseconds(10);
  options.idle_in_transaction_timeout = milliseconds(20);
  EXPECT_EQ(make_config({}, options)->unrestricted_options,
            "-c statement_timeout=1500 -c lock_timeout=10 -c idle_in_transaction_session_timeout=20");
}

TEST_F(ConfigTest, OptionsOfTheUrlComeBeforeOurOwnAndInsteadOfThoseOfTheEnvironment) {
  PoolOptions options = hosts({"a"});
  options.lock_timeout = milliseconds(10);
  setenv("PGOPTIONS", "-c work_mem=1MB", 1);
  EXPECT_EQ(make_config("postgres://a/db?options=-c%20geqo%3Doff", options)->unrestricted_options,
            "-c geqo=off -c lock_timeout=10");
  EXPECT_EQ(make_config("postgres://a/db?options=-c%20geqo%3Doff", options)->restricted_options,
            "-c geqo=off -c default_transaction_read_only=on -c lock_timeout=10");
  EXPECT_EQ(make_config("postgres://a/db", options)->unrestricted_options,
            "-c work_mem=1MB -c lock_timeout=10");
}

TEST_F(ConfigTest, TheIdleMinimumFitsIntoThePool) {
  PoolOptions options = hosts({"a"});
  options.pool_size = 1;
  EXPECT_EQ(make_config({}, options)->options.min_idle, 1);
}

TEST_F(ConfigTest, EachRefusalNamesItsOption) {
  struct Row {
    std::vector<std::string> names;
    const char* says;
  };
  const Row rows[] = {
      {{}, "\"hosts\""},
      {{""}, "hosts[0]"},
      {{"a", ":5432"}, "hosts[1]"},
      {{"a:x"}, "hosts[0]"},
      {{"a:0"}, "1 to 65535"},
      {{"a:65536"}, "1 to 65535"},
      {{"a:-1"}, "hosts[0]"},
      {{"a: 1"}, "hosts[0]"},
      {{"a:54x"}, "behind the colon"},
      {{"a:99999999999"}, "behind the colon"},
      {{"[::1]:99999999999"}, "behind the bracket"},
      {{"a:"}, "hosts[0]"},
      {{"[::1"}, "bracket"},
      {{"[::1]5432"}, "hosts[0]"},
      {{"[::1]:"}, "hosts[0]"},
      {{"[]"}, "hosts[0]"},
      {{"a", "b", "a:5432"}, "a:5432 twice"},
      {{std::string("a\0b", 3)}, "NUL"},
  };
  for (const Row& row : rows) {
    const std::string message = refusal(make_config({}, hosts(row.names)));
    EXPECT_NE(message.find(row.says), std::string::npos)
        << (row.names.empty() ? "" : row.names.back()) << ": " << message;
  }
}

TEST_F(ConfigTest, ValuesThatLibpqWouldCutShortAreRefused) {
  const std::string bad("a\0b", 3);
  const auto with = [&](auto set) {
    PoolOptions options = hosts({"a"});
    set(options);
    return refusal(make_config({}, options));
  };
  EXPECT_NE(with([&](PoolOptions& o) { o.user = bad; }).find("user"), std::string::npos);
  EXPECT_NE(with([&](PoolOptions& o) { o.password = bad; }).find("password"), std::string::npos);
  EXPECT_NE(with([&](PoolOptions& o) { o.ssl.key_password = bad; }).find("sslpassword"), std::string::npos);
}

TEST_F(ConfigTest, WhatOfAUrlIsNotSupportedIsRefusedByName) {
  for (const char* keyword : {"hostaddr", "replication", "client_encoding"}) {
    const std::string message = refusal(make_config(std::string("postgres://a/db?") + keyword + "=x", {}));
    EXPECT_NE(message.find(keyword), std::string::npos) << message;
  }
  EXPECT_NE(refusal(make_config("postgres://a:1,b:2,c:3/db?port=1,2", {})).find("ports"), std::string::npos);
  // Not shown: it may be part of a password.
  const std::string message = refusal(make_config("postgres://u:99999/x/db", {}));
  EXPECT_NE(message.find("has a port (not shown)"), std::string::npos) << message;
  EXPECT_EQ(message.find("99999"), std::string::npos) << message;
}

TEST_F(ConfigTest, NoRefusalHoldsThePassword) {
  for (const char* url : {"postgres://u:hunter2@a:port/db", "postgres://u:hunter2@a/db?options=x",
                          "postgres://u:hunter2@a/db?target_session_attrs=x",
                          "postgres://u:hunter2@a:1,b:2/db?port=1,2,3", "postgres://u:hunter2@a,a/db"}) {
    EXPECT_EQ(refusal(make_config(std::string(url), {})).find("hunter2"), std::string::npos) << url;
  }
}

TEST_F(ConfigTest, TheEnvironmentIsReadOnceAndComesLast) {
  ::setenv("PGSSLMODE", "require", 1);
  ::setenv("PGUSER", "env", 1);
  ::setenv("PGTARGETSESSIONATTRS", "standby", 1);
  ::setenv("PGCONNECT_TIMEOUT", "9", 1);
  const auto config = make_config({}, hosts({"a"}));
  EXPECT_EQ(value(config, "sslmode"), "require");
  EXPECT_EQ(value(config, "user"), "env");
  EXPECT_EQ(value(config, "target_session_attrs"), "any");
  EXPECT_EQ(config->options.mode, Mode::kReadOnly);
  EXPECT_EQ(config->options.connect_timeout, milliseconds(9000));
  const auto url =
      make_config("postgres://u@a/db?sslmode=disable&target_session_attrs=any&connect_timeout=3", {});
  EXPECT_EQ(value(url, "sslmode"), "disable");
  EXPECT_EQ(value(url, "user"), "u");
  EXPECT_EQ(url->options.mode, Mode::kAny);
  EXPECT_EQ(url->options.connect_timeout, milliseconds(3000));
  ::setenv("PGSSLMODE", "bogus", 1);
  EXPECT_NE(refusal(make_config({}, hosts({"a"}))).find("sslmode"), std::string::npos);
}

TEST_F(ConfigTest, SettingsOfTheEnvironmentComeBeforeOurOwn) {
  ::setenv("PGOPTIONS", "-c default_transaction_read_only=off -c geqo=off", 1);
  const auto config = make_config({}, hosts({"a"}));
  EXPECT_EQ(config->unrestricted_options, "-c default_transaction_read_only=off -c geqo=off");
  EXPECT_EQ(config->restricted_options,
            "-c default_transaction_read_only=off -c geqo=off -c default_transaction_read_only=on");
  EXPECT_EQ(value(config, "options"), "(none)");
}

TEST_F(ConfigTest, AnAddressOfTheEnvironmentThatWouldOverruleTheHostsIsRefused) {
  ::setenv("PGHOSTADDR", "127.0.0.1", 1);
  EXPECT_NE(refusal(make_config({}, hosts({"a"}))).find("PGHOSTADDR"), std::string::npos);
}

TEST_F(ConfigTest, AServiceOfTheEnvironmentNamesHostsToo) {
  const std::string file = ::testing::TempDir() + "hdb_service.conf";
  std::ofstream(file) << "[shop]\nhost=s1,s2\nport=7001,7002\nuser=service\nsslmode=require\n";
  ::setenv("PGSERVICEFILE", file.c_str(), 1);
  ::setenv("PGSERVICE", "shop", 1);
  const auto config = make_config({}, {});
  EXPECT_EQ(host_texts(config), "s1:7001 s2:7002");
  EXPECT_EQ(value(config, "user"), "service");
  EXPECT_EQ(value(config, "sslmode"), "require");
  ::setenv("PGSERVICE", "nothing", 1);
  EXPECT_NE(refusal(make_config({}, {})).find("definition of service \"nothing\" not found"),
            std::string::npos);
  ::unsetenv("PGSERVICE");
  // In a URL it stands behind what the URL says and before the environment, and libpq reads it.
  ::setenv("PGUSER", "env", 1);
  EXPECT_NE(refusal(make_config("service=shop", {})).find("hosts must be named"), std::string::npos);
  const auto named = make_config("service=shop host=h", {});
  EXPECT_EQ(host_texts(named), "h:5432");
  EXPECT_EQ(value(named, "service"), "shop");
  EXPECT_EQ(value(named, "user"), "(none)");
}

TEST_F(ConfigTest, OptionsOfTlsAndLoginAreLibpqsKeywords) {
  PoolOptions options = hosts({"a"});
  options.ssl.crl_dir = "/crl";
  options.ssl.sni = false;
  options.ssl.min_version = TlsVersion::kTls12;
  options.ssl.max_version = TlsVersion::kTls13;
  options.channel_binding = ChannelBinding::kDisable;
  const auto config = make_config({}, options);
  EXPECT_EQ(value(config, "sslcrldir"), "/crl");
  EXPECT_EQ(value(config, "sslsni"), "0");
  EXPECT_EQ(value(config, "ssl_min_protocol_version"), "TLSv1.2");
  EXPECT_EQ(value(config, "ssl_max_protocol_version"), "TLSv1.3");
  EXPECT_EQ(value(config, "channel_binding"), "disable");
}

TEST_F(ConfigTest, APasswordThatIsAskedForStandsNowhere) {
  ::setenv("PGPASSWORD", "hunter2", 1);
  PoolOptions options = hosts({"a"});
  options.asks_for_password = true;
  const auto config = make_config("postgres://u:hunter2@a/db", options);
  EXPECT_EQ(value(config, "password"), "(none)");
  EXPECT_NE(config->passwords, nullptr);
  EXPECT_EQ(make_config({}, hosts({"a"}))->passwords, nullptr);
}

TEST_F(ConfigTest, ABadPortOfTheEnvironmentIsRefusedByName) {
  ::setenv("PGPORT", "many", 1);
  EXPECT_NE(refusal(make_config({}, hosts({"a"}))).find("PGPORT"), std::string::npos);
}

TEST_F(ConfigTest, EveryModeOfTlsIsLibpqsWord) {
  const std::pair<SslMode, const char*> words[] = {
      {SslMode::kDisable, "disable"},    {SslMode::kAllow, "allow"},
      {SslMode::kPrefer, "prefer"},      {SslMode::kRequire, "require"},
      {SslMode::kVerifyCa, "verify-ca"}, {SslMode::kVerifyFull, "verify-full"}};
  for (const auto& [mode, word] : words) {
    PoolOptions options = hosts({"a"});
    options.ssl.mode = mode;
    EXPECT_EQ(value(make_config({}, options), "sslmode"), word);
  }
}

TEST_F(ConfigTest, EveryVersionOfTlsIsLibpqsWord) {
  const std::pair<TlsVersion, const char*> words[] = {{TlsVersion::kTls10, "TLSv1"},
                                                      {TlsVersion::kTls11, "TLSv1.1"},
                                                      {TlsVersion::kTls12, "TLSv1.2"},
                                                      {TlsVersion::kTls13, "TLSv1.3"}};
  for (const auto& [version, word] : words) {
    PoolOptions least = hosts({"a"});
    least.ssl.min_version = version;
    EXPECT_EQ(value(make_config({}, least), "ssl_min_protocol_version"), word);
    EXPECT_EQ(value(make_config({}, least), "ssl_max_protocol_version"), "(none)");
    PoolOptions most = hosts({"a"});
    most.ssl.min_version = TlsVersion::kTls10;
    most.ssl.max_version = version;
    EXPECT_EQ(value(make_config({}, most), "ssl_max_protocol_version"), word);
  }
}

TEST_F(ConfigTest, VersionsOfTlsInTheWrongOrderAreRefused) {
  PoolOptions options = hosts({"a"});
  options.ssl.min_version = TlsVersion::kTls13;
  options.ssl.max_version = TlsVersion::kTls12;
  EXPECT_NE(refusal(make_config({}, options)).find("SSL protocol version range"), std::string::npos);
}

TEST_F(ConfigTest, EveryChannelBindingIsLibpqsWord) {
  const std::pair<ChannelBinding, const char*> words[] = {{ChannelBinding::kDisable, "disable"},
                                                          {ChannelBinding::kPrefer, "prefer"},
                                                          {ChannelBinding::kRequire, "require"}};
  for (const auto& [binding, word] : words) {
    PoolOptions options = hosts({"a"});
    options.channel_binding = binding;
    EXPECT_EQ(value(make_config({}, options), "channel_binding"), word);
  }
}

TEST_F(ConfigTest, TheNameOfTheHostIsToldToTheServerAsAsked) {
  PoolOptions options = hosts({"a"});
  EXPECT_EQ(value(make_config({}, options), "sslsni"), "(none)");
  options.ssl.sni = true;
  EXPECT_EQ(value(make_config({}, options), "sslsni"), "1");
  EXPECT_EQ(value(make_config("postgres://a/db?sslsni=0", options), "sslsni"), "1");
}

TEST_F(ConfigTest, WordsThatOnlyANewerLibpqKnowsAreSaidOrRefusedByName) {
  const std::pair<SslCertMode, const char*> modes[] = {
      {SslCertMode::kDisable, "disable"}, {SslCertMode::kAllow, "allow"}, {SslCertMode::kRequire, "require"}};
  for (const auto& [mode, word] : modes) {
    PoolOptions options = hosts({"a"});
    options.ssl.cert_mode = mode;
    expect_since(16, options, "sslcertmode", word);
  }
  const std::pair<SslNegotiation, const char*> ways[] = {{SslNegotiation::kPostgres, "postgres"},
                                                         {SslNegotiation::kDirect, "direct"}};
  for (const auto& [way, word] : ways) {
    PoolOptions options = hosts({"a"});
    options.ssl.mode = SslMode::kRequire;  // without it libpq refuses "direct"
    options.ssl.negotiation = way;
    expect_since(17, options, "sslnegotiation", word);
  }
  PoolOptions options = hosts({"a"});
  options.require_auth = {"password"};
  expect_since(16, options, "require_auth", "password");
  options.require_auth = {"md5", "scram-sha-256"};
  expect_since(16, options, "require_auth", "md5,scram-sha-256");
}

TEST_F(ConfigTest, LibpqsOwnChoiceOfAHostIsLeftOut) {
  const auto config = make_config("postgres://a,b/db?load_balance_hosts=random", {});
  if (PQlibVersion() >= 160000) {
    EXPECT_EQ(host_texts(config), "a:5432 b:5432");
    EXPECT_EQ(value(config, "load_balance_hosts"), "(none)");
  } else {
    EXPECT_NE(refusal(config).find("load_balance_hosts needs libpq 16"), std::string::npos);
  }
  ::setenv("PGLOADBALANCEHOSTS", "random", 1);
  EXPECT_EQ(value(make_config({}, hosts({"a"})), "load_balance_hosts"), "(none)");
}

TEST_F(ConfigTest, WhatOnlyLooksLikeAKeywordOfANewerLibpqIsNotCalledOne) {
  for (const char* url :
       {"postgres://a/db?xsslnegotiation=direct", "postgres://a/db?sslnegotiation", "host=a sslnegotiation",
        "host=a sslnegotiationx=1", "postgres://u:sslnegotiation=@a/db?nonsense=1"}) {
    const std::string message = refusal(make_config(std::string(url), {}));
    EXPECT_TRUE(message.starts_with("The connection URL cannot be read: ")) << url << ": " << message;
  }
}

TEST_F(ConfigTest, TheEncodingOfTheEnvironmentIsNotOurs) {
  ::setenv("PGCLIENTENCODING", "LATIN1", 1);
  EXPECT_EQ(value(make_config({}, hosts({"a"})), "client_encoding"), "UTF8");
}

TEST_F(ConfigTest, AnOptionThatSaysTheDefaultWinsToo) {
  ::setenv("PGTARGETSESSIONATTRS", "standby", 1);
  ::setenv("PGCONNECT_TIMEOUT", "9", 1);
  PoolOptions options;
  options.mode = Mode::kReadWrite;
  options.connect_timeout = milliseconds(2000);
  for (const std::string url :
       {"postgres://a/db", "postgres://a/db?target_session_attrs=any&connect_timeout=7"}) {
    const auto config = make_config(url, options);
    EXPECT_EQ(config->options.mode, Mode::kReadWrite) << url;
    EXPECT_EQ(config->options.connect_timeout, milliseconds(2000)) << url;
  }
}

TEST_F(ConfigTest, AConnectTimeoutOfTheOptionsWins) {
  PoolOptions options;
  options.connect_timeout = milliseconds(1234);
  EXPECT_EQ(make_config("postgres://a/db?connect_timeout=7", options)->options.connect_timeout,
            milliseconds(1234));
  ::setenv("PGCONNECT_TIMEOUT", "9", 1);
  EXPECT_EQ(make_config({}, options)->options.connect_timeout, milliseconds(1234));
}

TEST_F(ConfigTest, AConnectTimeoutThatIsNoNumberOfSecondsIsRefused) {
  for (const char* bad : {"-1", "7x", "1.5", "99999999999"}) {
    EXPECT_EQ(refusal(make_config(std::string("postgres://a/db?connect_timeout=") + bad, {})),
              "The parameter connect_timeout must be a number of seconds.")
        << bad;
  }
}

TEST_F(ConfigTest, APortOfTheOptionsWinsOverTheEnvironment) {
  ::setenv("PGHOST", "e1,e2:7", 1);
  ::setenv("PGPORT", "5499", 1);
  PoolOptions options;
  options.port = 6000;
  EXPECT_EQ(host_texts(make_config({}, options)), "e1:6000 e2:7");
  EXPECT_EQ(host_texts(make_config("postgres://u1,u2:1/db", options)), "u1:6000 u2:1");
  ::setenv("PGPORT", "1,2,3", 1);
  EXPECT_EQ(host_texts(make_config({}, options)), "e1:6000 e2:7") << "not looked at";
}

TEST_F(ConfigTest, AServiceOfTheUrlMayHaveItsHostsFromTheOptions) {
  const std::string file = ::testing::TempDir() + "hdb_service_of_url.conf";
  std::ofstream(file) << "[shop]\nhost=s1\nuser=service\n";
  ::setenv("PGSERVICEFILE", file.c_str(), 1);
  const auto config = make_config("service=shop", hosts({"a", "b"}));
  EXPECT_EQ(host_texts(config), "a:5432 b:5432");
  EXPECT_EQ(value(config, "service"), "shop");
}

TEST_F(ConfigTest, WhoIsAskedForAPasswordKnowsTheUserAndTheDatabase) {
  const auto asked = [](const std::string& url) {
    PoolOptions options;
    options.asks_for_password = true;
    const auto config = make_config(url, options);
    if (!config.ok()) return "(" + config.error().message + ")";
    std::string text;
    config->passwords->get({"a", 5432}, TimePoint{}, milliseconds(1), [](Expected<std::string>) {});
    config->passwords->provide(PasswordSource::Ask(
        [&](std::uint32_t, const PasswordTarget& target) { text = target.user + " " + target.database; }));
    return text;
  };
  EXPECT_EQ(asked("postgres://u@a/shop"), "u shop");
  EXPECT_EQ(asked("postgres://u@a"), "u u");
}

}  // namespace
}  // namespace hdb
