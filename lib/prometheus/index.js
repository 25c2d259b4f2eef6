// hyperiondb-client/prometheus: the statistics of pools for a registry of prom-client. They are read when it is scraped
// and cost nothing in between.
'use strict';

const { metrics, snapshotOf } = require('../metrics.js');

/** @typedef {{ pool: import('../../generated/index.js').Pool, labels: Record<string, string> }} Collected */

/** The pools of each registry. @type {WeakMap<object, Set<Collected>>} */
const registries = new WeakMap();

function defaultRegister() {
  try {
    return require('prom-client').register;
  } catch (cause) {
    throw new Error('prom-client is not installed: npm install prom-client, or pass `register`.', { cause });
  }
}

/**
 * @param {import('../../generated/index.js').Pool} pool
 * @param {{ register?: any, name?: string, labels?: Record<string, string> }} [options]
 * @returns {() => void} removes the pool
 */
function collect(pool, { register = defaultRegister(), name = 'default', labels = {} } = {}) {
  let pools = registries.get(register);
  if (pools === undefined || !register.getSingleMetric(metrics[0].name)) {
    pools = new Set();
    for (const metric of metrics) register.registerMetric(new PoolMetric(metric, pools));
    registries.set(register, pools);
  }
  for (const other of pools) {
    if (other.labels.pool === name)
      throw new Error(`There is a pool of the name '${name}' in the registry already.`);
  }
  const collected = { pool, labels: { ...labels, pool: name } };
  pools.add(collected);
  return () => void pools.delete(collected);
}

/** What a registry of prom-client asks of a metric. */
class PoolMetric {
  aggregator = 'sum';
  #read;
  #pools;

  /** @param {import('../metrics.js').Plain | import('../metrics.js').Histogram} metric @param {Set<Collected>} pools */
  constructor(metric, pools) {
    this.name = metric.name;
    this.help = metric.help;
    this.type = metric.type;
    this.#read = metric.read;
    this.#pools = pools;
  }

  async get() {
    /** @type {any[]} */
    const values = [];
    for (const { pool, labels } of this.#pools) {
      for (const sample of this.#read(snapshotOf(pool))) {
        const all = { ...labels, ...sample.labels };
        if ('histogram' in sample) values.push(...this.#lines(all, sample.histogram));
        else values.push({ labels: all, value: sample.value });
      }
    }
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values };
  }

  /** @param {Record<string, string>} labels @param {import('../../generated/index.js').Histogram} histogram */
  #lines(labels, { boundsMs, counts, count, sumMs }) {
    let below = 0;
    const buckets = counts.map((n, i) => ({
      metricName: `${this.name}_bucket`,
      labels: { ...labels, le: i < boundsMs.length ? boundsMs[i] / 1000 : '+Inf' },
      value: (below += n),
    }));
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sumMs / 1000 },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }

  /** A no-op: counters of native code are never reset. */
  reset() {}
}

module.exports = { collect };
