'use strict';

/* Values and callers at the edge of what is possible. */

const assert = require('node:assert/strict');
const { isDeepStrictEqual } = require('node:util');
const { createPool } = require('../..');
const { LONG, openRig, startServer, settle, until, needsPostgres } = require('../support/rig');

describe('at the edge', function () {
  this.timeout(LONG ? 300_000 : 60_000);
  this.slow(20_000);
  before(needsPostgres);

  let cluster, pool;
  before(async () => {
    cluster = await startServer({
      sql: 'create database ascii template template0 encoding sql_ascii owner app',
    });
    pool = createPool(cluster.connectionOptions({ poolSize: 2 }));
  });
  after(async () => {
    await pool?.end();
    await cluster?.stop();
  });
  afterEach('it works as before', async () => {
    assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    await until(
      () =>
        isDeepStrictEqual({ ...pool.status() }, { maxSize: 2, size: 2, available: 2, inUse: 0, waiting: 0 }),
      { what: 'the pool is full and idle' },
    );
  });

  it('bytes that are no UTF-8 are shown as U+FFFD, as are halves of surrogate pairs that are sent', async () => {
    // No real server sends this; the gate does.
    const rig = await openRig(cluster);
    try {
      const rows = { from: 'server', type: 'D', match: ({ body }) => body.includes('a#b') };
      const spoilt = rig.gate.when(rows, ({ raw }) => {
        for (let at = raw.indexOf('#'); at >= 0; at = raw.indexOf('#', at)) raw[at] = 0xff;
      });
      const [row] = await rig.pool.query("select 'a#b#' as t, array['#', 'x'] as l");
      assert.equal(spoilt.hits, 1);
      assert.deepEqual(row, { t: 'a\ufffdb\ufffd', l: ['\ufffd', 'x'] });
    } finally {
      await rig.close();
    }
    const [sent] = await pool.query('select $1::text as t', ['a\ud800b']);
    assert.deepEqual(sent, { t: 'a\ufffdb' });
  });

  it('text of a SQL_ASCII database is what it is if it is UTF-8, and an error of the server if not', async () => {
    const ascii = createPool(cluster.connectionOptions({ database: 'ascii', minIdle: 0, poolSize: 1 }));
    try {
      const text = "select convert_from($1, 'sql_ascii') as t, pg_backend_pid() as pid";
      const [{ t, pid }] = await ascii.query(text, [Buffer.from('grün')]);
      assert.equal(t, 'grün');
      const { error } = await settle(ascii.query(text, [Buffer.from('grün', 'latin1')]));
      assert.deepEqual([error?.name, error?.code], ['ServerError', '22021']);
      assert.equal((await ascii.query(text, [Buffer.from('x')]))[0].pid, pid);
    } finally {
      await ascii.end();
    }
  });

  it('a parameter whose own code throws rejects with what it threw, and nothing is sent', async () => {
    const thrown = new Error('on purpose');
    const throwing = () => {
      throw thrown;
    };
    for (const value of [
      { toJSON: throwing },
      Object.defineProperty({}, 'x', { get: throwing, enumerable: true }),
      new Proxy({}, { ownKeys: throwing }),
      [{ toJSON: throwing }],
    ]) {
      const { error } = await settle(pool.query('select $1::jsonb', [value]));
      assert.ok(error === thrown || error.cause === thrown, String(error));
    }
    const hostile = new Proxy([], { get: throwing });
    const { error } = await settle(pool.query('select $1::text', hostile));
    assert.ok(error instanceof Error);
  });

  it('a buffer whose bytes are gone is refused, a list that lies about its length is bounded', async () => {
    const detached = new Uint8Array(8);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    const shrunk = new ArrayBuffer(8, { maxByteLength: 16 });
    const views = [new Uint8Array(shrunk, 0, 4), new Float32Array(shrunk, 4), new DataView(shrunk, 2, 2)];
    const inside = [new Uint8Array(shrunk), new Uint8Array(shrunk, 0, 0), new DataView(shrunk, 0, 0)];
    shrunk.resize(0);
    for (const bytes of [detached, detached.buffer, ...views]) {
      const { error } = await settle(pool.query('select $1::bytea as b', [bytes]));
      assert.deepEqual([error?.name, error?.outcome], ['ParameterError', 'not-sent']);
    }
    for (const bytes of inside)
      assert.equal((await pool.query('select $1::bytea as b', [bytes]))[0].b.length, 0);
    const long = await settle(pool.query('select $1::text', Object.assign([], { length: 70_000 })));
    assert.ok(long.error instanceof Error);
  });

  it('an answer that is there counts, however long JavaScript was busy with something else', async () => {
    const quick = Array.from({ length: 5 }, (_, i) =>
      pool.query('select $1::int as i', [i], { timeoutMs: 300 }),
    );
    const end = performance.now() + 1_000;
    while (performance.now() < end);
    assert.deepEqual(
      (await Promise.all(quick)).map(([{ i }]) => i),
      [0, 1, 2, 3, 4],
    );
  });

  it('what a reaction throws is an uncaught exception of JavaScript, not of the client', async () => {
    const { spawnSync } = require('node:child_process');
    const script = `
      const { createPool } = require(${JSON.stringify(require.resolve('../..'))});
      const pool = createPool(${JSON.stringify(cluster.connectionOptions())});
      const seen = [];
      process.on('uncaughtException', (error) => seen.push(error.message));
      pool.on('primaryChanged', () => { throw new Error('of a listener'); });
      pool.query('select 1').then(() => { throw new Error('of a reaction'); });
      pool.query("select 'x' as x", [], { parsers: { text: () => { throw new Error('of a parser'); } } }).catch((error) => {
        seen.push(error.name);
        return pool.end();
      }).then(() => console.log(seen.sort().join()));`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    assert.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: 'ResultError,of a listener,of a reaction\n', stderr: '' },
    );
  });

  (LONG ? describe : describe.skip)('of memory', () => {
    it('a parameter beyond 1 GB is refused before anything is sent', async () => {
      const { error } = await settle(pool.query('select length($1::bytea)', [Buffer.alloc(1_100_000_000)]));
      assert.equal(error.name, 'ParameterError');
      assert.match(error.message, /limit of 1 GB/);
    });

    it('a text that no string can hold is a ResultError, and as many bytes are a Buffer', async () => {
      const { error } = await settle(pool.query("select repeat('x', 600000000) as t"));
      assert.deepEqual([error.name, error.outcome], ['ResultError', 'committed']);
      const [{ b }] = await pool.query("select decode(repeat('78', 300000000), 'hex') as b");
      assert.equal(b.length, 300_000_000);
    });
  });
});
