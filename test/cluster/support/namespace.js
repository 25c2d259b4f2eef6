'use strict';

/*
 * A host that can be cut off without a word: a network namespace of its own, reached over a veth pair, with a relay
 * inside to a server's Unix socket. `drop()` makes every packet vanish: no reset, no refusal, no answer.
 *
 *   const remote = await openRemote({ socketDir: node.socketDir, port: node.port })
 *   … use remote.host and remote.port as the server …
 *   remote.drop() or remote.forget()
 *   await remote.close()
 */

const { execFileSync, spawn } = require('node:child_process');
const path = require('node:path');

let last = 0;

/** Why namespaces cannot be used here; undefined if they can. */
function whyNot() {
  if (process.platform !== 'linux') return 'network namespaces are Linux only';
  if (process.getuid() !== 0) return 'network namespaces need root';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'network namespaces cannot be made here (iproute2 is needed)';
  }
}

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

async function openRemote({ socketDir, port }) {
  const number = ++last;
  const tag = `${process.pid % 10_000}x${number}`;
  const namespace = `hdb${tag}`;
  const [near, far] = [`hn${tag}`, `hf${tag}`];
  const network = `10.${64 + (process.pid % 128)}.${number % 256}`; // other processes have theirs
  ip('netns', 'add', namespace);
  let relay;
  const close = async () => {
    if (relay && relay.exitCode === null) {
      const gone = new Promise((resolve) => relay.once('exit', resolve));
      relay.kill('SIGKILL');
      await gone;
    }
    ip('netns', 'del', namespace); // takes the pair with it
  };
  try {
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespace);
    ip('addr', 'add', `${network}.1/24`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', namespace, 'addr', 'add', `${network}.2/24`, 'dev', far);
    ip('-n', namespace, 'link', 'set', far, 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    // A permanent neighbor entry: a host that is gone must not show as "unreachable".
    const mac = JSON.parse(ip('-n', namespace, '-j', 'link', 'show', far).toString())[0].address;
    ip('neigh', 'replace', `${network}.2`, 'lladdr', mac, 'dev', near, 'nud', 'permanent');
    relay = spawn(
      'ip',
      [
        'netns',
        'exec',
        namespace,
        process.execPath,
        path.join(__dirname, 'relay.js'),
        `${network}.2`,
        String(port),
        `${socketDir}/.s.PGSQL.${port}`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve, reject) => {
      relay.stdout.once('data', resolve);
      relay.once('exit', (code) => reject(new Error(`the relay ended with ${code}`)));
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    host: `${network}.2`,
    port,
    drop: () => ip('-n', namespace, 'addr', 'del', `${network}.2/24`, 'dev', far),
    /** Silently kills every connection so far, in both directions; new ones work. */
    forget: () => {
      const open = execFileSync('ss', ['-Htn', 'dst', `${network}.2`]).toString();
      for (const [, mine] of open.matchAll(/:(\d+)\s+\S+:\d+\s*$/gm)) {
        for (const way of ['sport', 'dport']) {
          ip('-n', namespace, 'rule', 'add', 'pref', '1', 'ipproto', 'tcp', way, mine, 'blackhole');
        }
      }
    },
    restore: () => ip('-n', namespace, 'addr', 'add', `${network}.2/24`, 'dev', far),
    close,
  };
}

module.exports = { openRemote, whyNot };
