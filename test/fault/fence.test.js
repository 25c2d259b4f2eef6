'use strict';

const assert = require('node:assert/strict');
const { needsPostgres, settle, startServer, until } = require('../support/rig');
const { untilAsleep } = require('../support/asleep');
const { createPool } = require('../../lib/index.js');
const { openGate } = require('../support/gate');

describe('a fence that goes up under a statement', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, gates, pool, wire;
  let id = 0;

  before(async () => {
    cluster = await startServer({
      nodes: 2,
      sql: [
        'create table t (id int4, note text); grant all on t to public',
        `create function store(id int4, note text, seconds float8) returns int4 language plpgsql as
           $$ begin insert into t values (id, note); perform pg_sleep(seconds); return id; end $$`,
      ],
    });
    gates = await Promise.all(cluster.nodes.map((node) => openGate(node)));
  });

  after(async () => {
    await Promise.all((gates ?? []).map((gate) => gate.close()));
    await cluster?.stop();
  });

  beforeEach(async () => {
    id += 1;
    pool = createPool({
      hosts: gates.map((gate) => gate.address),
      user: cluster.user,
      database: cluster.database,
      poolSize: 4,
      acquireTimeoutMs: 20_000,
    });
    await until(() => pool.query('select 1'), { what: 'it works' });
    wire = await cluster.primary.connect({ timeoutMs: 20_000 });
  });

  afterEach(async () => {
    for (const gate of gates) {
      gate.clear();
      gate.thaw();
    }
    await pool.end({ drainTimeoutMs: 0 });
    wire.end();
    // The fenced node becomes the standby of the other one.
    if (cluster.primary !== (await cluster.waitForPrimary())) throw new Error('two primaries');
    await cluster.rejoin();
    await cluster.waitForStandbys();
  });

  /** Fences the primary and promotes the other node, as a failover without a crash does. */
  const failover = async () => {
    const old = cluster.primary;
    const next = cluster.standbys[0];
    await cluster.waitForCaughtUp();
    await old.fence();
    return { old, next, promote: () => next.promote() };
  };
  const gateOf = (node) => gates[cluster.nodes.indexOf(node)];
  const count = async (node) =>
    Number((await node.query(`select count(*) from t where id = ${id}`))[0].count);
  const runs = (part) => untilAsleep((sql) => wire.query(sql), part);
  const executions = (node, part) => {
    const seen = { count: 0 };
    gateOf(node).watch(({ from, type, sql = '' }) => {
      if (from === 'client' && type === 'E' && sql.includes(part)) seen.count += 1;
    });
    return seen;
  };

  /** Runs a statement that the fence overtakes on the wire. */
  const runUnderFence = async (sql, run = () => pool.query(sql, [id])) => {
    let move;
    const rule = gateOf(cluster.primary).when(
      { from: 'client', type: 'B', match: ({ sql: text }) => text === sql },
      async () => {
        move = await failover();
      },
    );
    const call = settle(run());
    await rule.happened;
    await until(() => move, { what: 'the fence' });
    await move.promote();
    return { ...(await call), move };
  };

  it('leaves a write that got through before it as what it is: success, and never sent again', async () => {
    const sql = "insert into t select $1, 'through' from (select pg_sleep(0.5)) s";
    const { primary } = cluster;
    const [first, second] = [executions(primary, 'through'), executions(cluster.standbys[0], 'through')];
    let fencedAt;
    // The response itself reports the fence, in front of the tag.
    gateOf(primary).watch(({ from, type, body, link }) => {
      if (
        from === 'server' &&
        type === 'S' &&
        link.sql === sql &&
        /^default_transaction_read_only\0on/.test(body.toString())
      )
        fencedAt ??= 'reported';
    });
    const call = settle(pool.query(sql, [id]));
    await runs('through');
    const { old, next, promote } = await failover();
    const { value, error } = await call;
    assert.equal(fencedAt, 'reported');
    await promote();
    assert.equal(error, undefined);
    assert.equal(value.rowCount, 1);
    assert.deepEqual([first.count, second.count], [1, 0]);
    assert.equal(await count(old), 1);
    // The next write goes to the new primary.
    await pool.query("insert into t values ($1, 'after')", [id]);
    assert.equal(second.count, 0);
    assert.equal(
      Number((await next.query(`select count(*) from t where note = 'after' and id = ${id}`))[0].count),
      1,
    );
  });

  it('never doubles a write either when the new primary is there before its answer', async () => {
    const sql = "insert into t select $1, 'overtaken' from (select pg_sleep(0.5)) s";
    const { primary } = cluster;
    const [first, second] = [executions(primary, 'overtaken'), executions(cluster.standbys[0], 'overtaken')];
    const call = settle(pool.query(sql, [id]));
    await runs('overtaken');
    const { old, promote } = await failover();
    const promoted = promote();
    const { error } = await call;
    await promoted;
    // The old timeline is no longer the cluster's, so it is unknown whether the row lasts.
    if (error) assert.deepEqual([error.name, error.outcome], ['InDoubtError', 'unknown']);
    await until(
      async () =>
        (
          await old.query(
            "select 1 from pg_stat_activity where query like '%overtaken%' and state = 'active' and pid <> pg_backend_pid()",
          )
        ).length === 0,
      { what: 'the statement ends' },
    );
    assert.equal(await count(old), 1);
    assert.deepEqual([first.count, second.count], [1, 0]);
  });

  it('sends a plain read again to the new primary', async () => {
    const sql = 'select $1::int4 as id, count(*) as n from t, (select pg_sleep(0.5)) s';
    const { primary } = cluster;
    const second = executions(cluster.standbys[0], 'pg_sleep(0.5)');
    const call = settle(pool.query(sql, [id]));
    await runs('pg_sleep(0.5)');
    const { promote, old } = await failover();
    assert.equal(old, primary);
    const promoted = promote();
    const { value, error } = await call;
    await promoted;
    assert.equal(error, undefined);
    assert.equal(value[0].id, id);
    assert.equal(second.count, 1);
  });

  it('does not run a writing function under SELECT twice', async () => {
    const { primary } = cluster;
    const [first, second] = [executions(primary, 'store('), executions(cluster.standbys[0], 'store(')];
    const call = settle(pool.query("select store($1, 'function', 0.5)", [id]));
    await runs('store(');
    const { old, next, promote } = await failover();
    const { error } = await call;
    await promote();
    assert.equal(error, undefined);
    assert.deepEqual([first.count, second.count], [1, 0]);
    assert.equal(await count(old), 1);
    assert.ok((await count(next)) <= 1);
  });

  it('exactly between two statements shows no error: the second one runs on the new primary only', async () => {
    await pool.query('select 1');
    const { old, next, promote } = await failover();
    await promote();
    await pool.query("insert into t values ($1, 'between')", [id]);
    assert.deepEqual([await count(old), await count(next)], [0, 1]);
  });

  it('while the statement is on the wire: it is refused, and runs on the new primary only', async () => {
    const { error, move } = await runUnderFence("insert into t values ($1, 'wire')");
    assert.equal(error, undefined);
    assert.deepEqual([await count(move.old), await count(move.next)], [0, 1]);
  });

  for (const [what, first] of [
    ['reads', 'select $1::int4 as id'],
    ['writes', "insert into t values ($1, 'first')"],
  ]) {
    it(`while the first statement of transaction() is on the wire, which ${what}: it runs again, on the new primary`, async () => {
      const hosts = [];
      const run = () =>
        pool.transaction(async (tx) => {
          hosts.push(tx.host());
          await tx.query(first, [id]);
          if (hosts.length === 1) assert.fail('a transaction that cannot write goes on');
          await tx.query("insert into t values ($1, 'second')", [id]);
        });
      await pool.query('select 1'); // so that BEGIN needs no round trip of its own
      const { error, move } = await runUnderFence(first, run);
      assert.equal(error, undefined);
      assert.deepEqual(hosts, [gateOf(move.old).address, gateOf(move.next).address]);
      assert.deepEqual([await count(move.old), await count(move.next)], [0, what === 'reads' ? 1 : 2]);
    });
  }

  it('is heard also when its refusal is the last word of the session', async () => {
    const refused = gateOf(cluster.primary).when(
      { from: 'server', type: 'E', match: ({ fields }) => fields.C === '25006' },
      { do: 'close', at: 'after' },
    );
    const { error, move } = await runUnderFence("insert into t values ($1, 'last word')");
    assert.equal(error, undefined);
    assert.equal(refused.hits, 1);
    assert.deepEqual([await count(move.old), await count(move.next)], [0, 1]);
  });

  for (const [name, read] of [
    ['an open transaction', false],
    ['an open transaction that only reads', true],
  ]) {
    it(`stops ${name} at its COMMIT; transaction() runs again on the new primary`, async () => {
      const sql = read ? 'select $1::int4 as id' : "insert into t values ($1, 'transaction')";
      let move;
      let times = 0;
      const hosts = [];
      await pool.transaction(async (tx) => {
        times += 1;
        hosts.push(tx.host());
        await tx.query(sql, [id]);
        if (times > 1) return;
        move = await failover();
        // Seeing the new primary first would end the session, and a COMMIT on its way with it.
        const unseen = gateOf(move.next);
        unseen.freeze();
        gateOf(move.old).when({ from: 'server', type: 'E' }, () => unseen.thaw());
        await move.promote();
      });
      assert.equal(times, 2);
      assert.deepEqual(hosts, [gateOf(move.old).address, gateOf(move.next).address]);
      if (!read) assert.deepEqual([await count(move.old), await count(move.next)], [0, 1]);
    });
  }
});
