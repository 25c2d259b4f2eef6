'use strict';

const assert = require('node:assert/strict');
const { needsPostgres, openRig, settle, startServer, until } = require('../support/rig');

describe('a commit that the synchronous standby does not confirm', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, rig, warning;
  let id = 0;

  before(async () => {
    cluster = await startServer({
      nodes: 2,
      synchronous: true,
      sql: 'create table t (id int4); grant all on t to public',
    });
    rig = await openRig(cluster, { poolSize: 2, minIdle: 2 });
    warning = await openRig(cluster, { onUnreplicated: 'warn' });
    await rig.recovers();
    await warning.recovers();
  });

  beforeEach(async () => {
    id += 1;
    await cluster.standbys[0].detach();
  });

  afterEach(async () => {
    cluster.standbys[0].attach();
    await cluster.waitForStandbys();
    await rig.recovers();
  });

  after(async () => {
    await rig?.close();
    await warning?.close();
    await cluster?.stop();
  });

  /** Until a session of ours waits for the standby; gives its process id. */
  const waits = (of = rig) =>
    until(
      async () => {
        const [row] = await of.ask(
          `select pid from pg_stat_activity where application_name = '${of.name}' and wait_event = 'SyncRep'`,
        );
        return row?.pid;
      },
      { everyMs: 5, what: 'the server waits for its standby' },
    );
  const stored = async () => Number(await rig.value(`select count(*) from t where id = ${id}`));
  /** @type {Record<string, () => Promise<unknown>>} */
  const ways = {
    'an autocommit write': () => rig.pool.query('insert into t values ($1)', [id]),
    commit: async () => {
      const tx = await rig.pool.begin();
      await tx.query('insert into t values ($1)', [id]);
      await tx.commit();
    },
    'transaction()': () => rig.pool.transaction((tx) => tx.query('insert into t values ($1)', [id])),
  };

  for (const [name, run] of Object.entries(ways)) {
    it(`is no success when somebody cancels the wait: ${name}`, async () => {
      const call = settle(run());
      await rig.ask(`select pg_cancel_backend(${await waits()})`);
      const { error } = await call;
      assert.deepEqual(
        [error?.name, error?.code, error?.outcome, error?.retryable],
        ['NotReplicatedError', 'NOT_REPLICATED', 'committed-locally', false],
      );
      assert.equal(error.host, rig.gate.address);
      assert.equal(await stored(), 1);
    });

    it(`is no success when its session is terminated in the wait: ${name}`, async () => {
      const call = settle(run());
      await rig.ask(`select pg_terminate_backend(${await waits()})`);
      const { error } = await call;
      assert.ok(error, 'no success');
      assert.ok(['unknown', 'committed-locally'].includes(error.outcome), `${error.name} ${error.outcome}`);
      assert.ok(['InDoubtError', 'NotReplicatedError'].includes(error.name), error.name);
      assert.equal(error.retryable, false);
      await rig.recovers();
      assert.equal(await stored(), 1);
    });
  }

  it('resolves where that is asked for', async () => {
    const call = settle(warning.pool.query('insert into t values ($1)', [id]));
    await rig.ask(`select pg_cancel_backend(${await waits(warning)})`);
    const { value, error } = await call;
    assert.equal(error, undefined);
    assert.equal(value.rowCount, 1);
    assert.equal(await stored(), 1);
  });

  for (const how of ['timeoutMs', 'signal']) {
    it(`is not cut short by ${how} of the call: an autocommit write is never told as undone`, async () => {
      const abort = new AbortController();
      const call = settle(
        rig.pool.query(
          'insert into t values ($1)',
          [id],
          how === 'signal' ? { signal: abort.signal } : { timeoutMs: 300 },
        ),
      );
      await waits();
      abort.abort();
      const { error } = await call;
      assert.ok(error, 'no success');
      assert.ok(['unknown', 'committed-locally'].includes(error.outcome), `${error.name} ${error.outcome}`);
      await rig.recovers();
      assert.equal(await stored(), 1);
    });
  }

  it('and then it is confirmed: the call resolves', async () => {
    const call = settle(rig.pool.query('insert into t values ($1)', [id]));
    await waits();
    cluster.standbys[0].attach();
    assert.equal((await call).error, undefined);
    assert.equal(await stored(), 1);
  });
});
