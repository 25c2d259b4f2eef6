'use strict';

// The programs behind `npm run` and the bins: on a fresh clone they begin without an addon, and who asks how one is used,
// or mistypes a word, starts nothing.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
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

describe('a program that nobody reads on, as in `… | head`', () => {
  it('ends without a word', async () => {
    const [tools, demo] = ['tools', 'demo'].map((name) => pathToFileURL(`${root}/scripts/${name}.mjs`).href);
    const program = `
      import { commandLine, sleep } from ${JSON.stringify(tools)};
      commandLine(${JSON.stringify(demo)});
      for (;;) { console.log('on and on'); await sleep(1); }`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    child.stdout.once('data', () => child.stdout.destroy());
    assert.deepEqual([...(await once(child, 'close')), said], [0, null, '']);
  });
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

describe('a package manager that is busy', () => {
  let apt;
  before(async () => ({ apt } = await import('../../scripts/apt.mjs')));
  const busy = () =>
    Object.assign(new Error('failed'), {
      output:
        'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)\n',
    });

  it('is waited for', async () => {
    const asked = [];
    const run = async (...call) => {
      asked.push(call[1]);
      if (asked.length < 4) throw busy();
    };
    await apt(['install', '-y', 'tmux'], { run, pauseMs: 1 });
    assert.deepEqual(asked, Array(4).fill(['install', '-y', 'tmux']));
  });

  it('is named when it does not end, and no other failure is repeated', async () => {
    const fails = (error) =>
      apt(['update'], { run: () => Promise.reject(error), pauseMs: 1, patienceMs: -1 });
    await assert.rejects(fails(busy()), /^Error: process 4711 \(unattended-upgr\) has kept/);
    const other = Object.assign(new Error('no such package'), { output: 'E: Unable to locate package x' });
    await assert.rejects(fails(other), other);
  });
});

describe('a talkative program', () => {
  let tools;
  before(async () => (tools = await import('../../scripts/tools.mjs')));

  it('is told of by the last of its lines that says something', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-scripts-'));
    const heard = path.join(folder, 'heard');
    const program = `
      console.log('fetching\\nnpm warn EBADENGINE }\\n}');
      setInterval(() => require('fs').existsSync(${JSON.stringify(heard)}) && process.exit(), 10);`;
    const { log } = console;
    const lines = [];
    console.log = (line) => {
      lines.push(line);
      if (line.includes('fetching')) fs.writeFileSync(heard, '');
    };
    try {
      await tools.runQuietly(process.execPath, ['-e', program], { everyMs: 10 });
    } finally {
      console.log = log;
      fs.rmSync(folder, { recursive: true });
    }
    assert.match(lines.at(-1), /^ {2}… \d+\.\d s fetching$/);
  });

  it('says what it printed when it fails', async () => {
    const failing = tools.runQuietly(process.execPath, ['-e', "console.log('all of it'); process.exit(3)"], {
      hint: 'What to do.',
      isSilent: () => true,
    });
    await assert.rejects(failing, {
      message: /failed \(exit code 3\)\. What to do\.$/,
      output: 'all of it\n',
    });
  });
});
