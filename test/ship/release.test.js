'use strict';

// What is published, under which version, and that a release which broke off goes on.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const root = path.join(__dirname, '../..');
const TODAY = '2026-11-25';
const readJson = (...parts) => JSON.parse(fs.readFileSync(path.join(...parts), 'utf8'));
const manifest = readJson(root, 'package.json');

describe('a release', function () {
  this.timeout(60_000);

  let release, packages, targets;
  before(async () => {
    release = await import('../../scripts/release.mjs');
    packages = await import('../../scripts/prebuild/packages.mjs');
    targets = await import('../../scripts/prebuild/targets.mjs');
  });

  it('counts up the patch, and of a prerelease its last number', () => {
    for (const [from, to] of [
      ['1.0.0', '1.0.1'],
      ['1.2.9', '1.2.10'],
      ['1.0.0-alpha.1', '1.0.0-alpha.2'],
      ['2.0.0-rc.9', '2.0.0-rc.10'],
    ])
      assert.equal(release.nextVersion(from), to);
    for (const version of ['1.0', '1.0.0-alpha', 'x'])
      assert.throws(() => release.nextVersion(version), /no version/);
  });

  it('gives a prerelease only to who asks for it', () => {
    assert.equal(release.distTag('1.0.0-alpha.2'), 'next');
    assert.equal(release.distTag('1.0.1'), 'latest');
    const tag = release.distTag(manifest.version);
    const [, named = 'latest'] = /^npm install hyperiondb-client(?:@(\w+))?\b/m.exec(
      fs.readFileSync(path.join(root, 'README.md'), 'utf8'),
    );
    assert.equal(named, tag, 'what the README installs is this version');
  });

  describe('prepared in a repository', () => {
    let folder, cwd;
    const git = (...args) =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
    const commit = (message) => {
      git('commit', '--quiet', '--allow-empty', '--all', '-m', message);
      git('push', '--quiet', 'origin', 'HEAD:main');
      return git('rev-parse', 'HEAD');
    };
    beforeEach(() => {
      cwd = process.cwd();
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-release-'));
      execFileSync('git', ['init', '--quiet', '--bare', '-b', 'main', path.join(folder, 'origin')]);
      execFileSync('git', ['clone', '--quiet', path.join(folder, 'origin'), path.join(folder, 'work')], {
        stdio: 'ignore',
      });
      process.chdir(path.join(folder, 'work'));
      git('config', 'user.name', 'Somebody');
      git('config', 'user.email', 'somebody@example.org');
      for (const name of ['package.json', 'package-lock.json', 'CHANGELOG.md'])
        fs.copyFileSync(path.join(root, name), name);
      for (const name of ['package.json', 'package-lock.json'])
        fs.writeFileSync(name, fs.readFileSync(name, 'utf8').replaceAll(manifest.version, '1.4.2'));
      git('add', '.');
    });
    afterEach(() => {
      process.chdir(cwd);
      fs.rmSync(folder, { recursive: true });
    });
    const prepare = (sha, ref = 'refs/heads/main') => release.prepare({ ref, sha, today: TODAY });
    const onMain = (file) => git('show', `origin/main:${file}`);

    it('commits the next version everywhere, without starting itself again', () => {
      const sha = commit('pool: better [cd]');
      assert.deepEqual(prepare(sha), { version: '1.4.3', tag: 'v1.4.3' });
      git('fetch', '--quiet');
      assert.equal(JSON.parse(onMain('package.json')).version, '1.4.3');
      const lock = JSON.parse(onMain('package-lock.json'));
      assert.deepEqual([lock.version, lock.packages[''].version], ['1.4.3', '1.4.3']);
      assert.match(onMain('CHANGELOG.md'), /^## Unreleased\n\n## 1\.4\.3 \(2026-11-25\)\n/m);
      assert.doesNotMatch(git('log', '-1', '--format=%B', 'origin/main'), /\[cd\]/);
      assert.equal(git('rev-parse', 'v1.4.3^{commit}'), git('rev-parse', 'origin/main'));
    });

    it('makes no other version when it runs again for the same push', () => {
      const sha = commit('pool: better [cd]');
      prepare(sha);
      git('checkout', '--quiet', 'main');
      git('pull', '--quiet', 'origin', 'main');
      commit('docs: later');
      git('checkout', '--quiet', sha);
      assert.deepEqual(prepare(sha), { version: '1.4.3', tag: 'v1.4.3' });
      assert.equal(readJson('package.json').version, '1.4.3', 'what is built is the tag');
    });

    it('gives two pushes that follow each other two versions', () => {
      const first = commit('pool: better [cd]');
      const second = commit('pool: even better [cd]');
      assert.equal(prepare(first).version, '1.4.3');
      git('checkout', '--quiet', second);
      assert.equal(prepare(second).version, '1.4.4');
    });

    it('releases a tag as it is, if it tells the truth', () => {
      const sha = commit('release: by hand');
      git('tag', 'v1.4.2');
      assert.deepEqual(prepare(sha, 'refs/tags/v1.4.2'), { version: '1.4.2', tag: 'v1.4.2' });
      git('tag', 'v9.9.9');
      assert.throws(
        () => prepare(sha, 'refs/tags/v9.9.9'),
        /The tag is v9\.9\.9, but package\.json says 1\.4\.2/,
      );
    });
  });

  it('names each platform package in exactly its own version, and has no install script', () => {
    const folder = packages.makeMainPackage();
    const published = readJson(folder, 'package.json');
    assert.deepEqual(
      published.optionalDependencies,
      Object.fromEntries(targets.TARGETS.map(({ name }) => [`${manifest.name}-${name}`, manifest.version])),
    );
    assert.equal(published.scripts, undefined);
    assert.equal(published.devDependencies, undefined);
    assert.equal(published.dependencies, undefined, 'what only a build from source needs is nobody else’s');
    for (const name of [
      'README.md',
      'LICENSE',
      'lib/native.js',
      'src/LAYERS',
      'generated/index.d.mts',
      'generated/index.mjs',
      'docs/INSTALLING.md',
      'docs/MIGRATING.md',
    ])
      assert.ok(fs.existsSync(path.join(folder, name)), name);
    for (const name of ['binding.gyp', 'test', 'build', 'node_modules', '.github', 'generated/native.d.ts'])
      assert.ok(!fs.existsSync(path.join(folder, name)), name);
    for (const file of Object.values(published.bin)) assert.ok(fs.existsSync(path.join(folder, file)), file);
  });

  it('says where it comes from: the repository that the workflow runs for', () => {
    const from = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'somebody/something' };
    const before = { ...process.env };
    Object.assign(process.env, from);
    try {
      const { repository, homepage, bugs } = readJson(packages.makeMainPackage(), 'package.json');
      assert.deepEqual(repository, { type: 'git', url: 'git+https://github.com/somebody/something.git' });
      assert.equal(homepage, 'https://github.com/somebody/something#readme');
      assert.equal(bugs, 'https://github.com/somebody/something/issues');
    } finally {
      for (const name of Object.keys(from)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });

  it('can be built from source without any other package', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-source-'));
    try {
      fs.cpSync(packages.makeMainPackage(), path.join(folder, 'package'), { recursive: true });
      const cwd = path.join(folder, 'package');
      execFileSync('cmake', ['--preset', 'release', '-DHDB_TESTS=OFF'], { cwd, stdio: 'pipe' });
      const commands = readJson(cwd, 'build/release/compile_commands.json');
      const { command } = commands.find(({ file }) => file.endsWith('src/node/value_from_js.cpp'));
      execFileSync('sh', ['-c', command.replace(/ -o \S+ -c /, ' -fsyntax-only ')], {
        cwd: path.join(cwd, 'build/release'),
        stdio: 'pipe',
      });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('never publishes the folder of the repository itself', () => {
    assert.match(manifest.scripts.prepublishOnly, /release\.mjs refuse/);
    assert.throws(
      () =>
        execFileSync(process.execPath, [path.join(root, 'scripts/release.mjs'), 'refuse'], { stdio: 'pipe' }),
      /is not this folder/,
    );
  });

  it('tells npm which machines a platform package is for', () => {
    for (const { name, platform } of targets.TARGETS) {
      const [system, cpu, libc] = name.split('-');
      assert.equal(platform.os, system);
      assert.equal(platform.cpu, cpu);
      assert.equal(platform.libc, { gnu: 'glibc', musl: 'musl' }[libc]);
    }
  });
});
