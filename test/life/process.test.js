'use strict';

const assert = require('node:assert/strict');
const { startServer, stopServer, sessions, run } = require('./support/child.js');
const { until } = require('../../lib/testing');

describe('a process that ends', function () {
  this.slow(5_000);
  before(startServer);
  after(stopServer);
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

  it('need not end its pools, nor stop listening', async () => {
    const { code, signal, output, ms } = await run('idle.js');
    assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: 'answer 42\n' });
    assert.ok(ms < 5_000, `it took ${ms} ms`);
  });

  it('lets go of what its garbage collector finds', async () => {
    const { code, signal, output } = await run('garbage.js', { node: ['--expose-gc', '--no-warnings'] });
    assert.deepEqual(
      { code, signal, output },
      {
        code: 0,
        signal: null,
        output:
          'pools closed\na call keeps its pool\ntransaction rolled back\nwarned once\n' +
          'HyperionWarning HYPERIONDB_FORGOTTEN_TRANSACTION true true\nended in other ways\n1\n',
      },
    );
  });
});
