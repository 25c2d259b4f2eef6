'use strict';

/*
 * For every test of a Mocha run, whatever it is about: the servers have as many sessions at its end as at its start.
 * A test that leaves no pool open leaves no session on any cluster of this process; one whose pool goes on in the next
 * test is held to it when that pool has ended, at the latest when its cluster is stopped.
 */

const { Context } = require('mocha');
const { Cluster } = require('../../lib/testing/cluster');
const { until } = require('../../lib/testing');

/** @type {Set<Cluster>} */
const clusters = new Set();
/** Pools that nobody has ended. One that was forgotten ends with its garbage collection. @type {Set<WeakRef<any>>} */
const pools = new Set();

const isPoolOpen = () => [...pools].some((pool) => pool.deref() !== undefined || !pools.delete(pool));

/** @param {Iterable<Cluster>} where */
async function noSessionIsLeft(where) {
  for (const cluster of where) {
    for (const node of cluster.nodes) {
      if (!node.running || node.frozen) continue;
      /** @type {any[]} */
      let left = [];
      const none = async () => {
        // A server that was just stopped, or does not let anybody in, has none, or is asked again.
        left = await node
          .ask(
            `select pid, usename, application_name, state, query from pg_stat_activity
             where backend_type = 'client backend' and application_name <> 'hyperiondb-testing'`,
          )
          .catch((error) => (node.running ? [error.message] : []));
        return left.length === 0;
      };
      await until(none, { timeoutMs: 20_000, everyMs: 10 }).catch(() => {
        throw new Error(`${node} has sessions that nobody ended: ${JSON.stringify(left)}`);
      });
    }
  }
}

/** Before anybody can take a function out of the package. */
function watchPools() {
  let lib;
  try {
    lib = require('../..');
  } catch {
    return; // nothing is built: who needs it says so
  }
  const known = new WeakMap();
  lib.createPool = new Proxy(lib.createPool, {
    apply(target, self, args) {
      const pool = Reflect.apply(target, self, args);
      known.set(pool, new WeakRef(pool));
      pools.add(known.get(pool));
      return pool;
    },
  });
  const { end } = lib.Pool.prototype;
  lib.Pool.prototype.end = async function (...args) {
    await end.apply(this, args);
    pools.delete(known.get(this));
  };
}

function watchClusters() {
  const { waitForStandbys, stop } = Cluster.prototype;
  // The last step of a start.
  Cluster.prototype.waitForStandbys = function (...args) {
    clusters.add(this);
    return waitForStandbys.apply(this, args);
  };
  Cluster.prototype.stop = async function (...args) {
    const isKnown = clusters.delete(this);
    let leak;
    if (isKnown && !isPoolOpen()) leak = await noSessionIsLeft([this]).catch((error) => error);
    await stop.apply(this, args);
    if (leak) throw leak;
  };
}

/** For the sum of all tests, which has the reason of each skip. */
function explainSkips() {
  const { skip } = Context.prototype;
  Context.prototype.skip = function (reason) {
    if (typeof reason !== 'string') throw new TypeError('skip() takes the reason.');
    this.runnable().skipReason = reason;
    return skip.call(this);
  };
}

watchPools();
watchClusters();
explainSkips();

exports.mochaHooks = {
  async afterEach() {
    this.timeout(60_000);
    if (!isPoolOpen()) await noSessionIsLeft(clusters);
  },
};
