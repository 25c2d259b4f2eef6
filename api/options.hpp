// options.hpp: the options of every call. The initialisers are the defaults; nothing else decides them.
// Thread: any; plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/error.hpp"
#include "api/result.hpp"
#include "base/callback.hpp"
#include "base/cancel_token.hpp"

namespace hdb {

using std::chrono::milliseconds;

/// Which nodes a statement may run on.
enum class JS_ENUM Mode : std::uint8_t {
  kReadWrite,      ///< The one writable primary.
  kReadOnly,       ///< Standbys only, spread by least in flight; never a fenced former primary.
  kPreferStandby,  ///< A standby if any is healthy, else the primary; sessions are read-only on the server
                   ///< either way.
  kAny,            ///< Any reachable node; statements are neither restricted nor retried. For administration.
};

/// Isolation level of a transaction (PostgreSQL: SET TRANSACTION).
enum class JS_ENUM IsolationLevel : std::uint8_t {
  kReadCommitted,   ///< Each statement sees what was committed before it began.
  kRepeatableRead,  ///< All statements see one snapshot.
  kSerializable,    ///< As if transactions ran one after the other.
};

/// What to do when a commit is durable on the primary but was not confirmed by the synchronous standby.
enum class JS_ENUM OnUnreplicated : std::uint8_t {
  kReject,  ///< Reject with a NotReplicatedError.
  kWarn,    ///< Resolve as if it had been confirmed: a failover may lose the commit.
};

/// libpq's sslmode (PostgreSQL documentation, "SSL Mode Descriptions").
enum class JS_ENUM SslMode : std::uint8_t {
  kDisable,     ///< No TLS.
  kAllow,       ///< Plain first, TLS if the server insists.
  kPrefer,      ///< TLS first, plain if the server has none.
  kRequire,     ///< TLS, certificate not verified unless a root certificate file exists.
  kVerifyCa,    ///< TLS, certificate signed by a trusted authority.
  kVerifyFull,  ///< As verify-ca, and the host name matches.
};

/// How TLS begins (libpq's sslnegotiation).
enum class JS_ENUM SslNegotiation : std::uint8_t {
  kPostgres,  ///< The server is asked first whether it has TLS.
  kDirect,    ///< TLS from the first byte: one round trip less. Needs PostgreSQL 17, and libpq 17 here.
};

/// Whether a client certificate is sent (libpq's sslcertmode).
enum class JS_ENUM SslCertMode : std::uint8_t {
  kDisable,  ///< Never, even if there is one.
  kAllow,    ///< If the server asks for it and there is one.
  kRequire,  ///< The server has to ask for it.
};

/// libpq's channel_binding: ties SCRAM to the TLS connection, which defeats a man in the middle.
enum class JS_ENUM ChannelBinding : std::uint8_t {
  kDisable,  ///< Never.
  kPrefer,   ///< If the server offers it.
  kRequire,  ///< A server that does not is refused.
};

/// A version of the TLS protocol, as libpq spells it.
enum class JS_ENUM TlsVersion : std::uint8_t {
  kTls10 JS_NAME("TLSv1"),    ///< TLS 1.0.
  kTls11 JS_NAME("TLSv1.1"),  ///< TLS 1.1.
  kTls12 JS_NAME("TLSv1.2"),  ///< TLS 1.2.
  kTls13 JS_NAME("TLSv1.3"),  ///< TLS 1.3.
};

/// TLS options, with the exact meaning of libpq's. Files are read at each connect, so a replaced file is
/// used by the next connection.
struct JS_OPTIONS SslOptions {
  /// sslmode.
  std::optional<SslMode> mode;
  /// sslnegotiation. Needs libpq 17.
  std::optional<SslNegotiation> negotiation;
  /// sslrootcert: file with trusted root certificates, or `system` (needs libpq 16). Default:
  /// `~/.postgresql/root.crt`.
  std::optional<std::string> root_cert;
  /// sslcert: file with the client certificate. Default: `~/.postgresql/postgresql.crt`.
  std::optional<std::string> cert;
  /// sslkey: file with the client's private key; it must not be readable by others. Default:
  /// `~/.postgresql/postgresql.key`.
  std::optional<std::string> key;
  /// sslpassword: password of the private key.
  std::optional<std::string> key_password;
  /// sslcertmode. Needs libpq 16.
  std::optional<SslCertMode> cert_mode;
  /// sslcrl: file with revoked certificates. Default: `~/.postgresql/root.crl`.
  std::optional<std::string> crl;
  /// sslcrldir: directory with revoked certificates, named by their hash.
  std::optional<std::string> crl_dir;
  /// sslsni: name the host to the server before encryption begins. Default: true.
  std::optional<bool> sni;
  /// ssl_min_protocol_version. Default: `TLSv1.2`.
  std::optional<TlsVersion> min_version;
  /// ssl_max_protocol_version.
  std::optional<TlsVersion> max_version;
};

/// How statements and transactions are retried, where that is safe.
struct JS_OPTIONS RetryOptions {
  /// Maximum number of attempts, the first one included.
  JS_RANGE(1, 100) std::int32_t max_attempts = 3;
  /// Delay before the first retry; it doubles with each further retry, with full jitter.
  milliseconds base_delay{50};
  /// Maximum delay.
  milliseconds max_delay{1000};
};

/// The login that a password function is called for.
struct JS_RECORD PasswordTarget {
  /// Host, as written in the options.
  std::string host;
  /// Port.
  std::int32_t port = 0;
  /// Role.
  std::string user;
  /// Database.
  std::string database;
};

#if defined(HDB_GEN)
/// Custom parsers, by type OID (in decimal) or type name. A parser gets a value in the server's text
/// format, never NULL, and returns what the row shows.
using Parsers JS_TYPE("Readonly<Record<string, (text: string) => unknown>>") =
    std::map<std::string, std::string>;

/// Custom serializers, by type OID (in decimal) or type name. A serializer gets a parameter of that type,
/// never null or undefined, and returns what is sent instead, usually a string. A domain without a
/// serializer uses its base type's. An array is a type of its own, such as `_numeric`.
using Serializers JS_TYPE("Readonly<Record<string, (value: any) => unknown>>") =
    std::map<std::string, std::string>;
#endif

#if defined(HDB_GEN)
/// A statement, as passed to and returned by `redact`.
using Statement JS_TYPE("{ readonly sql: string; readonly params?: readonly unknown[] }") = std::string;

/// A finished statement, as passed to `logger`. `sql`: its text; for a batch, all texts. `params`: only
/// with `logParams`. `durationMs`: from the call to the answer. `waitMs`: part of it spent waiting for a
/// connection. `attempts`: how often it was sent. `host`: which host answered; undefined if it was never
/// sent. `rowCount`: null for commands without one. `error`: why it failed.
using QueryEvent JS_TYPE(
    "{ readonly sql: string; readonly params?: readonly unknown[]; readonly durationMs: number; "
    "readonly rowCount?: number | null; readonly error?: unknown; readonly host: string | undefined; "
    "readonly attempts: number; readonly waitMs: number }") = std::string;

/// A new connection, as passed to `onConnect`.
using NewSession JS_TYPE(
    "{ readonly host: string; query<Row = never>(sql: string | SqlStatement<Row>, params?: readonly "
    "Parameter[]): Promise<Result<RowOf<Row, 'object'>>> }") = std::string;
#endif

/// Options of a pool.
struct JS_OPTIONS PoolOptions {
  /// Hosts of the cluster: `name`, `name:port`, `address`, `[ipv6]:port`, or the directory of a Unix
  /// socket. Default: the hosts of the URL, else `PGHOST`, else `localhost`.
  std::optional<std::vector<std::string>> hosts;
  /// Port of hosts without one of their own. Default: `PGPORT`, else 5432.
  JS_RANGE(1, 65535) std::optional<std::int32_t> port;
  /// Role to log in as. Default: `PGUSER`, else the operating-system user.
  std::optional<std::string> user;
  /// Password, or a function that returns it or a promise of it: for tokens, and for secrets that are
  /// rotated. The answer is reused for connects to the same host for a minute; if the server refuses it
  /// (28P01, 28000), the function is called once more. Default: `PGPASSWORD`, else the password file
  /// (`PGPASSFILE`, `~/.pgpass`, on Windows `%APPDATA%/postgresql/pgpass.conf`).
  JS_TYPE("string | ((target: PasswordTarget) => string | PromiseLike<string>)")
  std::optional<std::string> password;
  /// Database to connect to. Default: `PGDATABASE`, else the name of the role.
  std::optional<std::string> database;
  /// `application_name` of the connections. Default: `PGAPPNAME`, else `hyperiondb-client`.
  std::optional<std::string> application_name;
  /// TLS.
  SslOptions ssl;
  /// channel_binding. Default: `prefer`.
  std::optional<ChannelBinding> channel_binding;
  /// require_auth: the authentication methods that the server may ask for (`password`, `md5`, `gss`,
  /// `sspi`, `scram-sha-256`, `none`), or, each prefixed with `!`, those that it may not. Needs libpq
  /// 16.
  std::optional<std::vector<std::string>> require_auth;
  /// Which nodes statements run on by default. Default: `target_session_attrs` of the URL, else
  /// `PGTARGETSESSIONATTRS`, else `read-write`.
  std::optional<Mode> mode;
  /// Maximum number of connections, over all hosts.
  JS_RANGE(1, 10000) std::int32_t pool_size = 10;
  /// Minimum number of connections to keep open for the pool's mode, even when idle.
  JS_RANGE(0, 10000) std::int32_t min_idle = 2;
  /// Maximum wait for a connection: in the queue, while connecting, and while there is no primary.
  milliseconds acquire_timeout{15000};
  /// Maximum time to connect to one host: DNS, TCP, TLS, authentication and role check. Default:
  /// `connect_timeout` of the URL, else `PGCONNECT_TIMEOUT`, else 2000.
  std::optional<milliseconds> connect_timeout;
  /// Maximum number of requests waiting while all connections are in use; further ones fail with a
  /// `PoolExhaustedError` at once. A request whose connection is being opened does not count.
  JS_RANGE(0, 10000000) std::int32_t max_waiting = 1000;
  /// Maximum size of the SQL and parameters of all waiting requests, in bytes; further ones fail with a
  /// `PoolExhaustedError` at once.
  JS_RANGE(0, 9007199254740991) double max_waiting_bytes = 268435456;
  /// Maximum size of one result on the wire, in bytes. A larger one fails with a `ResultError` and its
  /// connection is closed (over TCP, on Linux), so that no server can exhaust memory.
  JS_RANGE(1, 9007199254740991) double max_result_bytes = 2147483648;
  /// Maximum idle time of a connection; above `minIdle`, it is closed. 0 disables the limit.
  milliseconds idle_timeout{600000};
  /// Maximum age of a connection (± 10 % jitter). It is closed when it becomes idle; a pipelined one
  /// finishes what was sent. 0 disables the limit.
  milliseconds max_lifetime{1800000};
  /// If a statement has had no response for this long, check again which node is the primary.
  milliseconds suspect_after{1000};
  /// Maximum time that a canceled statement may take to end; after that its connection is dropped.
  milliseconds cancel_timeout{2000};
  /// Interval between checks of the cluster while it is healthy.
  milliseconds monitor_interval{2000};
  /// Maximum number of prepared statements per connection.
  JS_RANGE(0, 100000) std::int32_t statement_cache_size = 256;
  /// Use named prepared statements. Set to `false` behind a pooler in transaction mode.
  bool prepare = true;
  /// `statement_timeout` of every connection. 0 keeps the server's.
  milliseconds statement_timeout{0};
  /// `idle_in_transaction_session_timeout` of every connection. 0 keeps the server's.
  milliseconds idle_in_transaction_timeout{0};
  /// `lock_timeout` of every connection. 0 keeps the server's.
  milliseconds lock_timeout{0};
  /// Default deadline of a call. 0: no deadline but `acquireTimeoutMs`.
  milliseconds timeout{0};
  /// Retries, where they are safe.
  RetryOptions retry;
  /// What to do when a commit was not confirmed by the synchronous standby.
  OnUnreplicated on_unreplicated = OnUnreplicated::kReject;
  /// JavaScript type of int8 values.
  Int8Mode int8 = Int8Mode::kBigint;
  /// JavaScript type of timestamptz, timestamp and date values.
  TimestampMode timestamps = TimestampMode::kIso;
  /// Rows as objects or as arrays.
  RowMode row_mode = RowMode::kObject;
#if defined(HDB_GEN)
  /// Custom parsers, by type.
  JS_LIB Parsers parsers;
  /// Custom serializers, by type. The first run of a statement then costs one more round trip.
  JS_LIB Serializers serializers;
  /// Called for each new connection before it is used, for `SET` and the like. A promise is awaited, at
  /// most `connectTimeoutMs`. If it fails, the connection is closed and its host counts as refusing
  /// connections.
  JS_LIB JS_TYPE("(session: NewSession) => unknown") std::string on_connect;
  /// Called once for every finished statement. An error that it throws is reported once as a process
  /// warning. Statements that it runs itself are not logged.
  JS_LIB JS_TYPE("(event: QueryEvent) => unknown") std::string logger;
  /// Log only statements that took at least this long, or failed. 0 logs all.
  JS_LIB milliseconds slow_query{0};
  /// Include parameters in what `logger` gets.
  JS_LIB bool log_params = false;
  /// Called with each statement before `logger` and the subscribers of `diagnostics_channel` see it;
  /// they get what it returns. If it throws, they get neither text nor parameters.
  JS_LIB JS_TYPE("(statement: Statement) => Statement") std::string redact;
  /// Report a transaction that has been open for this long, once, with the stack of its `begin()`: as
  /// the event `leak`, or as a process warning if nothing listens. Captures a stack per transaction. 0
  /// disables it.
  JS_LIB milliseconds leak_detection{0};
#endif
  /// Types to request in text format (OIDs in decimal, or type names); set by lib/ from `parsers`.
  JS_INTERNAL std::vector<std::string> text_types;
  /// Id of a set of custom parsers in lib/.
  JS_INTERNAL std::uint32_t parsers_id = 0;
  /// The password comes from `Pool::provide_password`.
  JS_INTERNAL bool asks_for_password = false;
  /// New connections go through `Pool::greet` first.
  JS_INTERNAL bool asks_on_connect = false;
};

/// Options of one statement.
struct JS_OPTIONS QueryOptions {
  /// Which nodes it may run on. Default: the pool's `mode`.
  std::optional<Mode> mode;
  /// Deadline for waiting, connecting, retries and execution together. Default: the pool's `timeoutMs`.
  std::optional<milliseconds> timeout;
  /// Aborts the call: removes it from the queue, or cancels it on the server.
  CancelToken signal;
  /// Allow a retry after a failure with outcome `unknown`. Default: only in the modes `read-only` and
  /// `prefer-standby`.
  std::optional<bool> retry;
  /// Use a named prepared statement. Default: the pool's.
  std::optional<bool> prepare;
  /// JavaScript type of int8 values. Default: the pool's.
  std::optional<Int8Mode> int8;
  /// JavaScript type of timestamptz, timestamp and date values. Default: the pool's.
  std::optional<TimestampMode> timestamps;
  /// Rows as objects or as arrays. Default: the pool's.
  std::optional<RowMode> row_mode;
#if defined(HDB_GEN)
  /// Custom parsers, by type; they override the pool's.
  JS_LIB Parsers parsers;
  /// Custom serializers, by type; they override the pool's.
  JS_LIB Serializers serializers;
#endif
  /// As in PoolOptions.
  JS_INTERNAL std::vector<std::string> text_types;
  /// As in PoolOptions.
  JS_INTERNAL std::uint32_t parsers_id = 0;
  /// Include host, attempts and wait in the answer.
  JS_INTERNAL bool is_told = false;
  /// Called when the call starts to wait for a connection (without a host), and when it gets one, with
  /// the host and the wait. A retry waits again.
  JS_INTERNAL Callback<std::string, double> on_wait;
};

/// Options of one transaction.
struct JS_OPTIONS TransactionOptions {
  /// Isolation level. Default: the server's `default_transaction_isolation`.
  std::optional<IsolationLevel> isolation;
  /// READ ONLY: the server refuses writes.
  bool read_only = false;
  /// DEFERRABLE: with `serializable` and `readOnly`, waits for a snapshot that cannot fail.
  bool deferrable = false;
  /// Which nodes it may run on. Default: the pool's `mode`.
  std::optional<Mode> mode;
  /// Deadline for the whole transaction, retries included. Default: the pool's `timeoutMs`.
  std::optional<milliseconds> timeout;
  /// Aborts whatever the transaction is waiting for; never a COMMIT that was sent.
  CancelToken signal;
  /// If the answer to COMMIT is lost, look for the transaction on the current primary, by its xid and
  /// WAL position, which are read along with COMMIT. Needs no table and no round trip. What this cannot
  /// prove stays an `InDoubtError`.
  bool commit_proof = false;
#if defined(HDB_GEN)
  /// For `pool.transaction()`: if the answer to COMMIT is lost, look for a token that was stored in the
  /// same transaction, and run the function again if it is not there. Costs a round trip. The table
  /// `hyperiondb_transaction` is created on first use.
  JS_LIB bool exactly_once = false;
#endif
  /// As in QueryOptions.
  JS_INTERNAL Callback<std::string, double> on_wait;
  /// Called once with the outcome of a transaction that was begun; if it ended by itself, also with a
  /// message and a code.
  JS_INTERNAL Callback<Outcome, std::string, std::string> on_end;
  /// BEGIN may travel with the first statement: the caller reruns the transaction if that statement
  /// meets a lost or fenced connection.
  JS_INTERNAL bool defers_begin = false;
};

/// Options of a batch.
struct JS_OPTIONS BatchOptions {
  /// Run the statements as one transaction. If `false`, each one is on its own: they may run on several
  /// connections, in any order, and the result has an entry per statement.
  bool atomic = true;
  /// Which nodes it may run on. Default: the pool's `mode`.
  std::optional<Mode> mode;
  /// Deadline for waiting, connecting, retries and execution together. Default: the pool's `timeoutMs`.
  std::optional<milliseconds> timeout;
  /// Aborts the call.
  CancelToken signal;
  /// Allow a retry after a failure with outcome `unknown`. Default: only in the read modes.
  std::optional<bool> retry;
  /// As in QueryOptions.
  JS_INTERNAL bool is_told = false;
  /// As in QueryOptions.
  JS_INTERNAL Callback<std::string, double> on_wait;
};

#if defined(HDB_GEN)
/// A name, or its parts (schema, table). Names are quoted, so case matters.
using Names JS_TYPE("string | readonly string[]") = std::vector<std::string>;
#endif

/// Options of `insert()`, in addition to those of a statement.
struct JS_OPTIONS InsertOptions {
#if defined(HDB_GEN)
  /// Allow the insert to be repeated after its answer was lost: if `conflictTarget` already exists, the
  /// existing row is returned, unchanged. Needs `conflictTarget`, and the privilege to update its first
  /// column.
  JS_LIB bool idempotency = false;
  /// Columns of a primary key or unique constraint. Every row must have a value for each.
  JS_LIB Names conflict_target;
#endif
};

#if defined(HDB_GEN)
/// Options of `insert()`: those of a statement, and its own.
using InsertQueryOptions JS_TYPE("QueryOptions & InsertOptions") = QueryOptions;
/// A row to insert: its keys are the columns.
using NewRow JS_TYPE("object") = std::string;
#endif

/// Options of `pool.end()`.
struct JS_OPTIONS EndOptions {
  /// Maximum time that running work may take before it is canceled.
  milliseconds drain_timeout{5000};
};

}  // namespace hdb
