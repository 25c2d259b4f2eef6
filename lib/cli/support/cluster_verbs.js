// What can be done to a running cluster from a shell. Each verb gets the cluster, its words and its flags, and gives
// the text to show (and the data for --json, if it has any).
'use strict';

const { unknown } = require('./nearest');
const { UsageError } = require('./usage_error');

/** @typedef {import('../../testing').Cluster} Cluster */
/** @typedef {{ immediate?: boolean, json?: boolean }} Flags */
/** @typedef {{ text: string, data?: unknown }} Answer */

/** @param {Cluster} cluster @param {string | undefined} which without it, the primary */
function nodeOrPrimary(cluster, which) {
  return which === undefined ? cluster.primary : cluster.node(which);
}

/** @param {Cluster} cluster @param {string | undefined} which @param {(node: any) => boolean} others */
function nodeOrAll(cluster, which, others) {
  return which === undefined ? cluster.nodes.filter(others) : [cluster.node(which)];
}

/** @param {any[]} nodes @param {string} what */
function report(nodes, what) {
  return {
    text: nodes.length === 0 ? 'nothing to do' : `${nodes.map(({ name }) => name).join(', ')} ${what}`,
  };
}

/** @param {object[]} given */
function table(given) {
  const rows = /** @type {Record<string, unknown>[]} */ (given);
  if (rows.length === 0) return '(no rows)';
  const names = Object.keys(rows[0]);
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '-')))];
  const widths = names.map((_, at) => Math.max(...cells.map((line) => line[at].length)));
  return cells
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @type {Record<string, { usage: string, summary: string, run: (cluster: Cluster, words: string[], flags: Flags) => Promise<Answer> }>} */
const VERBS = {
  status: {
    usage: 'status [--json]',
    summary: 'all nodes: role, timeline, position, sessions',
    async run(cluster) {
      const data = await cluster.status();
      return {
        text: `${table(data)}\n${cluster.url}`,
        data: { url: cluster.url, primary: cluster.primary.name, nodes: data },
      };
    },
  },
  kill: {
    usage: 'kill [node]',
    summary: 'SIGKILL the whole server (default: the primary)',
    async run(cluster, [which]) {
      const node = nodeOrPrimary(cluster, which);
      await node.kill();
      return report([node], 'killed');
    },
  },
  stop: {
    usage: 'stop [node] [--immediate]',
    summary: 'stop one server; without a node, the whole cluster',
    async run(cluster, [which], { immediate }) {
      if (which === undefined) {
        // The answer must get out before the process that gives it ends.
        setImmediate(() => cluster.stop());
        return { text: 'the cluster stops' };
      }
      const node = cluster.node(which);
      await node.stop({ mode: immediate ? 'immediate' : 'fast' });
      return report([node], 'stopped');
    },
  },
  start: {
    usage: 'start <node>',
    summary: 'start a server that is down',
    async run(cluster, [which]) {
      const nodes = nodeOrAll(cluster, which, (node) => !node.running);
      for (const node of nodes) await node.start();
      return report(nodes, 'started');
    },
  },
  restart: {
    usage: 'restart [node] [--immediate]',
    summary: 'stop and start a server (default: the primary)',
    async run(cluster, [which], { immediate }) {
      const node = nodeOrPrimary(cluster, which);
      await node.restart({ mode: immediate ? 'immediate' : 'fast' });
      return report([node], 'restarted');
    },
  },
  freeze: {
    usage: 'freeze [node]',
    summary: 'SIGSTOP the whole server (default: the primary)',
    async run(cluster, [which]) {
      const node = nodeOrPrimary(cluster, which);
      node.freeze();
      return report([node], 'frozen');
    },
  },
  thaw: {
    usage: 'thaw [node]',
    summary: 'SIGCONT (default: all that are frozen)',
    async run(cluster, [which]) {
      const nodes = nodeOrAll(cluster, which, (node) => node.frozen);
      for (const node of nodes) node.thaw();
      return report(nodes, 'thawed');
    },
  },
  fence: {
    usage: 'fence [node]',
    summary: 'make a server read-only, sessions stay (default: the primary)',
    async run(cluster, [which]) {
      const node = nodeOrPrimary(cluster, which);
      await node.fence();
      return report([node], 'fenced');
    },
  },
  unfence: {
    usage: 'unfence [node]',
    summary: 'take the fence away (default: from all)',
    async run(cluster, [which]) {
      const nodes = nodeOrAll(cluster, which, (node) => node.running);
      for (const node of nodes) await node.unfence();
      return report(nodes, 'unfenced');
    },
  },
  promote: {
    usage: 'promote <node>',
    summary: 'make a standby the primary; the old one is left as it is',
    async run(cluster, [which]) {
      if (which === undefined) throw new UsageError('promote: which node?');
      await cluster.promote(which);
      return report([cluster.primary], 'is the primary');
    },
  },
  switchover: {
    usage: 'switchover [node]',
    summary: 'an orderly change of the primary (default: to the standby that is furthest)',
    async run(cluster, [which]) {
      await cluster.switchover(which);
      return report([cluster.primary], 'is the primary');
    },
  },
  rejoin: {
    usage: 'rejoin [node]',
    summary: 'clone nodes from the primary again (default: all that do not stream from it)',
    async run(cluster, [which]) {
      return report(await cluster.rejoin(which), 'follows the primary');
    },
  },
  sql: {
    usage: 'sql <node> <statement>',
    summary: 'run SQL as the superuser',
    async run(cluster, [which, ...words]) {
      if (which === undefined || words.length === 0)
        throw new UsageError('sql: give a node and a statement, such as: sql 1 select now()');
      const data = await cluster.node(which).query(words.join(' '));
      return { text: table(data), data };
    },
  },
  logs: {
    usage: 'logs [node]',
    summary: "the end of a server's log (default: the primary's)",
    async run(cluster, [which]) {
      const text = await nodeOrPrimary(cluster, which).logs();
      return { text: text.trimEnd().split('\n').slice(-40).join('\n') };
    },
  },
};

/** @param {Cluster} cluster @param {string[]} words @returns {Promise<Answer>} */
async function perform(cluster, words) {
  /** @type {Flags} */
  const flags = {};
  const plain = [];
  const [verb, ...rest] = words;
  for (const word of rest) {
    if (word === '--json') flags.json = true;
    else if (word === '--immediate') flags.immediate = true;
    else if (word.startsWith('--') && verb !== 'sql')
      throw new UsageError(unknown('option', word, ['--json', '--immediate']));
    else plain.push(word);
  }
  if (!(verb in VERBS)) throw new UsageError(unknown('verb', verb, Object.keys(VERBS)));
  const most = /[[<]node[\]>]/.test(VERBS[verb].usage) ? 1 : 0;
  if (plain.length > most && verb !== 'sql')
    throw new UsageError(`${verb}: too many words: ${plain.slice(most).join(' ')}`);
  const answer = await VERBS[verb].run(cluster, plain, flags);
  return flags.json
    ? { ...answer, text: JSON.stringify(answer.data ?? { result: answer.text }, null, 2) }
    : answer;
}

module.exports = { VERBS, perform };
