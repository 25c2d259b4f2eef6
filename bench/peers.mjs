// peers.mjs: the clients to compare with. They are installed here by the first run, so that nobody else pays for them.
import fs from 'node:fs';
import { npmCommand } from '../scripts/bootstrap.mjs';
import { exclusively, inRoot, outputOf, runQuietly, step } from '../scripts/tools.mjs';

const versions = (file) => {
  try {
    const packages = JSON.parse(fs.readFileSync(inRoot('bench', file), 'utf8')).packages;
    return new Map(
      Object.entries(packages)
        .filter(([where]) => where !== '')
        .map(([where, { version }]) => [where, version]),
    );
  } catch {
    return undefined;
  }
};

function areFresh() {
  const wanted = versions('package-lock.json');
  const installed = versions('node_modules/.package-lock.json');
  return installed && [...wanted].every(([where, version]) => installed.get(where) === version);
}

export async function installPeers() {
  await exclusively('peers', async () => {
    if (areFresh()) return;
    const [command, ...args] = npmCommand();
    await step('installing the other clients (pg-native is compiled)', () =>
      runQuietly(command, [...args, '--prefix', inRoot('bench'), 'ci', '--no-audit', '--no-fund'], {
        hint: 'pg-native needs g++, make, python3 and libpq-dev.',
      }),
    );
  });
}

/** Name → version of the clients as installed. */
export function peerVersions() {
  const all = versions('node_modules/.package-lock.json') ?? new Map();
  const of = (name) => all.get(`node_modules/${name}`);
  const reference = of('reference');
  return {
    pg: of('pg'),
    'pg-native': of('pg-native'),
    postgres: of('postgres'),
    bun: of('@oven/bun-linux-x64'),
    ref: reference,
    'ref-any': reference,
  };
}

/** The libpq of an addon: the version inside a prebuilt one; otherwise the system's, at build time. */
export function libpqOf(addon) {
  const marker = /hyperiondb-bundled libpq=([\d.]+)/.exec(fs.readFileSync(addon, 'latin1'));
  return marker
    ? `${marker[1]}, prebuilt`
    : `${outputOf('pg_config', ['--version']) ?? 'unknown'}, the system's`;
}
