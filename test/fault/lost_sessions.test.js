'use strict';

const assert = require('node:assert/strict');
const { openGate } = require('../support/gate');
const { LONG, needsPostgres, openRig, settle, startServer, until } = require('../support/rig');

describe('a connection that breaks', function () {
  this.timeout(LONG ? 600_000 : 60_000);
  before(needsPostgres);

  let cluster, rig;

  before(async () => {
    cluster = await startServer({ sql: 'create table t (id int4, body text); grant all on t to public' });
  });

  afterEach(async () => {
    await rig?.close();
    rig = undefined;
    await cluster?.primary.query('truncate t');
  });

  after(() => cluster?.stop());

  const open = async (options) => {
    rig = await openRig(cluster, options);
    await rig.recovers();
  };
  const terminate = (where = `application_name = '${rig.name}'`) =>
    rig.ask(`select pg_terminate_backend(pid) from pg_stat_activity where ${where}`);

  for (const [verb, at] of [
    ['close', 'before'],
    ['close', 'middle'],
    ['close', 'after'],
    ['reset', 'before'],
    ['reset', 'middle'],
    ['reset', 'after'],
  ]) {
    it(`in the middle of many rows (${verb} ${at} one of them) is one error for a write, and none for a read`, async () => {
      await open();
      const body = 'x'.repeat(200);
      const cut = () => rig.gate.when({ from: 'server', type: 'D', nth: 500 }, { do: verb, at });
      const rule = cut();
      const rows = await rig.pool.query('select i, $1::text as body from generate_series(1, 1000) i', [body]);
      assert.equal(rule.hits, 1);
      assert.equal(rows.length, 1000);
      assert.ok(rows.every((row, i) => row.i === i + 1 && row.body === body));
      await rig.recovers();
      cut();
      const link = rig.gate.sessions.find((each) => each.sql.startsWith('select 1 as one'));
      const { error } = await settle(
        rig.pool.query('insert into t select i, $1 from generate_series(1, 1000) i returning id', [body]),
      );
      assert.deepEqual([error?.name, error?.outcome, error?.attempts], ['InDoubtError', 'unknown', 1]);
      assert.equal(error.host, rig.gate.address);
      await rig.recovers();
      await rig.gone([link.pid]);
      assert.equal(await rig.value('select count(*) from t'), '1000'); // the answer was on its way: it was stored
    });
  }

  it('is no harm as long as it is only slow: one byte per millisecond', async () => {
    await open();
    for (const from of ['client', 'server']) {
      rig.gate.when(
        { from, nth: 'every', match: ({ link }) => !link.sql.includes('pg_is_in_recovery') },
        'slice',
      );
    }
    const rows = await rig.pool.query('insert into t values ($1, $2) returning *', [1, 'slow'], {
      timeoutMs: 20_000,
    });
    assert.deepEqual([...rows], [{ id: 1, body: 'slow' }]);
    rig.gate.clear();
    await rig.recovers();
    assert.equal(await rig.value('select count(*) from t'), '1');
  });

  it('is not what sends a statement that had not left: its host goes in the turn in which it comes', async () => {
    await open();
    const other = await openGate(cluster.primary);
    try {
      const hosts = [other.address, rig.gate.address];
      const count = 40;
      let succeeded = 0;
      for (let id = 1; id <= count; id++) {
        const call = settle(rig.pool.query('insert into t values ($1)', [id]));
        rig.pool.setHosts([hosts[id % 2]]);
        const { error } = await call;
        if (!error) succeeded++;
        else assert.deepEqual([error.name, error.outcome], ['InDoubtError', 'unknown']);
      }
      await until(async () => (await rig.sessions()) <= 2, { what: 'the old sessions end' });
      const rows = async (having) => (await rig.ask(`select id from t group by id having ${having}`)).length;
      assert.equal(await rows('count(*) > 1'), 0, 'stored twice');
      assert.ok((await rows('count(*) = 1')) >= succeeded);
    } finally {
      rig.pool.setHosts([rig.gate.address]);
      await rig.recovers();
      await other.close();
    }
  });

  it('while it is idle fails no statement: an ended session is replaced before anybody gets it', async () => {
    await open({ poolSize: 4, minIdle: 4 });
    for (let round = 0; round < 5; round++) {
      const pids = new Set(
        (
          await Promise.all(
            Array.from({ length: 4 }, () => rig.pool.query('select pg_backend_pid() as pid, pg_sleep(0.02)')),
          )
        ).map(([{ pid }]) => pid),
      );
      await terminate();
      await rig.gone(pids);
      await rig.settled();
      const { pid } = (await rig.pool.query('select pg_backend_pid() as pid'))[0];
      assert.ok(!pids.has(pid));
    }
    rig.gate.cutAll('close');
    await rig.recovers();
  });

  it('at the moment of sending is told as what it is: no write is lost and none is doubled', async () => {
    await open({ poolSize: 2, minIdle: 2 });
    const rounds = LONG ? 500 : 60;
    let doubts = 0;
    for (let id = 1; id <= rounds; id++) {
      if (id % 3 === 0) void terminate();
      else rig.gate.cutAll(id % 3 === 1 ? 'reset' : 'close');
      const { error } = await settle(rig.pool.query('insert into t values ($1)', [id]));
      await rig.matched();
      const count = await rig.value(`select count(*) from t where id = ${id}`);
      if (!error) assert.equal(count, '1', `${id}: success`);
      else {
        assert.deepEqual([error.name, error.outcome], ['InDoubtError', 'unknown'], `${id}: ${error}`);
        assert.ok(['0', '1'].includes(count));
        doubts += 1;
      }
    }
    assert.ok(doubts < rounds, 'some went well');
    await rig.recovers();
  });

  it(`${LONG ? '1,000' : '200'} times under load leaks nothing; every call settles, status() is exact, and no write is doubled`, async () => {
    await open({ poolSize: 6, minIdle: 6 });
    const descriptors = () => require('node:fs').readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const cuts = LONG ? 1000 : 200;
    let going = true;
    let next = 0;
    const told = new Map();
    const workers = Array.from({ length: 12 }, async () => {
      while (going) {
        const id = (next += 1);
        const { error } = await settle(
          id % 4 === 0
            ? rig.pool.transaction((tx) => tx.query('insert into t values ($1)', [id]))
            : rig.pool.query('insert into t values ($1)', [id]),
        );
        told.set(id, error);
      }
    });
    for (let cut = 0; cut < cuts; cut++) {
      const seen = next;
      await until(() => next > seen || rig.gate.sessions.length > 0, { everyMs: 1, what: 'traffic' });
      const links = rig.gate.sessions;
      const link = links[Math.floor(Math.random() * links.length)];
      link?.cut(cut % 2 ? 'reset' : 'close');
      await new Promise(setImmediate);
    }
    going = false;
    await Promise.all(workers);
    await rig.recovers();
    await rig.matched();
    const counts = new Map(
      (await rig.ask('select id, count(*) as n from t group by id')).map((row) => [
        Number(row.id),
        Number(row.n),
      ]),
    );
    const lies = [];
    for (const [id, error] of told) {
      const stored = counts.get(id) ?? 0;
      const outcome = error === undefined ? 'success' : error.outcome;
      const fits = outcome === 'success' ? stored === 1 : outcome === 'unknown' ? stored <= 1 : stored === 0;
      if (!fits) lies.push(`${id}: ${error ?? outcome} (${outcome}), stored ${stored} times`);
    }
    assert.deepEqual(lies, []);
    assert.equal(told.size, next);
    await until(() => descriptors() <= before, { what: `no more than ${before} descriptors` });
  });

  for (const [what, monitorIntervalMs] of [
    ['idle', 600_000],
    ['at work', 10],
  ]) {
    it(`because an administrator ended it, be it the monitor's (${what}), ends no other one's transaction`, async () => {
      await open({ monitorIntervalMs });
      const tx = await rig.pool.begin();
      const [{ pid }] = await tx.query('select pg_backend_pid() as pid');
      for (let round = 0; round < 5; round += 1) {
        // Its login is answered, and then its first question.
        const known = new Set(rig.gate.sessions);
        const isNew = ({ link }) => !known.has(link);
        const back = rig.gate.when({ from: 'server', type: 'Z', match: isNew, nth: 2 }, 'pass');
        const ended = await terminate(`application_name = '${rig.name}' and pid <> ${pid}`);
        assert.equal(ended.length, 1);
        await back.happened;
        assert.deepEqual(await tx.query('select pg_backend_pid() as pid'), [{ pid }]);
      }
      await tx.commit();
      await rig.recovers();
    });
  }

  it('of the server as a whole, by a crash: every call settles, and what was acknowledged is there', async () => {
    await open({ poolSize: 4, minIdle: 4, acquireTimeoutMs: 20_000 });
    const { node } = rig;
    let going = true;
    let next = 0;
    const stored = [];
    const workers = Array.from({ length: 4 }, async () => {
      while (going) {
        const id = (next += 1);
        const { error } = await settle(rig.pool.query('insert into t values ($1)', [id]));
        if (!error) stored.push(id);
        else
          assert.ok(
            ['unknown', 'not-sent', 'not-executed'].includes(error.outcome),
            `${error} ${error.outcome}`,
          );
      }
    });
    for (const how of ['kill', 'immediate', 'fast']) {
      const before = stored.length;
      await until(() => stored.length > before + 50, { what: 'writes' });
      if (how === 'kill') await node.kill();
      else await node.stop({ mode: how });
      await node.start();
      await until(() => stored.length > before + 100, { what: 'writes again' });
    }
    going = false;
    await Promise.all(workers);
    rig.wire = await node.connect({ timeoutMs: 20_000 });
    await rig.recovers();
    const there = new Set((await rig.ask('select id from t')).map(({ id }) => Number(id)));
    assert.deepEqual(
      stored.filter((id) => !there.has(id)),
      [],
    );
    assert.equal(
      await rig.value('select count(*) from (select id from t group by id having count(*) > 1) d'),
      '0',
    );
  });

  it('never, to a pool that ends: a hundred pools that end while their monitor is asking', async () => {
    await open();
    for (let i = 0; i < (LONG ? 1000 : 100); i++) {
      const other = await openRig(cluster, { monitorIntervalMs: 1, minIdle: i % 3, poolSize: 3 });
      await other.pool.query('select 1');
      if (i % 4 === 0) other.gate.cutAll('reset');
      for (let spin = i % 5; spin > 0; spin--) await new Promise(setImmediate);
      await other.close();
    }
    await until(
      async () =>
        (await rig.value("select count(*) from pg_stat_activity where application_name like 'rig-%'")) ===
        String(rig.gate.sessions.length),
      { what: 'all sessions end' },
    );
    await rig.recovers();
  });
});
