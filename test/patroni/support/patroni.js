'use strict';

/*
 * Three nodes under Patroni, with one etcd, on loopback. Patroni starts PostgreSQL, decides who is the primary, and
 * promotes; this file only breaks things. It has what `startLoad` wants of a cluster.
 *
 *   const cluster = await startPatroni()
 *   await cluster.leader()          // its node
 *   await node.kill()               // Patroni and PostgreSQL, in one blow
 *   await cluster.switchover()
 *   await cluster.stop()            // also called when the process ends
 */

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { findPostgres, until } = require('../../../lib/testing');
const { serverAccount, give } = require('../../../lib/testing/account');
const { removeSharedMemory } = require('../../../lib/testing/cleanup');
const { reservePorts, releasePorts } = require('../../../lib/testing/ports');
const { killTree, freezeTree, thawTree, serversBelow, isAlive } = require('../../../lib/testing/processes');
const { RunDirectory } = require('../../../lib/testing/run_directory');
const { Wire } = require('../../../lib/testing/wire');

// Quick, and yet no leader loses its lock because the machine is busy. loop_wait + 2 * retry_timeout may not exceed ttl.
const TTL = { ttl: 8, loop_wait: 1, retry_timeout: 3 };
const SCOPE = 'hyperiondb';

class PatroniNode {
  #cluster;
  /** @type {import('../../../lib/testing/processes').ProcessId | null} */
  #id = null;

  constructor(cluster, { name, port, apiPort }) {
    this.#cluster = cluster;
    this.name = name;
    this.host = '127.0.0.1';
    this.port = port;
    this.apiPort = apiPort;
    this.dir = path.join(cluster.dir, name);
    this.dataDir = path.join(this.dir, 'data');
    this.logFile = path.join(cluster.dir, `${name}.log`);
  }

  get address() {
    return `${this.host}:${this.port}`;
  }

  start() {
    const { run, account } = this.#cluster;
    fs.mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    give(account, this.dir);
    const file = path.join(this.dir, 'patroni.json'); // JSON is YAML
    fs.writeFileSync(file, JSON.stringify(this.#config(), null, 2), { mode: 0o600 });
    give(account, file);
    this.#id = this.#cluster.spawn('patroni', [file], this.logFile, this.dir);
    return run;
  }

  #config() {
    const { etcdPort, binDir, socketDir } = this.#cluster;
    return {
      scope: SCOPE,
      name: this.name,
      restapi: { listen: `127.0.0.1:${this.apiPort}`, connect_address: `127.0.0.1:${this.apiPort}` },
      // Not etcd3: there Patroni 3.0 writes its lock again without a look at whose it is, so that a leader that wakes up
      // takes it back, with what was acknowledged in between.
      etcd: { host: `127.0.0.1:${etcdPort}` },
      bootstrap: {
        dcs: {
          ...TTL,
          synchronous_mode: true,
          maximum_lag_on_failover: 1 << 30,
          postgresql: {
            use_pg_rewind: true,
            parameters: {
              max_connections: 100,
              wal_log_hints: 'on',
              wal_keep_size: '256MB',
              wal_retrieve_retry_interval: '100ms',
            },
          },
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, { auth: 'trust' }, 'no-sync'],
        pg_hba: [
          'local all all trust',
          'host all all 127.0.0.1/32 trust',
          'host replication all 127.0.0.1/32 trust',
        ],
      },
      postgresql: {
        listen: this.address,
        connect_address: this.address,
        data_dir: this.dataDir,
        bin_dir: binDir,
        pgpass: path.join(this.dir, 'pgpass'),
        remove_data_directory_on_diverged_timelines: true,
        remove_data_directory_on_rewind_failure: true,
        authentication: {
          superuser: { username: 'postgres', password: 'unused' },
          replication: { username: 'replicator', password: 'unused' },
        },
        parameters: {
          unix_socket_directories: socketDir,
          shared_buffers: '16MB',
          dynamic_shared_memory_type: 'mmap',
          fsync: 'off',
          jit: 'off',
        },
      },
    };
  }

  /** Patroni, and what it has started: PostgreSQL is no child of it. */
  #roots() {
    return [this.#id, ...serversBelow(this.dir)].filter((id) => id !== null);
  }

  /** SIGKILL for Patroni and PostgreSQL; Patroni first, so that it cannot give up its lock. */
  async kill() {
    const killed = this.#roots().flatMap((id) => killTree(id));
    await until(() => !killed.some(isAlive) && serversBelow(this.dir).length === 0, {
      what: `${this.name} is dead`,
    });
    removeSharedMemory(this.dataDir);
    if (this.#id) this.#cluster.run.unwatch(this.#id.pid);
    this.#id = null;
  }

  /** SIGSTOP for all of it: the sockets stay open, nobody answers. */
  freeze() {
    for (const id of this.#roots()) freezeTree(id);
  }

  thaw() {
    for (const id of this.#roots()) thawTree(id);
  }

  /** @param {string} sql @param {string} [database] */
  async query(sql, database = 'app') {
    const socketPath = path.join(this.#cluster.socketDir, `.s.PGSQL.${this.port}`);
    const wire = await Wire.connect({ socketPath, user: 'postgres', database, timeoutMs: 30_000 });
    try {
      return await wire.query(sql);
    } finally {
      wire.end();
    }
  }
}

class PatroniCluster {
  #ports = [];

  constructor(account, run, ports) {
    this.account = account;
    this.run = run;
    this.dir = run.path;
    this.#ports = ports;
    this.socketDir = path.join(run.path, 'socket');
    this.binDir = findPostgres().binDir;
    const [etcdPort, peerPort, ...rest] = ports;
    this.etcdPort = etcdPort;
    this.peerPort = peerPort;
    this.nodes = [1, 2, 3].map(
      (number, at) =>
        new PatroniNode(this, { name: `node${number}`, port: rest[2 * at], apiPort: rest[2 * at + 1] }),
    );
  }

  /** A process of the cluster's account that ends with this one. */
  spawn(program, args, logFile, cwd) {
    const log = fs.openSync(logFile, 'a');
    const child = spawn(program, args, {
      cwd,
      detached: true,
      stdio: ['ignore', log, log],
      uid: this.account.uid,
      gid: this.account.gid,
      env: { PATH: `${this.binDir}:${process.env.PATH}:/usr/sbin`, LC_ALL: 'C.UTF-8', HOME: cwd },
    });
    fs.closeSync(log);
    child.on('error', () => {});
    if (child.pid === undefined) throw new Error(`${program} cannot be started; is it installed?`);
    child.unref();
    return this.run.watch(child.pid);
  }

  async start() {
    fs.mkdirSync(this.socketDir, { mode: 0o700 });
    give(this.account, this.socketDir);
    const etcdDir = path.join(this.dir, 'etcd');
    fs.mkdirSync(etcdDir, { mode: 0o700 });
    give(this.account, etcdDir);
    const client = `http://127.0.0.1:${this.etcdPort}`;
    const peer = `http://127.0.0.1:${this.peerPort}`;
    this.spawn(
      'etcd',
      [
        ...['--name', 'one', '--data-dir', path.join(etcdDir, 'data'), '--unsafe-no-fsync', '--enable-v2'],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...[
          '--listen-peer-urls',
          peer,
          '--initial-advertise-peer-urls',
          peer,
          '--initial-cluster',
          `one=${peer}`,
        ],
      ],
      path.join(this.dir, 'etcd.log'),
      etcdDir,
    );
    await until(async () => (await fetch(`${client}/health`)).ok, { what: 'etcd is healthy' });
    for (const node of this.nodes) node.start();
    const leader = await this.leader({ timeoutMs: 60_000 });
    await this.settled({ timeoutMs: 60_000 });
    await leader.query('create role app login', 'postgres');
    await leader.query('create database app owner app', 'postgres');
  }

  /** For `createPool`. */
  connectionOptions() {
    return { hosts: this.nodes.map(({ address }) => address), user: 'app', database: 'app' };
  }

  /** The members as Patroni sees them; any node may tell. @returns {Promise<any[]>} */
  async members() {
    const views = await Promise.allSettled(
      this.nodes.map(async ({ apiPort }) => {
        const answer = await fetch(`http://127.0.0.1:${apiPort}/cluster`, {
          signal: AbortSignal.timeout(1000),
        });
        return (await answer.json()).members;
      }),
    );
    const told = views.find(({ status }) => status === 'fulfilled');
    if (!told) throw new Error('no Patroni answers');
    return told.value;
  }

  /** The node that holds the lock and says that it runs as the primary. */
  leader({ not, timeoutMs = 60_000 } = {}) {
    return until(
      async () => {
        for (const node of this.nodes) {
          if (node === not) continue;
          const answer = await fetch(`http://127.0.0.1:${node.apiPort}/primary`, {
            signal: AbortSignal.timeout(1000),
          }).catch(() => null);
          if (answer?.ok) return node;
        }
        return undefined;
      },
      { timeoutMs, what: not ? `a leader other than ${not.name}` : 'a leader' },
    );
  }

  /** Until there is a leader, a synchronous standby, and `count` nodes that run. */
  async settled({ count = 3, timeoutMs = 60_000 } = {}) {
    let members;
    try {
      await until(
        async () => {
          members = await this.members();
          const running = members.filter(({ state }) => state === 'running' || state === 'streaming');
          const timelines = new Set(running.map(({ timeline }) => timeline));
          return (
            running.length >= count &&
            timelines.size === 1 &&
            members.some(({ role }) => role === 'leader') &&
            members.some(({ role }) => role === 'sync_standby')
          );
        },
        { timeoutMs, what: `${count} members with a synchronous standby` },
      );
    } catch (error) {
      error.message += `; they are ${JSON.stringify(members)}`;
      throw error;
    }
  }

  /** Asks Patroni for an orderly change to its synchronous standby. @returns {Promise<PatroniNode>} the new leader */
  async switchover() {
    const members = await this.members();
    const leader = members.find(({ role }) => role === 'leader').name;
    const candidate = members.find(({ role }) => role === 'sync_standby').name;
    const { apiPort } = this.nodes.find(({ name }) => name === leader);
    const answer = await fetch(`http://127.0.0.1:${apiPort}/switchover`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ leader, candidate }),
    });
    if (!answer.ok)
      throw new Error(`Patroni refuses the switchover: ${answer.status} ${await answer.text()}`);
    return this.leader({ not: this.nodes.find(({ name }) => name === leader) });
  }

  /** The end of every log, for a test that failed. */
  logs() {
    return fs
      .readdirSync(this.dir)
      .filter((name) => name.endsWith('.log'))
      .map((name) => {
        const lines = fs.readFileSync(path.join(this.dir, name), 'utf8').trimEnd().split('\n');
        return `--- ${name}\n${lines.slice(-15).join('\n')}`;
      })
      .join('\n');
  }

  async stop() {
    // Patroni first, all of them: none may start a server again.
    for (const node of this.nodes) await node.kill();
    this.run.destroy();
    releasePorts(this.#ports);
  }
}

async function startPatroni() {
  const account = serverAccount();
  if (account.name !== 'postgres') throw new Error('Patroni needs root, and the user postgres.');
  const run = new RunDirectory(account);
  const ports = await reservePorts(8);
  const cluster = new PatroniCluster(account, run, ports);
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    error.message += `\n${cluster.logs()}`;
    await cluster.stop();
    throw error;
  }
}

module.exports = { startPatroni };
