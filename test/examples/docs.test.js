'use strict';

// What the documents say of the sources is so.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const withoutCode = (text) => text.replace(/^```.*?^```$/gms, '');
/** The sections of a text, as GitHub names them. */
const anchorsOf = (text) =>
  [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
const documents = [
  ...fs.readdirSync(root).filter((name) => name.endsWith('.md')),
  ...fs
    .readdirSync(path.join(root, 'docs'), { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** An arrow to each layer that a layer may include and that none of the others leads to. */
function figureOf(layers) {
  const rows = new Map(
    layers
      .trim()
      .split('\n')
      .map((row) => row.split(':').map((part) => part.trim()))
      .map(([name, may]) => [name, may.split(' ').filter(Boolean)]),
  );
  const below = (name) => rows.get(name).flatMap((other) => [other, ...below(other)]);
  const arrows = [...rows].flatMap(([name, may]) =>
    may
      .filter((one) => !may.some((other) => below(other).includes(one)))
      .map((one) => `    ${name} --> ${one}\n`),
  );
  return `flowchart TD\n${arrows.join('')}`;
}

describe('the documents', () => {
  it('print the layers as they are, and draw them', () => {
    const layers = read('src/LAYERS').replace(/^#.*\n/gm, '');
    const printed = read('docs/ARCHITECTURE.md').match(/<!-- layers:begin -->\n(.*?)<!-- layers:end -->/s)[1];
    assert.equal(printed, `\`\`\`\n${layers}\`\`\`\n\n\`\`\`mermaid\n${figureOf(layers)}\`\`\`\n`);
  });

  it('link to what is there, sections included', () => {
    for (const file of documents) {
      for (const [, target, section] of withoutCode(read(file)).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
        if (/^https?:/.test(target)) continue;
        const there = target ? path.join(path.dirname(file), target) : file;
        assert.ok(fs.existsSync(path.join(root, there)), `${file}: ${target}`);
        if (section) assert.ok(anchorsOf(read(there)).includes(section), `${file}: ${target}#${section}`);
      }
    }
  });

  it('name scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const file of ['README.md', 'CONTRIBUTING.md'])
      for (const [, name] of read(file).matchAll(/npm run ([\w:]+)/g))
        assert.ok(name in scripts, `${file}: npm run ${name}`);
  });

  it('name tests of faults that there are', () => {
    const named = read('docs/FAULTS.md').matchAll(
      /`((?:api|cases|cluster|fault|life|prebuilt|ship|unit)\/[\w/.-]+)`(?: \(([^)]*)\))?/g,
    );
    for (const [, name, title] of named) {
      const file = [name, `${name}.test.js`, `${name}.cpp`].find((one) =>
        fs.existsSync(path.join(root, 'test', one)),
      );
      assert.ok(file, name);
      const words = title?.replace(/[;,]? ?\*\*.*/, '') ?? '';
      assert.ok(read(`test/${file}`).includes(words), `${file}: ${words}`);
    }
  });

  it('name classes of errors that there are, and all of them', () => {
    const exported = Object.keys(require('../..')).filter((name) => name.endsWith('Error'));
    const named = new Set(read('docs/ERRORS.md').match(/\b[A-Z]\w+Error\b/g));
    named.delete('TypeError');
    assert.deepEqual([...named].sort(), exported.filter((name) => name !== 'InternalError').sort());
  });

  it('number and date every decision', () => {
    const decisions = read('docs/DECISIONS.md').split(/^## /m).slice(1);
    decisions.forEach((text, i) => {
      assert.match(text, new RegExp(`^D${i + 1}\\. .+\\n\\n\\*\\d{4}-\\d\\d-\\d\\d\\*\\n`));
      for (const part of ['Context', 'Decision', 'Cost'])
        assert.ok(text.includes(`**${part}.** `), `D${i + 1}: ${part}`);
    });
  });
});
