#include "node/habits.hpp"

#include <algorithm>
#include <array>

namespace hdb::node {

namespace {

struct Habit {
  std::string_view struct_name;
  std::string_view key;
  const char* here;
};

constexpr std::array kHabits{
    Habit{"PoolOptions", "max", "it is `poolSize`."},
    Habit{"PoolOptions", "pool_size", "it is `poolSize`."},
    Habit{"PoolOptions", "connectionLimit", "it is `poolSize`."},
    Habit{"PoolOptions", "connection_limit", "it is `poolSize`."},
    Habit{"PoolOptions", "maxConnections", "it is `poolSize`."},
    Habit{"PoolOptions", "max_connections", "it is `poolSize`."},
    Habit{"PoolOptions", "pool", "it is `poolSize`."},
    Habit{"PoolOptions", "min", "it is `minIdle`."},
    Habit{"PoolOptions", "connectionString", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "url", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "URL", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "uri", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "databaseUrl", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "datasourceUrl", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "datasources", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "host", "it is `hosts`, a list."},
    Habit{"PoolOptions", "hostname", "it is `hosts`, a list."},
    Habit{"PoolOptions", "hostaddr", "it is `hosts`, a list."},
    Habit{"PoolOptions", "path", "the directory of a socket is one of the `hosts`."},
    Habit{"PoolOptions", "ports", "the ports are said in `hosts`: 'name:5433'."},
    Habit{"PoolOptions", "username", "it is `user`."},
    Habit{"PoolOptions", "db", "it is `database`."},
    Habit{"PoolOptions", "dbname", "it is `database`."},
    Habit{"PoolOptions", "pass", "it is `password`."},
    Habit{"PoolOptions", "pwd", "it is `password`."},
    Habit{"PoolOptions", "options",
          "session settings are said in `onConnect`, or in the URL: ?options=-c%20name%3Dvalue."},
    Habit{"PoolOptions", "connection",
          "session settings are said in `onConnect`, or in the URL: ?options=-c%20name%3Dvalue."},
    Habit{"PoolOptions", "schema", "it is set in `onConnect`, or in the URL: ?options=-csearch_path%3Dname."},
    Habit{"PoolOptions", "searchPath",
          "it is set in `onConnect`, or in the URL: ?options=-csearch_path%3Dname."},
    Habit{"PoolOptions", "search_path",
          "it is set in `onConnect`, or in the URL: ?options=-csearch_path%3Dname."},
    Habit{"PoolOptions", "connectionTimeoutMillis",
          "it is `acquireTimeoutMs`, or `connectTimeoutMs` for one host."},
    Habit{"PoolOptions", "pool_timeout", "it is `acquireTimeoutMs`."},
    Habit{"PoolOptions", "acquireTimeoutMillis", "it is `acquireTimeoutMs`."},
    Habit{"PoolOptions", "idleTimeoutMillis", "it is `idleTimeoutMs`."},
    Habit{"PoolOptions", "idle_timeout", "it is `idleTimeoutMs`."},
    Habit{"PoolOptions", "maxLifetimeSeconds", "it is `maxLifetimeMs`."},
    Habit{"PoolOptions", "max_lifetime", "it is `maxLifetimeMs`."},
    Habit{"PoolOptions", "maxUses", "connections end by their age: it is `maxLifetimeMs`."},
    Habit{"PoolOptions", "connect_timeout", "it is `connectTimeoutMs`."},
    Habit{"PoolOptions", "query_timeout", "it is `timeoutMs`."},
    Habit{"PoolOptions", "socket_timeout", "it is `timeoutMs`."},
    Habit{"PoolOptions", "statement_timeout", "it is `statementTimeoutMs`."},
    Habit{"PoolOptions", "lock_timeout", "it is `lockTimeoutMs`."},
    Habit{"PoolOptions", "idle_in_transaction_session_timeout", "it is `idleInTransactionTimeoutMs`."},
    Habit{"PoolOptions", "application_name", "it is `applicationName`."},
    Habit{"PoolOptions", "target_session_attrs", "it is `mode`."},
    Habit{"PoolOptions", "pgbouncer", "it is `prepare: false`."},
    Habit{"PoolOptions", "types", "they are `parsers` and `serializers`."},
    Habit{"PoolOptions", "transform",
          "names of columns are not changed; values are by `parsers` and `serializers`."},
    Habit{"PoolOptions", "log", "it is `logger`."},
    Habit{"PoolOptions", "logging", "it is `logger`."},
    Habit{"PoolOptions", "debug", "it is `logger`."},
    Habit{"PoolOptions", "sslmode", "it is `ssl: { mode }`."},
    Habit{"PoolOptions", "sslrootcert", "it is `ssl: { rootCert }`."},
    Habit{"PoolOptions", "sslcert", "it is `ssl: { cert, key }`."},
    Habit{"PoolOptions", "sslkey", "it is `ssl: { cert, key }`."},
    Habit{"PoolOptions", "keepAlive", "keepalives are on; the URL sets how: ?keepalives_idle=10."},
    Habit{"PoolOptions", "keep_alive", "keepalives are on; the URL sets how: ?keepalives_idle=10."},
    Habit{"PoolOptions", "keepAliveInitialDelayMillis",
          "keepalives are on; the URL sets how: ?keepalives_idle=10."},
    Habit{"PoolOptions", "allowExitOnIdle", "a pool keeps no process alive that waits for nothing."},
    Habit{"PoolOptions", "client_encoding", "text is always UTF-8."},
    Habit{"PoolOptions", "fetch_types", "the types are asked for when a statement needs them."},
    Habit{"PoolOptions", "onnotice", "notices are not told in this version."},
    Habit{"SslOptions", "rejectUnauthorized",
          "a certificate is verified with `mode: 'verify-full'`, and not with `mode: 'require'`."},
    Habit{"SslOptions", "ca", "it is `rootCert`, the name of a file."},
    Habit{"SslOptions", "servername", "the host's own name is sent; `sni: false` sends none."},
    Habit{"SslOptions", "passphrase", "it is `keyPassword`."},
    Habit{"QueryOptions", "text", "the text is the first argument: query(sql, params, options)."},
    Habit{"QueryOptions", "values", "values are the second argument: query(sql, params, options)."},
    Habit{"QueryOptions", "name", "statements are prepared by themselves (`prepare`)."},
    Habit{"QueryOptions", "types", "they are `parsers`."},
    Habit{"QueryOptions", "query_timeout", "it is `timeoutMs`."}};

}  // namespace

const char* habit_of(std::string_view struct_name, std::string_view key) {
  const auto* found = std::find_if(kHabits.begin(), kHabits.end(), [&](const Habit& habit) {
    return habit.struct_name == struct_name && habit.key == key;
  });
  return found == kHabits.end() ? nullptr : found->here;
}

}  // namespace hdb::node
