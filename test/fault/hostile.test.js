'use strict';

/*
 * Servers that lie. A scripted one for what has a name, and a mutating proxy for what has none: its sessions are made by
 * seeds, and `HYPERION_SEED=<n>` plays one of them again. `npm run test:fault` plays ten thousand.
 */

const assert = require('node:assert/strict');
const net = require('node:net');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { inspect } = require('node:util');
const { createPool } = require('../..');
const { openHostileServer, int32, pieces } = require('../support/hostile_server');
const { openGate } = require('../support/gate');
const { message } = require('../support/protocol');
const { LONG, SANITIZED, startServer, settle, until, needsPostgres } = require('../support/rig');

const password = 'never-shown';
const MB = 1 << 20;

describe('a hostile server', function () {
  this.timeout(60_000);
  this.slow(5_000);
  before(needsPostgres);

  /** @type {import('../../lib/testing').Cluster} */
  let cluster;
  before(async () => {
    cluster = await startServer({ sql: ['create table t (x int)', 'grant all on t to public'] });
  });
  after(() => cluster?.stop());

  /** The result of a statement if the only host plays this part. */
  const against = async (play, options = {}) => {
    const server = await openHostileServer(play);
    let pool;
    try {
      pool = createPool({
        hosts: [server.address],
        user: 'app',
        password,
        database: 'app',
        minIdle: 0,
        connectTimeoutMs: 300,
        acquireTimeoutMs: 400,
        ...options,
      });
      const before = process.memoryUsage().rss;
      const { error, value } = await settle(pool.query('select 1'));
      assert.equal(value, undefined, 'it resolved');
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < (SANITIZED ? 256 : 64) * MB, `the memory grew by ${Math.round(grown / MB)} MB`);
      assert.equal(error.outcome, 'not-sent');
      const shown = [
        error.message,
        error.stack,
        inspect(error, { depth: Infinity, showHidden: true }),
      ].join();
      assert.ok(!shown.includes(password));
      return { error, shown };
    } finally {
      await pool?.end({ drainTimeoutMs: 0 });
      await server.close();
    }
  };
  afterEach('and the process goes on', async () => {
    const pool = createPool(cluster.connectionOptions());
    assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    await pool.end();
  });

  describe('before the session is open', () => {
    const started = (say) => async (peer) => {
      await peer.startup();
      await say(peer);
    };
    for (const [what, play] of /** @type {[string, (peer: any) => any][]} */ ([
      ['says nothing and leaves', (peer) => peer.end()],
      ['speaks HTTP', (peer) => peer.raw('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
      ['says noise', (peer) => peer.raw(Buffer.alloc(100_000, 0xa5))],
      ['says noise behind the refusal of TLS', started((peer) => peer.raw(Buffer.alloc(100_000, 0x5a)))],
      ['asks for a login that does not exist', started((peer) => peer.say('R', int32(4711)))],
      ['asks for a login that nobody has any more', started((peer) => peer.say('R', int32(2)))],
      ['is ready before the login', started((peer) => peer.say('Z', 'I'))],
      [
        'negotiates another protocol',
        started((peer) => peer.say('v', Buffer.concat([int32(0x7fffffff, 1), Buffer.from('x\0')]))),
      ],
      ['sends rows instead', started((peer) => peer.say('D', Buffer.from([0x7f, 0xff])))],
    ])) {
      it(what, async () => {
        await against(play);
      });
    }

    it('lies about the length of its first message', async () => {
      const lengths = [0, 1, 3, 4, 7, 8, 2001, 0x7fffffff, -1, -0x80000000];
      await Promise.all(
        ['R', 'E', 'N', 'S', 'v'].flatMap((type) =>
          lengths.map((length) => against(started((peer) => peer.lie(type, length, Buffer.alloc(64))))),
        ),
      );
    });

    it('shows nothing that was said before TLS began', async () => {
      const injected = 'injected-by-nobody-knows-whom';
      const said = `S${'FATAL'}\0VFATAL\0C28000\0M${injected}\0\0`;
      for (const mode of ['require', 'verify-full']) {
        for (const answer of [
          Buffer.concat([Buffer.from('S'), message('E', said)]),
          message('E', said),
          Buffer.concat([Buffer.from('N'), message('E', said)]),
          Buffer.from(`E${injected}\n\0`),
        ]) {
          const { shown } = await against(
            async (peer) => {
              await peer.hear();
              peer.raw(answer);
            },
            { ssl: { mode } },
          );
          assert.ok(!shown.includes(injected), shown);
        }
      }
    });

    it('floods: it is left after a megabyte', async () => {
      for (const flood of [
        (n) => message('S', `parameter_${n}\0${'x'.repeat(1000)}\0`),
        () => message('N', `SNOTICE\0C00000\0M${'x'.repeat(1000)}\0\0`),
        (n) => message('K', int32(n, n)),
      ]) {
        const { error } = await against(
          started(async (peer) => {
            peer.say('R', int32(0));
            await peer.flood(flood);
          }),
          { connectTimeoutMs: 20_000, acquireTimeoutMs: 2_000 },
        );
        assert.match(error.message, /more than 1 MB before the session was open/);
      }
    });
  });

  describe('that lies about the login', () => {
    const login = (lies) => async (peer) => {
      await peer.startup();
      await peer.scram(password, lies);
    };
    for (const [what, lies, says] of /** @type {[string, any, RegExp][]} */ ([
      [
        'knows no password: its signature is wrong',
        { signature: () => Buffer.alloc(32).toString('base64') },
        /signature/,
      ],
      ['sends a signature that is none', { signature: () => '!' }, /SCRAM/],
      ['changes the nonce', { nonce: () => 'mine' }, /nonce|SCRAM/],
      ['sends no iterations', { challenge: 'r=x,s=x' }, /SCRAM/],
      ['wants 0 iterations', { iterations: '0' }, /SCRAM/],
      ['wants -1 iterations', { iterations: '-1' }, /SCRAM/],
      ['wants iterations that are no number', { iterations: '4096x' }, /SCRAM/],
      ['offers only what nobody knows', { mechanisms: ['SCRAM-SHA-0'] }, /SASL|SCRAM/],
      ['offers nothing', { mechanisms: [] }, /SASL|SCRAM/],
    ])) {
      it(what, async () => {
        const { error } = await against(login(lies), { acquireTimeoutMs: 3_600_000 });
        assert.deepEqual([error.name, error.code], ['ConnectError', 'EAUTH']);
        assert.match(error.message, says);
      });
    }

    it('skips its own proof: refused where requireAuth wants SCRAM', async function () {
      try {
        const { error } = await against(login({ final: false }), {
          requireAuth: ['scram-sha-256'],
          acquireTimeoutMs: 3_600_000,
        });
        assert.equal(error.code, 'EAUTH');
      } catch (error) {
        if (error.name !== 'ConfigurationError') throw error;
        this.skip('libpq before 16 takes it for a server that trusts us');
      }
    });

    it('takes a plain password or md5 instead of SCRAM: refused where channelBinding requires more', async () => {
      for (const kind of [int32(3), Buffer.concat([int32(5), Buffer.from('salt')])]) {
        const heard = [];
        const { error } = await against(
          async (peer) => {
            await peer.startup();
            peer.say('R', kind);
            for (;;) heard.push(await peer.hear());
          },
          { channelBinding: 'require', ssl: { mode: 'disable' }, acquireTimeoutMs: 3_600_000 },
        );
        assert.equal(error.code, 'EAUTH');
        assert.deepEqual(
          heard.filter(({ type }) => type === 'p'),
          [],
          'no password was sent',
        );
      }
    });
  });

  describe('in an open session', () => {
    /** The server behind the gate begins to play its part at the answer to the statement. */
    const inSession = async (say, { options = {}, call = {} } = {}) => {
      const gate = await openGate(cluster.primary);
      const pool = createPool(
        cluster.connectionOptions({
          hosts: [gate.address],
          minIdle: 0,
          poolSize: 1,
          monitorIntervalMs: 600_000,
          retry: { maxAttempts: 1 },
          maxResultBytes: 8 * MB,
          ...options,
        }),
      );
      try {
        assert.equal((await pool.query('select 7 as warm_up'))[0].warm_up, 7);
        let victim;
        gate.when(
          { from: 'server', type: 'D', match: ({ link }) => link.sql.includes('victim') },
          async (_, link) => {
            victim = link;
            await say(link);
            return 'freeze';
          },
        );
        const before = process.memoryUsage().rss;
        const ended = await settle(pool.query('select 1 as victim', [], { timeoutMs: 20_000, ...call }));
        const grown = process.memoryUsage().rss - before;
        assert.ok(grown < 200 * MB, `the memory grew by ${Math.round(grown / MB)} MB`);
        victim?.destroy();
        assert.equal((await pool.query('select 8 as after'))[0].after, 8);
        return ended;
      } finally {
        await pool.end({ drainTimeoutMs: 0 });
        await gate.close();
      }
    };
    /** Until the client gives up. */
    const flood = (make) => async (link) => {
      for (const piece of pieces(make)) if (!(await link.inject(piece))) return;
    };
    const row = (size) =>
      message('D', Buffer.concat([Buffer.from([0, 1]), int32(size), Buffer.alloc(size, 0x61)]));

    it('sends rows without end: the answer has a limit, which is maxResultBytes', async () => {
      const big = row(64_000);
      const { error } = await inSession(flood(() => big));
      assert.deepEqual(
        [error.name, error.code, error.outcome, error.retryable],
        ['ResultError', 'ERR_RESULT', 'unknown', false],
      );
      assert.match(error.message, /the answer has more than 8388608 bytes \(maxResultBytes\)/);
    });

    it('sends notices, or parameters, without end', async () => {
      for (const make of [
        () => message('N', `SNOTICE\0C00000\0M${'x'.repeat(8000)}\0\0`),
        (n) => message('S', `p${n}\0${'x'.repeat(8000)}\0`),
      ]) {
        const { error } = await inSession(flood(make));
        assert.equal(error.name, 'ResultError');
      }
    });

    it('announces a row of two gigabytes: memory is taken as the bytes come', async () => {
      for (const length of [0x7fffffff, 0x3fffffff]) {
        const { error } = await inSession(
          (link) => link.inject(Buffer.concat([Buffer.from('D'), int32(length), Buffer.alloc(1000)])),
          {
            options: { cancelTimeoutMs: 200 },
            call: { timeoutMs: 500 },
          },
        );
        assert.ok(error, 'it rejects');
      }
    });

    it('says more than it was asked for: the session is left', async () => {
      const gate = await openGate(cluster.primary);
      const pool = createPool(
        cluster.connectionOptions({
          hosts: [gate.address],
          minIdle: 1,
          poolSize: 1,
          monitorIntervalMs: 600_000,
        }),
      );
      try {
        for (const make of [
          () => message('N', `SNOTICE\0C00000\0M${'x'.repeat(8000)}\0\0`),
          (n) => message('S', `p${n}\0${'x'.repeat(8000)}\0`),
          () => message('C', 'SELECT 1\0'),
          () => row(100),
        ]) {
          await pool.query('select 1');
          const [link] = gate.sessions.filter(({ sql }) => sql === 'select 1');
          await flood(make)(link);
          await until(() => link.isOver, { what: 'the session is left' });
          assert.equal((await pool.query('select 8 as after'))[0].after, 8);
        }
      } finally {
        await pool.end({ drainTimeoutMs: 0 });
        await gate.close();
      }
    });
  });

  describe('whose words are spoiled at random', function () {
    const seeds = process.env.HYPERION_SEED
      ? [Number(process.env.HYPERION_SEED), Number(process.env.HYPERION_SEED) + 1]
      : [0, LONG ? 10_000 : 400];
    this.timeout(LONG ? 1_800_000 : 120_000);

    it(`ends no process, and every promise settles: ${seeds[1] - seeds[0]} sessions`, async () => {
      const open = new Set();
      const wrong = [];
      let memory;
      const child = spawn(
        process.execPath,
        [path.join(__dirname, 'support/hostile_sessions.js'), ...seeds.map(String)],
        {
          env: {
            ...process.env,
            HOSTILE_SERVER: JSON.stringify({
              host: cluster.primary.host,
              port: cluster.primary.port,
              login: { user: cluster.user, database: cluster.database },
            }),
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      let errors = '';
      child.stderr.on('data', (chunk) => (errors += chunk));
      let rest = '';
      child.stdout.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          const [word, seed] = line.split(' ');
          if (word === 'begin') open.add(seed);
          else if (word === 'end') open.delete(seed);
          else if (word === 'memory') memory = line.split(' ').slice(1).map(Number);
          else wrong.push(line);
        }
      });
      const [code, signal] = await new Promise((resolve) => child.on('close', (...ended) => resolve(ended)));
      assert.deepEqual(wrong, []);
      assert.deepEqual(
        { code, signal, open: [...open], errors },
        { code: 0, signal: null, open: [], errors: '' },
      );
      const [early, late] = memory;
      assert.ok(late - early < 100, `${early} MB after the first sessions, ${late} MB in the end`);
    });
  });
});
