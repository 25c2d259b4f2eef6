'use strict';

// Which native part lib/native.js takes, and what it says when there is none.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '../..');
const NAME = 'hyperiondb-client';
const targets = JSON.parse(fs.readFileSync(path.join(root, 'scripts/prebuild/targets.json'), 'utf8')).map(
  (/** @type {{ name: string }} */ { name }) => name,
);

/** The flag has lost its prefix in newer versions. */
const permission = () =>
  process.allowedNodeEnvironmentFlags.has('--permission') ? 'permission' : 'experimental-permission';

describe('the loader', () => {
  let folder;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-loader-'));
    const installed = path.join(folder, 'node_modules', NAME);
    fs.mkdirSync(path.join(installed, 'lib'), { recursive: true });
    fs.copyFileSync(path.join(root, 'lib/native.js'), path.join(installed, 'lib/native.js'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const inside = (...parts) => path.join(folder, 'node_modules', ...parts);
  /** A native part is whatever require() gives. */
  function put(place, text = `module.exports = ${JSON.stringify(place)}`) {
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, text);
    return place;
  }
  const platformPackage = (target, text) => put(inside(`${NAME}-${target}`, 'index.js'), text);
  const localBuild = (preset = 'release', text) =>
    put(inside(NAME, 'build', preset, 'hyperiondb.node'), text);

  /** What the loader gives in a process where `before` was said first. */
  function load({ env = {}, before = '' } = {}) {
    // A file that ends in .node is dlopened: here it is a module like any other.
    const program = `
      require.extensions['.node'] = require.extensions['.js'];
      ${before}
      try { console.log(JSON.stringify({ native: require('./node_modules/${NAME}/lib/native.js') })); }
      catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message, cause: error.cause?.code })); }`;
    const { HYPERIONDB_NATIVE: _, ...rest } = process.env;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], {
      cwd: folder,
      env: { ...rest, ...env },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  }
  const pretend = (platform, arch) =>
    `for (const [name, value] of [['platform', '${platform}'], ['arch', '${arch}']]) Object.defineProperty(process, name, { value });`;
  const onMusl = (loader = '/lib/ld-musl-x86_64.so.1') => `
    const fs = require('node:fs'); const read = fs.readFileSync;
    fs.readFileSync = (file, ...rest) =>
      file === '/proc/self/maps' ? '7f00 r-xp ${loader}\\n' : read(file, ...rest);`;

  it('names the packages of the platforms that are built, and no others', () => {
    const text = fs.readFileSync(path.join(root, 'lib/native.js'), 'utf8');
    const named = [...text.matchAll(/require\('hyperiondb-client-([\w-]+)'\)/g)].map(([, name]) => name);
    assert.deepEqual(named.sort(), [...targets].sort());
  });

  for (const [platform, arch, libc, target] of [
    ['linux', 'x64', 'gnu', 'linux-x64-gnu'],
    ['linux', 'arm64', 'gnu', 'linux-arm64-gnu'],
    ['linux', 'x64', 'musl', 'linux-x64-musl'],
    ['linux', 'arm64', 'musl', 'linux-arm64-musl'],
    ['darwin', 'x64', '', 'darwin-x64'],
    ['darwin', 'arm64', '', 'darwin-arm64'],
    ['win32', 'x64', '', 'win32-x64-msvc'],
  ]) {
    it(`takes the package ${target} where it fits`, () => {
      const here = platformPackage(target);
      assert.deepEqual(load({ before: pretend(platform, arch) + (libc === 'musl' ? onMusl() : '') }), {
        native: here,
      });
    });
  }

  it('knows musl also where its loader is a link to its libc.so', () => {
    const here = platformPackage('linux-x64-musl');
    const before = pretend('linux', 'x64') + onMusl('/usr/lib/x86_64-linux-musl/libc.so');
    assert.deepEqual(load({ before }), { native: here });
  });

  it('prefers what was built in its own folder, the newest first', () => {
    platformPackage('linux-x64-gnu');
    const old = localBuild('release');
    fs.utimesSync(old, 1, 1);
    assert.deepEqual(load({ before: pretend('linux', 'x64') }), { native: old });
    const fresh = localBuild('dev');
    assert.deepEqual(load({ before: pretend('linux', 'x64') }), { native: fresh });
  });

  it('goes on to the package of the platform when its own build does not load', () => {
    localBuild('release', 'throw new Error("wrong ELF class")');
    const here = platformPackage('linux-x64-gnu');
    assert.deepEqual(load({ before: pretend('linux', 'x64') }), { native: here });
  });

  it('takes HYPERIONDB_NATIVE, and nothing else when that is broken', () => {
    platformPackage('linux-x64-gnu');
    const named = put(path.join(folder, 'mine.node'));
    assert.deepEqual(load({ env: { HYPERIONDB_NATIVE: 'mine.node' } }), { native: named });
    const { code, message } = load({ env: { HYPERIONDB_NATIVE: 'nothing.node' } });
    assert.equal(code, 'ERR_HYPERIONDB_NATIVE');
    assert.match(message, /Tried:\n {2}- HYPERIONDB_NATIVE=nothing\.node: Cannot find module/);
    assert.doesNotMatch(message, /- hyperiondb-client-linux/);
  });

  for (const [flags, fix] of [
    [['--no-addons'], /--no-addons/],
    [[`--${permission()}`, '--allow-fs-read=*'], /--allow-addons/],
  ]) {
    it(`says what stands in its way with ${flags[0]}`, () => {
      const program = `try { require(${JSON.stringify(path.join(root, 'lib/native.js'))}); } catch (error) { console.log(error.code, error.message); }`;
      const { HYPERIONDB_NATIVE: _, ...rest } = process.env;
      const env = { ...rest, HYPERIONDB_NATIVE: put(path.join(folder, 'any.node')) };
      const { stdout } = spawnSync(process.execPath, [...flags, '-e', program], { env, encoding: 'utf8' });
      assert.match(stdout, /^ERR_HYPERIONDB_NATIVE .*could not be loaded/);
      assert.match(stdout, fix);
      assert.doesNotMatch(stdout, /npm install/);
    });
  }

  it('says in one error what was tried and what to do', () => {
    const { code, message, cause } = load({ before: pretend('linux', 'x64') });
    assert.equal(code, 'ERR_HYPERIONDB_NATIVE');
    assert.equal(cause, 'MODULE_NOT_FOUND');
    const lines = message.split('\n').map((line) => line.replace(folder, ''));
    assert.match(
      lines[0],
      /^The native part of hyperiondb-client could not be loaded \(linux-x64-gnu, Node\.js [\d.]+\)\.$/,
    );
    for (const part of [
      /- .*build\/\{release,dev\}\/hyperiondb\.node: not built/,
      /- hyperiondb-client-linux-x64-gnu: Cannot find module/,
      /- npm install --include=optional hyperiondb-client/,
      /- npx hyperiondb-build/,
      /- set HYPERIONDB_NATIVE/,
      /- a bundler must leave/,
    ])
      assert.ok(
        lines.some((line) => part.test(line)),
        `${part} in\n${message}`,
      );
    assert.doesNotMatch(message, /another platform/);
  });

  it('tells a node_modules that was made on another platform', () => {
    platformPackage('darwin-arm64');
    const { message } = load({ before: pretend('linux', 'x64') });
    assert.match(message, /there is hyperiondb-client-darwin-arm64, so it was made for another platform/);
  });

  it('tells a package that is there and does not load', () => {
    platformPackage('linux-x64-gnu', 'throw new Error("version `GLIBC_2.28\' not found")');
    assert.match(
      load({ before: pretend('linux', 'x64') }).message,
      /- hyperiondb-client-linux-x64-gnu: version `GLIBC_2\.28' not found/,
    );
  });

  it('does not send users of a platform without a package after one', () => {
    const { message } = load({ before: pretend('linux', 'riscv64') });
    assert.match(
      message,
      /- hyperiondb-client-linux-riscv64-gnu: there is no prebuilt package for this platform/,
    );
    assert.doesNotMatch(message, /npm install/);
    assert.match(message, /npx hyperiondb-build/);
  });
});
