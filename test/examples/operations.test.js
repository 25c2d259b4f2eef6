'use strict';

/* docs/OPERATIONS.md and the dashboard speak of what there is, and of all of it. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { metrics } = require('../../lib/metrics.js');

const root = path.join(__dirname, '../..');
const read = (...names) => fs.readFileSync(path.join(root, ...names), 'utf8');

/** Every name that a scrape shows. */
const shown = new Set(
  metrics.flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
  ),
);
const named = (text) => new Set(text.match(/\bhyperiondb_[a-z_]+\b/g));

describe('docs/OPERATIONS.md', () => {
  const text = read('docs', 'OPERATIONS.md');

  it('lists every metric with its type, and no other', () => {
    const listed = [...text.matchAll(/^\| `(hyperiondb_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    assert.deepEqual(new Map(listed), new Map(metrics.map(({ name, type }) => [name, type])));
    const bare = new Set(metrics.map(({ name }) => name));
    for (const name of named(text)) assert.ok(shown.has(name) || bare.has(name), name);
  });

  it('has a runbook entry for every event and every warning, and for no other', () => {
    const [, body] = read('generated', 'index.d.ts').match(/interface PoolEvents \{([\s\S]*?)\n\}/);
    const events = [...body.matchAll(/^ {2}(\w+): \w+;/gm)].map(([, name]) => name);
    const warnings = fs
      .readdirSync(path.join(root, 'lib'))
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) =>
        [...read('lib', name).matchAll(/code: '(HYPERIONDB_\w+)'/g)].map(([, code]) => code),
      );
    assert.ok(events.length > 5 && warnings.length > 2);
    const runbook = text.slice(text.indexOf('## Runbook'), text.indexOf('## From a terminal'));
    const entries = [...runbook.matchAll(/^### `(\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(new Set(entries), new Set([...events, ...warnings]));
  });

  it('names only channels that there are, and its links lead somewhere', () => {
    const channels = new Set(read('lib', 'channels.js').match(/hyperiondb:[a-z:]+/g));
    assert.deepEqual(new Set(text.match(/hyperiondb:[a-z:]+[a-z]/g)), channels);
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor] of text.matchAll(/\]\(#([\w-]+)\)/g)) assert.ok(anchors.includes(anchor), anchor);
    for (const [, file] of text.matchAll(/\]\(([\w.-]+)\)/g))
      assert.ok(fs.existsSync(path.join(root, 'docs', file)), file);
  });
});

describe('docs/grafana-dashboard.json', () => {
  const dashboard = JSON.parse(read('docs', 'grafana-dashboard.json'));
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  it('asks only for metrics that there are, and shows all of them', () => {
    const asked = named([...expressions, dashboard.templating.list[1].query].join('\n'));
    for (const name of asked) assert.ok(shown.has(name), name);
    for (const { name, type } of metrics) {
      const isShown = [...asked].some((one) =>
        type === 'histogram' ? one.startsWith(`${name}_`) : one === name,
      );
      assert.ok(isShown, `${name} is on no panel`);
    }
  });

  it('has panels that do not overlap, each with a title and balanced expressions', () => {
    const cells = new Set();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !cells.has(`${x},${y}`), `${title} at ${x},${y}`);
          cells.add(`${x},${y}`);
        }
      }
    }
    for (const expr of expressions) {
      for (const [open, close] of ['()', '{}', '[]'])
        assert.equal(expr.split(open).length, expr.split(close).length, expr);
    }
  });
});
