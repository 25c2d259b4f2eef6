// hyperiondb-client/testing: a real PostgreSQL cluster with streaming replication, for tests and for trying things out.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { serverAccount, serverEnvironment, give } = require('./account');
const { findPostgres, listPostgres, isUsableInPlace, usableBinDir } = require('./binaries');
const { Cluster } = require('./cluster');
const { ClusterNode } = require('./node');
const { copyDataDirectory } = require('./copy');
const { withDefaults } = require('./defaults');
const { reservePorts, releasePorts } = require('./ports');
const { RunDirectory } = require('./run_directory');
const { Supervisor } = require('./supervisor');
const { DeadlineError, until } = require('./wait');
const { ServerError } = require('./wire');

/**
 * @typedef {import('./index').ClusterOptions} ClusterOptions documented in index.d.ts
 * @typedef {'version' | 'binDir' | 'password' | 'auth' | 'ssl' | 'directory'} Unset options without a default
 * @typedef {typeof DEFAULTS & Required<Pick<ClusterOptions, 'auth'>>} Options
 */

/** @type {Required<Omit<ClusterOptions, Unset>> & Pick<ClusterOptions, Unset>} */
const DEFAULTS = {
  nodes: 3,
  version: undefined,
  binDir: undefined,
  synchronous: false,
  failover: false,
  fenceOnPromote: false,
  user: 'app',
  password: undefined,
  database: 'app',
  superuser: false,
  auth: undefined,
  hba: [],
  settings: {},
  sql: [],
  ssl: undefined,
  host: '127.0.0.1',
  port: 0,
  initdbArgs: [],
  directory: undefined,
  timeoutMs: 60_000,
  onProgress: () => {},
};

/**
 * Starts a cluster: node1 is the primary, the others stream from it.
 * @param {ClusterOptions} [given]
 * @returns {Promise<Cluster>}
 */
async function startCluster(given = {}) {
  const options = readOptions(given);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (/** @type {any} */ error) {
      // Somebody else took the port between our look and the server's.
      if (attempt === 3 || options.port !== 0 || !/Address already in use/.test(error.message)) throw error;
    }
  }
}

/** @param {Options} options */
async function startOnce(options) {
  const installation = findPostgres(options);
  const account = serverAccount();
  const run = new RunDirectory(account, {
    directory: options.directory,
    onDisk: !isUsableInPlace(installation, account), // programs in memory may be forbidden (noexec)
  });
  /** @type {number[]} */
  let ports = [];
  try {
    const binDir = usableBinDir(installation, account, run.path);
    ports =
      options.port > 0
        ? Array.from({ length: options.nodes }, (_, at) => options.port + at)
        : await reservePorts(options.nodes);
    const socketDir = path.join(run.path, 'socket');
    fs.mkdirSync(socketDir, { mode: 0o700 });
    give(account, socketDir);
    const names = ports.map((_, at) => `"node${at + 1}"`);
    const acks = options.nodes > 1 ? Number(options.synchronous) : 0;
    const cluster = new Cluster(
      {
        run,
        account,
        binDir,
        socketDir,
        acks,
        major: installation.major,
        host: options.host,
        user: options.user,
        password: options.password,
        database: options.database,
        auth: options.auth,
        hba: options.hba,
        ssl: readSsl(options.ssl),
        settings: options.settings,
        synchronousStandbyNames: acks > 0 ? `ANY ${acks} (${names.join(', ')})` : '',
        fenceOnPromote: options.fenceOnPromote,
      },
      { version: installation.version, ports },
    );
    if (options.failover)
      cluster.supervisor = new Supervisor(cluster, options.failover === true ? {} : options.failover);
    await bringUp(cluster, { options, account, binDir });
    cluster.supervisor?.start();
    return cluster;
  } catch (error) {
    run.destroy();
    releasePorts(ports);
    throw error;
  }
}

/**
 * @param {Cluster} cluster
 * @param {{ options: Options, account: import('./account').Account, binDir: string }} context
 */
async function bringUp(cluster, { options, account, binDir }) {
  const [primary, ...standbys] = cluster.nodes;
  const { timeoutMs, onProgress } = options;
  onProgress(`PostgreSQL ${cluster.version} from ${binDir}`);
  await initdb(primary, { account, binDir, args: options.initdbArgs });
  // Nothing has run yet, so a plain copy of the files is a valid standby.
  await Promise.all(
    standbys.map((node) =>
      copyDataDirectory(primary.dataDir, node.dataDir, { give: (file) => give(account, file) }),
    ),
  );
  for (const node of cluster.nodes) node.prepare({ standbyOf: node === primary ? null : primary });
  onProgress(`starting ${cluster.nodes.length} servers`);
  await Promise.all(cluster.nodes.map((node) => node.start({ timeoutMs })));
  await createUser(primary, options);
  onProgress('waiting for the standbys');
  await cluster.waitForStandbys({ timeoutMs });
  await cluster.waitForCaughtUp(undefined, { timeoutMs });
}

/** @param {ClusterNode} node @param {{ account: import('./account').Account, binDir: string, args: readonly string[] }} context */
async function initdb(node, { account, binDir, args }) {
  fs.mkdirSync(node.dataDir, { mode: 0o700 });
  give(account, node.dataDir);
  const child = spawn(
    path.join(binDir, 'initdb'),
    ['-D', node.dataDir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync', ...args],
    {
      cwd: node.dataDir,
      uid: account.uid,
      gid: account.gid,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  await new Promise((/** @type {(value?: unknown) => void} */ resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`initdb failed (${code}):\n${output}`)),
    );
  });
}

/** @param {ClusterNode} primary @param {Options} options */
async function createUser(primary, { user, password, database, superuser, sql }) {
  const name = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  const secret = password === undefined ? '' : ` password '${password.replaceAll("'", "''")}'`;
  // No standby may be there yet to acknowledge a synchronous commit.
  const local = {
    options: '-c synchronous_commit=local -c standard_conforming_strings=on',
    timeoutMs: 60_000,
  };
  const run = async (/** @type {string} */ where, /** @type {string[]} */ statements) => {
    const wire = await primary.connect({ database: where, ...local });
    for (const statement of statements) await wire.query(statement);
    wire.end();
  };
  await run('postgres', [
    ...(user === 'postgres'
      ? []
      : [`create role ${name(user)} login ${superuser ? 'superuser' : ''}${secret}`]),
    ...(secret === '' ? [] : [`alter role postgres${secret}`]),
    ...(database === 'postgres' ? [] : [`create database ${name(database)} owner ${name(user)}`]),
  ]);
  await run(database, [sql].flat());
}

/** @param {ClusterOptions} given @returns {Options} */
function readOptions(given) {
  const options = withDefaults('startCluster', DEFAULTS, given);
  if (!Number.isInteger(options.nodes) || options.nodes < 1 || options.nodes > 16) {
    throw new TypeError(`nodes: expected a number from 1 to 16, not ${options.nodes}`);
  }
  if (options.synchronous !== false && Number(options.synchronous) >= Math.max(2, options.nodes)) {
    throw new TypeError(
      `synchronous: ${options.synchronous} standbys cannot acknowledge; there are ${options.nodes - 1}`,
    );
  }
  const auth = options.auth ?? (options.password === undefined ? 'trust' : 'scram-sha-256');
  if (!['trust', 'scram-sha-256', 'md5', 'password'].includes(auth)) {
    throw new TypeError(
      `auth: expected 'trust', 'scram-sha-256', 'md5' or 'password', not ${JSON.stringify(auth)}`,
    );
  }
  if (auth !== 'trust' && options.password === undefined)
    throw new TypeError(`auth: '${auth}' needs a password`);
  if (process.platform !== 'linux')
    throw new Error(`a test cluster needs Linux (/proc), not ${process.platform}; a Linux container will do`);
  return { ...options, auth };
}

/** @param {ClusterOptions['ssl']} ssl paths or PEM texts */
function readSsl(ssl) {
  if (!ssl) return { settings: {}, files: {} };
  const read = (/** @type {string} */ value) =>
    value.includes('-----BEGIN') ? value : fs.readFileSync(value, 'utf8');
  return {
    settings: {
      ssl: true,
      ssl_cert_file: 'server.crt',
      ssl_key_file: 'server.key',
      ...(ssl.ca && { ssl_ca_file: 'root.crt' }),
    },
    files: {
      'server.crt': read(ssl.cert),
      'server.key': read(ssl.key),
      ...(ssl.ca && { 'root.crt': read(ssl.ca) }),
    },
  };
}

module.exports = {
  startCluster,
  findPostgres,
  listPostgres,
  until,
  Cluster,
  ClusterNode,
  Supervisor,
  DeadlineError,
  ServerError,
};
