'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const { startCluster } = require('../../lib/testing');
const { LONG, needsPostgres } = require('../support/rig');

// Half of them are in a hurry: their time passes before the primary is back.
const [count, timeoutMs] = LONG ? [1_000_000, 60_000] : [20_000, 4_000];

describe('requests that wait while the primary is away', function () {
  this.timeout(15 * 60_000);
  this.slow(60_000);
  let cluster, child;
  before(needsPostgres);
  before(async () => {
    cluster = await startCluster({ nodes: 1 });
  });
  after(async () => {
    child?.kill('SIGKILL');
    await cluster?.stop();
  });

  const size = LONG ? ', with less than a kilobyte each besides the promise' : '';
  it(`are settled by their deadlines or served in turn, ${count} of them${size}`, async () => {
    child = fork(path.join(__dirname, 'support/million.js'), [String(count), String(timeoutMs)], {
      execArgv: ['--expose-gc', '--max-old-space-size=4096'],
      env: {
        ...process.env,
        LIFE_OPTIONS: JSON.stringify(cluster.connectionOptions({ applicationName: 'life' })),
      },
    });
    const ended = once(child, 'exit');
    const message = async () => {
      const [heard] = await Promise.race([
        once(child, 'message'),
        ended.then(([code, signal]) => assert.fail(`it ended with ${signal ?? code}`)),
      ]);
      return heard;
    };
    assert.equal(await message(), 'ready');
    await cluster.primary.kill();
    child.send('gone');

    const { ofJs, all } = await message();
    // With fewer of them, what the process takes for itself would count.
    if (LONG) assert.ok(all - ofJs < 1_000, `${all - ofJs} bytes each besides the promise`);

    const { timedOut } = await message();
    assert.equal(timedOut, Math.floor(count / 2));

    await cluster.primary.start();
    child.send('back');
    assert.deepEqual(await message(), {
      answered: Math.ceil(count / 2),
      isFifo: true,
      outcomes: ['TimeoutError'],
    });
    assert.deepEqual(await ended, [0, null]);
  });
});
