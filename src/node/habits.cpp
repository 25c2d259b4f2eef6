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
    Habit{"PoolOptions", "min", "it is `minIdle`."},
    Habit{"PoolOptions", "connectionString", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "url", "a URL is the first argument: createPool(url, options)."},
    Habit{"PoolOptions", "host", "it is `hosts`, a list."},
    Habit{"PoolOptions", "hostname", "it is `hosts`, a list."},
    Habit{"PoolOptions", "username", "it is `user`."},
    Habit{"PoolOptions", "db", "it is `database`."},
    Habit{"PoolOptions", "pass", "it is `password`."},
    Habit{"PoolOptions", "options",
          "session settings are said in `onConnect`, or in the URL: ?options=-c%20name%3Dvalue."},
    Habit{"PoolOptions", "connectionTimeoutMillis",
          "it is `acquireTimeoutMs`, or `connectTimeoutMs` for one host."},
    Habit{"PoolOptions", "idleTimeoutMillis", "it is `idleTimeoutMs`."},
    Habit{"PoolOptions", "maxLifetimeSeconds", "it is `maxLifetimeMs`."},
    Habit{"PoolOptions", "max_lifetime", "it is `maxLifetimeMs`."},
    Habit{"PoolOptions", "idle_timeout", "it is `idleTimeoutMs`."},
    Habit{"PoolOptions", "connect_timeout", "it is `connectTimeoutMs`."},
    Habit{"PoolOptions", "query_timeout", "it is `timeoutMs`."},
    Habit{"PoolOptions", "statement_timeout", "it is `statementTimeoutMs`."},
    Habit{"PoolOptions", "lock_timeout", "it is `lockTimeoutMs`."},
    Habit{"PoolOptions", "idle_in_transaction_session_timeout", "it is `idleInTransactionTimeoutMs`."},
    Habit{"PoolOptions", "application_name", "it is `applicationName`."},
    Habit{"PoolOptions", "types", "they are `parsers` and `serializers`."},
    Habit{"PoolOptions", "allowExitOnIdle", "a pool keeps no process alive that waits for nothing."},
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
