'use strict';

// For every script: the package, and a pool for the test's server.

const { createPool } = require('../../../lib');

/** Statements of every kind that may be in flight when an environment ends. */
const inFlight = (pool) => [
  ...Array.from({ length: 4 }, () => pool.query('select pg_sleep(20)')),
  pool.query("select i, 'text ' || i as t from generate_series(1, 50000) as i"),
  ...Array.from({ length: 20 }, (_, i) => pool.query('select $1::int as waits_for_a_session', [i])),
  pool.transaction((tx) => tx.query('select pg_sleep(20)')),
];

module.exports = {
  newPool: (options) => createPool({ ...JSON.parse(process.env.LIFE_OPTIONS), ...options }),
  inFlight: (pool) => inFlight(pool).map((promise) => promise.catch(() => {})),
};
