'use strict';

/* The sources decide on SQLSTATEs in a few places; this test makes sure that each one is covered. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '../..');

describe('every SQLSTATE that the sources decide on', () => {
  /** @param {string} folder @param {RegExp} name */
  const below = (folder, name) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.join(root, folder, file))
      .filter((file) => name.test(file) && file !== __filename)
      .map((file) => fs.readFileSync(file, 'utf8'));
  const all = (texts, pattern) =>
    texts.flatMap((text) => [...text.matchAll(pattern)].map(([, code]) => code));
  // A class and three more; other words in capitals, and most numbers, are no SQLSTATE.
  const CODE = /["'`]((?:[02-5][0-9A-Z]|F0|HV|P0|XX)(?:\d[0-9A-Z]{2}|P\d{2}))["'`:]/g;
  const CLASS = /(?:sqlstate|code)\.starts_with\("([0-9A-Z]{2,4})"\)/g;

  const sources = below('src', /\.[ch]pp$/);
  const tested = new Set(
    all(
      ['api', 'cluster', 'fault'].flatMap((it) => below(`test/${it}`, /\.js$/)),
      CODE,
    ),
  );

  it('is met by a test on a server, or on what plays one', () => {
    const decided = new Set(all(sources, CODE));
    for (const code of ['08P01', '40P01', '0A000', '42883', '25006']) assert.ok(decided.has(code), code);
    assert.deepEqual(
      [...decided].filter((code) => !tested.has(code)),
      [],
    );
  });

  it('and so is every class of them', () => {
    const classes = new Set(all(sources, CLASS));
    for (const start of ['42', '57P']) assert.ok(classes.has(start), start);
    assert.deepEqual(
      [...classes].filter((start) => ![...tested].some((code) => code.startsWith(start))),
      [],
    );
  });
});
