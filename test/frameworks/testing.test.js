'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { execute } = require('../support/command');
const { findPostgres } = require('../../lib/testing');

const folder = path.join(__dirname, '../../examples/testing');

describe('a test on a real cluster', function () {
  this.timeout(180_000);
  this.slow(60_000);
  before(function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
  });

  for (const [name, program, ...words] of [
    ['jest', 'jest/bin/jest.js'],
    ['vitest', 'vitest/vitest.mjs', 'run'],
  ]) {
    it(`passes with ${name}, which then ends by itself`, async () => {
      const file = path.join(folder, 'node_modules', program);
      const place = name === 'jest' ? ['--config', path.join(folder, 'package.json')] : ['--root', folder];
      const { code, stdout, stderr } = await execute(process.execPath, [file, ...words, ...place]);
      assert.equal(code, 0, stdout + stderr);
      assert.match((stdout + stderr).replace(/\u001b\[\d+m/g, ''), /Tests:? +1 passed/);
    });
  }
});
