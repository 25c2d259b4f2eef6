'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { serverAccount, give } = require('../../lib/testing/account');
const { reservePorts, releasePorts } = require('../../lib/testing/ports');
const { settle, startServer } = require('../support/rig');

/** PgBouncer in front of a server, with fewer sessions there than clients have. */
async function startPooler(cluster, sessions) {
  const account = serverAccount();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-pooler-'));
  const [port] = await reservePorts(1);
  const { host, port: serverPort } = cluster.primary;
  const files = {
    'users.txt': `"${cluster.user}" ""\n`,
    'pgbouncer.ini': `[databases]
${cluster.database} = host=${host} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users.txt
pool_mode = transaction
default_pool_size = ${sessions}
server_idle_timeout = 0.5
ignore_startup_parameters = extra_float_digits,options,statement_timeout,default_transaction_read_only
`,
  };
  give(account, folder);
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), text);
    give(account, path.join(folder, name));
  }
  const output = [];
  const child = spawn('/usr/sbin/pgbouncer', [path.join(folder, 'pgbouncer.ini')], {
    uid: account.uid,
    gid: account.gid,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const log = () => Buffer.concat(output).toString();
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    fs.rmSync(folder, { recursive: true, force: true });
    releasePorts([port]);
  };
  await until(() => /process up/.test(log()), { timeoutMs: 20_000, what: 'PgBouncer' }).catch(
    async (error) => {
      await stop();
      throw new Error(`${error.message}\n${log()}`);
    },
  );
  return { address: `127.0.0.1:${port}`, log, stop };
}

describe('behind PgBouncer in transaction mode', function () {
  this.timeout(60_000);
  this.slow(10_000);

  const SESSIONS = 2;
  let cluster, pooler, pool;

  before(async () => {
    cluster = await startServer({ sql: 'create table t (id int4, body text); grant all on t to public' });
    pooler = await startPooler(cluster, SESSIONS);
  });
  afterEach(async function () {
    await pool?.end({ drainTimeoutMs: 0 });
    pool = undefined;
    if (this.currentTest.state === 'failed') console.log(pooler?.log());
    await cluster.primary.query('truncate t');
  });
  after(async () => {
    await pooler?.stop();
    await cluster?.stop();
  });

  const open = (options) => {
    pool = createPool({
      hosts: [pooler.address],
      user: cluster.user,
      database: cluster.database,
      poolSize: 6,
      minIdle: 6,
      ...options,
    });
    return pool;
  };
  /** Many at a time, so that statements of one session of ours run on several of the server's. */
  const many = (count, call) => Promise.all(Array.from({ length: count }, (_, i) => call(i)));

  it('statements run without prepared names, on whichever session is free', async () => {
    open({ prepare: false });
    const rows = await many(300, (i) =>
      pool.query('select $1::int4 as i, $2::text as text, pg_backend_pid() as pid', [i, `row ${i}`]),
    );
    assert.deepEqual(
      rows.map(([{ i, text }]) => ({ i, text })),
      rows.map((_, i) => ({ i, text: `row ${i}` })),
    );
    assert.ok(new Set(rows.map(([{ pid }]) => pid)).size <= SESSIONS);
    const [{ names }] = await cluster.primary.query('select count(*) as names from pg_prepared_statements');
    assert.equal(names, '0');
  });

  it('transactions keep their session, batches and inserts too', async () => {
    open({ prepare: false });
    await many(20, (i) =>
      pool.transaction(async (tx) => {
        const [{ pid }] = await tx.query('select pg_backend_pid() as pid');
        await tx.query('insert into t values ($1, $2)', [i, 'of a transaction']);
        assert.deepEqual(await tx.query('select pg_backend_pid() as pid'), [{ pid }]);
      }),
    );
    await many(20, (i) => pool.insert('t', { id: 100 + i, body: 'of insert()' }));
    await many(20, (i) =>
      pool.batch([
        { sql: 'insert into t values ($1, $2)', params: [200 + i, 'of a batch'] },
        { sql: 'insert into t values ($1, $2)', params: [300 + i, 'of a batch'] },
      ]),
    );
    const [{ n }] = await pool.query('select count(distinct id)::int4 as n from t');
    assert.equal(n, 80);
  });

  it('an error, a rollback and a cancel leave the next statement alone', async () => {
    open({ prepare: false });
    const results = await many(60, (i) =>
      i % 3 === 0
        ? settle(pool.query('select $1::int4 / 0 as x', [i]))
        : i % 3 === 1
          ? settle(
              pool.transaction(async (tx) => {
                await tx.query('insert into t values ($1)', [i]);
                throw new Error('on purpose');
              }),
            )
          : settle(pool.query('select $1::int4 as i', [i])),
    );
    for (const [i, { value, error }] of results.entries()) {
      if (i % 3 === 0) assert.equal(error?.code, '22012');
      else if (i % 3 === 1) assert.equal(error?.message, 'on purpose');
      else assert.deepEqual(value, [{ i }]);
    }
    const { error } = await settle(pool.query('select pg_sleep(30)', [], { timeoutMs: 200 }));
    assert.deepEqual([error?.name, error?.outcome], ['TimeoutError', 'rolled-back']);
    assert.deepEqual(await pool.query('select count(*)::int4 as n from t'), [{ n: 0 }]);
  });

  it('prepared names, where somebody has left them on, are never another statement than the one that was meant', async () => {
    open();
    const texts = Array.from({ length: 12 }, (_, i) => `select $1::int4 + ${i} as sum, ${i} as text`);
    const results = await many(240, (i) => settle(pool.query(texts[i % texts.length], [i])));
    for (const [i, { value, error }] of results.entries()) {
      if (error) assert.match(error.code, /^(26000|42P05)$/, error);
      else assert.deepEqual(value, [{ sum: i + (i % texts.length), text: i % texts.length }]);
    }
  });
});
