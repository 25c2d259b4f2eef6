// coverage.mjs: how much of the core the tests run, by line and by branch. `npm run coverage`.
//
//   npm run coverage [-- --only unit,sim,api,cluster,fault,life] [--least 90]
//
// Each line of the sources is in build/coverage/report/index.html. What the compiler adds is not counted: the branches
// that exceptions would take, and those of arcs that cannot be reached. --least: fail below this percentage of branches.
import fs from 'node:fs';
import { installPackages } from './bootstrap.mjs';
import { Problem, commandLine, inRoot, outputOf, run, script } from './tools.mjs';

const { only, least: wanted } = commandLine(import.meta.url, {
  only: { type: 'string', default: 'unit,sim,api,cluster,fault,life' },
  least: { type: 'string', default: '0' },
});

await script(async () => {
  await installPackages('coverage');
  const folder = inRoot('build', 'coverage');
  const counts = fs.existsSync(folder)
    ? fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.gcda'))
    : [];
  for (const name of counts) fs.rmSync(inRoot('build/coverage', name)); // of another run
  const failed = await run(process.execPath, ['scripts/test.mjs', '--preset', 'coverage', '--only', only]);

  const report = inRoot('build/coverage/report');
  fs.rmSync(report, { recursive: true, force: true });
  fs.mkdirSync(report, { recursive: true });
  const summary = inRoot('build/coverage/report/summary.json');
  const reported = await run('gcovr', [
    ...[
      '--root',
      inRoot(),
      '--object-directory',
      folder,
      '--filter',
      inRoot('src/'),
      '--filter',
      inRoot('api/'),
    ],
    ...['--exclude', inRoot('src/node/')], // the edge: JavaScript is what tests it
    ...[
      '--exclude-throw-branches',
      '--exclude-unreachable-branches',
      '--print-summary',
      '--json-summary',
      summary,
    ],
    ...[
      '--html-details',
      inRoot('build/coverage/report/index.html'),
      '--txt',
      inRoot('build/coverage/report/files.txt'),
    ],
    folder,
  ]);
  if (reported !== 0) throw new Problem('gcovr could not read what was counted.');
  const { files, branch_percent: branches } = JSON.parse(fs.readFileSync(summary, 'utf8'));
  const least = files
    .filter((file) => file.branch_total > 0)
    .sort((a, b) => b.branch_total - b.branch_covered - (a.branch_total - a.branch_covered))
    .slice(0, 12);
  console.log('\nmost branches that no test takes');
  for (const { filename, branch_total: total, branch_covered: covered } of least) {
    console.log(`  ${String(total - covered).padStart(4)} of ${String(total).padStart(4)}  ${filename}`);
  }
  const version = outputOf('git', ['rev-parse', '--short', 'HEAD']);
  console.log(
    `\nbranches of the core: ${branches} % (${version}); each line: build/coverage/report/index.html`,
  );
  if (branches < Number(wanted)) throw new Problem('That is less than was asked for.');
  return failed;
});
