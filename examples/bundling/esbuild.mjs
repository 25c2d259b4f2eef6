// node esbuild.mjs: one file with everything but the native part, which stays in node_modules.
import { build } from 'esbuild';

await build({
  entryPoints: ['app.mjs'],
  outfile: 'dist/esbuild.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  // A binary cannot be in a bundle: the packages that hold it are left out. Leave out `hyperiondb-client` as a whole
  // if nothing is won by bundling it.
  external: ['hyperiondb-client-*'],
  // esbuild writes `require` calls as they are into an ES module, where there is none.
  banner: {
    js: [
      "import { createRequire } from 'node:module';",
      "import { fileURLToPath } from 'node:url';",
      'const require = createRequire(import.meta.url);',
      "const __dirname = fileURLToPath(new URL('.', import.meta.url));",
    ].join('\n'),
  },
});
