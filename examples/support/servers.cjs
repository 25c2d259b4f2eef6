'use strict';

/* The cluster of a drill, in a process of its own: what happens to it does not depend on what the application does. */

const { startCluster } = require('hyperiondb-client/testing');

/** @typedef {import('hyperiondb-client/testing').Cluster} Cluster */

/** @param {import('hyperiondb-client/testing').ClusterNode} node */
const shown = ({ name, host, port }) => ({ name, host: `${host}:${port}` });

/** @type {Record<string, (cluster: Cluster, arg: string) => Promise<unknown>>} */
const verbs = {
  kill: async (cluster) => {
    const node = cluster.primary;
    await node.kill();
    return shown(node);
  },
  fence: async (cluster) => {
    const node = cluster.primary;
    await node.fence();
    return shown(node);
  },
  otherPrimary: async (cluster, not) => shown(await cluster.waitForPrimary({ not })),
  whole: (cluster) => cluster.waitForStandbys().then(() => {}),
  query: (cluster, sql) => cluster.primary.query(sql, { database: cluster.database }),
  stop: (cluster) => cluster.stop(),
};

/** @param {object} message @param {() => void} [sent] */
const tell = (message, sent = () => {}) => process.send?.(message, sent);

async function main() {
  const cluster = await startCluster(JSON.parse(process.argv[2] ?? '{}'));
  process.on('disconnect', () => cluster.stop());
  process.on('message', async (/** @type {any} */ { id, verb, arg }) => {
    try {
      const value = await verbs[verb]?.(cluster, arg);
      tell({ id, value }, () => verb === 'stop' && process.disconnect());
    } catch (error) {
      tell({ id, problem: String(error) });
    }
  });
  tell({ id: 0, value: cluster.connectionOptions() });
}

main().catch((error) => tell({ id: 0, problem: String(error) }));
