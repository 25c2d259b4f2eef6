// debian.mjs: source packages of newer Debian suites, through an apt of our own: the machine's lists and pins stay as
// they are. Not here: which release is wanted (sources.mjs).
import fs from 'node:fs';
import path from 'node:path';
import { Problem, inRoot, outputOf, runQuietly, which } from '../tools.mjs';

const SUITES = ['sid', 'trixie', 'trixie-updates'];
const SECURITY_SUITE = 'trixie-security';
const folder = inRoot('.cache/prebuild/apt');

/** The mirrors of Debian that this machine uses: what ends in -security has other suites. */
function mirrors() {
  if (!which('apt-get')) return [];
  const found = outputOf('apt-get', ['indextargets', '--format', '$(ORIGIN) $(SITE)']) ?? '';
  const sites = found.split('\n').filter((line) => line.startsWith('Debian '));
  return [...new Set(sites.map((line) => line.slice('Debian '.length)))];
}

const settings = () => [
  ...[
    '-o',
    `Dir::Etc::SourceList=${path.join(folder, 'sources.list')}`,
    '-o',
    'Dir::Etc::SourceParts=/dev/null',
  ],
  ...['-o', `Dir::State=${path.join(folder, 'state')}`, '-o', `Dir::Cache=${path.join(folder, 'cache')}`],
  ...['-o', 'APT::Sandbox::User=root'], // our folder is open to nobody else
];

let updated;
/** Reads Debian's lists of sources once per process; false where there is no Debian. */
function update() {
  updated ??= (async () => {
    const sites = mirrors();
    if (sites.length === 0) return false;
    for (const part of ['state/lists/partial', 'cache/archives/partial'])
      fs.mkdirSync(path.join(folder, part), { recursive: true });
    const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
    const lines = sites.flatMap((site) =>
      (site.endsWith('-security') ? [SECURITY_SUITE] : SUITES).map(
        (suite) => `deb-src ${signed} ${site} ${suite} main\n`,
      ),
    );
    fs.writeFileSync(path.join(folder, 'sources.list'), lines.join(''));
    await runQuietly('apt-get', [...settings(), 'update', '-q']);
    return true;
  })();
  return updated;
}

/**
 * All versions of a source package, as Debian numbers them, with the checksums of their upstream tarballs.
 * @returns {Promise<{ version: string, upstream: string, file: string, sha256: string }[] | undefined>} undefined: no Debian here
 */
export async function sourceVersions(name) {
  if (!(await update())) return undefined;
  const text = outputOf('apt-cache', [...settings(), 'showsrc', '--only-source', name]) ?? '';
  return text.split(/^Package: /m).flatMap((record) => {
    const version = /^Version: (\S+)$/m.exec(record)?.[1];
    const tarball = /^ ([0-9a-f]{64}) \d+ (\S+\.orig\.tar\.\w+)$/m.exec(record);
    if (!version || !tarball) return [];
    const upstream = version.replace(/^\d+:/, '').replace(/-[^-]+$/, '');
    return [{ version, upstream, file: tarball[2], sha256: tarball[1] }];
  });
}

/** Fetches the upstream tarball of `version` of `name`; its path. apt checks signatures and sums. */
export async function fetchTarball(name, version) {
  const found = (await sourceVersions(name))?.filter(({ upstream }) => upstream === version) ?? [];
  const into = path.join(folder, 'sources');
  fs.mkdirSync(into, { recursive: true });
  for (const source of found) {
    const wanted = `${name}=${source.version}`;
    const args = ['source', '--download-only', '--tar-only', '-q', wanted];
    if (outputOf('apt-get', [...settings(), ...args], { cwd: into }) !== undefined)
      return path.join(into, source.file);
  }
  throw new Problem(
    found.length > 0
      ? `Debian's lists name ${name} ${version}, and its mirror does not have it`
      : `Debian has no ${name} ${version}`,
  );
}
