'use strict';

/*
 * One cluster for all test files of a Mocha run: started before the first test, or the one that HYPERION_HOST,
 * HYPERION_PORT, HYPERION_PORTS (a comma list), HYPERION_USER, HYPERION_PASSWORD and HYPERION_DB name. Tests that break
 * something start their own cluster.
 */

const { after, afterEach, before } = require('mocha');
const { startCluster, findPostgres } = require('../../lib/testing');
const { createPool } = require('../..');

const { env } = process;
const isGiven = ['HYPERION_HOST', 'HYPERION_PORT', 'HYPERION_PORTS'].some((name) => env[name]);

/** @type {import('../../lib/testing').Cluster | null} */
let cluster = null;
/** @type {Set<any>} */
const open = new Set();

before('a cluster', async function () {
  this.timeout(90_000);
  if (isGiven) return;
  try {
    findPostgres();
  } catch (error) {
    this.skip(error.message);
  }
  cluster = await startCluster({ nodes: 3, settings: { listen_addresses: '127.0.0.1' } });
});

afterEach('no pool is left', async () => {
  await Promise.all([...open].map((pool) => pool.end({ drainTimeoutMs: 0 })));
  open.clear();
});

after('end of the cluster', async function () {
  this.timeout(30_000);
  await cluster?.stop();
});

/**
 * Options for `createPool`.
 * @param {object} [more] added
 * @returns {any}
 */
function options(more = {}) {
  if (cluster) return cluster.connectionOptions(more);
  const host = env.HYPERION_HOST ?? '127.0.0.1';
  const ports = (env.HYPERION_PORTS ?? env.HYPERION_PORT ?? '5432').split(',');
  return {
    hosts: ports.map((port) => `${host}:${port.trim()}`),
    user: env.HYPERION_USER ?? 'postgres',
    ...(env.HYPERION_PASSWORD !== undefined && { password: env.HYPERION_PASSWORD }),
    database: env.HYPERION_DB ?? 'postgres',
    ...more,
  };
}

/**
 * A pool that ends with the test.
 * @param {object} [more]
 * @returns {any}
 */
const newPool = (more) => keep(createPool(options(more)));

/** Ends a pool with the test. @template P @param {P} pool @returns {P} */
function keep(pool) {
  open.add(pool);
  return pool;
}

/** For tests that need more of the cluster than a connection. @returns {import('../../lib/testing').Cluster} */
function ownCluster(/** @type {Mocha.Context} */ context) {
  if (!cluster) context.skip('the cluster that was named is not ours');
  return cluster;
}

module.exports = { options, newPool, keep, ownCluster };
