// report.mjs: what was measured, as text: a table per workload, then the goals.

const METRICS = {
  perSecond: 'throughput',
  p50Ms: 'p50 latency',
  jsCpuUs: 'CPU of the JS thread',
  cpuUs: 'CPU of all threads',
  peakMb: 'peak memory',
  stallMs: 'longest stall',
};

/** Clients that the best is chosen from; `node`: those that run in Node. */
const OTHERS = {
  best: ['pg', 'pg-native', 'postgres', 'bun', 'ref', 'ref-any'],
  node: ['pg', 'pg-native', 'postgres', 'ref', 'ref-any'],
};

const COLUMNS = [
  ['/s', 10, ({ perSecond }) => number(perSecond)],
  ['× pg', 7, ({ perSecond }, pg) => ratio(perSecond / pg?.perSecond)],
  ['p50 ms', 9, ({ p50Ms }) => number(p50Ms)],
  ['p99 ms', 9, ({ p99Ms }) => number(p99Ms)],
  ['JS µs', 9, ({ jsCpuUs }) => number(jsCpuUs)],
  ['CPU µs', 9, ({ cpuUs }) => number(cpuUs)],
  ['loop', 6, ({ utilisation }) => ratio(utilisation)],
  ['stall ms', 9, ({ stallMs }) => number(stallMs)],
  ['peak MB', 8, ({ peakMb }) => number(peakMb)],
];

export const number = (value) => {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
};

const ratio = (value) => (Number.isFinite(value) ? value.toFixed(2) : '–');

export const tableHead = () =>
  `  ${''.padEnd(10)}${COLUMNS.map(([title, width]) => title.padStart(width)).join('')}`;

/** One workload: a line per client. */
export function tableOf(results) {
  return Object.entries(results).map(([client, result]) => {
    if (result.error) return `  ${client.padEnd(10)} failed: ${result.error.split('\n')[0]}`;
    const cells = COLUMNS.map(([, width, show]) => show(result, results.pg).padStart(width));
    return `  ${client.padEnd(10)}${cells.join('')}`;
  });
}

/** The client that a goal compares with: the one it names, or the best of the others in this metric. */
function opponentOf({ metric, against }, results) {
  if (!(against in OTHERS)) return against;
  const better = metric === 'perSecond' ? (a, b) => a > b : (a, b) => a < b;
  return OTHERS[against]
    .filter((client) => Number.isFinite(results[client]?.[metric]))
    .reduce(
      (best, client) =>
        best === undefined || better(results[client][metric], results[best][metric]) ? client : best,
      undefined,
    );
}

/** What became of each goal: `{ workload, metric, opponent, value, limit, state: 'met' | 'missed' | 'unknown' }`. */
export function judge(goals, all) {
  return goals.map((goal) => {
    const results = all[goal.workload] ?? {};
    const own = results.ours?.[goal.metric];
    const opponent = goal.against && opponentOf(goal, results);
    const value = goal.against ? own / results[opponent]?.[goal.metric] : own;
    const met = goal.atLeast === undefined ? value <= goal.atMost : value >= goal.atLeast;
    const state = Number.isFinite(value) ? (met ? 'met' : 'missed') : 'unknown';
    return { ...goal, opponent, value, state };
  });
}

function goalLine({ workload, metric, against, opponent, value, atLeast, atMost, state }) {
  const limit = `${atLeast === undefined ? '≤' : '≥'} ${atLeast ?? atMost}`;
  const unit = against ? ' ×' : metric.endsWith('Ms') ? ' ms' : '';
  const title = { best: 'the best', node: 'the best in Node' }[against];
  const other = title && opponent ? `${title} (${opponent})` : (title ?? against);
  const mark = { met: 'met   ', missed: 'MISSED', unknown: '  –   ' }[state];
  return (
    `  ${mark}  ${workload.padEnd(12)} ${METRICS[metric].padEnd(21)} ${(other ?? '').padEnd(24)}` +
    `${`${number(value)}${unit}`.padStart(10)}   goal ${limit}${unit}`
  );
}

/** The table of the goals, those that other tests measure included. */
export function goalsTable({ goals, elsewhere }, all) {
  const judged = judge(goals, all);
  const count = (state) => judged.filter((goal) => goal.state === state).length;
  return [
    'Goals: ours against',
    ...judged.map(goalLine),
    ...elsewhere.map(
      ({ what, goal }) => `    –     ${what}: goal ${goal} (measured in test/cluster, not here)`,
    ),
    '',
    `${count('met')} met, ${count('missed')} missed, ${count('unknown')} not measured in this run`,
  ];
}
