'use strict';

// The quick start of the README, command by command, as somebody types it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { findPostgres, until } = require('../../lib/testing');

const root = path.join(__dirname, '../..');
const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
const [, block] = readme.match(/<!-- quick-start:begin -->\n(.*?)<!-- quick-start:end -->/s);
const commands = block
  .match(/```sh\n(.*?)```/s)[1]
  .trim()
  .split('\n');
const script = block.match(/```js\n(.*?)```/s)[1];

describe('the README', () => {
  it('fits on a few screens', () => {
    assert.ok(Buffer.byteLength(readme) <= 12_288, `${Buffer.byteLength(readme)} bytes`);
  });

  it('has a quick start that works as written', async function () {
    this.timeout(120_000);
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    // Inside the package, so that it is found by its name; `npx` is our own command line.
    const folder = fs.mkdtempSync(path.join(root, 'build', 'quick-start-'));
    fs.writeFileSync(path.join(folder, 'visit.mjs'), script);
    const own = `"${process.execPath}" "${path.join(root, 'bin/hyperiondb.js')}"`;
    const [install, cluster, ...others] = commands.map((command) =>
      command
        .replaceAll(/npx hyperiondb-client\b/g, own)
        .replaceAll(/\bnode visit/g, `"${process.execPath}" visit`),
    );
    assert.match(install, /^npm install hyperiondb-client/);
    const children = [];
    const shell = (command) => {
      const child = spawn('sh', ['-c', command], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      children.push(child);
      const shown = { text: '', code: undefined };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (shown.text += chunk));
      child.on('close', (code) => (shown.code = code));
      return shown;
    };
    const result = async (command) => {
      const shown = shell(command);
      await until(() => shown.code !== undefined, { timeoutMs: 60_000, what: `${command} ends` });
      assert.equal(shown.code, 0, `${command}\n${shown.text}`);
      return shown.text;
    };
    try {
      const started = shell(cluster.replace(/&$/, ''));
      await until(() => /servers in/.test(started.text) || started.code !== undefined, {
        timeoutMs: 60_000,
        what: 'the cluster is up',
      });
      assert.equal(started.code, undefined, started.text);
      const shown = [];
      for (const command of others) shown.push(await result(command));
      const primaries = shown.slice(1).map((text) => text.match(/ on (\S+:\d+)/)[1]);
      assert.notEqual(primaries[0], primaries[1]);
    } finally {
      for (const { pid, exitCode } of children) {
        if (exitCode === null) process.kill(-pid, 'SIGTERM');
      }
      await until(() => children.every((child) => child.exitCode !== null || child.signalCode), {
        timeoutMs: 20_000,
        what: 'the cluster is gone',
      });
      fs.rmSync(folder, { recursive: true });
    }
  });
});
