'use strict';

// One build of the addon in every runtime that is supported. The runtimes come from scripts/runtimes.mjs.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '../../.cache/runtimes/node_modules');
const smoke = path.join(__dirname, 'smoke.cjs');

const RUNTIMES = [
  { name: 'Node 20', program: 'node-20/bin/node' },
  { name: 'Node 22', program: 'node-22/bin/node' },
  { name: 'Node 24', program: 'node-24/bin/node' },
  { name: 'Node 26', program: 'node-26/bin/node' },
  { name: 'Bun', program: 'bun/bin/bun' },
  { name: 'Deno', program: 'deno/deno', args: ['run', '--quiet', '--allow-all', '--no-lock'] },
];

const EXPECTED = {
  row: { number: 42, text: 'grüße', list: [1, 2], nothing: null, bytes: [0, 255] },
  failure: { code: '22012', isError: true },
  total: 8,
  many: true,
  inWorker: 8,
  sameModule: true,
  afterWorker: 8,
};

function run(program, args) {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
    execFile(program, args, { env, timeout: 30_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.signal ?? error.code) : 0, stdout, stderr });
    });
  });
}

describe('the same addon', () => {
  let cluster;
  let options;

  before(async function () {
    this.timeout(60_000);
    if (process.env.HYPERION_HOST) {
      const { HYPERION_HOST, HYPERION_PORT, HYPERION_USER, HYPERION_PASSWORD, HYPERION_DB } = process.env;
      options = {
        hosts: [HYPERION_PORT ? `${HYPERION_HOST}:${HYPERION_PORT}` : HYPERION_HOST],
        user: HYPERION_USER,
        password: HYPERION_PASSWORD,
        database: HYPERION_DB,
      };
    } else {
      const { startCluster } = require('../../lib/testing');
      cluster = await startCluster({ nodes: 1 });
      options = cluster.connectionOptions();
    }
  });

  after(async function () {
    this.timeout(30_000);
    await cluster?.stop();
  });

  for (const { name, program, args = [] } of RUNTIMES) {
    it(`asks a server in ${name}, in its workers too, and lets it end`, async function () {
      this.timeout(40_000);
      const file = path.join(folder, program);
      if (!fs.existsSync(file)) {
        assert.ok(
          process.platform !== 'linux' || process.arch !== 'x64',
          `${file} is missing: node scripts/runtimes.mjs`,
        );
        this.skip('there is no such runtime for this platform');
      }
      const { code, stdout, stderr } = await run(file, [...args, smoke, JSON.stringify(options)]);
      assert.equal(code, 0, `${name} ended with ${code}\n${stdout}${stderr}`);
      assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1)), EXPECTED);
    });
  }
});
