'use strict';

// The programs behind `npm run` and the bins: on a fresh clone they begin without an addon, and who asks how one is used,
// or mistypes a word, starts nothing.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { pathToFileURL } = require('node:url');
const { bin, scripts } = require('../../package.json');

const root = path.join(__dirname, '../..');
const NO_WORK = path.join(root, 'test/support/no_work.cjs');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const env = { ...process.env, HYPERIONDB_NATIVE: path.join(root, 'no such addon') };

const behindNpm = new Set(Object.values(scripts).map((line) => line.match(/[\w/-]+\.mjs/)?.[0]));
behindNpm.delete(undefined);

/** Every program of ours, found by what it does: it runs when it is started. */
const programs = ['scripts', 'bench', 'test/chaos', 'test/cancels', 'test/soak', 'test/site']
  .flatMap((folder) => fs.readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`))
  .filter(
    (file) =>
      file.endsWith('.mjs') && /^(await |if \(.*await |if \(isMain|const child = spawn)/m.test(read(file)),
  );

describe('the programs behind npm run', function () {
  this.timeout(60_000);

  for (const program of behindNpm) {
    it(`${program} begins without an addon`, () => {
      const imported = [...read(program).matchAll(/^(?:import|\}) .*from '(\.[^']+)';$/gm)].map(
        ([, file]) => pathToFileURL(path.resolve(root, path.dirname(program), file)).href,
      );
      assert.ok(imported.length > 0, 'its imports were found');
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', imported.map((url) => `import ${JSON.stringify(url)};`).join('\n')],
        { env, encoding: 'utf8' },
      );
      assert.equal(status, 0, stderr);
    });
  }

  it('are all looked at below', () => {
    for (const program of behindNpm) assert.ok(programs.includes(program), program);
  });

  const start = (file, ...words) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', NO_WORK, path.join(root, file), ...words],
      { env, encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  };
  for (const file of new Set([...programs, ...Object.values(bin)])) {
    it(`${file} says how it is used, and starts nothing for a word that it does not know`, () => {
      for (const word of ['--help', '-h']) {
        const { status, stdout, stderr } = start(file, word);
        assert.deepEqual([status, stderr], [0, ''], `${word}: ${stderr}`);
        assert.ok(stdout.includes(file.startsWith('bin/') ? 'Usage' : path.basename(file)), stdout);
      }
      // The words of these are files.
      for (const word of /(valgrind|gate|tidy)\.mjs$/.test(file)
        ? ['--nonsense']
        : ['--nonsense', 'nonsense']) {
        const { status, stdout, stderr } = start(file, word);
        assert.deepEqual([status, stdout], [2, ''], `${word}: ${stdout}${stderr}`);
        assert.match(stderr, /nonsense/);
      }
    });
  }
});

describe('the sum of npm test', () => {
  let sum;
  before(async () => (sum = await import('../../scripts/test-sum.mjs')));

  it('counts the skips of each reason', () => {
    const lines = sum.skipLines([
      { why: 'no openssl', suite: 'test clusters' },
      { why: 'no libpq 17', suite: 'public API' },
      { why: 'no libpq 17', suite: 'faults' },
    ]);
    assert.deepEqual(lines, [
      '    2 skipped: no libpq 17 (public API, faults)',
      '    1 skipped: no openssl (test clusters)',
    ]);
  });

  it('names the command that runs a failure again, as a shell reads it', () => {
    const title = "a pool's life (long) ends";
    assert.equal(
      sum.commandFor({ title, suite: 'api', isTest: true }, ['--preset', 'tsan']),
      `npm test -- --only api --grep 'a pool'\\''s life \\(long\\) ends' --preset tsan`,
    );
    assert.equal(sum.commandFor({ title: 'node x', suite: 'arch' }), 'npm test -- --only arch');
    assert.equal(sum.commandFor({ title: 'setup' }), 'npm test');
    const words = spawnSync(
      'sh',
      ['-c', `printf '%s\\n' ${sum.commandFor({ title, suite: 'api', isTest: true })}`],
      {
        encoding: 'utf8',
      },
    ).stdout.split('\n');
    assert.ok(new RegExp(words[6]).test(title), words.join('|'));
  });
});
