'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { inspect } = require('node:util');
const { createPool } = require('../..');
const { startCluster, findPostgres, until } = require('../../lib/testing');
const { keep } = require('../support/cluster');
const { errorOf } = require('../support/error_of');
const { odd, raise } = require('../support/odd_exceptions');

describe('a password that a function gives', function () {
  this.timeout(60_000);
  this.slow(5_000);

  let cluster;
  let password = 'first-s3cret';
  before(async function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    cluster = await startCluster({ nodes: 1, password, database: 'shop' });
  });
  after(() => cluster?.stop());

  const options = (more) => cluster.connectionOptions({ minIdle: 0, acquireTimeoutMs: 3_600_000, ...more });
  const pool = (more) => keep(createPool(options(more)));
  const change = async (to) => {
    await cluster.primary.query(`alter role app password '${to}'`);
    password = to;
  };
  /** Ends the role's sessions, so that every further statement needs a login. */
  const endSessions = () =>
    cluster.primary.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
  const log = () =>
    fs.readFileSync(cluster.primary.logFile, 'utf8').split('password authentication failed').length - 1;

  it('is asked for with the host, the role and the database, and may come later', async () => {
    const targets = [];
    const asked = pool({
      password: async (target) => {
        targets.push(target);
        await new Promise(setImmediate);
        return password;
      },
    });
    assert.deepEqual(await asked.query('select current_user::text as u'), [{ u: 'app' }]);
    const { host, port } = cluster.primary;
    assert.deepEqual({ ...targets[0] }, { host, port, user: 'app', database: 'shop' });
    assert.deepEqual(await pool({ password: () => password }).query('select 1 as x'), [{ x: 1 }]);
    const byUrl = createPool(`postgres://app:wrong@${host}:${port}/shop`, { password: () => password });
    assert.deepEqual(await keep(byUrl).query('select 1 as x'), [{ x: 1 }]);
  });

  it('is asked for once by all connects of a moment, the monitor among them', async () => {
    let calls = 0;
    const asked = pool({
      poolSize: 8,
      password: async () => {
        calls += 1;
        await until(() => asked.status().waiting === 8, { what: 'all calls to wait' });
        return password;
      },
    });
    await Promise.all(Array.from({ length: 8 }, () => asked.query('select pg_sleep(0.1)')));
    assert.ok(asked.status().size > 1, 'there were several connects');
    assert.equal(calls, 1);
  });

  it('is asked for once more when the server refuses it, and nobody notices', async () => {
    const asked = pool({ poolSize: 4, password: () => password });
    await asked.query('select 1');
    await change('second-s3cret');
    const refusals = log();
    await endSessions();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => asked.query('select $1::int as i', [i], { retry: true })),
    );
    assert.deepEqual(
      answers.map(([{ i }]) => i),
      Array.from({ length: 20 }, (_, i) => i),
    );
    // A known password is tried before the function is called again.
    assert.ok(log() > refusals);
  });

  it('that stays wrong fails at once, without a storm', async () => {
    let calls = 0;
    const asked = pool({ password: () => `wrong-s3cret-${(calls += 1)}` });
    const error = await errorOf(asked.query('select 1'));
    assert.deepEqual(
      [error.name, error.code, error.outcome],
      ['ConnectError', '28P01', 'not-sent'],
      error.message,
    );
    assert.ok(calls <= 4, `${calls} calls: two for the statement, two for the monitor`);
    assert.ok(!inspect(error, { depth: Infinity, showHidden: true }).includes('wrong-s3cret'));
    assert.ok(!inspect(asked, { depth: Infinity, showHidden: true }).includes('wrong-s3cret'));
  });

  for (const [what, give, says] of [
    ['that throws', () => assert.fail('the vault is sealed'), /the vault is sealed/],
    ['that rejects', () => Promise.reject(new Error('the vault is sealed')), /the vault is sealed/],
    ['that rejects with nothing', () => Promise.reject(undefined), /undefined/],
    ...odd.flatMap(([what, thrown]) => [
      [`that throws ${what}`, () => raise(thrown), /password/],
      [`that rejects with ${what}`, async () => raise(thrown), /password/],
    ]),
    ['that gives nothing', () => {}, /it gave undefined instead of a string/],
    ['that gives a number', async () => 7, /it gave number instead of a string/],
    ['that gives an empty string', () => '', /empty/],
    ['that gives a NUL', () => 'a\0b', /NUL/],
  ]) {
    it(`${what} is an error of the connect that says so`, async () => {
      const error = await errorOf(pool({ password: give }).query('select 1'));
      assert.deepEqual([error.name, error.code, error.outcome], ['ConnectError', 'EAUTH', 'not-sent']);
      assert.match(error.message, says);
      assert.match(error.message, /`password`/);
    });
  }

  it('that never comes ends with the time to connect, and the next connect asks again', async () => {
    let calls = 0;
    const asked = pool({
      connectTimeoutMs: 1000,
      password: () => ((calls += 1) < 2 ? new Promise(() => {}) : password),
    });
    const error = await errorOf(asked.query('select 1'));
    assert.deepEqual([error.name, error.code], ['ConnectError', 'EAUTH']);
    assert.match(error.message, /`password` gave no answer for .* within the connect timeout \(1000 ms\)/);
    await until(async () => (await asked.query('select 1 as x'))[0].x === 1, { what: 'it is asked again' });
  });

  it('may end the pool, or use another one', async () => {
    const other = pool({ password: () => password });
    const asked = pool({
      password: async () => (await other.query('select $1::text as secret', [password]))[0].secret,
    });
    assert.deepEqual(await asked.query('select 1 as x'), [{ x: 1 }]);
    const ending = pool({ password: () => ending.end({ drainTimeoutMs: 0 }).then(() => password) });
    assert.equal((await errorOf(ending.query('select 1'))).name, 'PoolClosedError');
  });

  it('is no reason for the process to stay, nor for a forgotten pool', () => {
    const script = `
      const { createPool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const options = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
      const use = async () => {
        const pool = createPool({ ...options, password: () => options.password });
        const kept = { pool };
        const hold = createPool({ ...options, password: () => kept && options.password });
        kept.hold = hold; // the function holds the pool that holds the function
        await hold.query('select 1');
        await pool.query('select 1');
        return [new WeakRef(pool), new WeakRef(hold)];
      };
      use().then(async (pools) => {
        for (let i = 0; i < 500 && pools.some((ref) => ref.deref()); i += 1) {
          await new Promise((resolve) => setTimeout(resolve, 10)); // deref() keeps it for the rest of a turn
          global.gc();
        }
        console.log(pools.filter((ref) => ref.deref()).length, 'left');
        createPool({ ...options, password: () => options.password }).query('select 1').then(() => console.log('done'));
      });`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', script], {
      input: JSON.stringify(options({ password })),
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '0 left\ndone\n', stderr: '' });
  });

  it('stands in no list of processes, and neither does one that is an option', () => {
    const script = `
      const fs = require('node:fs');
      const { createPool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const options = JSON.parse(fs.readFileSync(0, 'utf8'));
      const pool = createPool(options);
      pool.query('select 1').then(async () => {
        const shown = ['cmdline', 'environ', 'comm', 'status'].map((name) => fs.readFileSync('/proc/self/' + name, 'utf8'));
        console.log(shown.join().includes(options.password));
        const [{ n }] = await pool.query(
          "select count(*)::int as n from pg_stat_activity where query like '%' || $1 || '%' or application_name like '%' || $1 || '%'",
          [options.password.slice(1)]);
        console.log(n);
        await pool.end();
      });`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
      input: JSON.stringify(options({ password })),
      encoding: 'utf8',
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'false\n0\n', stderr: '' });
  });
});
