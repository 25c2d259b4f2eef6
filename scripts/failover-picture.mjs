// failover-picture.mjs: the picture at the top of the README, drawn from a recorded run of the demo.
//
//   npm run demo -- --plain --record docs/images/failover.json
//   node scripts/failover-picture.mjs            docs/images/failover-light.svg and failover-dark.svg
import fs from 'node:fs';
import { commandLine, inRoot, isMain } from './tools.mjs';

const THEMES = {
  light: { ink: '#1f2328', dim: '#59636e', grid: '#d1d9e0', bar: '#0969da', event: '#cf222e' },
  dark: { ink: '#f0f6fc', dim: '#9198a1', grid: '#3d444d', bar: '#4493f8', event: '#f85149' },
};
const WIDTH = 840;
const [LEFT, TOP, BOTTOM, HEIGHT] = [52, 74, 224, 276];
const WORDS = { SIGKILL: 'SIGKILL of the primary', fencing: 'the new primary is fenced' };

const grouped = (n) => n.toLocaleString('en-US');

/** @returns {Record<string, string>} name of the file → SVG */
export function draw(run) {
  return Object.fromEntries(
    Object.entries(THEMES).map(([name, theme]) => [`failover-${name}.svg`, svg(run, theme)]),
  );
}

function svg({ stepMs, writes, events, acknowledged, lost, doubled, inDoubt, otherErrors }, theme) {
  const seconds = (writes.length * stepMs) / 1000;
  const most = Math.max(...writes, 1);
  const x = (ms) => LEFT + (ms / (seconds * 1000)) * (WIDTH - LEFT - 16);
  const y = (count) => BOTTOM - (count / most) * (BOTTOM - TOP);
  const text = (at, top, content, more = '') =>
    `<text x="${at.toFixed(1)}" y="${top}" fill="${theme.dim}" ${more}>${content}</text>`;
  const bar = x(stepMs) - x(0);
  const ticks = Array.from({ length: Math.floor(seconds) + 1 }, (_, at) => at);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<text x="${LEFT}" y="22" font-size="15" font-weight="600" fill="${theme.ink}">Acknowledged writes per ${stepMs} ms: twenty writers, three nodes, no failover code</text>`,
    ...[0, most / 2, most].map(
      (count) =>
        `<line x1="${LEFT}" x2="${WIDTH - 16}" y1="${y(count)}" y2="${y(count)}" stroke="${theme.grid}"/>` +
        text(LEFT - 8, y(count) + 4, grouped(Math.round(count)), 'text-anchor="end"'),
    ),
    ...ticks.map((at) => text(x(at * 1000), BOTTOM + 18, `${at} s`, 'text-anchor="middle"')),
    ...writes.map(
      (count, at) =>
        `<rect x="${x(at * stepMs).toFixed(1)}" y="${y(count).toFixed(1)}" width="${(bar - 0.6).toFixed(1)}" height="${(BOTTOM - y(count)).toFixed(1)}" fill="${theme.bar}"/>`,
    ),
    ...events.flatMap(({ atMs, what, gapMs }) => [
      `<line x1="${x(atMs).toFixed(1)}" x2="${x(atMs).toFixed(1)}" y1="${TOP - 32}" y2="${BOTTOM}" stroke="${theme.event}" stroke-dasharray="3 3"/>`,
      `<text x="${(x(atMs) + 5).toFixed(1)}" y="${TOP - 22}" fill="${theme.event}">${WORDS[what] ?? what}</text>`,
      `<text x="${(x(atMs) + 5).toFixed(1)}" y="${TOP - 7}" fill="${theme.event}">${grouped(gapMs)} ms without a write</text>`,
    ]),
    text(
      LEFT,
      HEIGHT - 12,
      `${grouped(acknowledged)} writes acknowledged: ${lost} lost, ${doubled} doubled. ` +
        `${inDoubt} reported as in doubt. ${otherErrors} other errors.`,
      `style="fill:${theme.ink}"`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

if (isMain(import.meta.url)) {
  commandLine(import.meta.url);
  const folder = inRoot('docs/images');
  const run = JSON.parse(fs.readFileSync(`${folder}/failover.json`, 'utf8'));
  for (const [name, content] of Object.entries(draw(run))) fs.writeFileSync(`${folder}/${name}`, content);
}
