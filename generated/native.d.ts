// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
// What the addon exports, for lib/. Not public.
import type {
  Result,
  AcquireFailureCounts,
  ChannelBinding,
  DrainedEvent,
  EvictionCounts,
  FencedEvent,
  Field,
  Histogram,
  HoldEvent,
  HostDownEvent,
  HostRole,
  HostStats,
  HostUpEvent,
  HostView,
  Int8Mode,
  IsolationLevel,
  LeakEvent,
  Mode,
  OnUnreplicated,
  Outcome,
  ParameterType,
  PasswordTarget,
  PoolHealth,
  PoolStats,
  PoolStatus,
  PrimaryChangedEvent,
  RetryCounts,
  RowMode,
  ServerReport,
  SessionClosedEvent,
  SessionOpenedEvent,
  SessionOpeningEvent,
  SplitBrainEvent,
  SslCertMode,
  SslMode,
  SslNegotiation,
  StatementCounts,
  StatementDescription,
  TimestampMode,
  TlsVersion,
  TopologyView,
  TransactionCounts,
} from './index.js';

/** The functions of lib/ that native code calls (src/node/env_data.hpp). */
export interface Hooks {
  /** `kind` is a place in errors.js. */
  makeError(kind: number, message: string, fields: object, causes: string[], cause: unknown): Error;
  rowFactory(columns: any[], asArrays: boolean, parsersId: number, batch: number): unknown[];
  stringify(value: unknown, position: number): string | null;
  deliver(listener: (...args: any[]) => void, ...args: unknown[]): void;
  drainLater(): void;
}
export function setHooks(hooks: Hooks): void;
export function drain(): void;
export function shutDown(): void;
/** Set by lib/: whether the end of the process shuts it down. */
export let endsWithProcess: boolean | undefined;

/** The native end of an AbortSignal. */
export class CancelToken {
  private constructor();
  static make(): CancelToken;
  cancel(): void;
}

export interface SslOptions {
  mode?: SslMode | undefined;
  negotiation?: SslNegotiation | undefined;
  rootCert?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  keyPassword?: string | undefined;
  certMode?: SslCertMode | undefined;
  crl?: string | undefined;
  crlDir?: string | undefined;
  sni?: boolean | undefined;
  minVersion?: TlsVersion | undefined;
  maxVersion?: TlsVersion | undefined;
}

export interface RetryOptions {
  maxAttempts?: number | undefined;
  baseDelayMs?: number | undefined;
  maxDelayMs?: number | undefined;
}

export interface PoolOptions {
  hosts?: readonly string[] | undefined;
  port?: number | undefined;
  user?: string | undefined;
  password?: string | ((target: PasswordTarget) => string | PromiseLike<string>) | undefined;
  database?: string | undefined;
  applicationName?: string | undefined;
  ssl?: SslOptions | undefined;
  channelBinding?: ChannelBinding | undefined;
  requireAuth?: readonly string[] | undefined;
  mode?: Mode | undefined;
  poolSize?: number | undefined;
  minIdle?: number | undefined;
  acquireTimeoutMs?: number | undefined;
  connectTimeoutMs?: number | undefined;
  maxWaiting?: number | undefined;
  maxWaitingBytes?: number | undefined;
  maxResultBytes?: number | undefined;
  idleTimeoutMs?: number | undefined;
  maxLifetimeMs?: number | undefined;
  suspectAfterMs?: number | undefined;
  cancelTimeoutMs?: number | undefined;
  monitorIntervalMs?: number | undefined;
  statementCacheSize?: number | undefined;
  prepare?: boolean | undefined;
  statementTimeoutMs?: number | undefined;
  idleInTransactionTimeoutMs?: number | undefined;
  lockTimeoutMs?: number | undefined;
  timeoutMs?: number | undefined;
  retry?: RetryOptions | undefined;
  onUnreplicated?: OnUnreplicated | undefined;
  int8?: Int8Mode | undefined;
  timestamps?: TimestampMode | undefined;
  rowMode?: RowMode | undefined;
  textTypes?: readonly string[] | undefined;
  parsersId?: number | undefined;
  asksForPassword?: boolean | undefined;
  asksOnConnect?: boolean | undefined;
}

export interface QueryOptions {
  mode?: Mode | undefined;
  timeoutMs?: number | undefined;
  signal?: CancelToken | undefined;
  retry?: boolean | undefined;
  prepare?: boolean | undefined;
  int8?: Int8Mode | undefined;
  timestamps?: TimestampMode | undefined;
  rowMode?: RowMode | undefined;
  textTypes?: readonly string[] | undefined;
  parsersId?: number | undefined;
  isTold?: boolean | undefined;
  onWait?: ((a: string, b: number) => void) | undefined;
}

export interface TransactionOptions {
  isolation?: IsolationLevel | undefined;
  readOnly?: boolean | undefined;
  deferrable?: boolean | undefined;
  mode?: Mode | undefined;
  timeoutMs?: number | undefined;
  signal?: CancelToken | undefined;
  commitProof?: boolean | undefined;
  onWait?: ((a: string, b: number) => void) | undefined;
  onEnd?: ((a: Outcome, b: string, c: string) => void) | undefined;
  defersBegin?: boolean | undefined;
}

export interface BatchOptions {
  atomic?: boolean | undefined;
  mode?: Mode | undefined;
  timeoutMs?: number | undefined;
  signal?: CancelToken | undefined;
  retry?: boolean | undefined;
  isTold?: boolean | undefined;
  onWait?: ((a: string, b: number) => void) | undefined;
}

export interface InsertOptions {
}

export interface EndOptions {
  drainTimeoutMs?: number | undefined;
}

export class Pool {
  private constructor();
  static create(url?: string, options?: PoolOptions): Pool;
  query(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<Result>;
  batchAtomic(sql: readonly string[], params: readonly (readonly unknown[])[], options?: BatchOptions): Promise<readonly Result[]>;
  describe(sql: string, options?: QueryOptions): Promise<StatementDescription>;
  begin(options?: TransactionOptions): Promise<Transaction>;
  status(): PoolStatus;
  stats(): PoolStats;
  health(): PoolHealth;
  topology(): TopologyView;
  setHosts(hosts: readonly string[]): void;
  end(options?: EndOptions): Promise<void>;
  pause(delayMs: number): Promise<void>;
  providePassword(ask: (a: number, b: PasswordTarget) => void): void;
  answerPassword(number: number, password?: string, problem?: string): void;
  greet(ask: (a: number, b: string) => void): void;
  greetingQuery(number: number, sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<Result>;
  greeted(number: number, problem?: string): void;
  database(): string;
  listen(listener: (event: PrimaryChangedEvent | FencedEvent | HostDownEvent | HostUpEvent | SplitBrainEvent | HoldEvent | DrainedEvent | SessionOpeningEvent | SessionOpenedEvent | SessionClosedEvent) => void): void;
}

export class Transaction {
  private constructor();
  query(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<Result>;
  describe(sql: string, options?: QueryOptions): Promise<StatementDescription>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  isOpen(): boolean;
  host(): string;
}
