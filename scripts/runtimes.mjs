// runtimes.mjs: the runtimes that test/runtimes names, installed once into .cache/runtimes.
import fs from 'node:fs';
import { npmCommand } from './bootstrap.mjs';
import { exclusively, inRoot, isMain, runQuietly, script, step } from './tools.mjs';

export async function installRuntimes() {
  const files = ['package.json', 'package-lock.json'];
  const from = (name) => inRoot('test/runtimes', name);
  const to = (name) => inRoot('.cache/runtimes', name);
  await exclusively('runtimes', async () => {
    const installed = to('node_modules/.package-lock.json');
    const isFresh =
      fs.existsSync(installed) &&
      files.every(
        (name) =>
          fs.existsSync(to(name)) &&
          fs.readFileSync(to(name), 'utf8') === fs.readFileSync(from(name), 'utf8'),
      );
    if (isFresh) return;
    fs.mkdirSync(inRoot('.cache/runtimes'), { recursive: true });
    fs.rmSync(installed, { force: true });
    for (const name of files) fs.copyFileSync(from(name), to(name));
    fs.copyFileSync(inRoot('.npmrc'), to('.npmrc'));
    const [command, ...args] = npmCommand();
    await step(
      'installing Node 20, 22, 24 and 26, Bun and Deno into .cache/runtimes (300 MB to download)',
      () =>
        runQuietly(command, [
          ...args,
          'ci',
          '--prefix',
          inRoot('.cache/runtimes'),
          '--ignore-scripts',
          '--no-bin-links',
          '--no-audit',
          '--no-fund',
        ]),
    );
  });
}

if (isMain(import.meta.url)) await script(installRuntimes);
