'use strict';

const assert = require('node:assert/strict');
const { startServer, stopServer, sessions, run } = require('./support/child.js');
const { until } = require('../../lib/testing');

describe('a worker that ends', function () {
  const times = process.env.HYPERION_LONG ? 500 : 100;
  this.timeout(10 * 120_000);
  this.slow(60_000);
  before(startServer);
  after(stopServer);

  it(`takes its queries with it, ${times} times, while the main thread goes on`, async () => {
    const { code, signal, output } = await run('terminate.js', {
      args: [String(times), 'with-main'],
      deadlineMs: times * 1_100,
    });
    assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: 'done\n' });
    await until(async () => (await sessions()) === 0, { timeoutMs: 10_000, what: 'the end of all sessions' });
  });

  it('may be the only one that has pools', async () => {
    const { code, signal, output } = await run('terminate.js', { args: ['20'] });
    assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: 'done\n' });
    await until(async () => (await sessions()) === 0, { timeoutMs: 10_000, what: 'the end of all sessions' });
  });

  it('may be stopped inside of a call, wherever that looks at what it is given', async () => {
    const step = process.env.HYPERION_LONG ? 1 : 5;
    const { code, signal, output } = await run('terminate_inside.js', {
      args: [String(step)],
      deadlineMs: 300_000,
    });
    assert.deepEqual({ code, signal, output }, { code: 0, signal: null, output: 'done\n' });
  });

  it('shares nothing with other instances of the package', async () => {
    const { code, signal, output } = await run('instances.js');
    assert.deepEqual(
      { code, signal, output: output.replaceAll('done\n', '') },
      { code: 0, signal: null, output: '' },
    );
  });
});
