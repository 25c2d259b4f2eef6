'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { execute } = require('../support/command');
const { findPostgres, startCluster } = require('../../lib/testing');

const root = path.join(__dirname, '../..');

describe('a query builder', function () {
  this.timeout(60_000);
  let cluster, env;
  before(async function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    cluster = await startCluster({ nodes: 2, sql: 'grant all on schema public to public' });
    const { hosts, user, database } = cluster.connectionOptions();
    env = { ...process.env, DATABASE_URL: `postgres://${user}@${hosts.join(',')}/${database}` };
  });
  after(() => cluster?.stop());

  for (const [name, printed] of [
    ['kysely', 'not enough\n2n ann 70, bob 30\n'],
    ['drizzle', "true [ 'first' ] true\nnot enough\nann 70, bob 30\n"],
  ]) {
    it(`such as ${name} writes, commits and rolls back on a pool`, async () => {
      const file = path.join(root, `examples/${name}/accounts.js`);
      const { code, stdout, stderr } = await execute(process.execPath, [file], env);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: printed, stderr: '' });
    });
  }
});
