'use strict';

// The example applications do what they are examples of, on a real cluster.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parse } = require('yaml');
const { until } = require('../../lib/testing');
const { Applications } = require('../support/applications');
const { untilAsleep, untilAwake } = require('../support/asleep');

const root = path.join(__dirname, '../..');
const SCHEMA = `
  create table accounts (id int4 generated always as identity, owner text unique, balance int4 not null);
  insert into accounts (owner, balance) select 'owner ' || n, n from generate_series(1, 40) n;
  grant all on all tables in schema public to public; grant all on schema public to public`;

describe('an example application', function () {
  this.timeout(60_000);

  const apps = new Applications();
  const ask = (sql) => apps.ask(sql);
  before(function () {
    return apps.open(this, SCHEMA);
  });
  afterEach(() => apps.kill());
  after(() => apps.close());

  const start = (file, env) => apps.start([path.join('examples', file)], { env, cwd: root });
  async function serve(file, env) {
    const args = [path.join('examples', file)];
    const { app, call } = await apps.serve(args, /listening on (\d+)/, { env, cwd: root });
    return { ...app, app, call };
  }
  const post = (body) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  it('with Express serves, tells its errors apart, and ends', async () => {
    const { call, child, ended } = await serve('express.mjs');
    const created = await call('/accounts', post({ owner: 'zoe', balance: 10 }));
    assert.equal(created.status, 201);
    assert.equal((await created.json()).balance, 10);
    const again = await call('/accounts', post({ owner: 'zoe', balance: 99 }));
    assert.equal((await again.json()).balance, 10, 'the row that is there');
    assert.equal((await call('/transfers', post({ from: 'zoe', to: 'owner 1', amount: 4 }))).status, 204);
    await until(async () => (await (await call('/accounts/zoe')).json()).balance === 6, {
      what: 'a standby has it',
    });
    assert.equal((await call('/accounts/nobody')).status, 404);
    assert.equal(
      (await call('/transfers', post({ from: 'zoe', to: 'owner 1', amount: 'much' }))).status,
      500,
    );
    assert.equal((await call('/healthz')).status, 200);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('with Fastify ends its pool with itself, and a statement with its request', async () => {
    const { call, child, ended } = await serve('fastify.mjs');
    const rows = await (await call('/accounts?atLeast=40')).json();
    assert.ok(
      rows.some(({ owner }) => owner === 'owner 40'),
      JSON.stringify(rows),
    );
    const hangUp = new AbortController();
    const slow = call('/slow', { signal: hangUp.signal }).catch((error) => error.name);
    await untilAsleep(ask, 'select pg_sleep(600)');
    hangUp.abort();
    assert.equal(await slow, 'AbortError');
    await untilAwake(ask, 'select pg_sleep(600)');
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('with worker threads shares the work', async () => {
    const app = start('workers.mjs');
    assert.equal(await app.ended, 0);
    const [{ n }] = await ask('select count(*) as n from accounts');
    assert.equal(app.output, `4 workers paid into ${n} accounts: ${n}\n`);
  });

  it('on Kubernetes leaves without an error, after what is under way', async () => {
    const { app, call, child, ended } = await serve('kubernetes/server.mjs', {
      UNREADY_MS: '500',
      HOSTNAME: 'pod-1',
    });
    assert.equal((await call('/livez')).status, 200);
    await until(async () => (await call('/readyz')).status === 200, { what: 'it is ready' });
    const working = call('/work');
    await until(
      async () =>
        Number(
          (
            await ask(
              "select count(*) as n from pg_stat_activity where application_name = 'pod-1' and state = 'active'",
            )
          )[0].n,
        ) === 1,
      { what: 'the request is under way' },
    );
    child.kill('SIGTERM');
    await until(() => app.output.includes('leaving'), { what: 'it leaves' });
    assert.equal((await call('/readyz')).status, 503);
    assert.equal((await working).status, 200);
    assert.equal(await ended, 0);
    assert.match(app.output, /^left$/m);
    await until(
      async () =>
        (await ask("select count(*) as n from pg_stat_activity where application_name = 'pod-1'"))[0].n ===
        '0',
      { what: 'no session is left' },
    );
  });

  it('on Kubernetes has longer to leave than it takes', () => {
    const deployment = parse(fs.readFileSync(path.join(root, 'examples/kubernetes/deployment.yaml'), 'utf8'));
    const { terminationGracePeriodSeconds: grace, containers } = deployment.spec.template.spec;
    const env = Object.fromEntries(containers[0].env.map(({ name, value }) => [name, value]));
    assert.ok(Number(env.UNREADY_MS) + Number(env.DRAIN_MS) + 2_000 < grace * 1_000);
    for (const probe of ['readinessProbe', 'livenessProbe'])
      assert.ok(
        fs
          .readFileSync(path.join(root, 'examples/kubernetes/server.mjs'), 'utf8')
          .includes(`'${containers[0][probe].httpGet.path}'`),
      );
  });

  it('with migrations applies each once, however many start at the same time', async () => {
    const runs = await Promise.all(
      [1, 2, 3].map(async () => {
        const app = start('migrations/migrate.mjs');
        assert.equal(await app.ended, 0);
        return app.output;
      }),
    );
    const applied = runs.join('').match(/^applied .*$/gm);
    assert.deepEqual(applied.sort(), ['applied 001-accounts.mjs', 'applied 002-audit.mjs']);
    assert.deepEqual(await ask('select owner from ledger_accounts'), [{ owner: 'house' }]);
    const again = start('migrations/migrate.mjs');
    assert.equal(await again.ended, 0);
    assert.equal(again.output, 'up to date\n');
  });

  describe('with Docker Compose', () => {
    const folder = path.join(root, 'examples/compose');
    const compose = parse(fs.readFileSync(path.join(folder, 'compose.yaml'), 'utf8'), { merge: true });

    it('writes on a cluster whose nodes the file has', async () => {
      await ask('create table visits (id int8 generated always as identity); grant all on visits to public');
      const app = start('compose/app.mjs');
      await until(() => /^visit 2 on /m.test(app.output), { what: 'two visits' });
      app.child.kill('SIGTERM');
      assert.equal(await app.ended, 0);
      const { hostname } = new URL(compose.services.app.environment.DATABASE_URL.replaceAll(',', '-'));
      assert.deepEqual(
        hostname.split('-'),
        Object.keys(compose.services).filter((name) => name !== 'app'),
      );
    });

    it('mounts files that are there, and whose shell can be read', () => {
      const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes);
      assert.equal(mounts.length, 3);
      for (const mount of mounts) {
        const file = path.join(folder, mount.split(':')[0]);
        assert.equal(spawnSync('bash', ['-n', file]).status, 0, mount);
      }
      for (const [, file] of fs
        .readFileSync(path.join(folder, 'Dockerfile'), 'utf8')
        .matchAll(/^COPY (\S+)/gm))
        assert.ok(fs.existsSync(path.join(folder, file)), file);
    });

    it('is what Docker itself can read', function () {
      const docker = (...words) => spawnSync('docker', ['compose', ...words], { cwd: folder });
      if (!/Compose version/.test(String(docker('version').stdout)))
        this.skip('Docker Compose is not installed');
      const { status, stderr } = docker('config', '--quiet');
      assert.equal(status, 0, String(stderr));
    });
  });
});
