'use strict';

// A COMMIT whose answer is lost, and the proof of what became of it, on servers that crash, recover and are promoted.

const assert = require('node:assert/strict');
const { createPool } = require('../..');
const { listPostgres, startCluster } = require('../../lib/testing');
const { openGate } = require('../support/gate');
const { unread } = require('../support/unread');
const { openRig, settle, startServer, until } = require('../support/rig');

const proven = { commitProof: true };
const retry = { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 2 };
const sql = 'create table effects (x int); grant all on effects to public';

const isCommit = ({ sql: text }) => text === 'commit';
const isDone = ({ tag }) => tag === 'COMMIT';
const isProof = (text) => text?.includes('pg_current_xact_id_if_assigned');
const isQuestion = ({ sql: text }) => text?.includes('pg_xact_status');

/** The server commits, and its answer is lost. */
const cutAfter = (gate, also = async () => {}) =>
  gate.when({ from: 'server', type: 'C', match: isDone }, async () => {
    await also();
    return 'reset';
  });

/** The client has the facts, but its COMMIT never arrives, which it cannot know. */
const cutBefore = (gate) => {
  let isRead = false;
  const stop = gate.watch(({ from, type, tag, link }) => {
    isRead ||=
      from === 'server' && type === 'C' && tag === 'SELECT 1' && (isProof(link.sql) || isCommit(link));
  });
  return gate.when({ from: 'client', type: 'P', match: isCommit }, async (_, link) => {
    await until(() => isRead && unread(link.clientPort) === 0, { everyMs: 1, what: 'the facts to arrive' });
    stop();
    return 'reset';
  });
};

const countQuestions = (gate) => {
  const count = { asked: 0 };
  gate.watch((seen) => (count.asked += seen.from === 'client' && seen.type === 'B' && isQuestion(seen)));
  return count;
};

describe('a transaction with commitProof', function () {
  this.timeout(60_000);
  let runs;
  beforeEach(() => (runs = 0));
  const work = async (tx) => {
    const run = ++runs;
    await tx.query('insert into effects values ($1)', [run]);
    return `run ${run}`;
  };

  for (const version of [14, 15, 16, 17, 18]) {
    it(`is found out on PostgreSQL ${version}, by a plain role`, async function () {
      if (!listPostgres().some(({ major }) => major === version))
        this.skip(`PostgreSQL ${version} is not installed`);
      const cluster = await startServer({ version, sql });
      const rig = await openRig(cluster, { minIdle: 0, retry });
      try {
        const questions = countQuestions(rig.gate);
        cutAfter(rig.gate);
        assert.equal(await rig.pool.transaction(work, proven), 'run 1');
        cutBefore(rig.gate);
        assert.equal(await rig.pool.transaction(work, proven), 'run 3');
        assert.deepEqual(
          [runs, await rig.value("select string_agg(x::text, ',' order by x) from effects")],
          [3, '1,3'],
        );
        assert.ok(questions.asked >= 2);
      } finally {
        await rig.close();
        await cluster.stop();
      }
    });
  }

  describe('on one server', () => {
    let cluster, rig;
    before(async () => {
      cluster = await startServer({ sql, settings: { wal_writer_delay: '10s' } });
    });
    after(() => cluster?.stop());
    beforeEach(async () => {
      rig = await openRig(cluster, { minIdle: 0, retry });
      await rig.ask('truncate effects');
    });
    afterEach(() => rig.close());
    const effects = () => rig.value('select count(*) from effects');
    /** The postmaster lives on. */
    const crashBackend = async () => {
      const witness = await cluster.primary.connect({ timeoutMs: 5_000 });
      const pid = Number(await rig.value('select pg_backend_pid()'));
      process.kill(pid, 'SIGKILL');
      // Until the postmaster notices, it accepts new sessions, which then end with all others.
      const isGone = () =>
        witness.query('select 1').then(
          () => false,
          () => true,
        );
      await until(isGone, { everyMs: 5, what: 'the postmaster has noticed' });
      witness.end();
    };
    const reconnect = async () => {
      rig.wire = await until(() => cluster.primary.connect({ timeoutMs: 5_000 }).catch(() => undefined), {
        what: 'the server is back',
      });
    };

    it('resolves from commit(), too, when it was done', async () => {
      const tx = await rig.pool.begin(proven);
      await tx.query('insert into effects values (1)');
      const order = cutAfter(rig.gate);
      await tx.commit();
      assert.deepEqual([order.hits, tx.isOpen(), await effects()], [1, false, '1']);
    });

    it('rejects from commit() when it was not, and says that nothing is stored', async () => {
      const tx = await rig.pool.begin(proven);
      await tx.query('insert into effects values (1)');
      cutBefore(rig.gate);
      const { error } = await settle(tx.commit());
      assert.deepEqual(
        [error?.name, error.outcome, error.retryable, error.host, error.cause?.name],
        ['ConnectionLostError', 'rolled-back', true, rig.gate.address, 'InDoubtError'],
      );
      assert.match(error.stack, /commit-proof\.test\.js/);
      assert.equal(await effects(), '0');
    });

    it('costs no round trip: the facts come with the answer to COMMIT', async () => {
      const count = async (options) => {
        const tx = await rig.pool.begin(options);
        await tx.query('insert into effects values (1)');
        const syncs = []; // the links that they were on: the monitor has one, too
        let ours;
        const stop = rig.gate.watch(({ from, type, sql, link }) => {
          if (from === 'client' && type === 'S') syncs.push(link);
          if (from === 'client' && sql === 'commit') ours = link;
        });
        await tx.commit();
        stop();
        return syncs.filter((link) => link === ours).length;
      };
      assert.deepEqual([await count(proven), await count({})], [1, 1]);
    });

    it('is not in doubt when it has written nothing', async () => {
      const questions = countQuestions(rig.gate);
      cutAfter(rig.gate);
      let times = 0;
      const one = await rig.pool.transaction(async (tx) => {
        times += 1;
        return (await tx.query('select 1 as one'))[0].one;
      }, proven);
      assert.deepEqual([one, times, questions.asked], [1, 2, 0]);
    });

    it('waits for a COMMIT that is still under way', async () => {
      await rig.ask(`create or replace function slow() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.5); return null; end $$`);
      await rig.ask(`create constraint trigger slow after insert on effects deferrable initially deferred
        for each row execute function slow()`);
      try {
        const questions = countQuestions(rig.gate);
        let isSent = false;
        rig.gate.when({ from: 'client', type: 'S', match: ({ link }) => isCommit(link) }, () => {
          isSent = true;
        });
        const call = rig.pool.transaction(work, proven);
        await until(
          async () =>
            isSent &&
            (await rig.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")) === '1',
          { everyMs: 5, what: 'it commits' },
        );
        rig.gate.sessions.find((link) => isCommit(link)).cut('reset', 'client');
        assert.equal(await call, 'run 1');
        assert.deepEqual([runs, await effects()], [1, '1']);
        assert.ok(questions.asked > 1, `${questions.asked}`);
      } finally {
        await rig.ask('drop trigger slow on effects');
      }
    });

    it('finds a COMMIT that the server has kept through a crash of one of its backends', async () => {
      cutAfter(rig.gate, crashBackend);
      assert.equal(await rig.pool.transaction(work, proven), 'run 1');
      await reconnect();
      assert.equal(await effects(), '1');
    });

    for (const how of ['of one of its backends', 'of all of it']) {
      it(`sees that a crash ${how} has lost the COMMIT, also when its xid is another transaction's by then`, async () => {
        const started = Number(await rig.value('select pg_current_wal_flush_lsn() - $$0/0$$'));
        let xid;
        rig.gate.when({ from: 'server', type: 'C', match: isDone }, async () => {
          rig.gate.refuse();
          if (how === 'of all of it') {
            await cluster.primary.kill();
            await cluster.primary.start();
          } else {
            await crashBackend();
          }
          await reconnect();
          // Until another transaction with this xid has committed.
          await until(async () => BigInt(await rig.value('select pg_current_xact_id()')) > xid, {
            everyMs: 0,
            what: 'xids',
          });
          assert.equal(await rig.value(`select pg_xact_status('${xid}')`), 'committed');
          rig.gate.refuse(false);
          return 'reset';
        });
        const result = await rig.pool.transaction(async (tx) => {
          const run = await work(tx);
          if (runs === 1) {
            xid = BigInt((await tx.query('select pg_current_xact_id()::text as xid'))[0].xid);
            await tx.query('set local synchronous_commit = off');
          }
          return run;
        }, proven);
        assert.ok(started > 0);
        assert.deepEqual([result, runs], ['run 2', 2]);
        assert.equal(await rig.value("select string_agg(x::text, ',') from effects"), '2');
      });
    }

    it('stays in doubt when the server was shut down and started again, and says why', async () => {
      const order = cutAfter(rig.gate, async () => {
        await cluster.primary.stop();
        await cluster.primary.start();
        await reconnect();
      });
      const { error } = await settle(rig.pool.transaction(work, proven));
      assert.deepEqual([error?.name, error.outcome, error.retryable], ['InDoubtError', 'unknown', false]);
      assert.match(error.message, /proves nothing/);
      assert.deepEqual([order.hits, runs, await effects()], [1, 1, '1']);
    });

    it('stays in doubt when nobody can be asked in time, and says why', async () => {
      rig.gate.when({ from: 'server', type: 'C', match: isDone }, () => {
        rig.gate.refuse();
        rig.gate.cutAll('reset');
      });
      const { error } = await settle(rig.pool.transaction(work, { ...proven, timeoutMs: 1500 }));
      assert.deepEqual([error?.name, error.outcome], ['InDoubtError', 'unknown']);
      assert.match(error.message, /could not be asked/);
      assert.deepEqual([runs, await effects()], [1, '1']);
    });

    it('stays in doubt when the facts had not arrived', async () => {
      rig.gate.when(
        { from: 'server', type: '1', match: ({ link }) => isProof(link.sql) || isCommit(link) },
        'reset',
      );
      const { error } = await settle(rig.pool.transaction(work, proven));
      assert.deepEqual([error?.name, error.outcome], ['InDoubtError', 'unknown']);
      assert.match(error.message, /had not arrived/);
    });

    for (const options of [proven, {}]) {
      const what = options.commitProof ? 'without the facts' : 'also without commitProof';
      it(`is not in doubt when the server ended the session before it came to COMMIT, ${what}`, async () => {
        const isMine = ({ sql: text }) => text?.includes('hyperiondb: not writable');
        const order = rig.gate.when({ from: 'client', type: 'P', match: isMine }, async ({ link }) => {
          await rig.ask(`select pg_terminate_backend(${link.pid})`);
          // Not only gone from pg_stat_activity: a write before its last message is read would discard that message.
          await until(() => link.serverHasEnded, { what: 'the server has ended the session' });
        });
        assert.equal(await rig.pool.transaction(work, options), 'run 2');
        assert.deepEqual([order.hits, runs, await effects()], [1, 2, '1']);
      });
    }

    it('is a success when COMMIT was answered before the session ended', async () => {
      const order = rig.gate.when(
        { from: 'server', type: 'Z', match: ({ link }) => isCommit(link) },
        'reset',
      );
      assert.equal(await rig.pool.transaction(work, {}), 'run 1');
      assert.deepEqual([order.hits, runs, await effects()], [1, 1, '1']);
    });

    it('goes together with exactlyOnce', async () => {
      await rig.ask('grant create on schema public to public');
      cutAfter(rig.gate);
      assert.equal(await rig.pool.transaction(work, { ...proven, exactlyOnce: true }), 'run 1');
      assert.equal(await effects(), '1');
    });

    it('is refused where it has no meaning', async () => {
      for (const options of [
        { commitProof: true, readOnly: true },
        { commitProof: true, mode: 'read-only' },
        { commitProof: true, mode: 'any' },
        { commitProof: 'yes' },
      ]) {
        await assert.rejects(rig.pool.begin(options), { name: 'ConfigurationError', message: /commitProof/ });
        await assert.rejects(rig.pool.transaction(work, options), {
          name: 'ConfigurationError',
          message: /commitProof/,
        });
      }
      assert.equal(runs, 0);
    });
  });

  describe('on a cluster', () => {
    let cluster, gates, pool;
    const open = async (options) => {
      cluster = await startCluster({ nodes: 2, sql, ...options });
      gates = await Promise.all(cluster.nodes.map((node) => openGate(node)));
      pool = createPool({
        ...cluster.connectionOptions(),
        hosts: gates.map((gate) => gate.address),
        poolSize: 2,
        minIdle: 0,
        monitorIntervalMs: 50,
        retry,
      });
      await pool.query('select 1');
      await until(() => pool.topology().hosts[1].role === 'standby', { what: 'the standby is known' });
    };
    afterEach(async () => {
      await pool?.end({ drainTimeoutMs: 0 });
      await Promise.all((gates ?? []).map((gate) => gate.close()));
      await cluster?.stop();
    });
    const there = async () =>
      (await cluster.primary.query("select string_agg(x::text, ',') as list from effects"))[0].list;

    /** The primary dies with the COMMIT; no client is let in until the standby was promoted and `then` is done. */
    const dieWithCommit = (then) =>
      gates[0].when({ from: 'server', type: 'C', match: isDone }, async () => {
        gates[1].refuse();
        gates[1].cutAll('reset');
        await cluster.primary.kill();
        await cluster.promote(cluster.nodes[1]);
        await then(cluster.primary);
        gates[1].refuse(false);
        return 'reset';
      });

    it('finds what the promoted standby has', async () => {
      await open({ synchronous: true, nodes: 3 });
      dieWithCommit(async () => {});
      assert.equal(await pool.transaction(work, proven), 'run 1');
      assert.deepEqual([runs, await there()], [1, '1']);
    });

    it('never takes the xid of another transaction on the promoted node for that of a lost one', async () => {
      await open();
      let xid;
      dieWithCommit(async (node) => {
        await until(
          async () => BigInt((await node.query('select pg_current_xact_id() as xid'))[0].xid) > xid,
          {
            everyMs: 0,
            what: 'xids',
          },
        );
        assert.equal((await node.query(`select pg_xact_status('${xid}') as status`))[0].status, 'committed');
      });
      const result = await pool.transaction(async (tx) => {
        if (runs === 0) {
          await cluster.waitForCaughtUp();
          await cluster.nodes[1].detach();
        }
        const run = await work(tx);
        if (runs === 1) xid = BigInt((await tx.query('select pg_current_xact_id()::text as xid'))[0].xid);
        return run;
      }, proven);
      assert.deepEqual([result, runs, await there()], ['run 2', 2, '2']);
    });

    it('is found on a server that was promoted long before', async () => {
      await open();
      await cluster.waitForCaughtUp();
      await cluster.primary.kill();
      await cluster.promote(cluster.nodes[1]);
      await pool.transaction(work, proven);
      const order = cutAfter(gates[1]);
      assert.equal(await pool.transaction(work, proven), 'run 2');
      assert.deepEqual([order.hits, await there()], [1, '1,2']);
    });

    it('is no success before the synchronous standby has it', async () => {
      await open({ synchronous: true });
      const questions = countQuestions(gates[0]);
      await cluster.nodes[1].detach();
      const call = settle(pool.transaction(work, proven));
      let isSettled = false;
      void call.then(() => (isSettled = true));
      const waiting = async () =>
        (
          await cluster.primary.query(
            "select count(*) as n from pg_stat_activity where wait_event = 'SyncRep'",
          )
        )[0].n;
      await until(async () => (await waiting()) === '1', {
        everyMs: 5,
        what: 'COMMIT waits for the standby',
      });
      gates[0].sessions.find((link) => isCommit(link)).cut('reset', 'client');
      await until(() => questions.asked >= 1, { everyMs: 5, what: 'a question' });
      assert.equal(isSettled, false);
      // The wait is canceled: the transaction is stored on the primary only.
      await cluster.primary.query(
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and query = 'commit'",
      );
      const asking = "wait_event = 'SyncRep' and query like '%pg_xact_status%'";
      await until(
        async () => {
          const [{ n }] = await cluster.primary.query(
            `select count(*) as n from pg_stat_activity where ${asking}`,
          );
          return n === '1' && (await waiting()) === '1';
        },
        { everyMs: 5, what: 'the answer about it waits for the standby itself' },
      );
      assert.equal(isSettled, false);
      cluster.nodes[1].attach();
      assert.equal((await call).value, 'run 1');
      assert.deepEqual([runs, await there()], [1, '1']);
    });
  });
});
