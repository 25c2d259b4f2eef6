// pinned.mjs: sets of npm packages that are tools of ours, not dependencies: each has a package.json and a lock file in
// the repository, and is installed once into .cache/<name>.
import fs from 'node:fs';
import { npmCommand } from './bootstrap.mjs';
import { exclusively, inRoot, runQuietly, step } from './tools.mjs';

/** @param {string} name @param {string} from the folder with its package.json @param {string} title what to say meanwhile */
export async function installPinned(name, from, title) {
  const files = ['package.json', 'package-lock.json'];
  const to = (file) => inRoot('.cache', name, file);
  await exclusively(name, async () => {
    const installed = to('node_modules/.package-lock.json');
    const isFresh =
      fs.existsSync(installed) &&
      files.every(
        (file) =>
          fs.existsSync(to(file)) &&
          fs.readFileSync(to(file), 'utf8') === fs.readFileSync(inRoot(from, file), 'utf8'),
      );
    if (isFresh) return;
    fs.mkdirSync(inRoot('.cache', name), { recursive: true });
    fs.rmSync(installed, { force: true });
    for (const file of files) fs.copyFileSync(inRoot(from, file), to(file));
    fs.copyFileSync(inRoot('.npmrc'), to('.npmrc'));
    const [command, ...args] = npmCommand();
    await step(title, () =>
      runQuietly(command, [
        ...args,
        'ci',
        '--prefix',
        inRoot('.cache', name),
        '--ignore-scripts',
        '--no-bin-links',
        '--no-audit',
        '--no-fund',
      ]),
    );
  });
}
