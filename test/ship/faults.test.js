'use strict';

// Each row of docs/FAULTS.md names a test that is there.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const text = fs.readFileSync(path.join(root, 'docs/FAULTS.md'), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault '))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

/** Where a test such as `fault/hostile` is. */
const fileOf = (name) =>
  ['.test.js', '.cpp', '', '.mjs']
    .map((ending) => path.join(root, 'test', name + ending))
    .find((file) => fs.existsSync(file) && fs.statSync(file).isFile());

/** The tests of a row: their names, and in brackets the words that some of them are found by. */
const named = (cell) =>
  [...cell.matchAll(/`((?:[\w-]+\/)+[\w.-]+)`(?: \(([^)]*)\))?/g)].map(([, name, words = '']) => ({
    name,
    words: /\*\*long\*\*/.test(words) ? '' : words,
  }));

describe('docs/FAULTS.md', () => {
  it('names tests that there are', () => {
    const wrong = rows.flatMap(([, fault, , tests]) =>
      named(tests)
        .filter(
          ({ name, words }) =>
            !fileOf(name)?.length || !fs.readFileSync(fileOf(name), 'utf8').includes(words),
        )
        .map(({ name, words }) => `${fault}: ${name} ${words}`),
    );
    assert.ok(rows.length > 70);
    assert.deepEqual(wrong, []);
  });

  it('has no fault without a test, unless it says why', () => {
    const bare = rows.filter(
      ([, , what, tests]) =>
        named(tests).length === 0 &&
        !/\*\*(soak|fuzz|sim|chaos|cancels)\*\*/.test(tests) &&
        !/cannot be had|by design/.test(what + tests),
    );
    assert.deepEqual(bare, []);
  });
});
