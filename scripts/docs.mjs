// docs.mjs: the documentation site, from README.md, docs/ and the generated reference. `npm run docs`.
//
//   npm run docs               builds it into build/site/dist, with search, llms.txt and llms-full.txt
//   npm run docs -- --serve    builds it and shows it on a local port
//   npm run test:docs          builds it and looks at it in a headless Chromium (apt-get install chromium)
import fs from 'node:fs';
import path from 'node:path';
import { installPinned } from './pinned.mjs';
import { Problem, commandLine, inRoot, isMain, run, runQuietly, script, step } from './tools.mjs';

const tools = inRoot('.cache/site');
const site = inRoot('build/site');
/** Pages that are not in docs/. */
const TOP = ['CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];

/** Where the sources can be read; undefined: links to them become plain text. */
const sources = () => process.env.DOCS_SOURCES;

/** The pages of the site by name, with links that hold there. */
export function pages() {
  const docs = fs
    .readdirSync(inRoot('docs'), { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => [`docs/${name}`, name.replace(/README\.md$/, 'index.md')]);
  const known = new Map([['README.md', 'index.md'], ...TOP.map((name) => [name, name]), ...docs]);
  return new Map(
    [...known].map(([from, to]) => [to, linked(fs.readFileSync(inRoot(from), 'utf8'), from, to, known)]),
  );
}

/** `text` of the file `from` with its links as the page `to` has to spell them. */
function linked(text, from, to, known) {
  const spelled = (target) => {
    const there = path.posix.join(path.posix.dirname(from), target);
    const page = known.get(there) ?? (/^docs\/(images|grafana)/.test(there) ? there.slice(5) : undefined);
    if (page !== undefined) return `./${path.posix.relative(path.posix.dirname(to), page)}`;
    return sources() && `${sources()}/${there}`;
  };
  return text
    .replaceAll(/(src(?:set)?=")(docs\/[^"]+)"/g, (_, before, target) => `${before}${spelled(target)}"`)
    .replaceAll(
      /(?<!!)\[([^\]\n]+)\]\((?!https?:|#)([^)#\s]*)(#[^)]*)?\)/g,
      (_, label, target, section = '') => {
        const link = spelled(target);
        return link ? `[${label}](${link}${section})` : label;
      },
    );
}

/** What a language model reads first: one line for each page; and everything in one text. */
export function texts(all) {
  const title = (text) => text.match(/^# (.*)$/m)[1];
  const first = (text) =>
    (text.match(/^# .*\n+((?:(?![#<|\-`\n]).+\n)+)/m)?.[1] ?? '').replaceAll('\n', ' ').trim();
  const order = [...all].sort(([a], [b]) => (a === 'index.md' ? -1 : b === 'index.md' ? 1 : a < b ? -1 : 1));
  const line = ([name, text]) => `- [${title(text)}](${name}): ${first(text)}`;
  return {
    'llms.txt': `# hyperiondb-client\n\n> ${first(all.get('index.md'))}\n\n${order.map(line).join('\n')}\n`,
    'llms-full.txt': order.map(([, text]) => text.trim()).join('\n\n---\n\n'),
  };
}

export async function build() {
  await installPinned('site', 'site', 'installing VitePress into .cache/site (100 MB to download)');
  const src = path.join(site, 'src');
  fs.rmSync(site, { recursive: true, force: true });
  fs.mkdirSync(path.join(src, '.vitepress'), { recursive: true });
  fs.symlinkSync(path.join(tools, 'node_modules'), path.join(site, 'node_modules'));
  const all = pages();
  for (const [name, text] of all) {
    fs.mkdirSync(path.dirname(path.join(src, name)), { recursive: true });
    fs.writeFileSync(path.join(src, name), text);
  }
  fs.cpSync(inRoot('docs/images'), path.join(src, 'images'), { recursive: true });
  fs.mkdirSync(path.join(src, 'public'));
  fs.copyFileSync(inRoot('docs/grafana-dashboard.json'), path.join(src, 'public/grafana-dashboard.json'));
  fs.copyFileSync(inRoot('site/favicon.svg'), path.join(src, 'public/favicon.svg'));
  for (const [name, text] of Object.entries(texts(all)))
    fs.writeFileSync(path.join(src, 'public', name), text);
  fs.copyFileSync(inRoot('site/config.mjs'), path.join(src, '.vitepress/config.mjs'));
  fs.writeFileSync(path.join(site, 'package.json'), '{ "type": "module" }\n');
  await step(`building the site: ${all.size} pages`, () =>
    runQuietly(process.execPath, [
      path.join(tools, 'node_modules/vitepress/bin/vitepress.js'),
      'build',
      src,
      '--outDir',
      path.join(site, 'dist'),
    ]),
  );
  return path.join(site, 'dist');
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const { serve } = commandLine(import.meta.url, { serve: { type: 'boolean' } });
    const dist = await build();
    console.log(`  ${path.relative(process.cwd(), dist)}: open index.html, or publish the folder`);
    if (!serve) return;
    return run(process.execPath, [
      path.join(tools, 'node_modules/vitepress/bin/vitepress.js'),
      'preview',
      path.join(site, 'src'),
      '--outDir',
      dist,
    ]);
  });
}
