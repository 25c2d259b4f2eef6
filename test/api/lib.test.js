'use strict';

// Facts that are stated in two places.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const root = path.join(__dirname, '../..');

describe('the package', () => {
  it('exports the same by import and by require', async () => {
    const required = require('../../lib');
    const { default: _, ...imported } = await import(
      pathToFileURL(path.join(root, 'generated/index.mjs')).href
    );
    assert.deepEqual({ ...imported }, required);
  });

  it('exports a class for each error that it declares', () => {
    const exported = require('../../lib');
    const typings = fs.readFileSync(path.join(root, 'generated/index.d.ts'), 'utf8');
    const declared = [...typings.matchAll(/^export declare class (\w+) extends (\w+)/gm)];
    assert.ok(declared.length > 10, 'the typings declare classes of errors');
    for (const [, name, parent] of declared) {
      assert.equal(typeof exported[name], 'function', name);
      assert.equal(exported[name].name, name);
      assert.ok(
        exported[name].prototype instanceof (exported[parent] ?? globalThis[parent]),
        `${name} extends ${parent}`,
      );
    }
  });
});
