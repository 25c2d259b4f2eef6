// failover-stage.mjs: what the applications of failover.mjs are put in front of: three nodes, each behind a network of its
// own, and Debian's PgBouncer and HAProxy, as they are set up for Patroni.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
const { startCluster, until } = require('../lib/testing');
const { serverAccount, give } = require('../lib/testing/account');
const { reservePorts, releasePorts } = require('../lib/testing/ports');
const { openRemote } = require('../test/cluster/support/namespace.js');

/** Who decides does so after half a second, whatever the fault is. */
const DECISION_MS = 500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @typedef {Awaited<ReturnType<typeof openStage>>} Stage */

export async function openStage() {
  const cluster = await startCluster({
    nodes: 3,
    synchronous: true,
    failover: { deadAfterMs: DECISION_MS, promoteOnFence: true },
    sql: ['create table journal (id text not null)', 'grant all on journal to public'],
  });
  const ends = [() => cluster.stop()];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const remotes = await Promise.all(
      cluster.nodes.map(({ socketDir, port }) => openRemote({ socketDir, port })),
    );
    ends.push(() => Promise.all(remotes.map((remote) => remote.close())));
    const cutOff = new Set();
    const drop = (node) => {
      cutOff.add(node);
      remotes[node.index - 1].drop();
    };
    const hosts = remotes.map(({ host, port }) => ({ host, port }));
    return { cluster, hosts, cutOff, drop, ends, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What goes wrong. Each resolves when it has. @type {Record<string, (stage: Stage) => Promise<void>>} */
export const FAULTS = {
  crash: ({ cluster }) => cluster.primary.kill(),
  freeze: async ({ cluster }) => cluster.primary.freeze(),
  'black hole': async ({ cluster, drop }) => {
    const old = cluster.primary;
    drop(old);
    void pause(DECISION_MS).then(() => old.fence()); // its sessions stay: nobody hears from them
  },
  fence: ({ cluster }) => cluster.primary.fence(),
  switchover: ({ cluster }) => void cluster.switchover(),
};

/** A program in the foreground, until it says that it is up. */
async function startProgram(command, args, { account, isUp }) {
  const output = [];
  const child = spawn(command, args, {
    ...(process.getuid() === 0 && { uid: account.uid, gid: account.gid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const log = () => Buffer.concat(output).toString();
  const stop = () => (child.kill('SIGKILL'), ended);
  await until(() => isUp(log()), { timeoutMs: 20_000, what: command }).catch(async (error) => {
    await stop();
    throw new Error(`${error.message}\n${log()}`);
  });
  return stop;
}

/** Answers HAProxy on behalf of a node, as Patroni's REST API does: 200 for the primary, else 503. */
async function startAgent({ cutOff }, node) {
  let role = '';
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      role = cutOff.has(node)
        ? ''
        : await node.status().then(
            (status) => status.role,
            () => '',
          );
      await pause(100);
    }
  })();
  const server = http.createServer((_, response) => {
    const isPrimary = role === 'primary' && !node.frozen && !cutOff.has(node);
    response.writeHead(isPrimary ? 200 : 503).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    isOver = true;
    server.closeAllConnections();
    server.close();
    await watching;
  };
  return { port: server.address().port, stop };
}

/** @param {Stage} stage @returns {Promise<{ host: string, port: number }>} where PgBouncer listens */
export async function openProxies(stage) {
  const { cluster, hosts, ends } = stage;
  const account = serverAccount();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-proxies-'));
  const [behind, front] = await reservePorts(2);
  ends.push(() => {
    fs.rmSync(folder, { recursive: true, force: true });
    releasePorts([behind, front]);
  });
  const agents = await Promise.all(cluster.nodes.map((node) => startAgent(stage, node)));
  ends.push(() => Promise.all(agents.map((agent) => agent.stop())));
  const servers = hosts.map(
    ({ host, port }, at) =>
      `  server node${at + 1} ${host}:${port} check addr 127.0.0.1 port ${agents[at].port}`,
  );
  const files = {
    'haproxy.cfg': `global
  maxconn 200
defaults
  mode tcp
  retries 2
  timeout client 30m
  timeout connect 2s
  timeout server 30m
  timeout check 1s
listen primary
  bind 127.0.0.1:${behind}
  option httpchk GET /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}
`,
    'users.txt': `"${cluster.user}" ""\n`,
    'pgbouncer.ini': `[databases]
${cluster.database} = host=127.0.0.1 port=${behind}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${front}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users.txt
pool_mode = transaction
default_pool_size = 10
server_connect_timeout = 2
server_login_retry = 1
`,
  };
  give(account, folder);
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), text);
    give(account, path.join(folder, name));
  }
  const configured = (name) => path.join(folder, name);
  ends.push(
    await startProgram('/usr/sbin/haproxy', ['-db', '-f', configured('haproxy.cfg')], {
      account,
      isUp: () => true,
    }),
  );
  ends.push(
    await startProgram('/usr/sbin/pgbouncer', [configured('pgbouncer.ini')], {
      account,
      isUp: (log) => log.includes('process up'),
    }),
  );
  return { host: '127.0.0.1', port: front };
}
