// recovery_plot: times to recover, as a drawing.
import { createRequire } from 'node:module';

const { distribution } = createRequire(import.meta.url)('../cluster/support/figures');

/**
 * One line for each way to fail over, one dot for each time, and a stroke at the median; time on a logarithmic scale.
 * @param {{ way: string, outageMs: number }[]} runs
 * @param {string} title
 */
export function plot(runs, title) {
  const ways = [...new Set(runs.map((run) => run.way))].sort();
  const [left, top, row, width] = [130, 50, 34, 640];
  const bottom = top + ways.length * row;
  const most = Math.max(1_000, ...runs.map((run) => run.outageMs));
  const decades = Math.ceil(Math.log10(most));
  const x = (ms) => (left + (Math.log10(Math.max(1, ms)) / decades) * width).toFixed(1);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 40}" height="${bottom + 50}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="${left}" y="24" font-size="15">Time without an acknowledged write: ${title}</text>`,
  ];
  for (let decade = 0; decade <= decades; decade += 1) {
    const at = x(10 ** decade);
    parts.push(
      `<line x1="${at}" x2="${at}" y1="${top - 8}" y2="${bottom}" stroke="#ddd"/>`,
      `<text x="${at}" y="${bottom + 18}" text-anchor="middle">${10 ** decade} ms</text>`,
    );
  }
  ways.forEach((way, i) => {
    const y = top + i * row + row / 2;
    const of = runs.filter((run) => run.way === way).map((run) => run.outageMs);
    const middle = x(distribution(of).median);
    parts.push(
      `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${way}</text>`,
      `<line x1="${left}" x2="${left + width}" y1="${y}" y2="${y}" stroke="#eee"/>`,
      ...of.map((ms) => `<circle cx="${x(ms)}" cy="${y}" r="4" fill="#336791" fill-opacity="0.5"/>`),
      `<line x1="${middle}" x2="${middle}" y1="${y - 11}" y2="${y + 11}" stroke="#c33" stroke-width="2"/>`,
    );
  });
  parts.push('</svg>', '');
  return parts.join('\n');
}
