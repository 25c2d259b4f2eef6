// sanitizer-hook.mjs: keeps a sanitizer's runtime, preloaded into this Node, out of programs that were not built with
// it (the servers), and gives it to every Node that a test starts, also by way of a shell. Those do not look for leaks:
// process.exit() leaves everything as it is. The first process does, and so do the native units.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const runtime = process.env.LD_PRELOAD;
delete process.env.LD_PRELOAD;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-sanitizer-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
fs.chmodSync(folder, 0o755); // for servers' users, too
const node = path.join(folder, path.basename(process.execPath));
fs.writeFileSync(
  node,
  `#!/bin/sh
export LD_PRELOAD="${runtime}\${LD_PRELOAD:+:$LD_PRELOAD}"
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
exec "${process.execPath}" "$@"
`,
  { mode: 0o755 },
);
process.execPath = node;
process.env.PATH = `${folder}${path.delimiter}${process.env.PATH}`;
