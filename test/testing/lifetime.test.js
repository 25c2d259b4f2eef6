'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { startCluster, until } = require('../../lib/testing');
const { identify, isAlive, descendants } = require('../../lib/testing/processes');
const { MAJOR, needsPostgres } = require('../support/postgres');

const OWNER = `
  const { startCluster } = require(${JSON.stringify(path.join(__dirname, '../../lib/testing'))});
  startCluster({ version: ${MAJOR}, nodes: 3 }).then(async (cluster) => {
    cluster.nodes[1].freeze();
    await cluster.nodes[2].kill();
    console.log(JSON.stringify({ dir: cluster.dir, pids: cluster.nodes.map(({ pid }) => pid) }));
    const end = process.argv[1];
    if (end === 'exit') process.exit(0);
    if (end === 'throw') setImmediate(() => { throw new Error('on purpose'); });
    if (end === 'wait') setInterval(() => {}, 1_000);
  });
`;

describe('the end of a test cluster', function () {
  this.slow(5_000);
  before(needsPostgres);

  /** A process that owns a cluster: one server runs, one is frozen, one is dead. @param {string} end */
  async function owner(end) {
    const child = spawn(process.execPath, ['-e', OWNER, end], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const exited = once(child, 'exit');
    const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
    const { dir, pids } = JSON.parse(line);
    const servers = pids.filter(Boolean).map(identify).filter(Boolean);
    return { child, exited, dir, servers: [...servers, ...servers.flatMap(descendants)] };
  }

  const isGone = ({ dir, servers }) => !fs.existsSync(dir) && !servers.some(isAlive);

  const sharedMemory = () =>
    fs
      .readFileSync('/proc/sysvipc/shm', 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/));

  for (const name of ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']) {
    it(`leaves no process, no directory and no shared memory when its owner gets ${name}`, async () => {
      const it = await owner('wait');
      assert.ok(it.servers.length > 10);
      const postmasters = it.servers.map(({ pid }) => String(pid));
      // The whole process group, as a terminal or a CI runner would.
      process.kill(-it.child.pid, name);
      await it.exited;
      await until(() => isGone(it), { timeoutMs: 10_000, what: 'everything is gone' });
      assert.deepEqual(
        sharedMemory().filter((columns) => postmasters.includes(columns[4])),
        [],
      );
    });
  }

  for (const [end, code] of [
    ['exit', 0],
    ['throw', 1],
    ['nothing left to do', 0],
  ]) {
    it(`leaves nothing when its owner ends by itself: ${end}`, async () => {
      const it = await owner(end);
      assert.deepEqual(await it.exited, [code, null]);
      await until(() => isGone(it), { timeoutMs: 10_000, what: 'everything is gone' });
    });
  }

  it('is complete after stop(), also with frozen and dead servers, and a second time', async () => {
    const cluster = await startCluster({ version: MAJOR, failover: true });
    const { dir, nodes } = cluster;
    const servers = nodes.map(({ pid }) => identify(pid));
    nodes[0].freeze();
    await nodes[1].kill();
    await cluster.stop();
    await cluster.stop();
    assert.ok(isGone({ dir, servers }));
    await assert.rejects(nodes[0].start(), /the cluster was stopped/);
  });

  it('comes with the end of an `await using` block', async () => {
    const cluster = await startCluster({ version: MAJOR, nodes: 1 });
    await cluster[Symbol.asyncDispose]();
    assert.equal(fs.existsSync(cluster.dir), false);
  });

  it('comes when the start fails, and the error shows the log', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-parent-'));
    fs.chmodSync(directory, 0o711);
    const start = (options) => startCluster({ version: MAJOR, nodes: 2, directory, ...options });
    await assert.rejects(
      start({ settings: { no_such_setting: 1 } }),
      /unrecognized configuration parameter "no_such_setting"/,
    );
    await assert.rejects(start({ sql: 'select 1/0' }), /division by zero/);
    fs.rmdirSync(directory); // it is empty
  });

  it('does not come while a verb is at work', async () => {
    const cluster = await startCluster({ version: MAJOR, nodes: 2 });
    const { dir } = cluster;
    const rejoin = cluster.rejoin(2).then(
      () => 'done',
      () => 'failed',
    );
    await cluster.stop();
    await rejoin;
    assert.equal(fs.existsSync(dir), false);
  });
});
