// gen.mjs: runs the generator: api/*.hpp → generated/. `npm run gen`.
//
//   npm run gen                 writes what differs
//   npm run gen -- --check      writes nothing; fails with a diff if generated/ is stale
//   npm run gen -- --ir         prints the model of the API as JSON
//   npm run gen:accept          rewrites the expected files of test/gen; read the diff
import { spawnSync } from 'node:child_process';
import { Problem, commandLine, inRoot, run, script } from './tools.mjs';

/** Debian's own python3 comes first: another one in PATH does not see the modules that apt-get installs. */
const PYTHONS = ['/usr/bin/python3', 'python3'];

function findPython() {
  const works = (python) =>
    spawnSync(python, ['-c', 'import clang.cindex, jinja2'], { stdio: 'ignore' }).status === 0;
  const python = PYTHONS.find(works);
  if (python) return python;
  throw new Problem(
    'The generator needs libclang and Jinja2 for Python: apt-get install python3-clang-14 python3-jinja2',
  );
}

await script(() => {
  const flag = { type: 'boolean' };
  commandLine(import.meta.url, { check: flag, ir: flag, accept: flag });
  const args = process.argv.slice(2);
  const program =
    args[0] === '--accept' ? [inRoot('test/gen/accept.py'), ...args.slice(1)] : ['-m', 'gen', ...args];
  return run(findPython(), ['-B', ...program], { cwd: inRoot() });
});
