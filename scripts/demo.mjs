// demo.mjs: `npm run demo`, from a fresh clone on.
import { bootstrap } from './bootstrap.mjs';
import { commandLine, inRoot, run, script } from './tools.mjs';

commandLine(import.meta.url, { plain: { type: 'boolean' }, record: { type: 'string' } });

await script(async () => {
  await bootstrap('demo');
  return run(process.execPath, [inRoot('examples/demo.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
});
