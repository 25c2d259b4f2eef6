'use strict';

// The picture at the top of the README is drawn from the recorded run that lies beside it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '../../docs/images');

describe('the picture of a failover', () => {
  it('shows the recorded run', async () => {
    const { draw } = await import('../../scripts/failover-picture.mjs');
    const run = JSON.parse(fs.readFileSync(path.join(folder, 'failover.json'), 'utf8'));
    for (const [name, content] of Object.entries(draw(run))) {
      assert.equal(fs.readFileSync(path.join(folder, name), 'utf8'), content, name);
    }
    const shown = run.writes.reduce((sum, count) => sum + count, 0);
    assert.equal(shown, run.acknowledged);
    assert.deepEqual([run.lost, run.doubled], [0, 0]);
  });
});
