'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { findPostgres } = require('../../lib/testing');

const root = path.join(__dirname, '../..');

/**
 * Runs a program as a user would, with nobody at the terminal.
 * @param {string[]} args
 * @returns {Promise<{ code: number | string | null, output: string }>} the exit code, or the signal that ended it
 */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: signal ?? code, output }));
  });
}

/** @param {string} output @param {RegExp} pattern */
function number(output, pattern) {
  const found = output.match(pattern);
  assert.ok(found, `${pattern} is missing in\n${output}`);
  return Number(found[1].replaceAll(',', ''));
}

/** @param {string} name a compiler among the dependencies @param {string[]} more */
const compile = (name, more = []) =>
  run([path.join(root, 'node_modules', name, 'bin/tsc'), '--pretty', 'false', '-p', 'examples', ...more]);

describe('the examples', function () {
  this.timeout(90_000);
  this.slow(40_000);
  before(function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
  });

  const survives = ({ code, output }) => {
    assert.equal(code, 0, output);
    assert.ok(number(output, /(\d+) writes acknowledged/) > 600, output);
    assert.match(output, /^0 lost, 0 doubled, 0 errors$/m);
    assert.match(output, /^SIGKILL for /m);
    assert.match(output, /^a fence around /m);
  };

  it('an application in CommonJS survives a killed and a fenced primary', async () => {
    survives(await run(['examples/failover.cjs']));
  });

  it('so does one in TypeScript, with transactions, compiled strictly against the typings', async () => {
    assert.deepEqual(await compile('typescript'), { code: 0, output: '' });
    survives(await run(['build/examples/failover.mjs']));
  });

  it('the newest compiler takes it, too', async () => {
    assert.deepEqual(await compile('typescript-7', ['--noEmit']), { code: 0, output: '' });
  });

  it('so does one with a pool for writes beside a pool for reads', async () => {
    const result = await run(['examples/two-pools.cjs']);
    survives(result);
    const reads = [...result.output.matchAll(/^(\d+) reads from port/gm)].map(([, count]) => Number(count));
    assert.ok(reads.length >= 2, result.output);
  });

  it('the demo ends with its books in order', async () => {
    const { code, output } = await run(['examples/demo.js', '--plain']);
    assert.equal(code, 0, output);
    assert.ok(number(output, /([\d,]+) {2}writes acknowledged/) > 600, output);
    assert.equal(number(output, /(\d+) {2}of them lost/), 0);
    assert.equal(number(output, /(\d+) {2}writes doubled/), 0);
    assert.equal(number(output, /(\d+) {2}other errors/), 0);
    const inDoubt = number(output, /(\d+) {2}writes in doubt/);
    assert.equal([...output.matchAll(/^ +\d+-\d+ was (not )?stored$/gm)].length, inDoubt);
    assert.equal([...output.matchAll(/ms {2}without an acknowledged write after the/g)].length, 2);
  });
});
