// plot.mjs: a small chart per workload, three in a row. Longer is better, latencies excepted: they say so.
import { number } from './report.mjs';

const COLOURS = {
  ours: '#c2410c',
  pg: '#64748b',
  'pg-native': '#94a3b8',
  postgres: '#475569',
  bun: '#0891b2',
  ref: '#a8a29e',
  'ref-any': '#78716c',
  pgbench: '#d4d4d8',
};
const WIDTH = 400;
const BAR = 15;
const COLUMNS = 3;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x, y, content, more = '') => `<text x="${x}" y="${y}" ${more}>${escape(content)}</text>`;

function chart(title, metric, results, x, y) {
  const entries = Object.entries(results).filter(([, result]) => Number.isFinite(result[metric]));
  const most = Math.max(...entries.map(([, result]) => result[metric]));
  const unit = metric === 'p50Ms' ? 'p50 in ms, shorter is better' : 'per second';
  const lines = [
    text(x, y + 14, title, 'font-weight="600"'),
    text(x, y + 28, unit, 'fill="#71717a" font-size="10"'),
  ];
  entries.forEach(([client, result], at) => {
    const top = y + 36 + at * BAR;
    const length = Math.max(1, (result[metric] / most) * (WIDTH - 170));
    lines.push(
      text(x + 62, top + 10, client, 'text-anchor="end"'),
      `<rect x="${x + 68}" y="${top}" width="${length.toFixed(1)}" height="${BAR - 3}" fill="${COLOURS[client]}"/>`,
      text(x + 72 + length, top + 10, number(result[metric])),
    );
  });
  return lines;
}

/** @returns {string} an SVG document */
export function plot(workloads, all, subtitle) {
  const shown = workloads.filter(({ name }) => Object.values(all[name] ?? {}).some((one) => one.perSecond));
  const clients = Math.max(...shown.map(({ name }) => Object.keys(all[name]).length), 1);
  const height = 36 + clients * BAR + 20;
  const body = shown.flatMap(({ name, title, headline = 'perSecond' }, at) =>
    chart(title, headline, all[name], 16 + (at % COLUMNS) * WIDTH, 40 + Math.floor(at / COLUMNS) * height),
  );
  const rows = Math.ceil(shown.length / COLUMNS);
  const [width, total] = [COLUMNS * WIDTH + 16, 50 + rows * height];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}"`,
    ' font-family="system-ui, sans-serif" font-size="11" fill="#18181b">',
    `<rect width="${width}" height="${total}" fill="#ffffff"/>`,
    text(16, 24, subtitle, 'fill="#52525b"'),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}
