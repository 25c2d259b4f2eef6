'use strict';

// The gate lets a good addon pass, and none that would fail on a user's machine.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const TARGET = { name: 'linux-x64-gnu', format: 'elf', platform: { os: 'linux', cpu: 'x64', libc: 'glibc' } };
const NEWEST = { libpq: '18.6', openssl: '3.5.9' };
const MARKER = 'const char marker[] = "hyperiondb-bundled libpq=18.6 openssl=3.5.9;";';
const GOOD = `
  int napi_create_object(void*, void*);
  int napi_register_module_v1(void) { return napi_create_object(0, 0); }
  int node_api_module_get_api_version_v1(void) { return 9; }`;

describe('the gate', function () {
  this.timeout(60_000);
  if (process.platform !== 'linux') return;

  let folder, inspect, judge, sources;
  before(async () => {
    ({ inspect, judge } = await import('../../scripts/gate.mjs'));
    sources = await import('../../scripts/prebuild/sources.mjs');
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-gate-'));
    const map = '{ global: napi_register_module_v1; node_api_module_get_api_version_v1; extra; local: *; };';
    fs.writeFileSync(path.join(folder, 'exports.map'), map);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** What the gate says about an addon with this text. */
  function verdict(
    text,
    { marker = MARKER, flags = ['-Wl,-z,nodelete'], newest = NEWEST, target = TARGET } = {},
  ) {
    const source = path.join(folder, 'addon.c');
    const addon = path.join(folder, 'addon.node');
    fs.writeFileSync(source, `${marker}\n${text}`);
    const link = [`-Wl,--version-script=${path.join(folder, 'exports.map')}`, '-Wl,--no-as-needed'];
    execFileSync('gcc', ['-shared', '-fPIC', '-w', '-o', addon, source, ...link, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return judge(inspect(addon, target.format), target, newest);
  }

  it('lets an addon pass that takes only Node-API and glibc', () => {
    assert.deepEqual(verdict(GOOD), []);
    assert.deepEqual(verdict(`${GOOD} int getpid(void); int other(void) { return getpid(); }`), []);
  });

  it('stops a symbol that nobody has, such as one that Node happens to export', () => {
    const [problem, ...more] = verdict(
      `${GOOD} int SSL_new(void*); int use(void) { return SSL_new(0); } int (*keep)(void) = use;`,
    );
    assert.match(problem, /^SSL_new is defined nowhere/);
    assert.deepEqual(more, []);
  });

  it('stops a function of a newer Node-API than the oldest Node has', () => {
    const text = `${GOOD} int node_api_create_buffer_from_arraybuffer(void); int napi_get_nothing(void);
      int use(void) { return node_api_create_buffer_from_arraybuffer() + napi_get_nothing(); } int (*keep)(void) = use;`;
    assert.deepEqual(verdict(text).sort(), [
      'napi_get_nothing is not in Node-API 9, and Node 20 has no newer one',
      'node_api_create_buffer_from_arraybuffer is not in Node-API 9, and Node 20 has no newer one',
    ]);
  });

  it('stops a glibc that is newer than that of Node', () => {
    // In glibc 2.34 the functions of libpthread moved, and got a new version.
    const [problem] = verdict(
      `int pthread_barrier_init(); ${GOOD} int use(void) { return pthread_barrier_init(); } int (*keep)(void) = use;`,
    );
    assert.match(problem, /^it needs glibc 2\.(3[4-9]|[4-9]\d); 2\.28 is the most/);
  });

  it('stops libraries that have to be installed', () => {
    assert.deepEqual(verdict(GOOD, { flags: ['-Wl,-z,nodelete', '-lpq'] }), [
      'it needs libpq.so.5, which users may not have',
    ]);
  });

  it('stops what is exported beside the entry, and an addon without one', () => {
    assert.deepEqual(verdict(`${GOOD} int extra(void) { return 1; }`), [
      'extra is exported; it should be hidden',
    ]);
    assert.deepEqual(verdict('int nothing;'), [
      'napi_register_module_v1 is not exported: Node will not load this',
      'node_api_module_get_api_version_v1 is not exported: Node will not load this',
    ]);
  });

  it('stops an addon that can be unloaded under its own thread', () => {
    assert.match(verdict(GOOD, { flags: [] }).join(), /^it is not marked NODELETE/);
  });

  it('sees what a file for macOS exports, also weakly, and not what its linker adds', () => {
    const source = path.join(folder, 'addon.c');
    const object = path.join(folder, 'addon.o');
    fs.writeFileSync(
      source,
      `${GOOD} __attribute__((weak)) void _Znwm(void) {} int _mh_dylib_header, __dso_handle;
       __attribute__((visibility("hidden"))) int hidden;`,
    );
    execFileSync('clang-14', ['-target', 'arm64-apple-macos13.5', '-c', '-o', object, source]);
    assert.deepEqual(inspect(object, 'macho').exports.sort(), [
      '_Znwm',
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
  });

  it('stops a bundled library that is behind, of another series, or unknown', () => {
    const inside = (libpq, openssl) => ({
      marker: `const char marker[] = "hyperiondb-bundled libpq=${libpq} openssl=${openssl};";`,
    });
    assert.deepEqual(verdict(GOOD, inside('18.6', '3.5.7')), [
      'openssl 3.5.7 is inside, 3.5.9 is out: put it into scripts/prebuild/sources.json',
    ]);
    assert.deepEqual(verdict(GOOD, inside('18.10', '3.5.10')), [], 'versions are numbers, not texts');
    assert.match(verdict(GOOD, inside('19.1', '3.5.9'))[0], /not of the series 18/);
    assert.match(verdict(GOOD, { marker: '' })[0], /does not say which libpq/);
  });

  it('knows the newest release of a series from what upstream publishes', () => {
    const { FEEDS, SOURCES, newestOf } = sources;
    const postgresql = [
      { major: '18', latestMinor: '6', supported: true },
      { major: '17', latestMinor: '12', supported: true },
    ];
    assert.equal(newestOf(FEEDS.libpq.versions(postgresql), SOURCES.libpq.series), '18.6');
    const openssl = ['openssl-3.5.9', 'openssl-3.6.0', 'openssl-3.5.10', 'openssl-3.50.1'].map(
      (tag_name) => ({ tag_name, draft: false, prerelease: false }),
    );
    openssl.push({ tag_name: 'openssl-3.5.11', draft: false, prerelease: true });
    assert.equal(newestOf(FEEDS.openssl.versions(openssl), SOURCES.openssl.series), '3.5.10');
    assert.equal(newestOf([], '3.5'), undefined);
  });

  it('has a checksum for each release that may be bundled, the newest first', () => {
    for (const { series, releases } of Object.values(sources.SOURCES)) {
      const versions = releases.map(({ version }) => version);
      assert.deepEqual(versions, [...versions].sort(sources.compareVersions).reverse());
      for (const { version, sha256 } of releases) {
        assert.ok(version.startsWith(`${series}.`));
        assert.match(sha256, /^[0-9a-f]{64}$/);
      }
    }
  });
});
