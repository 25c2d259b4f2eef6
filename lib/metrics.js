// The statistics of a pool as metrics: names and descriptions. Not here: the libraries that export them.
'use strict';

const { HostRole } = require('../generated/names.js');

/**
 * @import * as Public from '../generated/index.js'
 * @typedef {Record<string, string>} Labels
 * @typedef {{ labels: Labels, value: number }} Sample
 * @typedef {{ labels: Labels, histogram: Public.Histogram }} Spread
 * @typedef {ReturnType<typeof snapshotOf>} Snapshot
 * @typedef {{ name: string, help: string, type: 'gauge' | 'counter', read(now: Snapshot): Sample[] }} Plain
 * @typedef {{ name: string, help: string, type: 'histogram', read(now: Snapshot): Spread[] }} Histogram
 */

/** @param {Pick<Public.Pool, 'status' | 'topology' | 'stats' | 'health'>} pool */
function snapshotOf(pool) {
  return { status: pool.status(), topology: pool.topology(), stats: pool.stats(), health: pool.health() };
}

const toSnake = (/** @type {string} */ name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** @param {number} value @returns {Sample[]} */
const one = (value) => [{ labels: {}, value }];

/** @param {(host: Public.HostView) => number | null} of @returns {(now: Snapshot) => Sample[]} */
const perHost = (of) => (now) =>
  now.topology.hosts.flatMap((host) => {
    const value = of(host);
    return value === null ? [] : [{ labels: { host: host.host }, value }];
  });

/** @param {'connectFailures' | 'reroutes' | 'cancels'} field @returns {(now: Snapshot) => Sample[]} */
const counted = (field) => (now) =>
  now.stats.hosts.map((host) => ({ labels: { host: host.host }, value: host[field] }));

/**
 * @param {'statements' | 'transactions' | 'retries' | 'evictions'} field
 * @param {string} label
 * @returns {(now: Snapshot) => Sample[]}
 */
const countedBy = (field, label) => (now) =>
  now.stats.hosts.flatMap((host) =>
    Object.entries(host[field]).map(([key, value]) => ({
      labels: { host: host.host, [label]: toSnake(key) },
      value,
    })),
  );

/** @param {'acquire' | 'connect' | 'query' | 'transaction'} field @returns {(now: Snapshot) => Spread[]} */
const spread = (field) => (now) =>
  now.stats.hosts.map((host) => ({ labels: { host: host.host }, histogram: host[field] }));

/** @type {(Plain | Histogram)[]} */
const metrics = [
  {
    name: 'hyperiondb_pool_connections',
    help: 'Sessions of the pool, by state: idle, used, opening.',
    type: 'gauge',
    read: ({ status: { size, available, inUse } }) => [
      { labels: { state: 'idle' }, value: available },
      { labels: { state: 'used' }, value: inUse },
      { labels: { state: 'opening' }, value: Math.max(0, size - available - inUse) },
    ],
  },
  {
    name: 'hyperiondb_pool_max_connections',
    help: 'poolSize.',
    type: 'gauge',
    read: ({ status }) => one(status.maxSize),
  },
  {
    name: 'hyperiondb_pool_pending_requests',
    help: 'Requests waiting for a connection.',
    type: 'gauge',
    read: ({ status }) => one(status.waiting),
  },
  {
    name: 'hyperiondb_pool_ready',
    help: '1 if statements of the mode of the pool have a host to run on.',
    type: 'gauge',
    read: ({ health }) => one(health.ready ? 1 : 0),
  },
  {
    name: 'hyperiondb_host_role',
    help: '1 for the role that the host has, 0 for the others.',
    type: 'gauge',
    read: ({ topology }) =>
      topology.hosts.flatMap(({ host, role }) =>
        HostRole.map((each) => ({ labels: { host, role: each }, value: each === role ? 1 : 0 })),
      ),
  },
  {
    name: 'hyperiondb_host_lag_bytes',
    help: 'Bytes that a standby is behind the primary.',
    type: 'gauge',
    read: perHost((host) => host.lagBytes),
  },
  {
    name: 'hyperiondb_host_round_trip_seconds',
    help: 'Round-trip time of the last probe.',
    type: 'gauge',
    read: perHost((host) => (host.roundTripMs === null ? null : host.roundTripMs / 1000)),
  },
  {
    name: 'hyperiondb_host_connections',
    help: 'Open connections of the pool to the host, warm ones included.',
    type: 'gauge',
    read: (now) =>
      now.stats.hosts.map(({ host, sessions, warmSessions }) => ({
        labels: { host },
        value: sessions + warmSessions,
      })),
  },
  {
    name: 'hyperiondb_acquire_duration_seconds',
    help: 'Wait for a connection.',
    type: 'histogram',
    read: spread('acquire'),
  },
  {
    name: 'hyperiondb_acquire_failures_total',
    help: 'Calls that got no connection, by reason.',
    type: 'counter',
    read: ({ stats }) =>
      Object.entries(stats.acquireFailures).map(([reason, value]) => ({
        labels: { reason: toSnake(reason) },
        value,
      })),
  },
  {
    name: 'hyperiondb_connect_duration_seconds',
    help: 'Time to open a connection, login and role check included.',
    type: 'histogram',
    read: spread('connect'),
  },
  {
    name: 'hyperiondb_connect_failures_total',
    help: 'Sessions that could not be opened.',
    type: 'counter',
    read: counted('connectFailures'),
  },
  {
    name: 'hyperiondb_query_duration_seconds',
    help: 'From the call of a statement to its answer, including the wait for a connection.',
    type: 'histogram',
    read: spread('query'),
  },
  {
    name: 'hyperiondb_statements_total',
    help: 'Statements, by what became of them.',
    type: 'counter',
    read: countedBy('statements', 'outcome'),
  },
  {
    name: 'hyperiondb_transaction_duration_seconds',
    help: 'How long transactions were open.',
    type: 'histogram',
    read: spread('transaction'),
  },
  {
    name: 'hyperiondb_transactions_total',
    help: 'Transactions, by what became of them.',
    type: 'counter',
    read: countedBy('transactions', 'outcome'),
  },
  {
    name: 'hyperiondb_retries_total',
    help: 'Statements that failed on the host and were sent once more, by reason.',
    type: 'counter',
    read: countedBy('retries', 'reason'),
  },
  {
    name: 'hyperiondb_reroutes_total',
    help: 'Statements that came to the host after another one.',
    type: 'counter',
    read: counted('reroutes'),
  },
  {
    name: 'hyperiondb_cancels_total',
    help: 'Cancel requests that were sent.',
    type: 'counter',
    read: counted('cancels'),
  },
  {
    name: 'hyperiondb_evictions_total',
    help: 'Sessions that were closed while the pool went on, by reason.',
    type: 'counter',
    read: countedBy('evictions', 'reason'),
  },
  {
    name: 'hyperiondb_statement_cache_total',
    help: 'Statements, by whether they were already prepared on their connection: hit, miss.',
    type: 'counter',
    read: ({ stats }) =>
      stats.hosts.flatMap(({ host, statementCacheHits, statementCacheMisses }) => [
        { labels: { host, result: 'hit' }, value: statementCacheHits },
        { labels: { host, result: 'miss' }, value: statementCacheMisses },
      ]),
  },
  {
    name: 'hyperiondb_failover_gap_seconds',
    help: 'Failovers: time without a writable primary.',
    type: 'histogram',
    read: ({ stats }) => [{ labels: {}, histogram: stats.failoverGap }],
  },
];

module.exports = { metrics, snapshotOf };
