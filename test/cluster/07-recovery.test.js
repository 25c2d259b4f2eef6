'use strict';

const assert = require('node:assert/strict');
const { openRecoveryRig, distribution } = require('./support/recovery');

const COUNT = process.env.HYPERION_LONG ? 20 : 5;

describe('a new primary that accepts writes', function () {
  this.timeout(COUNT * 30_000);
  let rig;
  let result;
  afterEach(async () => {
    result = await rig?.close();
  });

  it(`gets the writes that wait, ${COUNT} times in a row`, async () => {
    rig = await openRecoveryRig();
    const times = [];
    for (let i = 0; i < COUNT; i += 1) {
      const { ackMs, timeline } = await rig.failover(i % 2 === 0 ? 'kill' : 'fence');
      times.push(ackMs);
      assert.ok(
        timeline.some(({ what, event }) => what === 'event primaryChanged' && event.host !== undefined),
      );
    }
    const { median, max } = distribution(times);
    console.log(
      `      to the first acknowledged write: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms; ` +
        `median ${median.toFixed(0)}, longest ${max.toFixed(0)}`,
    );
    const open = rig;
    rig = undefined;
    result = await open.close();
    assert.equal(result.unsettled, 0);
    assert.deepEqual(
      result.errors.map((error) => `${error.name} ${error.code}: ${error.message}`),
      [],
    );
  });
});
