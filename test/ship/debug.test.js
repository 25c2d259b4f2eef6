'use strict';

// A core of a published addon can be read: its debug information is kept, and is found by the build-id.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const root = path.join(__dirname, '../..');
const SOURCE = `
  int napi_register_module_v1(int n);
  static __attribute__((noinline)) int crash_here(int n) { return *(volatile int*)(long)n; }
  int napi_register_module_v1(int n) { return crash_here(n) + 1; }`;

describe('the debug information of an addon', function () {
  this.timeout(60_000);
  if (process.platform !== 'linux') return;

  let folder, buildIdOf, separate;
  before(async () => {
    ({ buildIdOf, separate } = await import('../../scripts/prebuild/debug.mjs'));
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-debug-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** An addon that was linked with these flags. */
  function addon(...flags) {
    const [source, built] = [path.join(folder, 'addon.c'), path.join(folder, 'hyperiondb.node')];
    fs.writeFileSync(source, SOURCE);
    execFileSync('gcc', ['-shared', '-fPIC', '-g1', '-O1', '-o', built, source, ...flags]);
    return built;
  }

  it('is in a file of its own, with the same build-id and the names of functions', async () => {
    const built = addon('-Wl,--build-id=sha1');
    const stripped = await separate(built);
    const debug = `${built}.debug`;
    assert.match(buildIdOf(stripped), /^[0-9a-f]{40}$/);
    assert.equal(buildIdOf(debug), buildIdOf(stripped));
    const names = (file) => execFileSync('readelf', ['--symbols', '--wide', file], { encoding: 'utf8' });
    assert.doesNotMatch(names(stripped), /crash_here/);
    assert.match(names(debug), /crash_here/);
  });

  it('is not separated where nothing would tie it to the addon', async () => {
    await assert.rejects(separate(addon('-Wl,--build-id=none')), /has no build-id/);
  });

  it('is kept by the release, where the build leaves it', () => {
    const workflow = fs.readFileSync(path.join(root, '.github/workflows/release.yml'), 'utf8');
    assert.match(
      workflow,
      /path: build\/prebuild\/\$\{\{ matrix\.target \}\}\/addon\/hyperiondb\.node\.debug/,
    );
    assert.match(workflow, /pattern: debug-\*\s+path: build\/debug\n[^]*release\.mjs announce/);
  });
});
