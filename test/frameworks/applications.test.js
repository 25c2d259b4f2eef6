'use strict';

// Applications that frameworks start: one pool for each process, which ends with it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { execute } = require('../support/command');
const { findPostgres, startCluster, until } = require('../../lib/testing');

const examples = path.join(__dirname, '../../examples');
const SCHEMA = `
  create table accounts (owner text primary key, balance int4 not null);
  insert into accounts values ('ann', 100), ('bob', 0);
  grant all on all tables in schema public to public; grant all on schema public to public`;

describe('an application', function () {
  this.timeout(300_000);
  this.slow(120_000);

  let cluster, env;
  const children = new Set();
  before(async function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    cluster = await startCluster({ nodes: 2, sql: SCHEMA });
    const { hosts, user, database } = cluster.connectionOptions();
    const url = `postgres://${user}@${hosts.join(',')}/${database}`;
    env = { ...process.env, DATABASE_URL: url, PORT: '0', NEXT_TELEMETRY_DISABLED: '1' };
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });
  after(() => cluster?.stop());

  /** @param {string[]} args of Node.js @param {RegExp} listening where the port is, in what it prints */
  async function serve(args, listening) {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const app = { child, output: '', ended: new Promise((resolve) => child.once('exit', resolve)) };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (app.output += chunk));
    await until(() => listening.test(app.output) || child.exitCode !== null, {
      timeoutMs: 60_000,
      what: 'it listens',
    });
    const port = listening.exec(app.output)?.[1];
    assert.ok(port, app.output);
    const call = (where, options) => fetch(`http://127.0.0.1:${port}${where}`, options);
    return { app, call };
  }

  const ask = async (sql) => {
    const wire = await cluster.primary.connect();
    try {
      return await wire.query(sql);
    } finally {
      wire.end();
    }
  };
  const sessions = async (name) =>
    (await ask(`select pid from pg_stat_activity where application_name = '${name}'`)).length;

  it('of NestJS answers, tells its errors apart, and ends its pool', async () => {
    const folder = path.join(examples, 'nestjs');
    const tsc = path.join(folder, 'node_modules/typescript/bin/tsc');
    assert.deepEqual(await execute(process.execPath, [tsc, '-p', folder]), {
      code: 0,
      stdout: '',
      stderr: '',
    });
    const { app, call } = await serve([path.join(folder, 'build/main.js')], /listening on (\d+)/);
    const transfer = (body) =>
      call('/accounts/transfers', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    assert.equal((await transfer({ from: 'ann', to: 'bob', amount: 30 })).status, 204);
    assert.equal((await transfer({ from: 'ann', to: 'nobody', amount: 30 })).status, 404);
    assert.equal((await transfer({ from: 'ann', to: 'bob', amount: 'much' })).status, 500);
    assert.deepEqual(await (await call('/accounts/ann')).json(), { owner: 'ann', balance: 70 });
    assert.equal((await call('/accounts/nobody')).status, 404);
    assert.ok((await sessions('accounts')) > 0);
    app.child.kill('SIGTERM');
    await app.ended;
    await until(async () => (await sessions('accounts')) === 0, { what: 'no session is left' });
  });

  describe('of Next.js', () => {
    const next = path.join(examples, 'nextjs/node_modules/next/dist/bin/next');
    let folder;
    beforeEach(() => {
      // A copy that may be written to, beside its packages.
      fs.mkdirSync(path.join(examples, 'nextjs/build'), { recursive: true });
      folder = fs.mkdtempSync(path.join(examples, 'nextjs/build/drill-'));
      for (const name of ['app', 'lib', 'next.config.mjs', 'package.json'])
        fs.cpSync(path.join(examples, 'nextjs', name), path.join(folder, name), { recursive: true });
    });
    afterEach(() => fs.rmSync(path.join(examples, 'nextjs/build'), { recursive: true, force: true }));
    const start = (command) =>
      serve([next, command, folder, '--hostname', '127.0.0.1', '--port', '0'], /http:\/\/[\w.]+:(\d+)/);

    it('keeps its one pool when its modules are loaded anew', async () => {
      const { app, call } = await start('dev');
      assert.match(await (await call('/')).text(), /ann: \d+/);
      const file = path.join(folder, 'lib/pool.js');
      const changed = fs.readFileSync(file, 'utf8').replace("'accounts'", "'another'");
      fs.writeFileSync(file, `${changed}\nconsole.log('loaded anew');\n`);
      await until(
        async () => {
          assert.match(await (await call('/')).text(), /ann: \d+/);
          return app.output.includes('loaded anew');
        },
        { timeoutMs: 60_000, what: 'the module is loaded anew' },
      );
      assert.equal(await sessions('another'), 0, 'there is no second pool');
      assert.ok((await sessions('accounts')) > 0);
    });

    it('is built where no database is known, and serves', async () => {
      const { DATABASE_URL: _, ...bare } = env;
      const { code, stdout, stderr } = await execute(process.execPath, [next, 'build', folder], bare);
      assert.equal(code, 0, stdout + stderr);
      const { call } = await start('start');
      assert.match(await (await call('/')).text(), /bob: \d+/);
    });
  });
});
