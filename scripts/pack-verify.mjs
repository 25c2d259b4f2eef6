// pack-verify.mjs: `npm run pack:verify`: what will be published, installed and used as users do it. Packs the packages
// of build/npm, serves them from a registry of our own on loopback, installs them with each npm into an empty project
// that finds neither compiler nor libpq nor Python, and runs programs there against a cluster.
//
// `npm run prebuilt` comes first; it makes the package of this machine's platform.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { bootstrap } from './bootstrap.mjs';
import { installPinned } from './pinned.mjs';
import { installRuntimes } from './runtimes.mjs';
import { MAX_PACKED_BYTES, makeMainPackage, platformPackage, stagedPlatforms } from './prebuild/packages.mjs';
import { hostTarget } from './prebuild/targets.mjs';
import { Problem, commandLine, inRoot, script, step, which } from './tools.mjs';

const READY_MS = 60_000;
/** npm 12 and the registry need a newer Node than the oldest that we support. */
const NODE_24 = inRoot('.cache/runtimes/node_modules/node-24/bin/node');
const NPMS = [
  { npm: 'npm-11', program: process.execPath },
  { npm: 'npm-12', program: NODE_24 },
];
const COMPILERS = ['typescript', 'typescript-7'];
const EXPECTED = { n: '42', words: ['a', 'b'], tls: true, code: '22012', total: 2, foreign: [] };
const tool = (...parts) => inRoot('.cache/pack/node_modules', ...parts);
const programs = inRoot('test/pack/programs');
const manifest = JSON.parse(fs.readFileSync(inRoot('package.json'), 'utf8'));

/** Runs a program to its end; a failure shows all that it said. */
function call(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error) throw error;
  if (status !== 0)
    throw new Problem(`${path.basename(command)} ${args.join(' ')} (${status}):\n${stdout}${stderr}`);
  return { stdout, stderr };
}

/** With the Node of the environment, else with ours. */
const node = (args, options) => call(options?.env?.NODE_PROGRAM ?? process.execPath, args, options);

/** An environment in which nothing is to be found but Node and a shell. */
function emptyEnvironment(folder, registry, program) {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.symlinkSync(program, path.join(bin, 'node'));
  fs.symlinkSync('/bin/sh', path.join(bin, 'sh'));
  const home = path.join(folder, 'home');
  fs.mkdirSync(home);
  // The registry takes anybody; npm wants to say somebody's name.
  fs.writeFileSync(
    path.join(home, '.npmrc'),
    `registry=${registry}\n${registry.slice('http:'.length)}:_authToken=anybody\n`,
  );
  return {
    NODE_PROGRAM: program,
    PATH: bin,
    HOME: home,
    npm_config_cache: path.join(folder, 'cache'),
    NO_UPDATE_NOTIFIER: '1',
  };
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A registry that knows only what is published to it here. */
async function startRegistry(folder) {
  const port = await freePort();
  const config = path.join(folder, 'verdaccio.yaml');
  fs.writeFileSync(
    config,
    JSON.stringify({
      storage: path.join(folder, 'storage'),
      auth: { htpasswd: { file: path.join(folder, 'htpasswd') } },
      packages: { '**': { access: '$all', publish: '$all', unpublish: '$all' } },
      max_body_size: '50mb',
      log: { type: 'stdout', format: 'pretty', level: 'warn' },
    }),
  );
  const log = fs.openSync(path.join(folder, 'verdaccio.log'), 'w');
  const child = spawn(
    NODE_24,
    [tool('verdaccio/bin/verdaccio'), '--config', config, '--listen', `127.0.0.1:${port}`],
    { stdio: ['ignore', log, log] },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/`;
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Problem(
        `The registry did not start:\n${fs.readFileSync(path.join(folder, 'verdaccio.log'), 'utf8')}`,
      );
    if (
      await fetch(`${url}-/ping`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Packs a folder and tells its size. */
function pack(folder, into) {
  const { stdout } = node([
    tool('npm-12/bin/npm-cli.js'),
    'pack',
    folder,
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    into,
  ]);
  const answer = JSON.parse(stdout);
  const [{ name, size, unpackedSize, entryCount }] = Array.isArray(answer) ? answer : Object.values(answer);
  console.log(
    `  ${name.padEnd(36)} ${(size / 1e6).toFixed(2).padStart(6)} MB packed ${(unpackedSize / 1e6).toFixed(2).padStart(7)} MB unpacked ${String(entryCount).padStart(5)} files`,
  );
  if (size > MAX_PACKED_BYTES)
    throw new Problem(`${name} has ${size} bytes packed; ${MAX_PACKED_BYTES} is the most.`);
}

/** An empty project with the package installed in it. */
function install(npm, folder, env, ...options) {
  const project = path.join(folder, 'project');
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(
    path.join(project, 'package.json'),
    '{ "name": "empty", "version": "1.0.0", "private": true }\n',
  );
  const cli = tool(npm, 'bin/npm-cli.js');
  const said = node(
    [cli, 'install', `${manifest.name}@${manifest.version}`, '--no-audit', '--no-fund', ...options],
    { cwd: project, env },
  );
  assert.doesNotMatch(said.stdout + said.stderr, /warn|script/i, 'npm has something to say');
  return project;
}

const installedPlatforms = (project) =>
  fs.readdirSync(path.join(project, 'node_modules')).filter((name) => name.startsWith(`${manifest.name}-`));

const lastLine = ({ stdout }) => JSON.parse(stdout.trim().split('\n').at(-1));

function useInJavaScript(project, env) {
  for (const name of ['check.cjs', 'app.cjs', 'app.mjs'])
    fs.copyFileSync(path.join(programs, name), path.join(project, name));
  for (const name of ['app.cjs', 'app.mjs'])
    assert.deepEqual(lastLine(node([name], { cwd: project, env })), EXPECTED, name);
}

function useInTypeScript(project, env) {
  const types = path.join(project, 'node_modules/@types/node');
  fs.cpSync(inRoot('node_modules/@types/node'), types, { recursive: true });
  fs.cpSync(inRoot('node_modules/undici-types'), path.join(project, 'node_modules/undici-types'), {
    recursive: true,
  });
  for (const compiler of COMPILERS) {
    const options = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      '--pretty',
      'false',
    ];
    const sources = ['typed.mts', 'typed.cts'];
    for (const name of sources) fs.copyFileSync(path.join(programs, name), path.join(project, name));
    node([inRoot('node_modules', compiler, 'bin/tsc'), ...options, '--outDir', compiler, ...sources], {
      cwd: project,
    });
    const imported = lastLine(node([`${compiler}/typed.mjs`], { cwd: project, env }));
    assert.deepEqual(imported, { n: '42', words: ['a', 'b'], code: '22012', rowCount: 1 });
    assert.deepEqual(lastLine(node([`${compiler}/typed.cjs`], { cwd: project, env })), { total: 2 });
  }
}

/** The bundling example, in a folder where it finds the installed package and the bundlers. */
function useInBundles(project, env, url) {
  const folder = path.join(project, 'bundling');
  fs.cpSync(inRoot('examples/bundling'), folder, { recursive: true });
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  fs.symlinkSync(tool('esbuild'), path.join(modules, 'esbuild'));
  node(['esbuild.mjs'], { cwd: folder });
  node(
    [
      '-e',
      `require(${JSON.stringify(tool('webpack'))})(require('./webpack.config.cjs'), (error, stats) => {
    if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exitCode = 1; }
  })`,
    ],
    { cwd: folder },
  );
  for (const name of ['esbuild.mjs', 'webpack.mjs']) {
    const { stdout } = node([path.join('dist', name)], { cwd: folder, env: { ...env, DATABASE_URL: url } });
    assert.equal(stdout, '42\n', name);
  }
}

/** Without its native part the package says what was tried, and what to do. */
function useWithoutNative(npm, folder, env) {
  const project = install(npm, folder, env, '--omit=optional');
  const { stderr, status } = spawnSync(env.NODE_PROGRAM, ['-e', `require('${manifest.name}')`], {
    cwd: project,
    env,
    encoding: 'utf8',
  });
  assert.notEqual(status, 0);
  for (const part of [
    'ERR_HYPERIONDB_NATIVE',
    platformPackage(hostTarget()),
    '--include=optional',
    'npx hyperiondb-build',
  ])
    assert.ok(stderr.includes(part), `${part} is missing in:\n${stderr}`);
  const build = spawnSync(
    env.NODE_PROGRAM,
    [path.join(project, 'node_modules', manifest.name, 'scripts/build.mjs')],
    { cwd: project, env, encoding: 'utf8' },
  );
  assert.notEqual(build.status, 0);
  assert.match(build.stderr, /To build from source, these are needed .*g\+\+/);
}

commandLine(import.meta.url);

await script(async () => {
  const host = hostTarget();
  const staged = stagedPlatforms();
  if (!host || !staged.some(({ target }) => target === host))
    throw new Problem('The package of this platform is not in build/npm yet: npm run prebuilt');
  await bootstrap('demo');
  await installRuntimes();
  await installPinned(
    'pack',
    'test/pack',
    'installing a registry, npm 11 and 12, linters and bundlers into .cache/pack',
  );
  const main = makeMainPackage();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-pack-'));
  const require = createRequire(import.meta.url);
  const { startCluster } = require('../lib/testing');
  const { makeCertificate } = require('../test/support/certificate');
  let registry, cluster;
  try {
    await step('publint --strict and attw --pack', () => {
      console.log(node([tool('publint/src/cli.js'), '--strict', main]).stdout.trim());
      console.log(
        node(
          [tool('@arethetypeswrong/cli/dist/index.js'), '--pack', main, '--no-color', '--format', 'ascii'],
          {
            env: {
              ...process.env,
              PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
            },
          },
        ).stdout.trim(),
      );
    });
    await step('packing', () => {
      for (const one of [main, ...staged.map((platform) => platform.folder)]) pack(one, folder);
    });
    await step('publishing to a registry on loopback, twice', async () => {
      registry = await startRegistry(folder);
      const env = emptyEnvironment(path.join(folder, 'publisher'), registry.url, NODE_24);
      const npm = tool('npm-12/bin/npm-cli.js');
      const publish = () =>
        node([inRoot('scripts/release.mjs'), 'publish', '--only-staged'], {
          env: { ...env, npm_execpath: npm },
        }).stdout;
      assert.match(publish(), new RegExp(`${manifest.name}@${manifest.version} is published`));
      assert.doesNotMatch(publish(), /is published/);
    });
    const certificate = makeCertificate(folder);
    cluster = await startCluster({ nodes: 1, ssl: certificate });
    const options = JSON.stringify({
      ...cluster.connectionOptions(),
      ssl: { mode: 'verify-full', rootCert: certificate.cert },
    });
    const { hosts, user, database } = cluster.connectionOptions();
    const url = `postgres://${user}@${hosts[0]}/${database}?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate.cert)}`;
    for (const { npm, program } of NPMS) {
      await step(`installing with ${npm.replace('-', ' ')}, and using it`, () => {
        const place = path.join(folder, npm);
        const env = { ...emptyEnvironment(place, registry.url, program), OPTIONS: options };
        const project = install(npm, place, env);
        assert.deepEqual(installedPlatforms(project), [platformPackage(host)]);
        useInJavaScript(project, env);
        useInTypeScript(project, env);
        useInBundles(project, env, url);
        useWithoutNative(npm, path.join(place, 'without'), env);
        const other = staged.find(({ target }) => target !== host)?.target;
        if (other) {
          const { os: system, cpu, libc } = other.platform;
          const named = [`--os=${system}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])];
          const elsewhere = install(npm, path.join(place, 'elsewhere'), env, ...named);
          assert.deepEqual(installedPlatforms(elsewhere), [platformPackage(other)]);
        }
      });
    }
    console.log('\nAll of it holds.');
  } finally {
    await cluster?.stop();
    registry?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
