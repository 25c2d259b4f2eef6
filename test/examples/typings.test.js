'use strict';

// What an editor shows: each method has an example, which compiles; a wrong option gets one message.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');

const root = path.join(__dirname, '../..');
const typings = fs.readFileSync(path.join(root, 'generated/index.d.ts'), 'utf8');

/** The comment and the declaration of each method and function. */
const declarations = [
  ...typings.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\n(?: {2}(?:function )?|export declare function )(\[?[a-z][\w.]*\]?)[<(]/g,
  ),
].map(([, comment, name]) => ({ name, comment }));

/** What tsc says of a program that uses the package. @param {string} text @returns {Promise<string>} */
async function compile(text) {
  const folder = fs.mkdtempSync(path.join(root, 'test/types/.example-')); // the package finds itself by its name
  const file = path.join(folder, 'example.mts');
  fs.writeFileSync(file, `import { createPool, quoteIdentifier, sql } from 'hyperiondb-client';\n${text}`);
  const options = ['--noEmit', '--pretty', 'false', '--strict', '--target', 'es2022', '--module', 'nodenext'];
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  try {
    return await new Promise((resolve) =>
      execFile(process.execPath, [tsc, ...options, '--types', 'node', file], { cwd: root }, (_, stdout) =>
        resolve(stdout),
      ),
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

describe('the typings', function () {
  this.timeout(240_000);

  it('have an example for each method, and it compiles', async () => {
    assert.ok(declarations.length > 20, 'the methods were found');
    const bodies = declarations.map(({ name, comment }) => {
      const [, example] = comment.split('@example\n');
      assert.ok(example, `${name}: no @example`);
      return `async function _${name.replace(/\W/g, '')}_${comment.length}() {\n${example.replace(/^\s*\* ?/gm, '')}\n}`;
    });
    const pool = 'const pool = createPool();\nconst tx = await pool.begin();\n';
    assert.equal(await compile(`${pool}${bodies.join('\n')}`), '');
  });

  it('tell of a wrong option in one message', async () => {
    const wrong = [
      ['createPool({ poolsize: 5 });', /'poolsize'/],
      ["createPool('postgres://h/d', { poolsize: 5 });", /Did you mean to write 'poolSize'/],
      ["createPool().query('select 1', [], { rowmode: 'array' });", /Did you mean to write 'rowMode'/],
    ];
    const told = (await compile(wrong.map(([call]) => call).join('\n'))).trim().split('\n');
    assert.equal(told.length, wrong.length, told.join('\n'));
    for (const [at, [, message]] of wrong.entries()) assert.match(told[at], message);
  });
});
