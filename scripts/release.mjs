// release.mjs: the steps of a release that are more than one command; .github/workflows/release.yml says when.
//
//   node scripts/release.mjs prepare      decides the version; for a push it commits and tags the next one
//   node scripts/release.mjs stage        makes the package that users name, in build/npm
//   node scripts/release.mjs collect      moves downloaded packages to where they belong
//   node scripts/release.mjs publish [--only-staged] [-- npm's own options]; NPM_TOKEN, unless npm trusts the workflow
//   node scripts/release.mjs announce     makes the release on GitHub, with the debug files; needs `gh` and TAG
//
// Each step may be run again after a failure, and goes on where it stopped.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { npmCommand } from './bootstrap.mjs';
import { STAGE, makeMainPackage, platformPackage, stagedPlatforms } from './prebuild/packages.mjs';
import { TARGETS } from './prebuild/targets.mjs';
import { Problem, commandLine, inRoot, isMain, outputOf, run, script } from './tools.mjs';

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/** The next patch; of a prerelease the next of its kind: 1.0.0-alpha.1 → 1.0.0-alpha.2. */
export function nextVersion(version) {
  const [, head, last] = /^(\d+\.\d+\.(?:\d+-[a-z]+\.)?)(\d+)$/.exec(version) ?? [];
  if (!head) throw new Problem(`${version} is no version that can be counted up.`);
  return head + (Number(last) + 1);
}

/** What `npm install hyperiondb-client` gives is `latest`; a prerelease has to be asked for. */
export const distTag = (version) => (version.includes('-') ? 'next' : 'latest');

/** Writes the version into every file that has it, below `root`. */
export function setVersion(version, root, today) {
  for (const name of ['package.json', 'package-lock.json']) {
    const file = path.join(root, name);
    const text = fs.readFileSync(file, 'utf8');
    const json = JSON.parse(text);
    const places = name === 'package.json' ? [json] : [json, json.packages['']];
    for (const place of places) place.version = version;
    fs.writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`);
  }
  const changelog = path.join(root, 'CHANGELOG.md');
  const text = fs.readFileSync(changelog, 'utf8');
  if (!text.includes(`\n## ${version}`))
    fs.writeFileSync(
      changelog,
      text.replace(/^## Unreleased$/m, `## Unreleased\n\n## ${version} (${today})`),
    );
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: process.cwd(), encoding: 'utf8' });
  if (status !== 0) throw new Problem(`git ${args.join(' ')}: ${stderr.trim()}`);
  return stdout.trim();
}

/**
 * The version to release and the commit that has it. A tag names the version, and the tree has to agree. A push to the
 * main branch gets the next version, committed and tagged on top of the branch; a second run for the same push finds
 * that tag by its trailer and makes no other.
 * @param {{ ref: string, sha: string, today: string }} event
 * @returns {{ version: string, tag: string }}
 */
export function prepare({ ref, sha, today }) {
  const version = () => readJson('package.json').version;
  if (ref.startsWith('refs/tags/v')) {
    const tag = ref.slice('refs/tags/'.length);
    git('checkout', '--quiet', tag);
    if (tag !== `v${version()}`) throw new Problem(`The tag is ${tag}, but package.json says ${version()}.`);
    return { version: version(), tag };
  }
  const branch = ref.replace('refs/heads/', '');
  git('fetch', '--quiet', '--tags', 'origin', branch);
  const trailer = `Release-of: ${sha}`;
  const [made] = git(
    'tag',
    '--list',
    'v*',
    '--format=%(objectname) %(refname:short) %(contents:trailers:key=Release-of,valueonly)',
  )
    .split('\n')
    .filter((line) => line.trim().endsWith(sha));
  if (made) {
    const tag = made.split(' ')[1];
    git('checkout', '--quiet', tag);
    return { version: tag.slice(1), tag };
  }
  git('checkout', '--quiet', '--detach', `origin/${branch}`);
  const next = nextVersion(version());
  const tag = `v${next}`;
  setVersion(next, process.cwd(), today);
  git('commit', '--quiet', '--all', '-m', `release: ${tag}`);
  git('tag', '--annotate', tag, '-m', `${tag}\n\n${trailer}`);
  // Both or none: a tag without its commit would be released from a branch that does not know it.
  git('push', '--quiet', '--atomic', 'origin', `HEAD:refs/heads/${branch}`, `refs/tags/${tag}`);
  return { version: next, tag };
}

/** Whether the registry has it. Anything but a clear answer is a failure: a version cannot be published twice. */
function isPublished(name, version, options) {
  const [command, ...args] = npmCommand();
  const { status, stdout, stderr } = spawnSync(
    command,
    [...args, 'view', `${name}@${version}`, 'version', '--json', '--prefer-online', ...options],
    { encoding: 'utf8' },
  );
  if (status === 0) return stdout.trim() !== '';
  if (/\bE404\b/.test(stdout + stderr)) return false;
  throw new Problem(`npm view ${name}@${version}: ${stderr.trim() || stdout.trim()}`);
}

/**
 * With a token: a file of settings with it, for whichever registry npm is set to. None without: an empty token would
 * keep npm from asking whether it may trust the workflow.
 */
function withToken() {
  if (!process.env.NPM_TOKEN) return process.env;
  const [command, ...args] = npmCommand();
  const registry = outputOf(command, [...args, 'config', 'get', 'registry']);
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-npm-')), 'npmrc');
  fs.writeFileSync(
    file,
    `${registry.replace(/^https?:/, '').replace(/\/?$/, '/')}:_authToken=\${NPM_TOKEN}\n`,
    { mode: 0o600 },
  );
  return { ...process.env, NPM_CONFIG_USERCONFIG: file };
}

/** Artifacts are unpacked into folders of their own names: `package-<target>`. */
function collect() {
  for (const target of TARGETS) {
    const from = inRoot(STAGE, `package-${target.name}`);
    if (!fs.existsSync(from)) continue;
    fs.rmSync(inRoot(STAGE, platformPackage(target)), { recursive: true, force: true });
    fs.renameSync(from, inRoot(STAGE, platformPackage(target)));
  }
  console.log(
    stagedPlatforms()
      .map(({ name }) => name)
      .join('\n'),
  );
}

/** A release on GitHub with the debug information; one that is there already is brought up to date. */
async function announce() {
  const { TAG: tag } = process.env;
  if (!tag) throw new Problem('TAG says which release.');
  const folder = inRoot('build/debug');
  const files = TARGETS.filter(({ format }) => format === 'elf').map(({ name }) => {
    const from = path.join(folder, `debug-${name}`, 'hyperiondb.node.debug');
    if (!fs.existsSync(from)) throw new Problem(`${from} is missing: nobody could read a core of ${name}.`);
    const file = path.join(folder, `hyperiondb-${tag}-${name}.debug`);
    fs.copyFileSync(from, file);
    return file;
  });
  const kind = tag.includes('-') ? ['--prerelease'] : [];
  const isThere = outputOf('gh', ['release', 'view', tag]) !== undefined;
  const code = isThere
    ? await run('gh', ['release', 'upload', tag, '--clobber', ...files])
    : await run('gh', ['release', 'create', tag, '--verify-tag', '--generate-notes', ...kind, ...files]);
  if (code !== 0) throw new Problem('The release on GitHub is not complete; run this step again.');
}

/** The platforms first, so that the main package never names what is not there. */
async function publish({ onlyStaged, options }) {
  const { name, version } = readJson(inRoot('package.json'));
  const platforms = stagedPlatforms();
  const missing = TARGETS.filter((target) => !platforms.some((one) => one.target === target));
  if (missing.length > 0 && !onlyStaged)
    throw new Problem(
      `Not built: ${missing.map((target) => target.name).join(', ')}. Nothing was published.`,
    );
  const [command, ...npm] = npmCommand();
  const registry = options.filter((option) => option.startsWith('--registry'));
  const env = withToken();
  for (const folder of [...platforms.map((one) => one.folder), inRoot(STAGE, name)]) {
    const manifest = readJson(path.join(folder, 'package.json'));
    if (manifest.version !== version)
      throw new Problem(`${folder} is of version ${manifest.version}, not ${version}.`);
    if (isPublished(manifest.name, version, registry)) {
      console.log(`  ${manifest.name}@${version} is there already`);
      continue;
    }
    const args = ['publish', folder, '--ignore-scripts', '--tag', distTag(version), ...options];
    if ((await run(command, [...npm, ...args], { env })) !== 0)
      throw new Problem(`${manifest.name}@${version} was not published; run this step again.`);
    console.log(`  ${manifest.name}@${version} is published`);
  }
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const args = process.argv.slice(2);
    const at = args.includes('--') ? args.indexOf('--') : args.length;
    const options = args.slice(at + 1); // npm's own
    const {
      words: [command],
      'only-staged': onlyStaged = false,
    } = commandLine(
      import.meta.url,
      { 'only-staged': { type: 'boolean' } },
      {
        args: args.slice(0, at),
        words: ['prepare', 'stage', 'collect', 'publish', 'announce', 'refuse'],
      },
    );
    if (command === 'prepare') {
      const { GITHUB_REF: ref, GITHUB_SHA: sha, GITHUB_OUTPUT: output } = process.env;
      if (!ref || !sha) throw new Problem('GITHUB_REF and GITHUB_SHA say what is released.');
      const { version, tag } = prepare({ ref, sha, today: new Date().toISOString().slice(0, 10) });
      if (output) fs.appendFileSync(output, `version=${version}\ntag=${tag}\n`);
      console.log(`${tag} is at ${outputOf('git', ['rev-parse', 'HEAD'])}`);
    } else if (command === 'stage') {
      console.log(path.relative(inRoot(), makeMainPackage()));
    } else if (command === 'publish') {
      await publish({ onlyStaged, options });
    } else if (command === 'collect') {
      collect();
    } else if (command === 'announce') {
      await announce();
    } else if (command === 'refuse') {
      throw new Problem(
        'What is published is not this folder, but what `node scripts/release.mjs stage` makes of it: see "Releasing" in CONTRIBUTING.md.',
      );
    } else {
      throw new Problem(
        'Usage: node scripts/release.mjs prepare | collect | stage | publish [--only-staged] [-- options of npm] | announce',
      );
    }
  });
}
