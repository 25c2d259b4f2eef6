// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.

declare global {
  // Both are known when Node's own typings, or those of the DOM, are there; then these lines add nothing.
  interface AbortSignal {}
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** A value of json or jsonb. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A value in a row. bytea is a Buffer, which is a Uint8Array; arrays nest as deep as they have dimensions. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array | Date | SqlValue[] | JsonValue;

/**
 * What can be the value of a placeholder. An array becomes a PostgreSQL array where the server says that the parameter
 * is one, else json; any other object becomes json.
 */
export type Parameter =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | ArrayBufferView
  | readonly Parameter[]
  | object;

/** The rows, and what the server says about them; these properties are not enumerable. */
export type Result<Row = Record<string, SqlValue>> = Row[] & {
  /** Rows that were returned or changed; null for a statement that has no count. */
  readonly rowCount: number | null;
  /** What was executed: `SELECT`, `INSERT`, `CREATE TABLE`, … */
  readonly command: string;
  /** The columns. */
  readonly fields: readonly Field[];
};

export {}; // what is declared without `export` is not
declare const row: unique symbol;

/** A statement, or a piece of one, with its values: what the tag `sql` makes. */
export interface Sql<Row = never> {
  /** With a placeholder for each value. */
  readonly text: string;
  /** In the order of the placeholders. */
  readonly values: readonly Parameter[];
  /** What it returns; only in types. */
  readonly [row]: Row;
}

/** A statement with its values: made by the tag `sql`, or a plain object. */
export type SqlStatement<Row = never> =
  | Sql<Row>
  | { readonly text: string; readonly values?: readonly Parameter[] | undefined };

/** What can stand in a template of `sql`: a value, a piece, or `false` for a piece that is left out. */
export type SqlPart =
  | Sql<any>
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly unknown[]
  | (object & { readonly then?: never; readonly call?: never });

/** What a row is: what the call says it is, else by `rowMode`. */
export type RowOf<Row, Mode> = [Row] extends [never]
  ? [Mode] extends ['array']
    ? SqlValue[]
    : Record<string, SqlValue>
  : Row;

/** A statement of a batch. */
export type BatchStatement =
  | string
  | { readonly sql: string; readonly params?: readonly Parameter[] }
  | SqlStatement<any>;

/** One entry for each statement; with `atomic: false` how it ended. */
export type BatchResults<Statements, Atomic> = {
  -readonly [K in keyof Statements]: Atomic extends false
    ? PromiseSettledResult<ResultOf<Statements[K]>>
    : ResultOf<Statements[K]>;
};
type ResultOf<Statement> = Statement extends Sql<infer Row> ? Result<RowOf<Row, RowMode>> : Result;

/**
 * Custom parsers, by type OID (in decimal) or type name. A parser gets a value in the server's text
 * format, never NULL, and returns what the row shows.
 */
export type Parsers = Readonly<Record<string, (text: string) => unknown>>;

/**
 * Custom serializers, by type OID (in decimal) or type name. A serializer gets a parameter of that type,
 * never null or undefined, and returns what is sent instead, usually a string. A domain without a
 * serializer uses its base type's. An array is a type of its own, such as `_numeric`.
 */
export type Serializers = Readonly<Record<string, (value: any) => unknown>>;

/** A statement, as passed to and returned by `redact`. */
export type Statement = { readonly sql: string; readonly params?: readonly unknown[] };

/**
 * A finished statement, as passed to `logger`. `sql`: its text; for a batch, all texts. `params`: only
 * with `logParams`. `durationMs`: from the call to the answer. `waitMs`: part of it spent waiting for a
 * connection. `attempts`: how often it was sent. `host`: which host answered; undefined if it was never
 * sent. `rowCount`: null for commands without one. `error`: why it failed.
 */
export type QueryEvent = { readonly sql: string; readonly params?: readonly unknown[]; readonly durationMs: number; readonly rowCount?: number | null; readonly error?: unknown; readonly host: string | undefined; readonly attempts: number; readonly waitMs: number };

/** A new connection, as passed to `onConnect`. */
export type NewSession = { readonly host: string; query<Row = never>(sql: string | SqlStatement<Row>, params?: readonly Parameter[]): Promise<Result<RowOf<Row, 'object'>>> };

/** A name, or its parts (schema, table). Names are quoted, so case matters. */
export type Names = string | readonly string[];

/** Options of `insert()`: those of a statement, and its own. */
export type InsertQueryOptions = QueryOptions & InsertOptions;

/** A row to insert: its keys are the columns. */
export type NewRow = object;

/**
 * Role of a host in its cluster.
 *
 * - `'unknown'`: It has not answered yet.
 * - `'primary'`: Writable, with the newest epoch seen.
 * - `'standby'`: In recovery.
 * - `'fenced'`: Out of recovery, but read-only by default: demoted, or promoted and not yet opened.
 * - `'quarantined'`: Claims to be writable with an older epoch, or belongs to another cluster.
 * - `'down'`: It does not answer.
 */
export type HostRole = 'unknown' | 'primary' | 'standby' | 'fenced' | 'quarantined' | 'down';

/**
 * What happened to the data of the statement or transaction that an error is about.
 *
 * - `'not-sent'`: Nothing left this process.
 * - `'not-executed'`: The server refused it before it ran.
 * - `'rolled-back'`: It ran, and the server undid it.
 * - `'committed-locally'`: Stored on the primary, but not confirmed by the synchronous standby: a failover may lose it.
 * - `'committed'`: It is stored; only the answer could not be used.
 * - `'unknown'`: The connection died before the answer: it may or may not be stored.
 */
export type Outcome = 'not-sent' | 'not-executed' | 'rolled-back' | 'committed-locally' | 'committed' | 'unknown';

/**
 * Which nodes a statement may run on.
 *
 * - `'read-write'`: The one writable primary.
 * - `'read-only'`: Standbys only, spread by least in flight; never a fenced former primary.
 * - `'prefer-standby'`: A standby if any is healthy, else the primary; sessions are read-only on the server either way.
 * - `'any'`: Any reachable node; statements are neither restricted nor retried. For administration.
 */
export type Mode = 'read-write' | 'read-only' | 'prefer-standby' | 'any';

/**
 * Isolation level of a transaction (PostgreSQL: SET TRANSACTION).
 *
 * - `'read-committed'`: Each statement sees what was committed before it began.
 * - `'repeatable-read'`: All statements see one snapshot.
 * - `'serializable'`: As if transactions ran one after the other.
 */
export type IsolationLevel = 'read-committed' | 'repeatable-read' | 'serializable';

/**
 * What to do when a commit is durable on the primary but was not confirmed by the synchronous standby.
 *
 * - `'reject'`: Reject with a NotReplicatedError.
 * - `'warn'`: Resolve as if it had been confirmed: a failover may lose the commit.
 */
export type OnUnreplicated = 'reject' | 'warn';

/**
 * libpq's sslmode (PostgreSQL documentation, "SSL Mode Descriptions").
 *
 * - `'disable'`: No TLS.
 * - `'allow'`: Plain first, TLS if the server insists.
 * - `'prefer'`: TLS first, plain if the server has none.
 * - `'require'`: TLS, certificate not verified unless a root certificate file exists.
 * - `'verify-ca'`: TLS, certificate signed by a trusted authority.
 * - `'verify-full'`: As verify-ca, and the host name matches.
 */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/**
 * How TLS begins (libpq's sslnegotiation).
 *
 * - `'postgres'`: The server is asked first whether it has TLS.
 * - `'direct'`: TLS from the first byte: one round trip less. Needs PostgreSQL 17, and libpq 17 here.
 */
export type SslNegotiation = 'postgres' | 'direct';

/**
 * Whether a client certificate is sent (libpq's sslcertmode).
 *
 * - `'disable'`: Never, even if there is one.
 * - `'allow'`: If the server asks for it and there is one.
 * - `'require'`: The server has to ask for it.
 */
export type SslCertMode = 'disable' | 'allow' | 'require';

/**
 * libpq's channel_binding: ties SCRAM to the TLS connection, which defeats a man in the middle.
 *
 * - `'disable'`: Never.
 * - `'prefer'`: If the server offers it.
 * - `'require'`: A server that does not is refused.
 */
export type ChannelBinding = 'disable' | 'prefer' | 'require';

/**
 * A version of the TLS protocol, as libpq spells it.
 *
 * - `'TLSv1'`: TLS 1.0.
 * - `'TLSv1.1'`: TLS 1.1.
 * - `'TLSv1.2'`: TLS 1.2.
 * - `'TLSv1.3'`: TLS 1.3.
 */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/**
 * How int8 (bigint) values are shown.
 *
 * - `'bigint'`: A JavaScript bigint: lossless.
 * - `'number'`: A number; a value beyond 2^53 - 1 is an error, never rounded.
 * - `'string'`: Decimal digits.
 */
export type Int8Mode = 'bigint' | 'number' | 'string';

/**
 * How timestamptz, timestamp and date values are shown.
 *
 * - `'iso'`: An ISO 8601 string; microseconds, infinity and BC kept.
 * - `'date'`: A Date; milliseconds only. What a Date cannot hold (infinity) is an error.
 */
export type TimestampMode = 'iso' | 'date';

/**
 * The shape of a row.
 *
 * - `'object'`: A plain object keyed by column name; of two columns with one name the last wins.
 * - `'array'`: An array in column order.
 */
export type RowMode = 'object' | 'array';

/** One host as the client sees it. */
export interface HostView {
  /** `name:port`. */
  readonly host: string;
  /** Role in the cluster. */
  readonly role: HostRole;
  /**
   * Timeline of its WAL; each promotion increments it. None until the host has answered, and for a standby
   * if only a role with `pg_monitor` may see it.
   */
  readonly timeline: number | null;
  /** System identifier of its cluster (`pg_control_system`). */
  readonly systemIdentifier: string | null;
  /** WAL position: inserted on a primary, replayed on a standby. */
  readonly lsn: string | null;
  /** Bytes behind the primary; none on the primary itself, and while there is no primary. */
  readonly lagBytes: number | null;
  /** Round-trip time of the last probe. */
  readonly roundTripMs: number | null;
  /**
   * This pool's open connections to it. Over all hosts they add up to `available` plus `inUse` of
   * `status()`.
   */
  readonly sessions: number;
  /** Warm connections: to a standby, ready for its promotion, in addition to `poolSize`. */
  readonly warmSessions: number;
  /** Why it is not usable, or the last failure. */
  readonly lastError: string | null;
  /**
   * Code of the last failure while the host is not usable: a SQLSTATE such as `28P01`, or a system error
   * such as `ECONNREFUSED`.
   */
  readonly lastErrorCode: string | null;
  /**
   * True if it answers but refuses this pool: a wrong password, no such database, TLS. Its role is unknown
   * then.
   */
  readonly refused: boolean;
}

/** The cluster as the client sees it. */
export interface TopologyView {
  /** `name:port` of the writable primary, if there is one. */
  readonly primary: string | null;
  /** All hosts, in the order of the options. */
  readonly hosts: readonly HostView[];
}

/** Another node became the writable primary, or there is none any more. */
export interface PrimaryChangedEvent {
  readonly type: 'primaryChanged';
  /** The new primary; null if there is none. */
  readonly host: string | null;
  /** The previous one. */
  readonly previous: string | null;
  /** Timeline of the new primary. */
  readonly timeline: number | null;
  /** Time without a primary, if one was known before. */
  readonly gapMs: number | null;
}

/** A node was found to be read-only, although it has not dropped its connections. */
export interface FencedEvent {
  readonly type: 'fenced';
  /** The node. */
  readonly host: string;
}

/** A host stopped answering. */
export interface HostDownEvent {
  readonly type: 'hostDown';
  /** The host. */
  readonly host: string;
  /** What happened. */
  readonly reason: string;
}

/** A host answers again. */
export interface HostUpEvent {
  readonly type: 'hostUp';
  /** The host. */
  readonly host: string;
  /** Its role now. */
  readonly role: HostRole;
}

/** Two nodes accept writes in the same epoch, or one claims to be writable in an older epoch. */
export interface SplitBrainEvent {
  readonly type: 'splitBrain';
  /** The nodes that get no writes. */
  readonly hosts: readonly string[];
  /** What happened. */
  readonly reason: string;
}

/** No node fits the pool's mode, so requests wait. */
export interface HoldEvent {
  readonly type: 'hold';
  /** Number of waiting requests. */
  readonly waiting: number;
}

/** A node fits again, and the waiting requests have been served. */
export interface DrainedEvent {
  readonly type: 'drained';
  /** How long requests waited. */
  readonly heldMs: number;
}

/** A connection is being opened. */
export interface SessionOpeningEvent {
  readonly type: 'sessionOpening';
  /** The host. */
  readonly host: string;
  /** Number of the connection in this pool. */
  readonly session: number;
}

/** A connection is open: logged in, and the role of its host was checked. */
export interface SessionOpenedEvent {
  readonly type: 'sessionOpened';
  /** The host. */
  readonly host: string;
  /** Number of the connection in this pool. */
  readonly session: number;
  /** How long it took to open. */
  readonly tookMs: number;
}

/** A connection was closed, or could not be opened. */
export interface SessionClosedEvent {
  readonly type: 'sessionClosed';
  /** The host. */
  readonly host: string;
  /** Number of the connection in this pool. */
  readonly session: number;
  /** False if it could not be opened. */
  readonly wasOpen: boolean;
  /** Why. */
  readonly reason: string;
}

/** A transaction has been open for `leakDetectionMs`. Emitted by lib/. */
export interface LeakEvent {
  readonly type: 'leak';
  /** The host of its connection. */
  readonly host: string;
  /** How long it has been open. */
  readonly heldMs: number;
  /** Stack of the call that began it. */
  readonly stack: string;
}

/** Every field that PostgreSQL sends with an error or notice (protocol: ErrorResponse). */
export interface ServerReport {
  /** SQLSTATE, five characters. */
  readonly sqlstate: string;
  /** ERROR, FATAL, PANIC, WARNING, NOTICE, …; never localised. */
  readonly severity: string;
  /** The primary message, in the server's language. */
  readonly message: string;
  /** Secondary message with more detail. */
  readonly detail: string | null;
  /** What to do about it. */
  readonly hint: string | null;
  /** Position of the error in the statement, in characters from 1. */
  readonly position: string | null;
  /** As `position`, within `internalQuery`. */
  readonly internalPosition: string | null;
  /** The statement that PostgreSQL generated itself, for example inside a function. */
  readonly internalQuery: string | null;
  /** Context: the call stack of functions. */
  readonly where: string | null;
  /** Schema that the error is about. */
  readonly schema: string | null;
  /** Table that the error is about. */
  readonly table: string | null;
  /** Column that the error is about. */
  readonly column: string | null;
  /** Data type that the error is about. */
  readonly dataType: string | null;
  /** Constraint that was violated. */
  readonly constraint: string | null;
  /** Source file in PostgreSQL. */
  readonly file: string | null;
  /** Source line in PostgreSQL. */
  readonly line: string | null;
  /** Routine in PostgreSQL. */
  readonly routine: string | null;
}

/**
 * TLS options, with the exact meaning of libpq's. Files are read at each connect, so a replaced file is
 * used by the next connection.
 */
export interface SslOptions {
  /** sslmode. */
  mode?: SslMode | undefined;
  /** sslnegotiation. Needs libpq 17. */
  negotiation?: SslNegotiation | undefined;
  /**
   * sslrootcert: file with trusted root certificates, or `system` (needs libpq 16). Default:
   * `~/.postgresql/root.crt`.
   */
  rootCert?: string | undefined;
  /** sslcert: file with the client certificate. Default: `~/.postgresql/postgresql.crt`. */
  cert?: string | undefined;
  /**
   * sslkey: file with the client's private key; it must not be readable by others. Default:
   * `~/.postgresql/postgresql.key`.
   */
  key?: string | undefined;
  /** sslpassword: password of the private key. */
  keyPassword?: string | undefined;
  /** sslcertmode. Needs libpq 16. */
  certMode?: SslCertMode | undefined;
  /** sslcrl: file with revoked certificates. Default: `~/.postgresql/root.crl`. */
  crl?: string | undefined;
  /** sslcrldir: directory with revoked certificates, named by their hash. */
  crlDir?: string | undefined;
  /** sslsni: name the host to the server before encryption begins. Default: true. */
  sni?: boolean | undefined;
  /** ssl_min_protocol_version. Default: `TLSv1.2`. */
  minVersion?: TlsVersion | undefined;
  /** ssl_max_protocol_version. */
  maxVersion?: TlsVersion | undefined;
}

/** How statements and transactions are retried, where that is safe. */
export interface RetryOptions {
  /**
   * Maximum number of attempts, the first one included.
   *
   * From 1 to 100.
   *
   * @defaultValue 3
   */
  maxAttempts?: number | undefined;
  /**
   * Delay before the first retry; it doubles with each further retry, with full jitter.
   *
   * @defaultValue 50
   */
  baseDelayMs?: number | undefined;
  /**
   * Maximum delay.
   *
   * @defaultValue 1000
   */
  maxDelayMs?: number | undefined;
}

/** The login that a password function is called for. */
export interface PasswordTarget {
  /** Host, as written in the options. */
  readonly host: string;
  /** Port. */
  readonly port: number;
  /** Role. */
  readonly user: string;
  /** Database. */
  readonly database: string;
}

/** Options of a pool. */
export interface PoolOptions {
  /**
   * Hosts of the cluster: `name`, `name:port`, `address`, `[ipv6]:port`, or the directory of a Unix
   * socket. Default: the hosts of the URL, else `PGHOST`, else `localhost`.
   */
  hosts?: readonly string[] | undefined;
  /**
   * Port of hosts without one of their own. Default: `PGPORT`, else 5432.
   *
   * From 1 to 65535.
   */
  port?: number | undefined;
  /** Role to log in as. Default: `PGUSER`, else the operating-system user. */
  user?: string | undefined;
  /**
   * Password, or a function that returns it or a promise of it: for tokens, and for secrets that are
   * rotated. The answer is reused for connects to the same host for a minute; if the server refuses it
   * (28P01, 28000), the function is called once more. Default: `PGPASSWORD`, else the password file
   * (`PGPASSFILE`, `~/.pgpass`, on Windows `%APPDATA%/postgresql/pgpass.conf`).
   */
  password?: string | ((target: PasswordTarget) => string | PromiseLike<string>) | undefined;
  /** Database to connect to. Default: `PGDATABASE`, else the name of the role. */
  database?: string | undefined;
  /** `application_name` of the connections. Default: `PGAPPNAME`, else `hyperiondb-client`. */
  applicationName?: string | undefined;
  /** TLS. */
  ssl?: SslOptions | undefined;
  /** channel_binding. Default: `prefer`. */
  channelBinding?: ChannelBinding | undefined;
  /**
   * require_auth: the authentication methods that the server may ask for (`password`, `md5`, `gss`,
   * `sspi`, `scram-sha-256`, `none`), or, each prefixed with `!`, those that it may not. Needs libpq
   * 16.
   */
  requireAuth?: readonly string[] | undefined;
  /**
   * Which nodes statements run on by default. Default: `target_session_attrs` of the URL, else
   * `PGTARGETSESSIONATTRS`, else `read-write`.
   */
  mode?: Mode | undefined;
  /**
   * Maximum number of connections, over all hosts.
   *
   * From 1 to 10000.
   *
   * @defaultValue 10
   */
  poolSize?: number | undefined;
  /**
   * Minimum number of connections to keep open for the pool's mode, even when idle.
   *
   * From 0 to 10000.
   *
   * @defaultValue 2
   */
  minIdle?: number | undefined;
  /**
   * Maximum wait for a connection: in the queue, while connecting, and while there is no primary.
   *
   * @defaultValue 15000
   */
  acquireTimeoutMs?: number | undefined;
  /**
   * Maximum time to connect to one host: DNS, TCP, TLS, authentication and role check. Default:
   * `connect_timeout` of the URL, else `PGCONNECT_TIMEOUT`, else 2000.
   */
  connectTimeoutMs?: number | undefined;
  /**
   * Maximum number of requests waiting while all connections are in use; further ones fail with a
   * `PoolExhaustedError` at once. A request whose connection is being opened does not count.
   *
   * From 0 to 10000000.
   *
   * @defaultValue 1000
   */
  maxWaiting?: number | undefined;
  /**
   * Maximum size of the SQL and parameters of all waiting requests, in bytes; further ones fail with a
   * `PoolExhaustedError` at once.
   *
   * From 0 to 9007199254740991.
   *
   * @defaultValue 268435456
   */
  maxWaitingBytes?: number | undefined;
  /**
   * Maximum size of one result on the wire, in bytes. A larger one fails with a `ResultError` and its
   * connection is closed (over TCP, on Linux), so that no server can exhaust memory.
   *
   * From 1 to 9007199254740991.
   *
   * @defaultValue 2147483648
   */
  maxResultBytes?: number | undefined;
  /**
   * Maximum idle time of a connection; above `minIdle`, it is closed. 0 disables the limit.
   *
   * @defaultValue 600000
   */
  idleTimeoutMs?: number | undefined;
  /**
   * Maximum age of a connection (± 10 % jitter). It is closed when it becomes idle; a pipelined one
   * finishes what was sent. 0 disables the limit.
   *
   * @defaultValue 1800000
   */
  maxLifetimeMs?: number | undefined;
  /**
   * If a statement has had no response for this long, check again which node is the primary.
   *
   * @defaultValue 1000
   */
  suspectAfterMs?: number | undefined;
  /**
   * Maximum time that a canceled statement may take to end; after that its connection is dropped.
   *
   * @defaultValue 2000
   */
  cancelTimeoutMs?: number | undefined;
  /**
   * Interval between checks of the cluster while it is healthy.
   *
   * @defaultValue 2000
   */
  monitorIntervalMs?: number | undefined;
  /**
   * Maximum number of prepared statements per connection.
   *
   * From 0 to 100000.
   *
   * @defaultValue 256
   */
  statementCacheSize?: number | undefined;
  /**
   * Use named prepared statements. Set to `false` behind a pooler in transaction mode.
   *
   * @defaultValue true
   */
  prepare?: boolean | undefined;
  /**
   * `statement_timeout` of every connection. 0 keeps the server's.
   *
   * @defaultValue 0
   */
  statementTimeoutMs?: number | undefined;
  /**
   * `idle_in_transaction_session_timeout` of every connection. 0 keeps the server's.
   *
   * @defaultValue 0
   */
  idleInTransactionTimeoutMs?: number | undefined;
  /**
   * `lock_timeout` of every connection. 0 keeps the server's.
   *
   * @defaultValue 0
   */
  lockTimeoutMs?: number | undefined;
  /**
   * Default deadline of a call. 0: no deadline but `acquireTimeoutMs`.
   *
   * @defaultValue 0
   */
  timeoutMs?: number | undefined;
  /** Retries, where they are safe. */
  retry?: RetryOptions | undefined;
  /**
   * What to do when a commit was not confirmed by the synchronous standby.
   *
   * @defaultValue 'reject'
   */
  onUnreplicated?: OnUnreplicated | undefined;
  /**
   * JavaScript type of int8 values.
   *
   * @defaultValue 'bigint'
   */
  int8?: Int8Mode | undefined;
  /**
   * JavaScript type of timestamptz, timestamp and date values.
   *
   * @defaultValue 'iso'
   */
  timestamps?: TimestampMode | undefined;
  /**
   * Rows as objects or as arrays.
   *
   * @defaultValue 'object'
   */
  rowMode?: RowMode | undefined;
  /** Custom parsers, by type. */
  parsers?: Parsers | undefined;
  /** Custom serializers, by type. The first run of a statement then costs one more round trip. */
  serializers?: Serializers | undefined;
  /**
   * Called for each new connection before it is used, for `SET` and the like. A promise is awaited, at
   * most `connectTimeoutMs`. If it fails, the connection is closed and its host counts as refusing
   * connections.
   */
  onConnect?: ((session: NewSession) => unknown) | undefined;
  /**
   * Called once for every finished statement. An error that it throws is reported once as a process
   * warning. Statements that it runs itself are not logged.
   */
  logger?: ((event: QueryEvent) => unknown) | undefined;
  /**
   * Log only statements that took at least this long, or failed. 0 logs all.
   *
   * @defaultValue 0
   */
  slowQueryMs?: number | undefined;
  /**
   * Include parameters in what `logger` gets.
   *
   * @defaultValue false
   */
  logParams?: boolean | undefined;
  /**
   * Called with each statement before `logger` and the subscribers of `diagnostics_channel` see it;
   * they get what it returns. If it throws, they get neither text nor parameters.
   */
  redact?: ((statement: Statement) => Statement) | undefined;
  /**
   * Report a transaction that has been open for this long, once, with the stack of its `begin()`: as
   * the event `leak`, or as a process warning if nothing listens. Captures a stack per transaction. 0
   * disables it.
   *
   * @defaultValue 0
   */
  leakDetectionMs?: number | undefined;
}

/** Options of one statement. */
export interface QueryOptions {
  /** Which nodes it may run on. Default: the pool's `mode`. */
  mode?: Mode | undefined;
  /** Deadline for waiting, connecting, retries and execution together. Default: the pool's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /** Aborts the call: removes it from the queue, or cancels it on the server. */
  signal?: AbortSignal | undefined;
  /**
   * Allow a retry after a failure with outcome `unknown`. Default: only in the modes `read-only` and
   * `prefer-standby`.
   */
  retry?: boolean | undefined;
  /** Use a named prepared statement. Default: the pool's. */
  prepare?: boolean | undefined;
  /** JavaScript type of int8 values. Default: the pool's. */
  int8?: Int8Mode | undefined;
  /** JavaScript type of timestamptz, timestamp and date values. Default: the pool's. */
  timestamps?: TimestampMode | undefined;
  /** Rows as objects or as arrays. Default: the pool's. */
  rowMode?: RowMode | undefined;
  /** Custom parsers, by type; they override the pool's. */
  parsers?: Parsers | undefined;
  /** Custom serializers, by type; they override the pool's. */
  serializers?: Serializers | undefined;
}

/** Options of one transaction. */
export interface TransactionOptions {
  /** Isolation level. Default: the server's `default_transaction_isolation`. */
  isolation?: IsolationLevel | undefined;
  /**
   * READ ONLY: the server refuses writes.
   *
   * @defaultValue false
   */
  readOnly?: boolean | undefined;
  /**
   * DEFERRABLE: with `serializable` and `readOnly`, waits for a snapshot that cannot fail.
   *
   * @defaultValue false
   */
  deferrable?: boolean | undefined;
  /** Which nodes it may run on. Default: the pool's `mode`. */
  mode?: Mode | undefined;
  /** Deadline for the whole transaction, retries included. Default: the pool's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /** Aborts whatever the transaction is waiting for; never a COMMIT that was sent. */
  signal?: AbortSignal | undefined;
  /**
   * If the answer to COMMIT is lost, look for the transaction on the current primary, by its xid and
   * WAL position, which are read along with COMMIT. Needs no table and no round trip. What this cannot
   * prove stays an `InDoubtError`.
   *
   * @defaultValue false
   */
  commitProof?: boolean | undefined;
  /**
   * For `pool.transaction()`: if the answer to COMMIT is lost, look for a token that was stored in the
   * same transaction, and run the function again if it is not there. Costs a round trip. The table
   * `hyperiondb_transaction` is created on first use.
   *
   * @defaultValue false
   */
  exactlyOnce?: boolean | undefined;
}

/** Options of a batch. */
export interface BatchOptions {
  /**
   * Run the statements as one transaction. If `false`, each one is on its own: they may run on several
   * connections, in any order, and the result has an entry per statement.
   *
   * @defaultValue true
   */
  atomic?: boolean | undefined;
  /** Which nodes it may run on. Default: the pool's `mode`. */
  mode?: Mode | undefined;
  /** Deadline for waiting, connecting, retries and execution together. Default: the pool's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /** Aborts the call. */
  signal?: AbortSignal | undefined;
  /** Allow a retry after a failure with outcome `unknown`. Default: only in the read modes. */
  retry?: boolean | undefined;
}

/** Options of `insert()`, in addition to those of a statement. */
export interface InsertOptions {
  /**
   * Allow the insert to be repeated after its answer was lost: if `conflictTarget` already exists, the
   * existing row is returned, unchanged. Needs `conflictTarget`, and the privilege to update its first
   * column.
   *
   * @defaultValue false
   */
  idempotency?: boolean | undefined;
  /** Columns of a primary key or unique constraint. Every row must have a value for each. */
  conflictTarget?: Names | undefined;
}

/** Options of `pool.end()`. */
export interface EndOptions {
  /**
   * Maximum time that running work may take before it is canceled.
   *
   * @defaultValue 5000
   */
  drainTimeoutMs?: number | undefined;
}

/** How full a pool is. */
export interface PoolStatus {
  /** `poolSize`. */
  readonly maxSize: number;
  /** Connections that are open or being opened, not counting warm ones (`topology().hosts[].warmSessions`). */
  readonly size: number;
  /** Idle connections. */
  readonly available: number;
  /** Connections that run a statement or belong to a transaction. */
  readonly inUse: number;
  /** Requests waiting for a connection. */
  readonly waiting: number;
}

/** One column of a result. */
export interface Field {
  /** Column name or alias. */
  readonly name: string;
  /** OID of the column's type; a domain shows its base type. */
  readonly typeOid: number;
  /** Name of that type in `pg_type`. */
  readonly typeName: string;
  /** Type modifier (`atttypmod`), -1 if none. */
  readonly typeModifier: number;
  /** OID of the table that the column comes from, 0 if it is an expression. */
  readonly tableOid: number;
  /** Number of the column in that table from 1, 0 if it is an expression. */
  readonly columnNumber: number;
}

/** One parameter of a statement. */
export interface ParameterType {
  /** OID of the type that the server inferred. */
  readonly typeOid: number;
  /** Name of that type in `pg_type`. */
  readonly typeName: string;
  /** For a domain, OID of its base type; else `typeOid`. */
  readonly baseTypeOid: number;
  /** Name of that type; else `typeName`. */
  readonly baseTypeName: string;
}

/** The parameters and columns of a statement. */
export interface StatementDescription {
  /** Its parameters, `$1` first. */
  readonly params: readonly ParameterType[];
  /** Its columns; empty if it returns no rows. */
  readonly fields: readonly Field[];
}

/** Distribution of durations since the pool was created. */
export interface Histogram {
  /** Upper bounds of the buckets, in milliseconds. */
  readonly boundsMs: readonly number[];
  /**
   * Number of durations in each bucket, not cumulative. One more than there are bounds: the last bucket has
   * those above all of them.
   */
  readonly counts: readonly number[];
  /** Number of durations. */
  readonly count: number;
  /** Sum of the durations, in milliseconds. */
  readonly sumMs: number;
}

/** Statements by outcome. An atomic batch counts as one. */
export interface StatementCounts {
  /** Answered. */
  readonly succeeded: number;
  /** Failed before anything was sent. */
  readonly notSent: number;
  /** Refused by the server before they ran. */
  readonly notExecuted: number;
  /** Ran, and were undone by the server. */
  readonly rolledBack: number;
  /** Stored on the primary, not confirmed by the synchronous standby. */
  readonly committedLocally: number;
  /** Stored, but the answer could not be used. */
  readonly committed: number;
  /** The connection died before the answer. */
  readonly unknown: number;
}

/** Transactions by outcome. */
export interface TransactionCounts {
  /** Stored. */
  readonly committed: number;
  /** Stored on the primary, not confirmed by the synchronous standby. */
  readonly committedLocally: number;
  /** Rolled back, by the application or by the server. */
  readonly rolledBack: number;
  /** The connection died between COMMIT and its answer, and the outcome could not be determined. */
  readonly unknown: number;
}

/** Retried statements, by reason. They had not been stored, or the caller had allowed a retry. */
export interface RetryCounts {
  /** The connection was lost. */
  readonly lost: number;
  /** The node had been fenced, or was no longer the primary. */
  readonly fenced: number;
  /** The server was shutting down. */
  readonly shutdown: number;
  /** A serialization failure or a deadlock. */
  readonly conflict: number;
}

/** Connections that were closed while the pool was open, by reason. */
export interface EvictionCounts {
  /** Idle for `idleTimeoutMs`. */
  readonly idle: number;
  /** Older than `maxLifetimeMs`. */
  readonly lifetime: number;
  /** The role of the host changed. */
  readonly role: number;
  /** Closed to make room for a connection to another host or for another mode. */
  readonly room: number;
  /** The connection broke, or the server ended it. */
  readonly lost: number;
}

/** Statistics of one host. All numbers only grow, except `sessions` and `warmSessions`. */
export interface HostStats {
  /** `name:port`. */
  readonly host: string;
  /** This pool's open connections to it. */
  readonly sessions: number;
  /** Warm connections: to a standby, ready for its promotion, in addition to `poolSize`. */
  readonly warmSessions: number;
  /** Time to open a connection, login and role check included. */
  readonly connect: Histogram;
  /** Connections that could not be opened. */
  readonly connectFailures: number;
  /**
   * Time that calls waited for a connection to this host; zero for most of them. The tracing channel
   * `hyperiondb:pool:acquire` reports each wait.
   */
  readonly acquire: Histogram;
  /** Duration of statements, from the call to this host's answer, including the wait for a connection. */
  readonly query: Histogram;
  /** Those statements by outcome. */
  readonly statements: StatementCounts;
  /** Duration of transactions. */
  readonly transaction: Histogram;
  /** Those transactions by outcome. */
  readonly transactions: TransactionCounts;
  /** Statements that failed here and were retried, by reason. */
  readonly retries: RetryCounts;
  /** Statements that were retried here after another host. */
  readonly reroutes: number;
  /** Cancel requests sent to it. */
  readonly cancels: number;
  /** Closed connections, by reason. */
  readonly evictions: EvictionCounts;
  /** Statements that were already prepared on their connection. */
  readonly statementCacheHits: number;
  /** Statements that had to be prepared. */
  readonly statementCacheMisses: number;
}

/** Calls that failed while they waited for a connection, by reason. */
export interface AcquireFailureCounts {
  /** No host fitted their mode before the deadline. */
  readonly noHost: number;
  /** All connections were in use until the deadline, or the queue was full. */
  readonly exhausted: number;
  /** Their own `timeoutMs` passed. */
  readonly timeout: number;
  /** Their signal was aborted. */
  readonly aborted: number;
  /** Every host refused the login. */
  readonly refused: number;
}

/** What a pool has done since it was created. */
export interface PoolStats {
  /** Statistics of each host, in the order of the options. */
  readonly hosts: readonly HostStats[];
  /** Time without a writable primary, per failover. */
  readonly failoverGap: Histogram;
  /** Calls that got no connection. */
  readonly acquireFailures: AcquireFailureCounts;
}

/** Whether a pool can do its work, for the probes of an orchestrator. */
export interface PoolHealth {
  /**
   * False if only a new process helps: the pool was ended, or its I/O thread does not answer. For liveness
   * probes.
   */
  readonly live: boolean;
  /** True if there is a host that statements of the pool's mode can run on. For readiness probes. */
  readonly ready: boolean;
  /** Why it is not ready, one sentence each. */
  readonly reasons: readonly string[];
}

/** The events of a pool, by name. */
export interface PoolEvents {
  /** Another node became the writable primary, or there is none any more. */
  primaryChanged: PrimaryChangedEvent;
  /** A node was found to be read-only, although it has not dropped its connections. */
  fenced: FencedEvent;
  /** A host stopped answering. */
  hostDown: HostDownEvent;
  /** A host answers again. */
  hostUp: HostUpEvent;
  /** Two nodes accept writes in the same epoch, or one claims to be writable in an older epoch. */
  splitBrain: SplitBrainEvent;
  /** No node fits the pool's mode, so requests wait. */
  hold: HoldEvent;
  /** A node fits again, and the waiting requests have been served. */
  drained: DrainedEvent;
  /** A connection is being opened. */
  sessionOpening: SessionOpeningEvent;
  /** A connection is open: logged in, and the role of its host was checked. */
  sessionOpened: SessionOpenedEvent;
  /** A connection was closed, or could not be opened. */
  sessionClosed: SessionClosedEvent;
  /** A transaction has been open for `leakDetectionMs`. Emitted by lib/. */
  leak: LeakEvent;
}

/** A pool of connections to the nodes of one cluster. It knows which node is the primary, and follows it. */
export declare class Pool {
  private constructor();

  /**
   * Runs one statement and resolves with its rows.
   *
   * @param sql - Statement text with `$1` placeholders.
   * @param params - Values of the placeholders.
   * @param options - Options of this statement only.
   * @returns The rows, with `rowCount`, `command` and `fields`.
   * @throws {@link ParameterError} A value does not fit its type; nothing was sent.
   * @throws {@link ServerError} PostgreSQL refused the statement.
   * @throws {@link NoPrimaryError} No writable node was found before the deadline.
   * @throws {@link NoStandbyError} No standby was found before the deadline.
   * @throws {@link PoolExhaustedError} All connections were in use until the deadline, or the queue is full.
   * @throws {@link InDoubtError} The write was sent and the connection died before its answer.
   * @throws {@link TimeoutError} `timeoutMs` passed.
   * @throws {@link AbortError} `signal` was aborted.
   * @throws {@link PoolClosedError} `end()` was called.
   * @example
   * const rows = await pool.query<{ id: number }>('select id from accounts where owner = $1', ['ann']);
   * const pairs = await pool.query('select id, owner from accounts', [], { rowMode: 'array' });
   */
  query<Row = never, Mode extends RowMode = RowMode>(sql: string, params?: readonly Parameter[], options?: QueryOptions & { rowMode?: Mode | undefined }): Promise<Result<RowOf<Row, Mode>>>;

  /**
   * Runs one statement that carries its values.
   *
   * @param statement - Made by the tag `sql`, or an object with `text` and `values`.
   * @param options - Options of this statement only.
   * @returns The rows, with `rowCount`, `command` and `fields`.
   * @throws {@link ConfigurationError} It is not a statement.
   * @example
   * const rows = await pool.query(sql<{ id: number }>`select id from accounts where owner = ${'ann'}`);
   * const same = await pool.query({ text: 'select id from accounts where owner = $1', values: ['ann'] });
   */
  query<Row = never, Mode extends RowMode = RowMode>(statement: SqlStatement<Row>, options?: QueryOptions & { rowMode?: Mode | undefined }): Promise<Result<RowOf<Row, Mode>>>;

  /**
   * Asks the server for the types of a statement's parameters and columns, without running it. What is
   * already known is answered without a round trip.
   *
   * @param sql - Statement text with `$1` placeholders, or a statement with its values.
   * @param options - Mode, deadline, signal.
   * @throws {@link ServerError} PostgreSQL cannot parse the statement.
   * @throws {@link NoPrimaryError} No writable node was found before the deadline.
   * @throws {@link PoolClosedError} `end()` was called.
   * @example
   * const { params, fields } = await pool.describe('select owner from accounts where id = $1');
   */
  describe(sql: string | SqlStatement<any>, options?: QueryOptions): Promise<StatementDescription>;

  /**
   * Begins a transaction on a connection of its own.
   *
   * @param options - Isolation, mode, deadline.
   * @returns The open transaction; end it with `commit()` or `rollback()`.
   * @throws {@link NoPrimaryError} No writable node was found before the deadline.
   * @throws {@link PoolExhaustedError} All connections were in use until the deadline.
   * @throws {@link PoolClosedError} `end()` was called.
   * @example
   * const tx = await pool.begin({ isolation: 'serializable' });
   * try {
   *   await tx.query('update accounts set balance = balance - 5 where owner = $1', ['ann']);
   *   await tx.commit();
   * } catch (error) {
   *   if (tx.isOpen()) await tx.rollback();
   *   throw error;
   * }
   */
  begin(options?: TransactionOptions): Promise<Transaction>;

  /**
   * How full the pool is right now.
   *
   * @example
   * const { inUse, waiting } = pool.status();
   */
  status(): PoolStatus;

  /**
   * What the pool has done so far: counters and histograms, per host. They are always on, and reading them
   * sends nothing.
   *
   * @example
   * for (const { host, statements } of pool.stats().hosts) console.log(host, statements.succeeded);
   */
  stats(): PoolStats;

  /**
   * Whether the pool can do its work, and if not, why. Reading it sends nothing.
   *
   * @example
   * const { live, ready, reasons } = pool.health();
   */
  health(): PoolHealth;

  /**
   * What is known of the hosts right now.
   *
   * @example
   * for (const { host, role, lagBytes } of pool.topology().hosts) console.log(host, role, lagBytes);
   */
  topology(): TopologyView;

  /**
   * Replaces the list of hosts. Connections to hosts that stay are kept; statements on a host that is
   * removed end as if their connection had been lost.
   *
   * @param hosts - As in the options of `createPool`.
   * @throws {@link ConfigurationError} A host is malformed.
   * @example
   * pool.setHosts(['10.0.0.1', '10.0.0.4:5433']);
   */
  setHosts(hosts: readonly string[]): void;

  /**
   * Refuses new work, lets running work finish, and closes all connections. What still runs after
   * `drainTimeoutMs` is canceled, and has `cancelTimeoutMs` to end. A second call waits for the first.
   *
   * @param options - How long running work may take.
   * @example
   * process.once('SIGTERM', () => pool.end({ drainTimeoutMs: 10_000 }));
   */
  end(options?: EndOptions): Promise<void>;

  /**
   * Inserts rows with one statement and resolves with the stored rows, in the same order.
   *
   * @param table - `'table'`, `'schema.table'` or `['schema', 'table']`; each part is quoted.
   * @param rows - Their keys are the columns. A column that a row lacks, or has as undefined, gets its
   * default.
   * @param options - Those of a statement, and `idempotency`.
   * @returns The rows, with `rowCount`, `command` and `fields`.
   * @throws {@link ConfigurationError} An argument is invalid; nothing was sent.
   * @throws {@link ParameterError} A value does not fit its column; nothing was sent.
   * @throws {@link ServerError} PostgreSQL refused a row; none is stored.
   * @throws {@link InDoubtError} The connection died before the answer, and the insert is not idempotent.
   * @example
   * const rows = await pool.insert('audit', [{ id: 'b1' }, { id: 'b2', note: 'two' }]);
   */
  insert<Row = Record<string, SqlValue>>(table: Names, rows: readonly NewRow[], options?: InsertQueryOptions): Promise<Result<Row>>;

  /**
   * Inserts one row and resolves with the stored row.
   *
   * @param table - `'table'`, `'schema.table'` or `['schema', 'table']`; each part is quoted.
   * @param row - Its keys are the columns.
   * @param options - Those of a statement, and `idempotency`.
   * @returns The row; undefined if a trigger dropped it.
   * @example
   * const row = await pool.insert(
   *   'audit',
   *   { id: 'b3', note: 'once' },
   *   { idempotency: true, conflictTarget: 'id' },
   * );
   */
  insert<Row = Record<string, SqlValue>>(table: Names, row: NewRow, options?: InsertQueryOptions): Promise<Row>;

  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects, and runs it
   * again after a serialization failure, a deadlock, or a failover before COMMIT was sent. To save a round
   * trip, BEGIN travels with the first statement, unless the connection has been silent for half a second.
   *
   * @param work - May run more than once, so its effects outside the database should be repeatable.
   * @param options - Isolation, mode, deadline.
   * @returns What `work` resolves to.
   * @throws {@link InDoubtError} The connection died between COMMIT and its answer; with `exactlyOnce`, only if
   * the current primary could not be asked.
   * @example
   * const left = await pool.transaction(async (tx) => {
   *   await tx.query('update accounts set balance = balance - 5 where owner = $1', ['ann']);
   *   const [ann] = await tx.query<{ left: number }>('select balance as left from accounts');
   *   return ann?.left;
   * });
   */
  transaction<T>(work: (tx: Transaction) => Promise<T> | T, options?: TransactionOptions): Promise<T>;

  /**
   * Runs several statements in one round trip (once the pool knows their texts). All of them are prepared
   * before any of them runs: a statement that needs another one's DDL belongs in a transaction.
   *
   * @param statements - Texts, or texts with the values of their placeholders, or made by the tag `sql`.
   * @param options - `atomic`, mode, deadline, signal.
   * @returns The results, in order; with `atomic: false`, how each one ended, as from `Promise.allSettled`.
   * @throws {@link ParameterError} A value does not fit its type; nothing was executed.
   * @throws {@link ServerError} A statement failed; all of them were rolled back.
   * @throws {@link InDoubtError} The connection died before the answer.
   * @example
   * const [accounts, audit] = await pool.batch([
   *   'select id from accounts',
   *   { sql: 'select note from audit where id = $1', params: ['b1'] },
   * ]);
   */
  batch<const Statements extends readonly BatchStatement[], Atomic extends boolean = true>(statements: Statements, options?: BatchOptions & { atomic?: Atomic }): Promise<BatchResults<Statements, Atomic>>;

  /**
   * Calls `listener` for each event of that name.
   *
   * @param event - Name of the event.
   * @param listener - Gets the event.
   * @example
   * pool.on('primaryChanged', ({ host, previous, gapMs }) => console.log(previous, host, gapMs));
   */
  on<K extends keyof PoolEvents>(event: K, listener: (event: PoolEvents[K]) => void): this;

  /**
   * Calls `listener` for the next event of that name only.
   *
   * @param event - Name of the event.
   * @param listener - Gets the event.
   * @example
   * pool.once('primaryChanged', ({ host }) => console.log(host, 'is the primary'));
   */
  once<K extends keyof PoolEvents>(event: K, listener: (event: PoolEvents[K]) => void): this;

  /**
   * Stops calling `listener`.
   *
   * @param event - Name of the event.
   * @param listener - As it was given to `on` or `once`.
   * @example
   * const tell = ({ host }: { host: string }) => console.log(host, 'is fenced');
   * pool.on('fenced', tell);
   * pool.off('fenced', tell);
   */
  off<K extends keyof PoolEvents>(event: K, listener: (event: PoolEvents[K]) => void): this;

  /**
   * For `await using`: as `end()`.
   *
   * @example
   * await using own = createPool({ hosts: ['10.0.0.1', '10.0.0.2'] });
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An open transaction. Its statements are never sent on another connection. If it is garbage-collected while
 * open, it is rolled back.
 */
export declare class Transaction {
  private constructor();

  /**
   * Runs one statement inside the transaction.
   *
   * @param sql - Statement text with `$1` placeholders.
   * @param params - Values of the placeholders.
   * @param options - `mode` and `retry` have no meaning here.
   * @returns The rows, with `rowCount`, `command` and `fields`.
   * @throws {@link ParameterError} A value does not fit its type; nothing was sent.
   * @throws {@link ServerError} PostgreSQL refused the statement; the transaction can only be rolled back, to a
   * savepoint or whole.
   * @throws {@link ResultError} The answer cannot be shown as asked; the transaction can only be rolled back, to a
   * savepoint or whole.
   * @throws {@link ConnectionLostError} The connection is gone; the transaction was rolled back.
   * @throws {@link TransactionClosedError} The transaction has ended.
   * @example
   * await tx.query('update accounts set balance = balance - $1 where owner = $2', [5, 'ann']);
   */
  query<Row = never, Mode extends RowMode = RowMode>(sql: string, params?: readonly Parameter[], options?: QueryOptions & { rowMode?: Mode | undefined }): Promise<Result<RowOf<Row, Mode>>>;

  /**
   * Runs one statement that carries its values, inside the transaction.
   *
   * @param statement - Made by the tag `sql`, or an object with `text` and `values`.
   * @param options - `mode` and `retry` have no meaning here.
   * @returns The rows, with `rowCount`, `command` and `fields`.
   * @throws {@link ConfigurationError} It is not a statement.
   * @example
   * await tx.query(sql`update accounts set balance = balance - ${5} where owner = ${'ann'}`);
   */
  query<Row = never, Mode extends RowMode = RowMode>(statement: SqlStatement<Row>, options?: QueryOptions & { rowMode?: Mode | undefined }): Promise<Result<RowOf<Row, Mode>>>;

  /**
   * Commits. The same round trip checks the node: if it is fenced, nothing is stored.
   *
   * @throws {@link FencedError} The node is no longer the writable primary; rolled back.
   * @throws {@link InDoubtError} The connection died before the answer.
   * @throws {@link NotReplicatedError} Stored on the primary, not confirmed by the synchronous standby.
   * @throws {@link ServerError} The commit failed (a deferred constraint, a serialization failure); rolled back.
   * @throws {@link ResultError} An answer of the transaction could not be shown; rolled back.
   * @throws {@link TransactionClosedError} The transaction has ended.
   * @example
   * await tx.commit();
   */
  commit(): Promise<void>;

  /**
   * Rolls back. Also resolves if the connection is gone, because then the server rolls back.
   *
   * @throws {@link TransactionClosedError} The transaction has been committed.
   * @example
   * await tx.rollback();
   */
  rollback(): Promise<void>;

  /**
   * True until it is committed, rolled back, or its connection is lost.
   *
   * @example
   * if (tx.isOpen()) await tx.rollback();
   */
  isOpen(): boolean;

  /**
   * `host:port` of the connection.
   *
   * @example
   * console.log('on', tx.host());
   */
  host(): string;

  /**
   * Inserts rows with one statement and resolves with the stored rows, in the same order.
   *
   * @param table - `'table'`, `'schema.table'` or `['schema', 'table']`; each part is quoted.
   * @param rows - Their keys are the columns. A column that a row lacks, or has as undefined, gets its
   * default.
   * @param options - Those of a statement, and `idempotency`.
   * @returns The rows, with `rowCount`, `command` and `fields`.
   * @throws {@link ConfigurationError} An argument is invalid; nothing was sent.
   * @throws {@link ParameterError} A value does not fit its column; nothing was sent.
   * @throws {@link ServerError} PostgreSQL refused a row; the transaction can only be rolled back, to a savepoint
   * or whole.
   * @example
   * const rows = await tx.insert('audit', [{ id: 'c1' }, { id: 'c2', note: 'two' }]);
   */
  insert<Row = Record<string, SqlValue>>(table: Names, rows: readonly NewRow[], options?: InsertQueryOptions): Promise<Result<Row>>;

  /**
   * Inserts one row and resolves with the stored row.
   *
   * @param table - `'table'`, `'schema.table'` or `['schema', 'table']`; each part is quoted.
   * @param row - Its keys are the columns.
   * @param options - Those of a statement, and `idempotency`.
   * @returns The row; undefined if a trigger dropped it.
   * @example
   * const row = await tx.insert('audit', { id: 'c3', note: 'three' });
   */
  insert<Row = Record<string, SqlValue>>(table: Names, row: NewRow, options?: InsertQueryOptions): Promise<Row>;

  /**
   * Runs `work` inside a savepoint, which is released when `work` resolves and rolled back to when it
   * rejects. Other calls on the transaction, such as `commit()` or another savepoint, wait until then.
   *
   * @param work - Gets the transaction, for use until the savepoint ends.
   * @returns What `work` resolves to.
   * @example
   * await tx.savepoint(() => tx.insert('audit', { id: 'c4' })).catch(console.warn);
   */
  savepoint<T>(work: (tx: Transaction) => Promise<T> | T): Promise<T>;

  /**
   * For `await using`: rolls back unless the transaction has ended.
   *
   * @example
   * await using own = await pool.begin();
   * await own.query('select 1');
   * await own.commit();
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Quotes an identifier, for names that become part of a statement.
 *
 * @param name - One name; a dot in it is part of the name.
 * @throws {@link ConfigurationError} It is empty, or contains a NUL or half a surrogate pair.
 * @example
 * const sql = `select count(*) from ${quoteIdentifier('odd name')}`;
 */
export declare function quoteIdentifier(name: string): string;

/**
 * Creates a pool from options, or from a libpq connection URI or keyword string plus options, which override
 * it. Opens `minIdle` connections at once, and others when a statement needs them.
 *
 * @param first - `postgres://user@host1,host2:5433/database?sslmode=verify-full`, also as a URL object; or
 * options. `undefined`, such as an environment variable that is not set, is refused unless `hosts` or PGHOST
 * name hosts.
 * @param options - With a URL: options that override it.
 * @throws {@link ConfigurationError} The URL is invalid, an option is unknown, or a value is invalid.
 * @example
 * const byUrl = createPool(process.env.DATABASE_URL, { poolSize: 20 });
 * const byOptions = createPool({ hosts: ['10.0.0.1', '10.0.0.2'], user: 'app', database: 'shop' });
 */
export declare function createPool(first?: string | { readonly href: string } | PoolOptions | undefined, options?: PoolOptions): Pool;

/**
 * A statement, or a piece of one, as a tagged template. The literal parts are its text; each value becomes a
 * parameter, unless it is a piece itself. A template always has the same text, so it is prepared only once.
 *
 * Make a piece conditional with `` ${condition && sql`…`} ``: `false` is left out where no value can stand,
 * for example after a name, a value or a closing bracket. After an operator, a comma, an opening bracket or
 * a word such as WHERE it is the value false. Where it could be either, it is refused. NULL is `null`.
 *
 * @param strings - The strings of the template; an array that does not come from a template is refused.
 * @param values - Values and pieces.
 * @returns A statement for `query`, `batch` and `describe`, or a piece of another one.
 * @throws {@link ConfigurationError} A value is undefined, a function, a Promise, SQL of another library or an
 * array after IN; or it is inside quotes.
 * @example
 * const [least, owner] = [100, 'ann'];
 * const rows = await pool.query(sql<{ id: number }>`
 *   select id from accounts where balance > ${least} ${owner !== undefined && sql`and owner = ${owner}`}`);
 */
export declare function sql<Row = never>(strings: TemplateStringsArray, ...values: readonly SqlPart[]): Sql<Row>;

export declare namespace sql {
  /**
   * The name of a table, a column or a schema. It is quoted, so case matters, and a dot is part of the name.
   *
   * @param names - The name, or its parts, also as a list.
   * @throws {@link ConfigurationError} A name is empty, or contains a NUL or half a surrogate pair.
   * @example
   * const rows = await pool.query(sql`select ${sql.id('owner')} from ${sql.id('public', 'accounts')}`);
   */
  function id(...names: string[] | [readonly string[]]): Sql;

  /**
   * Joins values and pieces with a separator.
   *
   * @param list - At least one value or piece, none of them false: drop those with `.filter(Boolean)`.
   * @param separator - A piece. Default: a comma.
   * @throws {@link ConfigurationError} The list is empty, or something in it is not a value.
   * @example
   * const conditions = [sql`balance > ${100}`, sql`owner <> ${'bob'}`];
   * const rows = await pool.query(sql`select id from accounts where ${sql.join(conditions, sql` and `)}`);
   */
  function join(list: readonly SqlPart[], separator?: Sql): Sql;

  /**
   * `values ($1, $2), ($3, $4)`; for objects, `("a", "b") values ($1, $2), ($3, default)`. Each number of rows
   * makes another text: if it varies a lot, use `unnest` with one array per column.
   *
   * @param rows - Arrays of values and pieces, or objects with a key for each column. A column that an object
   * lacks, or has as undefined, gets its default.
   * @throws {@link ConfigurationError} There are no rows, they differ in length, or something is not a value.
   * @example
   * const rows = [['d1', 'one'], ['d2', 'two']];
   * await pool.query(sql`insert into audit (id, note) ${sql.values(rows)}`);
   */
  function values(rows: readonly (readonly SqlPart[])[] | readonly object[]): Sql;

  /**
   * Text that becomes SQL verbatim. Never pass it input from outside: that would be an SQL injection.
   *
   * @param text - SQL without placeholders.
   * @throws {@link ConfigurationError} It is not a string, or contains a placeholder.
   * @example
   * const direction = sql.raw(Math.random() < 0.5 ? 'asc' : 'desc');
   * const rows = await pool.query(sql`select id from accounts order by id ${direction}`);
   */
  function raw(text: string): Sql;
}

/** What every error of this package tells, besides its message. */
export interface ErrorFacts {
  /** SQLSTATE of PostgreSQL, or a code like `ABORT_ERR`, `IN_DOUBT` or `ECONNREFUSED`. */
  readonly code: string;
  /** What happened to the data. */
  readonly outcome: Outcome;
  /** Running the same call again is safe and may succeed. */
  readonly retryable: boolean;
  /** `name:port` that it happened on, when one host is to blame. */
  readonly host?: string;
  /** How many times the statement was given to a server. */
  readonly attempts: number;
  /** How long the call waited for a session, if it did. */
  readonly waitMs?: number;
  /** The earlier error that this one follows from. */
  cause?: unknown;
  /** ERROR, FATAL, PANIC, WARNING, NOTICE, …; never localised. */
  readonly severity?: string;
  /** Secondary message with more detail. */
  readonly detail?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Position of the error in the statement, in characters from 1. */
  readonly position?: string;
  /** As `position`, within `internalQuery`. */
  readonly internalPosition?: string;
  /** The statement that PostgreSQL generated itself, for example inside a function. */
  readonly internalQuery?: string;
  /** Context: the call stack of functions. */
  readonly where?: string;
  /** Schema that the error is about. */
  readonly schema?: string;
  /** Table that the error is about. */
  readonly table?: string;
  /** Column that the error is about. */
  readonly column?: string;
  /** Data type that the error is about. */
  readonly dataType?: string;
  /** Constraint that was violated. */
  readonly constraint?: string;
  /** Source file in PostgreSQL. */
  readonly file?: string;
  /** Source line in PostgreSQL. */
  readonly line?: string;
  /** Routine in PostgreSQL. */
  readonly routine?: string;
}

/** The parent of the errors of this package; those about arguments are a TypeError with the same facts. */
export declare class HyperionError extends Error {
  protected constructor();
}
export interface HyperionError extends ErrorFacts {}

/** An option is unknown or its value is invalid. */
export declare class ConfigurationError extends TypeError {
  protected constructor();
}
export interface ConfigurationError extends ErrorFacts {}

/** A parameter does not fit its PostgreSQL type. Nothing was sent. */
export declare class ParameterError extends TypeError {
  protected constructor();
}
export interface ParameterError extends ErrorFacts {}

/** The hosts answered and refused: wrong password, missing database, TLS. `code` says which. */
export declare class ConnectError extends HyperionError {
  protected constructor();
}

/** No writable node was found before the deadline. */
export declare class NoPrimaryError extends HyperionError {
  protected constructor();
}

/** No standby was found before the deadline. */
export declare class NoStandbyError extends HyperionError {
  protected constructor();
}

/** No host answered before the deadline. */
export declare class NoHostError extends HyperionError {
  protected constructor();
}

/** Two nodes accept writes in the same epoch; neither gets any from us. */
export declare class SplitBrainError extends HyperionError {
  protected constructor();
}

/** All connections were in use until the deadline, or the queue is full. */
export declare class PoolExhaustedError extends HyperionError {
  protected constructor();
}

/** `timeoutMs` of the call passed. `outcome` says what is known. */
export declare class TimeoutError extends HyperionError {
  protected constructor();
}

/** The caller's `signal` was aborted. `outcome` says what is known. */
export declare class AbortError extends HyperionError {
  protected constructor();
}

/** The connection ended under a statement that changed nothing. */
export declare class ConnectionLostError extends HyperionError {
  protected constructor();
}

/** PostgreSQL refused the statement; `code` is its SQLSTATE. */
export declare class ServerError extends HyperionError {
  protected constructor();
}

/** The node stopped being the writable primary inside a transaction; it was rolled back. */
export declare class FencedError extends HyperionError {
  protected constructor();
}

/** A write was sent and the connection died before its answer. */
export declare class InDoubtError extends HyperionError {
  protected constructor();
}

/** Stored on the primary, not confirmed by the synchronous standby. */
export declare class NotReplicatedError extends HyperionError {
  protected constructor();
}

/** The answer has a value that JavaScript cannot represent as asked. The statement did run; a transaction around it can only be rolled back, to a savepoint or whole. */
export declare class ResultError extends HyperionError {
  protected constructor();
}

/** The transaction has ended or its connection is gone; begin a new one. */
export declare class TransactionClosedError extends HyperionError {
  protected constructor();
}

/** `end()` was called on the pool. */
export declare class PoolClosedError extends HyperionError {
  protected constructor();
}

/** A bug in this client. Please report it. */
export declare class InternalError extends HyperionError {
  protected constructor();
}
