// runtimes.mjs: the runtimes that test/runtimes names, installed once into .cache/runtimes.
import { installPinned } from './pinned.mjs';
import { commandLine, isMain, script } from './tools.mjs';

export const installRuntimes = () =>
  installPinned(
    'runtimes',
    'test/runtimes',
    'installing Node 20, 22, 24 and 26, Bun and Deno into .cache/runtimes (300 MB to download)',
  );

if (isMain(import.meta.url)) {
  commandLine(import.meta.url);
  await script(installRuntimes);
}
