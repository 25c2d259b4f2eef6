'use strict';

// The documents for users are true: their JavaScript runs, their TypeScript compiles, and so does the result of each diff.
// The quick start of the README runs command by command.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { startCluster, findPostgres } = require('../../lib/testing');

const root = path.join(__dirname, '../..');
const SCHEMA = `
  create table accounts (id int generated always as identity, owner text unique, balance int not null);
  create table audit (id text unique, note text);
  insert into accounts (owner, balance) values ('ann', 1000), ('bob', 0);
  grant all on all tables in schema public to public`;

const DOCUMENTS = [
  'README.md',
  ...['CONNECTING', 'ERRORS', 'MIGRATING', 'QUERIES', 'TRANSACTIONS', 'TYPES'].map(
    (name) => `docs/${name}.md`,
  ),
];
const QUICK_START = /<!-- quick-start:begin -->\n(.*?)<!-- quick-start:end -->/s;

/** The new state of a file. */
const applied = (diff) =>
  diff
    .split('\n')
    .filter((line) => !line.startsWith('-'))
    .map((line) => line.slice(1))
    .join('\n');

/** @returns {{ document: string, language: string, code: string, line: number }[]} */
function snippets() {
  return DOCUMENTS.flatMap((document) => {
    const text = fs
      .readFileSync(path.join(root, document), 'utf8')
      .replace(QUICK_START, (block) => block.replaceAll(/[^\n]/g, '')); // it has a test of its own
    return [...text.matchAll(/^```(js|ts|diff)\n(.*?)^```$/gms)].map((match) => ({
      document,
      language: match[1] === 'diff' ? 'js' : match[1],
      code: match[1] === 'diff' ? applied(match[2]) : match[2],
      line: text.slice(0, match.index).split('\n').length + 1,
    }));
  });
}

/** What a reader has from the snippets before. */
const preamble = (code) =>
  /\bcreatePool\b/.test(code)
    ? ''
    : "import { createPool } from 'hyperiondb-client'; const pool = createPool({ hosts: ['10.0.0.1'] });\n";
const ending = (code) => (/\bpool\.end\(\)/.test(code) ? '' : '\nawait pool.end();\n');

describe('the documents for users', function () {
  this.timeout(60_000);
  this.slow(20_000);

  /** @type {import('../../lib/testing').Cluster} */
  let cluster;
  let folder;
  before(async function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    cluster = await startCluster({ nodes: 2, sql: SCHEMA });
    // Inside the package, so that it is found by its name.
    folder = fs.mkdtempSync(path.join(root, 'build', 'readme-'));
    // As the package, but the hosts of the README are ours.
    fs.writeFileSync(
      path.join(folder, 'client.mjs'),
      `import { createPool as create } from 'hyperiondb-client';
       export * from 'hyperiondb-client';
       export function createPool(...args) {
         const given = create(...args);
         given.end();
         const last = args.at(-1);
         const isHere = String(JSON.stringify(last)).includes('127.0.0.1');
         return create(isHere ? last : { ...(typeof last === 'object' && last), ...JSON.parse(process.env.OPTIONS) });
       }`,
    );
  });
  after(async () => {
    if (folder) fs.rmSync(folder, { recursive: true });
    await cluster?.stop();
  });

  const run = (args) =>
    promisify(execFile)(process.execPath, args, {
      cwd: root,
      env: { ...process.env, OPTIONS: JSON.stringify(cluster.connectionOptions()) },
    });

  for (const { document, language, code, line } of snippets()) {
    if (language !== 'js') continue;
    it(`have code that runs: ${document}:${line} ${code.split('\n')[0]}`, async () => {
      const file = path.join(folder, `${path.basename(document)}-${line}.mjs`);
      const text = `${preamble(code)}${code}${ending(code)}`;
      fs.writeFileSync(file, text.replaceAll("from 'hyperiondb-client'", "from './client.mjs'"));
      const { stdout, stderr } = await run([file]);
      assert.equal(stderr, '');
      const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ ([[{].*|\d.*)$/gm)].map(
        ([, text]) => text,
      );
      // What a comment says is printed is printed, but for the names that stand for values.
      for (const text of promised) {
        if (/maxSize/.test(text)) assert.match(stdout, /maxSize: \d+/);
        else
          assert.ok(stdout.includes(text.replaceAll("'", '')) || stdout.includes(text), `${text}\n${stdout}`);
      }
    });
  }

  it('have code that compiles as strict TypeScript', async () => {
    // JavaScript, too: what it says has to pass the typings, as an application's editor sees it.
    const files = snippets()
      .filter(({ language }) => ['js', 'ts'].includes(language))
      .map(({ document, code, line }) => {
        const file = path.join(folder, `${path.basename(document)}-${line}.mts`);
        fs.writeFileSync(file, `${preamble(code)}${code}${ending(code)}`);
        return file;
      });
    assert.ok(files.length > 0);
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    await run([tsc, ...options, ...files]).catch((error) => assert.fail(error.stdout));
  });
});
