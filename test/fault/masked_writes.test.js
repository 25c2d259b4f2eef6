'use strict';

// A SELECT whose text shows nothing of what it writes: through a view, an operator, a cast or a policy.

const assert = require('node:assert/strict');
const { needsPostgres, openRig, settle, startServer, until } = require('../support/rig');
const { untilAsleep, untilAwake } = require('../support/asleep');

describe('a SELECT that writes, and looks as if it did not', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, rig;

  before(async () => {
    cluster = await startServer({
      sql: [
        'create table log (at timestamptz default clock_timestamp()); grant all on log to public',
        'create table plain (n int4); insert into plain values (1); grant all on plain to public',
        `create function note(int4) returns int4 language plpgsql as
           $$ begin insert into log default values; return $1; end $$`,
        `create function slow_note(int4) returns int4 language plpgsql as
           $$ begin insert into log default values; perform pg_sleep(2); return $1; end $$`,
        'create view masked as select note(n) as n from plain; grant all on masked to public',
        'create view slowly as select slow_note(n) as n from plain; grant all on slowly to public',
        'create operator ### (function = note, rightarg = int4)',
        'create type wrapped as (n int4)',
        'create function unwrap(wrapped) returns int4 language sql as $$ select note(($1).n) $$',
        'create cast (wrapped as int4) with function unwrap(wrapped)',
        'create table guarded (n int4); insert into guarded values (1); grant all on guarded to public',
        'alter table guarded enable row level security',
        'create policy p on guarded using (note(n) = 1)',
        'create schema chat; grant usage on schema chat to public',
        `create function chat.left(text) returns int4 language sql as $$ select note(1) $$`,
      ],
    });
    rig = await openRig(cluster);
    await rig.recovers();
  });
  beforeEach(() => rig.ask('truncate log'));
  after(async () => {
    await rig?.close();
    await cluster?.stop();
  });

  const written = async () => Number(await rig.value('select count(*) from log'));

  /** Runs a statement whose first answer is lost, after the server has committed it. */
  const runLost = async (sql, options) => {
    const rule = rig.gate.when(
      { from: 'server', type: 'C', match: ({ link, tag }) => link.sql === sql && tag !== 'BEGIN' },
      'reset',
    );
    const settled = await settle(rig.pool.query(sql, [], options));
    assert.equal(rule.hits, 1);
    await rig.recovers();
    return settled;
  };

  const masks = {
    'a view': 'select n from masked',
    'an operator': 'select ### n as n from plain',
    'a cast': "select '(1)'::wrapped::int4 as n",
    'a policy': 'select n from guarded',
    'a function of another schema with a harmless name': "select chat.left('room') as n",
  };

  for (const [mask, sql] of Object.entries(masks)) {
    it(`by ${mask}, is in doubt when its answer is lost, and writes once`, async () => {
      const { error } = await runLost(sql);
      assert.deepEqual([error?.name, error?.outcome, error?.retryable], ['InDoubtError', 'unknown', false]);
      assert.equal(await written(), 1);
    });
  }

  it('is run again where its caller allows it', async () => {
    const { value } = await runLost(masks['a view'], { retry: true });
    assert.deepEqual([...value], [{ n: 1 }]);
    assert.equal(await written(), 2);
  });

  it('is run again when it does not write at all', async () => {
    const { value } = await runLost('select n from plain');
    assert.deepEqual([...value], [{ n: 1 }]);
    assert.deepEqual([...(await rig.pool.query('select n from plain'))], [{ n: 1 }]);
    await rig.pool.query('insert into log default values'); // the session may write again
    assert.equal(await written(), 1);
  });

  it('is not run again where its caller forbids it, whether it writes or not', async () => {
    for (const sql of [masks['a view'], 'select n from plain']) {
      const { error } = await runLost(sql, { retry: false });
      assert.deepEqual([error?.name, error?.outcome, error?.attempts], ['InDoubtError', 'unknown', 1], sql);
    }
    assert.equal(await written(), 1);
  });

  it('in a batch of such, is in doubt, too', async () => {
    const sql = masks['a view'];
    const rule = rig.gate.when({ from: 'server', type: 'C', match: ({ link }) => link.sql === sql }, 'reset');
    const { error } = await settle(rig.pool.batch(['select n from plain', sql]));
    assert.equal(rule.hits, 1);
    assert.deepEqual([error?.name, error?.outcome], ['InDoubtError', 'unknown']);
    await rig.recovers();
    assert.equal(await written(), 1);
  });

  it('writes once, and is answered, when a fence goes up under it', async () => {
    const sql = 'select n from slowly';
    const call = settle(rig.pool.query(sql));
    await untilAsleep((text) => rig.ask(text), sql);
    await cluster.primary.fence();
    await untilAwake((text) => rig.ask(text), sql);
    await until(() => rig.pool.topology().primary === null, { what: 'the fence is seen' });
    await cluster.primary.unfence();
    const { value, error } = await call;
    assert.equal(error, undefined);
    assert.deepEqual([...value], [{ n: 1 }]);
    await rig.recovers();
    assert.equal(await written(), 1);
  });
});
