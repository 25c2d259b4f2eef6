// failover-report.mjs: the picture and the table of failover.mjs. Pure: results in, text out.

export const FAULT_NAMES = ['crash', 'freeze', 'black hole', 'fence', 'switchover'];
export const CLIENTS = {
  ours: 'this client',
  pg: 'pg',
  postgres: 'postgres',
  proxied: 'pg, PgBouncer, HAProxy',
};

const [LEFT, TOP, CELL, ROW, GAP] = [16, 62, 196, 92, 14];
const WIDTH = LEFT + FAULT_NAMES.length * (CELL + GAP);
const HEIGHT = TOP + Object.keys(CLIENTS).length * ROW + 24;
const CHART = 50;

/** How long there was no write. @param {{ gapMs: number | null }} run @param {number} seconds after the fault */
export const pauseOf = ({ gapMs }, seconds) =>
  gapMs === null ? `> ${seconds} s` : `${(gapMs / 1000).toFixed(1)} s`;
const errorsOf = ({ errors }) => `${errors.toLocaleString('en-US')} error${errors === 1 ? '' : 's'}`;

/** What went wrong beside that. */
function damageOf({ unsettled, lost, doubled }) {
  return [
    unsettled && `${unsettled} calls without an end`,
    lost && `${lost} lost`,
    doubled && `${doubled} doubled`,
  ]
    .filter(Boolean)
    .join(', ');
}

const said = (x, y, kind, content) => `<text x="${x}" y="${y}" class="${kind}">${content}</text>`;

function cell(run, seconds, x, y, isOurs) {
  const most = Math.max(...run.writes, 1);
  const step = CELL / run.writes.length;
  const bars = run.writes.map((count, at) => {
    const height = (count / most) * CHART;
    return `M${(x + at * step).toFixed(1)} ${y + CHART}v-${height.toFixed(1)}h${step.toFixed(2)}v${height.toFixed(1)}z`;
  });
  const fault = (x + (run.faultAt / run.stepMs) * step).toFixed(1);
  const damage = damageOf(run);
  return [
    `<path class="${isOurs ? 'ours' : 'other'}" d="${bars.join('')}"/>`,
    `<path class="fault" d="M${fault} ${y - 4}V${y + CHART}"/>`,
    `<path class="base" d="M${x} ${y + CHART}h${CELL}"/>`,
    said(x, y + CHART + 14, 'ink', `${pauseOf(run, seconds)} without a write, ${errorsOf(run)}`),
    ...(damage ? [said(x, y + CHART + 27, 'damage', damage)] : []),
  ];
}

/** @returns {string} an SVG that is light or dark as its page is */
export function picture({ runs, seconds, writers, date }) {
  const rows = Object.entries(CLIENTS).flatMap(([client, title], row) => {
    const y = TOP + row * ROW + 18;
    return [
      said(LEFT, y - 8, 'name', title),
      ...FAULT_NAMES.flatMap((fault, at) =>
        cell(runs[fault][client], seconds, LEFT + at * (CELL + GAP), y, client === 'ours'),
      ),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11">`,
    '<style>.ink{fill:#1f2328}.dim{fill:#59636e}.name,.title{fill:#1f2328;font-weight:600}.title{font-size:15px}.damage{fill:#cf222e}',
    '.ours{fill:#0969da}.other{fill:#8c959f}.fault{stroke:#cf222e;stroke-dasharray:3 3}.base{stroke:#d1d9e0}',
    '@media(prefers-color-scheme:dark){.ink,.name,.title{fill:#f0f6fc}.dim{fill:#9198a1}.ours{fill:#4493f8}.other{fill:#656c76}',
    '.fault{stroke:#f85149}.damage{fill:#f85149}.base{stroke:#3d444d}}</style>',
    said(
      LEFT,
      22,
      'title',
      `Acknowledged writes per 100 ms: ${writers} writers, three nodes, the successor chosen after half a second`,
    ),
    ...FAULT_NAMES.map((fault, at) => said(LEFT + at * (CELL + GAP), 44, 'dim', fault)),
    ...rows,
    said(
      LEFT,
      HEIGHT - 8,
      'dim',
      `${seconds} s after the fault (dashed). Each cell to its own scale. ${date}`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

/** @returns {string} Markdown */
export function table({ runs, seconds, versions, date, machine }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const shown = (run) => [pauseOf(run, seconds), errorsOf(run), damageOf(run)].filter(Boolean).join(', ');
  const { node, pg, postgres, pgbouncer, haproxy } = versions;
  const all = Object.values(runs).flatMap((byClient) => Object.values(byClient));
  const sum = (key) => all.reduce((total, run) => total + run[key], 0);
  return [
    line(['', ...FAULT_NAMES]),
    line(['---', ...FAULT_NAMES.map(() => '---')]),
    ...Object.entries(CLIENTS).map(([client, title]) =>
      line([title, ...FAULT_NAMES.map((fault) => shown(runs[fault][client]))]),
    ),
    '',
    `Of ${sum('acknowledged').toLocaleString('en-US')} acknowledged writes ${sum('lost')} were lost and ${sum('doubled')} doubled.`,
    `Measured ${date} on ${machine.cpus} cores (${machine.cpu}), Node.js ${node}, pg ${pg}, postgres ${postgres}, PgBouncer ${pgbouncer}, HAProxy ${haproxy}.`,
    '',
  ].join('\n');
}
