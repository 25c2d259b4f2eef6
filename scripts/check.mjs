// check.mjs: what can be said of the sources without running them. `npm run check`.
//
//   npm run check [-- --quick]   formats, rules of the sources, generated files, typings, in under a minute, and static
//                                analysis (tidy.mjs), which is long the first time; --quick: without that
//   npm run fmt                  (this with --fix) rewrites what has another format
import fs from 'node:fs';
import { installModules, installPackages } from './bootstrap.mjs';
import { tidy } from './tidy.mjs';
import { commandLine, inRoot, outputOf, run, script, seconds } from './tools.mjs';

const listed = (...args) => (outputOf('git', ['ls-files', ...args]) ?? '').split('\n').filter(Boolean);
const isOurs = (file) => !/^(generated|gen|test\/gen)\//.test(file) && fs.existsSync(inRoot(file));
const isCpp = (file) => /\.[ch]pp$/.test(file);
const isForPrettier = (file) => /\.([cm]?[jt]s|json)$/.test(file) && !/package-lock\.json$/.test(file);

/** Runs one check; false when it has something to say. A check without anything to look at is fine. */
async function check(title, files, command, args) {
  if (files?.length === 0) return true;
  const since = Date.now();
  const code = await run(command, [...args, ...(files ?? [])]);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${title} (${seconds(since)})\n`);
  return code === 0;
}

await script(async () => {
  const { fix, quick } = commandLine(import.meta.url, {
    fix: { type: 'boolean' },
    quick: { type: 'boolean' },
  });
  process.chdir(inRoot());
  await installPackages('check');
  await installModules();
  const files = listed('--cached', '--others', '--exclude-standard').filter(isOurs);
  const cpp = files.filter(isCpp);
  const text = files.filter(isForPrettier);
  const prettier = inRoot('node_modules/prettier/bin/prettier.cjs');
  if (fix) {
    await check('C++ formatted', cpp, 'clang-format-14', ['-i']);
    await check('JavaScript formatted', text, process.execPath, [prettier, '--write', '--log-level', 'warn']);
    return 0;
  }
  const results = [
    await check('format of C++ (npm run fmt)', cpp, 'clang-format-14', ['--dry-run', '-Werror']),
    await check('format of JavaScript (npm run fmt)', text, process.execPath, [
      prettier,
      '--check',
      '--log-level',
      'warn',
    ]),
    await check('rules of the sources', undefined, '/usr/bin/python3', ['-B', 'test/arch/check.py']),
  ];
  if (fs.existsSync(inRoot('scripts/gen.mjs'))) {
    results.push(
      await check('generated files are fresh', undefined, process.execPath, ['scripts/gen.mjs', '--check']),
    );
  }
  if (fs.existsSync(inRoot('generated/index.d.cts'))) {
    const tsc = inRoot('node_modules/typescript/bin/tsc');
    results.push(await check('typings', undefined, process.execPath, [tsc, '-p', 'test/types']));
    results.push(
      await check('types within lib/', undefined, process.execPath, [tsc, '-p', 'test/types/lib']),
    );
  }
  if (!quick) {
    const since = Date.now();
    const found = await tidy();
    console.log(`${found === 0 ? 'ok    ' : 'FAILED'} clang-tidy and static analysis (${seconds(since)})\n`);
    results.push(found === 0);
  }
  return results.every(Boolean) ? 0 : 1;
});
