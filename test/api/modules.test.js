'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const { options } = require('../support/cluster.js');

const root = path.join(__dirname, '../..');

/** Runs a program in the package's own folder, so that it finds the package by its name. */
async function run(args) {
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { ...process.env, OPTIONS: JSON.stringify(options()) },
  });
  return stdout;
}

describe('the module', function () {
  this.timeout(60_000);
  this.slow(20_000);

  it('has the same classes for import and require', async () => {
    const output = await run([
      '--input-type=module',
      '-e',
      `import * as imported from 'hyperiondb-client';
       import { createRequire } from 'node:module';
       const required = createRequire(process.cwd() + '/x.js')('hyperiondb-client');
       const names = Object.keys(required);
       const pool = imported.createPool(JSON.parse(process.env.OPTIONS));
       const error = await pool.query('select nonsense').catch((e) => e);
       console.log(names.every((name) => imported[name] === required[name]), pool instanceof required.Pool,
         error instanceof required.ServerError, error instanceof imported.HyperionError);
       await pool.end();`,
    ]);
    assert.equal(output, 'true true true true\n');
  });

  it('has named imports', async () => {
    const output = await run([
      '--input-type=module',
      '-e',
      `import { createPool, Pool, Transaction, InDoubtError } from 'hyperiondb-client';
       console.log(typeof createPool, typeof Pool, typeof Transaction, typeof InDoubtError);`,
    ]);
    assert.equal(output, 'function function function function\n');
  });

  it('tells its version', () => {
    const { version } = require('hyperiondb-client/package.json');
    assert.match(version, /^\d+\.\d+\.\d+/);
  });

  it('shows nothing else of itself', async () => {
    assert.throws(() => require('hyperiondb-client/lib/pool.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
    const names = Object.keys(require('hyperiondb-client')).filter((name) => !name.endsWith('Error'));
    assert.deepEqual(names.sort(), ['Pool', 'Transaction', 'createPool', 'quoteIdentifier', 'sql']);
  });

  it('works with `await using`', async () => {
    // Inside the package, so that it finds it by its name.
    const folder = fs.mkdtempSync(path.join(root, 'build', 'await-using-'));
    try {
      fs.writeFileSync(
        path.join(folder, 'app.mts'),
        `import { createPool } from 'hyperiondb-client';
         await using pool = createPool(JSON.parse(process.env['OPTIONS']!));
         let isOpen: () => boolean;
         {
           await using tx = await pool.begin();
           isOpen = () => tx.isOpen();
           console.log((await tx.query<{ x: number }>('select 1 as x'))[0]?.x);
         }
         console.log(isOpen());`,
      );
      await run([
        path.join(root, 'node_modules/typescript/bin/tsc'),
        ...['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'],
        ...['--types', 'node', path.join(folder, 'app.mts')],
      ]);
      assert.equal(await run([path.join(folder, 'app.mjs')]), '1\nfalse\n');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
