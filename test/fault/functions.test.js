'use strict';

// Settings that a function changes and errors that it raises say nothing about the node.

const assert = require('node:assert/strict');
const { createPool } = require('../..');
const { needsPostgres, startServer } = require('../support/rig');
const { errorOf } = require('../support/error_of');

const raise = (name, how) => `create function ${name}() returns int language plpgsql as
  $$ begin ${how}; return 1; end $$`;

describe('a function', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, pool, other;
  const mk = (more) => createPool(cluster.connectionOptions({ user: 'postgres', poolSize: 2, ...more }));

  before(async () => {
    cluster = await startServer({
      sql: [
        'create table t (body text)',
        raise('refused', "insert into t values ('a'); raise exception 'no' using errcode = '25006'"),
        raise('failed', "insert into t values ('a'); raise exception 'no' using errcode = '25P02'"),
        raise('latin1', "perform set_config('client_encoding', 'latin1', false)"),
        raise('farewell', "raise notice 'bye' using errcode = '57P01'"),
      ],
    });
  });
  after(() => cluster?.stop());
  beforeEach(async () => {
    pool = mk();
    other = mk();
    await other.query('select 1');
  });
  afterEach(() => Promise.all([pool.end({ drainTimeoutMs: 0 }), other.end({ drainTimeoutMs: 0 })]));

  for (const name of ['refused', 'failed']) {
    it(`that raises a refusal has been undone like any other: ${name}()`, async () => {
      const error = await errorOf(pool.query(`select ${name}()`));
      assert.deepEqual(
        [error.name, error.outcome, error.retryable, error.attempts],
        ['ServerError', 'rolled-back', false, 1],
      );
      assert.equal((await other.query("select from t where body = 'a'")).length, 0);
    });
  }

  it('that says farewell keeps its session', async () => {
    const pids = new Set();
    const single = mk({ poolSize: 1 });
    for (let round = 0; round < 3; round++) {
      await single.query('select farewell()');
      pids.add((await single.query('select pg_backend_pid() as pid'))[0].pid);
    }
    await single.end();
    assert.equal(pids.size, 1);
  });

  it('that changes how values are read closes its session, and nothing is stored wrongly', async () => {
    const error = await errorOf(pool.query('select latin1()'));
    assert.deepEqual([error.name, error.outcome], ['ConfigurationError', 'committed']);
    await pool.query('insert into t values ($1)', ['é']);
    assert.equal((await other.query('select from t where body = chr(233)')).length, 1);
    const shown = mk({
      acquireTimeoutMs: 1000,
      onConnect: (session) => session.query("set client_encoding = 'latin1'"),
    });
    const refused = await errorOf(shown.query('select 1'));
    assert.match(refused.message, /client_encoding/);
    await shown.end();
  });
});
