// tidy.mjs: clang-tidy and clang's static analyzer over every source file, in parallel. What was found clean is not
// looked at again until it, a header that it includes, its command or the checks change. Part of `npm run check`.
//
//   node scripts/tidy.mjs [FILE …]     default: all
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installPackages } from './bootstrap.mjs';
import { build } from './native.mjs';
import { Problem, commandLine, inRoot, isMain, outputOf, script, seconds } from './tools.mjs';

const PRESET = 'clang';
const TOOL = 'clang-tidy-14';
const FOLDER = inRoot('build', 'tidy');
/** The number of states after which the analyzer gives up on a function; its own default is 225,000. */
const MAX_STATES = 50_000;

const read = (file) => fs.readFileSync(file, 'utf8');

/** Each of our files that `file` includes, directly or not, with itself. */
function filesBehind(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, name] of read(file).matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)) {
    const folders = [path.dirname(file), inRoot(), inRoot('src'), inRoot('test'), inRoot('test/unit')];
    const included = folders
      .map((folder) => path.join(folder, name))
      .find((candidate) => fs.existsSync(candidate));
    if (included) filesBehind(included, found);
  }
  return found;
}

/** The commands of the compiler without the precompiled header, which only a build makes. */
function readCommands() {
  const commands = JSON.parse(read(inRoot('build', PRESET, 'compile_commands.json')));
  return commands
    .filter(({ file }) => file.endsWith('.cpp') && !file.startsWith(inRoot('build')))
    .map(({ directory, file, command }) => ({
      directory,
      file,
      command: command.replace(/-Xclang -include-pch -Xclang \S+ /, ''),
    }));
}

/** Whatever decides what clang-tidy says of a file. */
function keyOf({ file, command }, settings) {
  const hash = createHash('sha256').update(settings).update(command.replaceAll(inRoot(), ''));
  for (const name of [...filesBehind(file)].sort())
    hash.update(`\0${name.slice(inRoot().length)}\0`).update(read(name));
  return hash.digest('hex').slice(0, 32);
}

/** Resolves with what clang-tidy has to say about a file; '' when it is clean. */
function look({ file }, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(TOOL, [...args, file], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? '' : said || `${file}: ${TOOL} ended with ${code}\n`));
  });
}

/** Looks at `only`, or at everything; how many files have findings. */
export async function tidy(only = []) {
  await installPackages('tidy');
  await build({ preset: PRESET, tests: true, targets: ['build.ninja'] });
  fs.mkdirSync(FOLDER, { recursive: true });
  const commands = readCommands();
  fs.writeFileSync(path.join(FOLDER, 'compile_commands.json'), JSON.stringify(commands));
  const args = ['-p', FOLDER, '--quiet'];
  for (const arg of ['-Xclang', '-analyzer-config', '-Xclang', `max-nodes=${MAX_STATES}`])
    args.push(`--extra-arg=${arg}`);
  const settings = [
    outputOf(TOOL, ['--version']),
    read(inRoot('.clang-tidy')),
    read(inRoot('test/.clang-tidy')),
    ...args.slice(2),
  ].join('\n');

  const all = commands.map((one) => ({ ...one, clean: path.join(FOLDER, keyOf(one, settings)) }));
  const known = new Set(all.map(({ clean }) => clean));
  for (const name of fs.readdirSync(FOLDER)) {
    if (/^[0-9a-f]{32}$/.test(name) && !known.has(path.join(FOLDER, name)))
      fs.rmSync(path.join(FOLDER, name));
  }
  const names = only.map((name) => path.resolve(name));
  const unknown = names.find((name) => !all.some(({ file }) => file === name));
  if (unknown) throw new Problem(`${unknown} is not compiled, so nothing can be said of it.`);
  const left = all
    .filter(({ file, clean }) => (names.length === 0 || names.includes(file)) && !fs.existsSync(clean))
    .sort((a, b) => fs.statSync(b.file).size - fs.statSync(a.file).size); // the longest first: no core waits for it at the end
  const total = left.length;
  let found = 0;
  const worker = async () => {
    for (let one; (one = left.shift());) {
      const since = Date.now();
      const said = await look(one, args);
      if (said) found += 1;
      else fs.writeFileSync(one.clean, '');
      console.log(
        `${said}  [${total - left.length}/${total}] ${path.relative(inRoot(), one.file)} (${seconds(since)})`,
      );
    }
  };
  const workers = Number(process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? os.availableParallelism());
  await Promise.all(Array.from({ length: workers }, worker));
  return found;
}

if (isMain(import.meta.url)) {
  const { words } = commandLine(import.meta.url, {}, { words: Infinity });
  await script(async () => ((await tidy(words)) === 0 ? 0 : 1));
}
