'use strict';

// Applications that frameworks start: one pool for each process, which ends with it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Applications } = require('../support/applications');
const { execute } = require('../support/command');
const { until } = require('../../lib/testing');

const examples = path.join(__dirname, '../../examples');
const SCHEMA = `
  create table accounts (owner text primary key, balance int4 not null);
  insert into accounts values ('ann', 100), ('bob', 0);
  grant all on all tables in schema public to public; grant all on schema public to public`;

describe('an application', function () {
  this.timeout(300_000);
  this.slow(120_000);

  const apps = new Applications();
  before(function () {
    return apps.open(this, SCHEMA);
  });
  afterEach(() => apps.kill());
  after(() => apps.close());

  /** @param {string[]} args of Node.js @param {RegExp} listening where the port is, in what it prints */
  const serve = (args, listening) =>
    apps.serve(args, listening, {
      env: { NEXT_TELEMETRY_DISABLED: '1' },
      stderr: 'pipe',
      timeoutMs: 60_000,
    });

  const sessions = async (name) =>
    (await apps.ask(`select pid from pg_stat_activity where application_name = '${name}'`)).length;

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
      const { DATABASE_URL: _, ...bare } = { ...apps.env, NEXT_TELEMETRY_DISABLED: '1' };
      const { code, stdout, stderr } = await execute(process.execPath, [next, 'build', folder], bare);
      assert.equal(code, 0, stdout + stderr);
      const { call } = await start('start');
      assert.match(await (await call('/')).text(), /bob: \d+/);
    });
  });
});
