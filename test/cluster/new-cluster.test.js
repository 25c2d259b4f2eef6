'use strict';

// A new cluster may use the addresses of an old one. A client that has closed its pools and connects again must not call
// that a mix-up.

const assert = require('node:assert/strict');
const net = require('node:net');
const { createPool } = require('../..');
const { startCluster } = require('../../lib/testing');

describe('another cluster under the same addresses', function () {
  this.timeout(90_000);
  /** @type {import('../../lib/testing').Cluster[]} */
  let clusters;
  /** @type {import('../../lib/testing').Cluster} */
  let current;
  /** @type {net.Server} */
  let relay;
  const open = () =>
    createPool(current.connectionOptions({ hosts: [`127.0.0.1:${relay.address().port}`], poolSize: 1 }));
  const identifier = async (pool) =>
    (await pool.query('select system_identifier::text as id from pg_control_system()'))[0].id;

  before(async () => {
    clusters = await Promise.all([startCluster({ nodes: 1 }), startCluster({ nodes: 1 })]);
    relay = net.createServer((client) => {
      const server = net.connect(current.primary.port, current.primary.host);
      client.pipe(server).on('error', () => client.destroy());
      server.pipe(client).on('error', () => server.destroy());
    });
    await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  });

  after(async () => {
    relay?.close();
    await Promise.all(clusters?.map((cluster) => cluster.stop()) ?? []);
  });

  it('is used by a pool that is made after the last one for them has ended', async () => {
    current = clusters[0];
    const first = open();
    const before = await identifier(first);
    await first.end();
    current = clusters[1];
    const second = open();
    assert.notEqual(await identifier(second), before);
    await second.end();
    assert.equal(first.status().size, 0); // the first pool is still referenced, so garbage collection has not closed it
  });
});
