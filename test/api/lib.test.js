'use strict';

// What has to be the same in two places.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { names } = require('../../lib/events.js');
const { defaults, acquireTimeoutMs } = require('../../lib/retry.js');
const surface = require('../../generated/surface.json');

const root = path.join(__dirname, '../..');

describe('the package', () => {
  it('exports the same by import and by require', async () => {
    const required = require('../../lib');
    const { default: _, ...imported } = await import(pathToFileURL(path.join(root, 'lib/index.mjs')).href);
    assert.deepEqual({ ...imported }, required);
  });

  it('exports a class for each error that it declares', () => {
    const exported = require('../../lib');
    for (const [name, { is }] of Object.entries(surface)) {
      const parent = is.find((text) => text.startsWith('extends '))?.slice('extends '.length);
      if (!parent) continue;
      assert.equal(typeof exported[name], 'function', name);
      assert.equal(exported[name].name, name);
      assert.ok(
        exported[name].prototype instanceof (exported[parent] ?? globalThis[parent]),
        `${name} extends ${parent}`,
      );
    }
  });

  it('tells the events that PoolEvents declares', () => {
    const typings = fs.readFileSync(path.join(root, 'generated/index.d.ts'), 'utf8');
    const [, declared] = /interface PoolEvents {([^}]*)}/.exec(typings);
    assert.deepEqual(
      names,
      [...declared.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name),
    );
  });

  it('runs transactions again as often as RetryOptions says', () => {
    for (const [name, value] of Object.entries(defaults)) {
      assert.ok(surface[`RetryOptions.${name}`].is.includes(`default ${value}`), name);
    }
    assert.ok(surface['PoolOptions.acquireTimeoutMs'].is.includes(`default ${acquireTimeoutMs}`));
  });
});
