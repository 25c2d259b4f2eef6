'use strict';

/* Each allocation and each call of libpq fails once. Our own code ends the process when memory is out, by design. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawn } = require('node:child_process');
const { LONG, SANITIZED, startServer, needsPostgres } = require('../support/rig');

const password = 'torture';
/** The addon finds libpq as a library of its own, not linked into it, and no sanitizer owns the allocator. */
const isPossible = () => {
  if (process.env.LD_PRELOAD || SANITIZED) return false;
  require('../..');
  return /\/libpq\.so/.test(fs.readFileSync('/proc/self/maps', 'latin1'));
};

describe('libpq that fails', function () {
  this.timeout(LONG ? 1_200_000 : 120_000);
  this.slow(60_000);
  before(needsPostgres);

  let cluster, folder, shim;
  before(async function () {
    if (!isPossible()) this.skip('libpq is linked into this addon, or another allocator is in the process');
    cluster = await startServer({ password, sql: ['create table t (x int)', 'grant all on t to public'] });
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'torture-'));
    shim = path.join(folder, 'shim.so');
    execFileSync('cc', [
      '-O1',
      '-shared',
      '-fPIC',
      '-o',
      shim,
      path.join(__dirname, 'support/torture_shim.c'),
      '-ldl',
    ]);
  });
  after(async () => {
    await cluster?.stop();
    if (folder) fs.rmSync(folder, { recursive: true });
  });

  for (const [what, which, step] of /** @type {[string, number, number][]} */ ([
    ['to allocate', 0, 47],
    ['in a call', 1, 7],
  ])) {
    it(`${what}, ${LONG ? 'each' : 'now and then one'}: every promise settles, the process lives, and it works again`, async () => {
      const control = path.join(folder, `control-${which}`);
      fs.writeFileSync(control, Buffer.alloc(16));
      const child = spawn(
        process.execPath,
        [path.join(__dirname, 'support/torture_child.js'), String(which), String(LONG ? 1 : step)],
        {
          env: {
            ...process.env,
            LD_PRELOAD: shim,
            TORTURE: control,
            TORTURE_SERVER: JSON.stringify({ port: cluster.primary.port, password }),
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (output += chunk));
      const [code, signal] = await new Promise((resolve) => child.on('close', (...ended) => resolve(ended)));
      const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('at '));
      const last = [...output.matchAll(/^at (\d+)$/gm)].at(-1)?.[1];
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, `at ${last}: ${lines.join('\n')}`);
      assert.match(lines.join('\n'), /^played (\d\d+), and then it works again: 1$/);
    });
  }
});
