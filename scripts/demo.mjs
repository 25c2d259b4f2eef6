// demo.mjs: `npm run demo`, from a fresh clone on.
import { bootstrap } from './bootstrap.mjs';
import { inRoot, run, script } from './tools.mjs';

await script(async () => {
  await bootstrap('demo');
  return run(process.execPath, [inRoot('examples/demo.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
});
