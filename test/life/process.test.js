'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { startServer, stopServer, sessions, run } = require('./support/child.js');
const { until } = require('../../lib/testing');

describe('a process that ends', function () {
  this.slow(5_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'life-'));
  before(startServer);
  after(stopServer);
  after(() => fs.rmSync(folder, { recursive: true }));
  afterEach(() =>
    until(async () => (await sessions()) === 0, { timeoutMs: 10_000, what: 'the end of all sessions' }),
  );

  for (const way of ['exit', 'exit-at-once', 'exit-in-reaction', 'exit-in-parser']) {
    it(`does so with its own code and statements in flight: ${way}`, async () => {
      const { code, signal, output } = await run('exit.js', { args: [way] });
      assert.deepEqual({ code, signal, output }, { code: 7, signal: null, output: '' });
    });
  }

  it('by an exception shows that one', async () => {
    const { code, signal, output } = await run('exit.js', { args: ['throw'] });
    assert.deepEqual({ code, signal }, { code: 1, signal: null });
    assert.match(output, /Error: on purpose/);
  });

  it('by a signal ends at once, or after what it does about it', async () => {
    const kill = (child) => child.stdout.once('data', () => child.kill('SIGTERM'));
    const plain = await run('signal.js', { onStart: kill });
    assert.deepEqual([plain.code, plain.signal], [null, 'SIGTERM']);
    const graceful = await run('signal.js', { args: ['graceful'], onStart: kill });
    assert.deepEqual(
      { code: graceful.code, signal: graceful.signal, output: graceful.output },
      { code: 3, signal: null, output: 'busy\nended\n' },
    );
  });

  it('runs with 64 descriptors: what there is no room for waits, and then it works again', async () => {
    const { code, signal, output } = await run('descriptors.js', { files: 64 });
    assert.deepEqual(
      { code, signal, output },
      {
        code: 0,
        signal: null,
        output:
          'EMFILE\nConnectError EMFILE\nConnectError EMFILE\ntyped\nand then it works again\nanswered primary\n',
      },
    );
  });

  /** Compiles a library that a child preloads. */
  const shimOf = (source) => {
    const shim = path.join(folder, `${source}.so`);
    execFileSync('cc', ['-shared', '-fPIC', '-o', shim, path.join(__dirname, 'support', source), '-ldl']);
    return shim;
  };

  it('does not mind a wall clock that jumps', async () => {
    const { code, signal, output } = await run('clock.js', {
      env: { LD_PRELOAD: shimOf('clock_shim.c'), CLOCK_SHIM: path.join(folder, 'offset') },
    });
    const turn = '1 2\nTimeoutError true\n';
    assert.deepEqual(
      { code, signal, output },
      {
        code: 0,
        signal: null,
        output: `the clock jumped by 1 h\n${turn}the clock jumped by -2 h\n${turn}the clock jumped by 1 h\n${turn}nothing happened\n`,
      },
    );
  });

  it('does so with its own code while a login is computed for which the server wants half an hour', async () => {
    const { code, signal, output } = await run('slow_login.js', {
      env: { LD_PRELOAD: shimOf('slow_exit_shim.c') },
    });
    assert.deepEqual(
      { code, signal, output },
      {
        code: 7,
        signal: null,
        output: 'others are served 20\nnot-sent\nunreasonable number of SCRAM iterations\n',
      },
    );
  });

  it('has children, none of which gets a socket of it', async () => {
    const { code, signal, output } = await run('cluster_module.js');
    assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: '4 sessions\ntrue\n' });
  });

  it('need not end its pools, nor stop listening', async () => {
    const { code, signal, output } = await run('idle.js');
    assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: 'answer 42\n' });
  });

  it('lets go of what its garbage collector finds', async () => {
    const { code, signal, output } = await run('garbage.js', { node: ['--expose-gc', '--no-warnings'] });
    assert.deepEqual(
      { code, signal, output },
      {
        code: 0,
        signal: null,
        output:
          'pools closed\npools closed that their own options know\na call keeps its pool\ntransaction rolled back\nwarned once\n' +
          'HyperionWarning HYPERIONDB_FORGOTTEN_TRANSACTION true true\nended in other ways\n1\n',
      },
    );
  });
});
