// `hyperiondb-client cluster`: a local cluster in the foreground, and verbs for it from the same or another terminal.
'use strict';

const readline = require('node:readline');
const { parseArgs } = require('node:util');
const { startCluster } = require('../testing');
const { VERBS, perform } = require('./support/cluster_verbs');
const { chooseCluster, listen, send } = require('./support/control');
const { unknown } = require('./support/nearest');
const { UsageError } = require('./support/usage_error');

const summary = 'a real PostgreSQL cluster on this machine, to break as you like';

const OPTIONS = /** @type {const} */ ({
  nodes: { type: 'string', short: 'n', help: 'N              number of servers (default 3)' },
  version: {
    type: 'string',
    help: 'MAJOR        PostgreSQL major, such as 17 (default: the newest that is installed)',
  },
  'bin-dir': { type: 'string', help: 'DIRECTORY    where postgres and initdb are' },
  synchronous: { type: 'boolean', help: '           a commit waits for one standby' },
  failover: { type: 'boolean', help: '              promote a standby when the primary dies' },
  'dead-after': {
    type: 'string',
    help: 'MS        with --failover: silence that counts as death (default 500)',
  },
  'promote-on-fence': { type: 'boolean', help: '      with --failover: a fenced primary is replaced too' },
  'restart-after': { type: 'string', help: 'MS     with --failover: start killed servers again' },
  'fence-on-promote': {
    type: 'boolean',
    help: '      a promoted node is read-only until it is decided that it is the primary',
  },
  user: { type: 'string', help: 'NAME            role to connect with (default app)' },
  password: { type: 'string', help: 'PASSWORD    its password; logins are then checked with SCRAM' },
  database: { type: 'string', help: 'NAME        database to connect to (default app)' },
  superuser: { type: 'boolean', help: '             the role is a superuser' },
  port: {
    type: 'string',
    help: 'PORT            of the first server, the others follow (default: free ones)',
  },
  set: { type: 'string', multiple: true, help: 'NAME=VALUE       a server setting; may be repeated' },
  hba: {
    type: 'string',
    multiple: true,
    help: 'LINE             a pg_hba.conf line, before the others; may be repeated',
  },
  json: { type: 'boolean', help: '                  print the start as one line of JSON' },
  help: { type: 'boolean', short: 'h', help: '' },
});

function help() {
  const options = Object.entries(OPTIONS)
    .filter(([, { help: text }]) => text)
    .map(([name, { help: text }]) => `  --${name} ${text}`);
  const verbs = Object.values(VERBS).map((verb) => `  ${verb.usage.padEnd(28)} ${verb.summary}`);
  return `Usage: hyperiondb-client cluster [start] [options]     starts a cluster in the foreground
       hyperiondb-client cluster <verb> [node]         does something to it, from another terminal

${options.join('\n')}

Verbs, which may also be typed where the cluster runs (a node is a number from 1):
${verbs.join('\n')}

  --cluster DIRECTORY          which cluster a verb is for, if several are running
`;
}

/** @param {string[]} argv */
async function run(argv) {
  const [first, second] = argv;
  // `start` alone makes a cluster; `start 2` is for a node of one that runs.
  const startsNode = first === 'start' && second !== undefined && !second.startsWith('-');
  if (first === undefined || first.startsWith('-') || (first === 'start' && !startsNode)) {
    return start(first === 'start' ? argv.slice(1) : argv);
  }
  if (first === 'help') return void process.stdout.write(help());
  if (!(first in VERBS))
    throw new UsageError(
      unknown('verb', first, ['start', ...Object.keys(VERBS).filter((verb) => verb !== 'start')]),
    );
  if (argv.includes('--help') || argv.includes('-h')) return void process.stdout.write(help());
  return remote(argv);
}

/** @param {string[]} argv */
async function remote(argv) {
  const at = argv.indexOf('--cluster');
  const wanted = at < 0 ? undefined : argv[at + 1];
  if (at >= 0) argv = argv.toSpliced(at, 2);
  const answer = await send(chooseCluster(wanted), argv);
  if (!answer.ok) throw new (answer.isUsage ? UsageError : Error)(answer.text);
  process.stdout.write(`${answer.text}\n`);
}

/** @param {string[]} argv */
async function start(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: false });
  if (values.help) return void process.stdout.write(help());
  const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);
  const begun = performance.now();

  /** @type {import('../testing').Cluster | null} */
  let running = null;
  const quit = async () => {
    // Before it is up there is nothing to end in order: the exit handler removes what is there.
    if (!running) process.exit(130);
    await running.stop();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, quit);

  const cluster = (running = await startCluster({
    ...clusterOptions(values),
    onProgress: values.json ? undefined : (text) => say(`… ${text}`),
  }));
  const answer = (/** @type {string[]} */ words) => perform(cluster, words);
  const control = await listen(cluster.dir, answer);
  cluster.on('stopped', () => {
    control.close();
    say(values.json ? JSON.stringify({ event: 'stopped' }) : 'the cluster is gone');
    process.exit(0);
  });
  if (values.json) {
    say(
      JSON.stringify({
        event: 'started',
        url: cluster.url,
        directory: cluster.dir,
        version: cluster.version,
        hosts: cluster.hosts,
      }),
    );
  } else {
    const status = await perform(cluster, ['status']);
    say(
      `${values.nodes ?? 3} servers in ${((performance.now() - begun) / 1_000).toFixed(1)} s\n\n${status.text}\n`,
    );
    say('Type a verb (kill, freeze, fence, switchover, … or help), here or in another terminal:');
    say('  npx hyperiondb-client cluster kill 1\nCtrl-C ends the cluster and leaves nothing behind.');
    tell(cluster, say);
  }
  readVerbs(answer, say);
}

/** What happens by itself, for the people who watch. @param {import('../testing').Cluster} cluster @param {(text: string) => void} say */
function tell(cluster, say) {
  cluster.on('down', (node) => say(`  ${node.name} is down`));
  cluster.on('promoted', (node) => say(`  ${node.name} is the primary`));
  cluster.on('rejoined', (node) => say(`  ${node.name} was cloned from the primary`));
  cluster.on('failover', ({ reason, from, to, tookMs }) =>
    say(`  failover: ${from.name} is ${reason}, ${to.name} took over in ${tookMs} ms`),
  );
  cluster.on('blocked', (why) => say(`  no failover: ${why}`));
  cluster.on('warning', (error) => say(`  ${error.message}`));
}

/** @param {(words: string[]) => Promise<{ text: string }>} answer @param {(text: string) => void} say */
function readVerbs(answer, say) {
  readline.createInterface({ input: process.stdin, terminal: false }).on('line', async (line) => {
    const words = line.trim().split(/\s+/).filter(Boolean);
    if (words.length === 0) return;
    if (words[0] === 'help') return say(help());
    try {
      say((await answer(words)).text);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    }
  });
}

/** @param {Record<string, any>} values */
function clusterOptions(values) {
  const number = (/** @type {string} */ name) => {
    if (values[name] === undefined) return undefined;
    if (!/^\d+$/.test(values[name]))
      throw new UsageError(`--${name}: expected a number, not ${JSON.stringify(values[name])}`);
    return Number(values[name]);
  };
  const settings = Object.fromEntries(
    (values.set ?? []).map((/** @type {string} */ text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`--set: expected NAME=VALUE, not ${JSON.stringify(text)}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
  const failover = {
    deadAfterMs: number('dead-after'),
    restartAfterMs: number('restart-after'),
    promoteOnFence: values['promote-on-fence'],
  };
  const given = Object.fromEntries(Object.entries(failover).filter(([, value]) => value !== undefined));
  if (!values.failover && Object.keys(given).length > 0)
    throw new UsageError('--dead-after, --restart-after and --promote-on-fence need --failover');
  return {
    nodes: number('nodes'),
    version: values.version,
    binDir: values['bin-dir'],
    synchronous: values.synchronous,
    failover: values.failover ? given : false,
    fenceOnPromote: values['fence-on-promote'],
    user: values.user,
    password: values.password,
    database: values.database,
    superuser: values.superuser,
    port: number('port'),
    settings,
    hba: values.hba,
  };
}

module.exports = { summary, run };
