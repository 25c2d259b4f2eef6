// options.hpp: what a caller may ask for. Defaults are the initialisers; nothing else decides them.
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

/// What to do when a commit is stored on the primary but the synchronous standby did not confirm it.
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

/// libpq's channel_binding: SCRAM that is tied to the TLS connection, so that nobody in between can pass it
/// on.
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

/// TLS, with libpq's exact meaning. Files are read at each connect: what replaces them is used from the next
/// one on.
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
  /// sslkey: file with the client's private key, which nobody else may read. Default:
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

/// How failed statements and transactions are run again, where that is safe.
struct JS_OPTIONS RetryOptions {
  /// How often a statement or transaction is run at most.
  JS_RANGE(1, 100) std::int32_t max_attempts = 3;
  /// First delay; each further one doubles, with full jitter.
  milliseconds base_delay{50};
  /// Longest delay.
  milliseconds max_delay{1000};
};

/// What a password is wanted for.
struct JS_RECORD PasswordTarget {
  /// The host, as the options name it.
  std::string host;
  /// Its port.
  std::int32_t port = 0;
  /// The role.
  std::string user;
  /// The database.
  std::string database;
};

#if defined(HDB_GEN)
/// Custom parsers by type OID (in decimal) or type name. Each gets a value in the server's text form, never
/// NULL; what it returns stands in the row.
using Parsers JS_TYPE("Readonly<Record<string, (text: string) => unknown>>") =
    std::map<std::string, std::string>;

/// Custom serializers by type OID (in decimal) or type name. Each gets a parameter of that type, never null
/// or undefined; what it returns is sent instead, mostly a string. A domain without one of its own has that
/// of the type that it is made of. An array is a type of its own, such as `_numeric`.
using Serializers JS_TYPE("Readonly<Record<string, (value: any) => unknown>>") =
    std::map<std::string, std::string>;
#endif

#if defined(HDB_GEN)
/// A statement as `redact` gets it and gives it back.
using Statement JS_TYPE("{ readonly sql: string; readonly params?: readonly unknown[] }") = std::string;

/// What `logger` is told of a statement. `sql`: its text, of a batch all texts. `params`: with `logParams`.
/// `durationMs`: from the call to the answer. `waitMs`: for a session. `attempts`: how often it was sent.
/// `host`: who answered, undefined if it was sent to nobody. `rowCount`: null for statements without one.
/// `error`: why it failed.
using QueryEvent JS_TYPE(
    "{ readonly sql: string; readonly params?: readonly unknown[]; readonly durationMs: number; "
    "readonly rowCount?: number | null; readonly error?: unknown; readonly host: string | undefined; "
    "readonly attempts: number; readonly waitMs: number }") = std::string;

/// A session that was just opened, while `onConnect` runs.
using NewSession JS_TYPE(
    "{ readonly host: string; query<Row = Record<string, SqlValue>>(sql: string, params?: readonly "
    "Parameter[]): "
    "Promise<Result<Row>> }") = std::string;
#endif

/// Options of a pool.
struct JS_OPTIONS PoolOptions {
  /// Hosts of the cluster: `name`, `name:port`, `address`, `[ipv6]:port` or the path of a directory
  /// with a Unix socket. Default: the hosts of the URL, else `PGHOST`, else `localhost`.
  std::optional<std::vector<std::string>> hosts;
  /// Port of the hosts that name none. Default: `PGPORT`, else 5432.
  JS_RANGE(1, 65535) std::optional<std::int32_t> port;
  /// Role to log in as. Default: `PGUSER`, else the name of the operating system's user.
  std::optional<std::string> user;
  /// Password, or a function that gives it, at once or as a promise: a token, or a secret that changes. Its
  /// answer serves all connects to a host for a minute; when the server refuses it (28P01, 28000), it is
  /// asked once more. Default: `PGPASSWORD`, else the password file (`PGPASSFILE`, `~/.pgpass`).
  JS_TYPE("string | ((target: PasswordTarget) => string | PromiseLike<string>)")
  std::optional<std::string> password;
  /// Database. Default: `PGDATABASE`, else the name of the role.
  std::optional<std::string> database;
  /// `application_name` of the sessions. Default: `PGAPPNAME`, else `hyperiondb-client`.
  std::optional<std::string> application_name;
  /// TLS.
  SslOptions ssl;
  /// channel_binding. Default: `prefer`.
  std::optional<ChannelBinding> channel_binding;
  /// require_auth: the only ways to log in that the server may ask for: `password`, `md5`, `gss`, `sspi`,
  /// `scram-sha-256`, `none`; or, each with a `!` in front, the ways that it may not. Needs libpq 16.
  std::optional<std::vector<std::string>> require_auth;
  /// Which nodes statements run on, unless a query says otherwise. Default: what `target_session_attrs` in
  /// the URL says, else `PGTARGETSESSIONATTRS`, else `read-write`.
  std::optional<Mode> mode;
  /// Most sessions that the pool holds at a time, over all hosts.
  JS_RANGE(1, 10000) std::int32_t pool_size = 10;
  /// Sessions kept open for the pool's mode even when nobody needs them.
  JS_RANGE(0, 10000) std::int32_t min_idle = 2;
  /// Longest wait for a session: in the queue, while connecting and while there is no primary.
  milliseconds acquire_timeout{15000};
  /// Longest time to connect to one host: DNS, TCP, TLS, authentication and role check. Default:
  /// `connect_timeout` in the URL, else `PGCONNECT_TIMEOUT`, else 2000.
  std::optional<milliseconds> connect_timeout;
  /// Most requests that wait for a session; one more is refused at once.
  JS_RANGE(0, 10000000) std::int32_t max_waiting = 1000;
  /// Most bytes of text and values that waiting requests hold together; one more is refused at once.
  JS_RANGE(0, 9007199254740991) double max_waiting_bytes = 268435456;
  /// Most bytes that the answer to a statement may have on the wire; more, and its connection is closed (with
  /// TCP, on Linux). It keeps a server from filling the memory.
  JS_RANGE(1, 9007199254740991) double max_result_bytes = 2147483648;
  /// A session that nobody used for so long is closed, down to `minIdle`. 0: never.
  milliseconds idle_timeout{600000};
  /// A session is closed after so long (± 10 %), once it is free; one that others share ends after what they
  /// have sent. 0: never.
  milliseconds max_lifetime{1800000};
  /// A statement that is silent for so long makes the client ask the other nodes who is primary.
  milliseconds suspect_after{1000};
  /// Longest wait for a cancel request; after that the connection is dropped.
  milliseconds cancel_timeout{2000};
  /// Period of the monitor while the cluster is calm.
  milliseconds monitor_interval{2000};
  /// Prepared statements kept per session.
  JS_RANGE(0, 100000) std::int32_t statement_cache_size = 256;
  /// Prepare statements by name on the server. Set to false behind a pooler in transaction mode.
  bool prepare = true;
  /// `statement_timeout` of every session. 0: the server's own.
  milliseconds statement_timeout{0};
  /// `idle_in_transaction_session_timeout` of every session. 0: the server's own.
  milliseconds idle_in_transaction_timeout{0};
  /// `lock_timeout` of every session. 0: the server's own.
  milliseconds lock_timeout{0};
  /// Deadline of each call that names none of its own. 0: none but `acquireTimeoutMs`.
  milliseconds timeout{0};
  /// How retries are made, where they are safe.
  RetryOptions retry;
  /// What to do when a commit was not confirmed by the synchronous standby.
  OnUnreplicated on_unreplicated = OnUnreplicated::kReject;
  /// How int8 values are shown.
  Int8Mode int8 = Int8Mode::kBigint;
  /// How timestamptz, timestamp and date values are shown.
  TimestampMode timestamps = TimestampMode::kIso;
  /// The shape of a row.
  RowMode row_mode = RowMode::kObject;
#if defined(HDB_GEN)
  /// Custom parsers for the types that they name.
  JS_LIB Parsers parsers;
  /// Custom serializers for the types that they name. The first run of a statement then costs one more round
  /// trip.
  JS_LIB Serializers serializers;
  /// Runs on each new session before anybody gets it, for `SET` and the like; its promise is waited for, as
  /// long as `connectTimeoutMs`. If it fails, the session is closed and its host is taken as one that refuses
  /// us.
  JS_LIB JS_TYPE("(session: NewSession) => unknown") std::string on_connect;
  /// Is told of each statement, once, when it has ended. What it throws or rejects with is warned of once;
  /// statements that it runs itself are not told of.
  JS_LIB JS_TYPE("(event: QueryEvent) => unknown") std::string logger;
  /// Only statements that took so long, or failed, are told to `logger`.
  JS_LIB milliseconds slow_query{0};
  /// `logger` is told the parameters, too.
  JS_LIB bool log_params = false;
  /// What `logger` and the subscribers of `diagnostics_channel` see of a statement. If it throws, they see
  /// neither its text nor its parameters.
  JS_LIB JS_TYPE("(statement: Statement) => Statement") std::string redact;
  /// A transaction that is open for so long is reported, once, with the stack of who began it: as the event
  /// `leak`, or as a process warning if nobody listens. 0: never. It costs a stack for each transaction.
  JS_LIB milliseconds leak_detection{0};
#endif
  /// Types whose values come in the server's text form (OIDs in decimal, or type names); set by
  /// lib/ from `parsers`.
  JS_INTERNAL std::vector<std::string> text_types;
  /// Id of the set of custom parsers that lib/ keeps.
  JS_INTERNAL std::uint32_t parsers_id = 0;
  /// The password comes from `Pool::provide_password`.
  JS_INTERNAL bool asks_for_password = false;
  /// New sessions are shown to `Pool::greet`.
  JS_INTERNAL bool asks_on_connect = false;
};

/// Options of one statement.
struct JS_OPTIONS QueryOptions {
  /// Which nodes it may run on. Default: the pool's mode.
  std::optional<Mode> mode;
  /// One deadline for waiting, connecting, retries and execution. Default: the pool's `timeoutMs`.
  std::optional<milliseconds> timeout;
  /// Aborts the call: it leaves the queue, or the server is asked to cancel it.
  CancelToken signal;
  /// The statement may be run again after a failure whose outcome is unknown. Default: only in the
  /// read modes `read-only` and `prefer-standby`.
  std::optional<bool> retry;
  /// Prepare the statement by name on the server. Default: the pool's.
  std::optional<bool> prepare;
  /// How int8 values are shown. Default: the pool's.
  std::optional<Int8Mode> int8;
  /// How timestamps are shown. Default: the pool's.
  std::optional<TimestampMode> timestamps;
  /// The shape of a row. Default: the pool's.
  std::optional<RowMode> row_mode;
#if defined(HDB_GEN)
  /// Custom parsers for the types that they name; they come before the pool's.
  JS_LIB Parsers parsers;
  /// Custom serializers for the types that they name; they come before the pool's.
  JS_LIB Serializers serializers;
#endif
  /// As in PoolOptions.
  JS_INTERNAL std::vector<std::string> text_types;
  /// As in PoolOptions.
  JS_INTERNAL std::uint32_t parsers_id = 0;
  /// The answer says on which host it was made, how often it was tried and how long it waited.
  JS_INTERNAL bool is_told = false;
  /// Is told when the call begins to wait for a session (no host), and when it gets one, with the host and
  /// how long it waited. A call that is run again waits again.
  JS_INTERNAL Callback<std::string, double> on_wait;
};

/// Options of one transaction.
struct JS_OPTIONS TransactionOptions {
  /// Isolation level. Default: the server's `default_transaction_isolation`.
  std::optional<IsolationLevel> isolation;
  /// READ ONLY: the server refuses writes in it.
  bool read_only = false;
  /// DEFERRABLE: with `serializable` and `readOnly`, waits for a snapshot that cannot fail.
  bool deferrable = false;
  /// Which nodes it may run on. Default: the pool's mode.
  std::optional<Mode> mode;
  /// One deadline for the whole transaction, its retries included. Default: the pool's `timeoutMs`.
  std::optional<milliseconds> timeout;
  /// Aborts whatever the transaction is waiting for; never a COMMIT that is on its way.
  CancelToken signal;
  /// A COMMIT whose answer is lost is looked for on the node that is the primary then, by the transaction's
  /// xid and its place in the WAL, read just before; no table, no round trip. What that cannot prove stays an
  /// `InDoubtError`.
  bool commit_proof = false;
#if defined(HDB_GEN)
  /// For `pool.transaction()`: a COMMIT whose answer is lost is looked up on the current primary, by a token
  /// that was stored in the same transaction. Costs a round trip. The table, `hyperiondb_transaction`, is
  /// created at first need.
  JS_LIB bool exactly_once = false;
#endif
  /// As in QueryOptions.
  JS_INTERNAL Callback<std::string, double> on_wait;
  /// Is told what became of the transaction, once, if it was begun. When it ended by itself, also why: a
  /// message and a code.
  JS_INTERNAL Callback<Outcome, std::string, std::string> on_end;
  /// BEGIN may travel with the first statement: the caller runs the transaction again when that finds a
  /// session that is lost or fenced.
  JS_INTERNAL bool defers_begin = false;
};

/// Options of a batch.
struct JS_OPTIONS BatchOptions {
  /// All or nothing: the statements are one transaction. `false`: each stands for itself, they may run
  /// on several sessions, in any order, and the answer tells of each how it ended.
  bool atomic = true;
  /// Which nodes it may run on. Default: the pool's mode.
  std::optional<Mode> mode;
  /// One deadline for waiting, connecting, retries and execution. Default: the pool's `timeoutMs`.
  std::optional<milliseconds> timeout;
  /// Aborts the call.
  CancelToken signal;
  /// It may be run again after a failure whose outcome is unknown. Default: only in the read modes.
  std::optional<bool> retry;
  /// As in QueryOptions.
  JS_INTERNAL bool is_told = false;
  /// As in QueryOptions.
  JS_INTERNAL Callback<std::string, double> on_wait;
};

#if defined(HDB_GEN)
/// A name, or the names of its parts. They are quoted, so that they mean exactly what they say, upper case
/// too.
using Names JS_TYPE("string | readonly string[]") = std::vector<std::string>;
#endif

/// Options of `insert()`, besides those of a statement.
struct JS_OPTIONS InsertOptions {
#if defined(HDB_GEN)
  /// The insert may be repeated after its answer was lost: where `conflictTarget` exists already, the row
  /// that is there is returned, unchanged. Needs `conflictTarget`, and the privilege to update its first
  /// column.
  JS_LIB bool idempotency = false;
  /// The columns of a primary key or unique constraint. Every row has a value of its own for each.
  JS_LIB Names conflict_target;
#endif
};

#if defined(HDB_GEN)
/// What `insert()` takes: the options of a statement, and its own.
using InsertQueryOptions JS_TYPE("QueryOptions & InsertOptions") = QueryOptions;
/// A row to be inserted: its keys are the columns.
using NewRow JS_TYPE("object") = std::string;
#endif

/// Options of `pool.end()`.
struct JS_OPTIONS EndOptions {
  /// How long running work may go on before it is cancelled.
  milliseconds drain_timeout{5000};
};

}  // namespace hdb
