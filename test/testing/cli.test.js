'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const readline = require('node:readline');
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { nearest } = require('../../lib/cli/support/nearest');
const { BIN, execute, hyperiondb } = require('../support/command');
const { MAJOR, needsPostgres } = require('../support/postgres');

describe('npx hyperiondb', function () {
  this.slow(5_000);

  it('lists its verbs, and explains each', async () => {
    assert.match((await hyperiondb('--help')).stdout, /cluster {4}a real PostgreSQL cluster/);
    const { stdout } = await hyperiondb('cluster', '--help');
    for (const word of [
      '--nodes',
      '--synchronous',
      '--failover',
      'kill [node]',
      'switchover',
      'status [--json]',
    ]) {
      assert.ok(stdout.includes(word), word);
    }
  });

  it('is the program of the package, by its own name too', async () => {
    const { name, bin } = require('../../package.json');
    assert.equal(path.join(__dirname, '../..', bin[name]), BIN);
    assert.equal(bin.hyperiondb, bin[name]);
  });

  it('explains itself without the native part', async () => {
    const env = { ...process.env, HYPERIONDB_NATIVE: path.join(__dirname, 'no such addon') };
    for (const words of [
      ['--help'],
      ...['status', 'doctor', 'top', 'cluster'].map((verb) => [verb, '--help']),
    ]) {
      const { code, stdout, stderr } = await execute(process.execPath, [BIN, ...words], env);
      assert.deepEqual([code, stderr], [0, ''], words.join(' '));
      assert.match(stdout, /^Usage: hyperiondb-client/);
    }
    const { code, stderr } = await execute(process.execPath, [BIN, 'status'], env);
    assert.equal(code, 1);
    assert.match(stderr, /The native part of hyperiondb-client could not be loaded/);
  });

  it('ends in silence when nobody reads on', async () => {
    const child = spawn(process.execPath, [BIN, 'cluster', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    const [code] = await once(child, 'close');
    assert.deepEqual([code, said], [0, '']);
  });

  it('suggests the verb that was probably meant', async () => {
    const wrong = await hyperiondb('clutser');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /unknown verb "clutser"\. Did you mean "cluster"\?/);
    assert.match((await hyperiondb('cluster', 'swichover')).stderr, /Did you mean "switchover"\?/);
    assert.equal((await hyperiondb('cluster', '--nods', '3')).code, 2);
    assert.match((await hyperiondb('cluster', '--nodes', 'many')).stderr, /--nodes: expected a number/);
    assert.equal(nearest('prom', ['promote', 'stop']), 'promote');
    assert.equal(nearest('xyzzy', ['promote', 'stop']), undefined);
  });

  describe('cluster', () => {
    let child;
    let url;
    let directory;
    let lines;

    before(needsPostgres);
    before(async () => {
      child = spawn(
        process.execPath,
        [
          BIN,
          'cluster',
          '--version',
          String(MAJOR),
          '--nodes',
          '2',
          '--failover',
          '--set',
          'work_mem=6MB',
          '--json',
        ],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      lines = readline.createInterface({ input: child.stdout });
      const [line] = await once(lines, 'line');
      ({ url, directory } = JSON.parse(line));
    });
    after(async () => {
      if (child && child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    });

    const verb = (...words) => hyperiondb('cluster', ...words, '--cluster', directory);
    const status = async () => JSON.parse((await verb('status', '--json')).stdout);

    it('answers verbs from a second terminal', async () => {
      const first = await status();
      assert.equal(first.url, url);
      assert.deepEqual(
        first.nodes.map(({ role }) => role),
        ['primary', 'standby'],
      );
      assert.equal((await verb('sql', '1', 'show', 'work_mem')).stdout, 'work_mem\n6MB\n');
      assert.equal((await verb('fence')).stdout, 'node1 fenced\n');
      assert.equal((await status()).nodes[0].role, 'fenced');
      assert.equal((await verb('unfence')).stdout, 'node1, node2 unfenced\n');
      assert.equal((await verb('freeze', '2')).stdout, 'node2 frozen\n');
      assert.equal((await status()).nodes[1].state, 'frozen');
      assert.equal((await verb('thaw')).stdout, 'node2 thawed\n');
      assert.equal((await verb('switchover')).stdout, 'node2 is the primary\n');
      assert.equal((await verb('stop', '1', '--immediate')).stdout, 'node1 stopped\n');
      assert.equal((await verb('start', '1')).stdout, 'node1 started\n');
    });

    it('reports what cannot be done', async () => {
      assert.deepEqual(await verb('kill', '7'), {
        code: 1,
        stdout: '',
        stderr: 'hyperiondb-client: there is no node "7"; there are node1, node2\n',
      });
      assert.equal((await verb('promote')).code, 2);
      assert.equal((await verb('stop', '--imediate')).code, 2);
      const surplus = await verb('kill', '1', 'softly');
      assert.deepEqual([surplus.code, surplus.stdout], [2, '']);
      assert.match(surplus.stderr, /kill: too many words: softly/);
      assert.match(
        (await hyperiondb('cluster', 'status', '--cluster', 'nothing-like-it')).stderr,
        /no cluster nothing-like-it is running|no cluster is running/,
      );
    });

    it('answers verbs that are typed where it runs', async () => {
      child.stdin.write('kill 1\n');
      assert.equal((await once(lines, 'line'))[0], 'node1 killed');
      child.stdin.write('klil\n');
      assert.match((await once(lines, 'line'))[0], /Did you mean "kill"\?/);
    });

    it('ends with stop and leaves nothing', async () => {
      const exited = once(child, 'exit');
      assert.equal((await verb('stop')).stdout, 'the cluster stops\n');
      assert.deepEqual(await exited, [0, null]);
      assert.equal(fs.existsSync(directory), false);
    });
  });
});
