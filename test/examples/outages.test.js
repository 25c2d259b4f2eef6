'use strict';

// What `npm run bench:failover` measured is what is shown: the picture, the table, and the lines of it in the README.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

describe('the failovers that were measured', () => {
  const result = JSON.parse(read('bench/results/failover.json'));
  let report;
  before(async () => (report = await import('../../bench/failover-report.mjs')));

  it('are all that there are, and no write was lost or stored twice', () => {
    for (const fault of report.FAULT_NAMES) {
      assert.deepEqual(Object.keys(result.runs[fault]), Object.keys(report.CLIENTS), fault);
      const { lost, doubled, gapMs, unsettled } = result.runs[fault].ours;
      assert.deepEqual({ lost, doubled, unsettled }, { lost: 0, doubled: 0, unsettled: 0 }, fault);
      assert.notEqual(gapMs, null, fault);
    }
  });

  it('are drawn and listed as they are', () => {
    assert.equal(read('docs/images/outages.svg'), report.picture(result));
    assert.ok(
      read('docs/COMPARISON.md').includes(
        `<!-- outages:begin -->\n${report.table(result)}<!-- outages:end -->`,
      ),
    );
  });

  it('are in the README, without a word more', () => {
    const titles = { 'this client': 'ours', '`postgres`': 'postgres', '`pg`, PgBouncer, HAProxy': 'proxied' };
    const [, head, ...lines] = /^(\| without a write .*)\n\|[-|]+\n((?:\|.*\n)+)/m.exec(read('README.md'));
    assert.deepEqual(
      head
        .split('|')
        .map((cell) => cell.trim())
        .slice(2, -1),
      report.FAULT_NAMES,
    );
    for (const line of lines[0].trim().split('\n')) {
      const [title, ...cells] = line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1);
      const runs = report.FAULT_NAMES.map((fault) => result.runs[fault][titles[title]]);
      assert.deepEqual(
        cells,
        runs.map((run) => report.pauseOf(run, result.seconds)),
        title,
      );
    }
  });
});
