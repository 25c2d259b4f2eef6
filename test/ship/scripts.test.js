'use strict';

// The programs behind `npm run` begin on a fresh clone: what they import before they have built the addon does without.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { pathToFileURL } = require('node:url');
const { scripts } = require('../../package.json');

const root = path.join(__dirname, '../..');

describe('the programs behind npm run', function () {
  this.timeout(60_000);

  const programs = new Set(Object.values(scripts).map((line) => line.match(/[\w/-]+\.mjs/)?.[0]));
  programs.delete(undefined);
  for (const program of programs) {
    it(`${program} begins without an addon`, () => {
      const text = fs.readFileSync(path.join(root, program), 'utf8');
      const imported = [...text.matchAll(/^(?:import|\}) .*from '(\.[^']+)';$/gm)].map(
        ([, file]) => pathToFileURL(path.resolve(root, path.dirname(program), file)).href,
      );
      assert.ok(imported.length > 0, 'its imports were found');
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', imported.map((url) => `import ${JSON.stringify(url)};`).join('\n')],
        { env: { ...process.env, HYPERIONDB_NATIVE: path.join(root, 'no such addon') }, encoding: 'utf8' },
      );
      assert.equal(status, 0, stderr);
    });
  }
});
