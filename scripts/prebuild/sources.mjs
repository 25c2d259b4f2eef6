// sources.mjs: which releases of libpq and OpenSSL are bundled, where their tarballs come from, and whether they are the
// newest of their series. sources.json is the one place that names versions and checksums.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem, inRoot, runQuietly } from '../tools.mjs';
import { fetchTarball, sourceVersions } from './debian.mjs';

export const SOURCES = JSON.parse(fs.readFileSync(inRoot('scripts/prebuild/sources.json'), 'utf8'));
const TIMEOUT_MS = 30_000;
/** For whoever tries a build out; a release has to have the newest. */
export const WAY_OUT = 'With --may-be-behind, an older release of sources.json is good enough.';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Compares versions of numbers and dots. */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

// ---- is there a newer one? -------------------------------------------------------------------------------------

/** What upstream publishes about its releases, read as a list of versions. */
export const FEEDS = {
  libpq: {
    url: 'https://www.postgresql.org/versions.json',
    versions: (list) => list.map(({ major, latestMinor }) => `${major}.${latestMinor}`),
  },
  openssl: {
    url: 'https://api.github.com/repos/openssl/openssl/releases?per_page=100',
    versions: (list) =>
      list
        .filter(({ draft, prerelease }) => !draft && !prerelease)
        .map(({ tag_name: tag }) => tag.replace(/^openssl-/, '')),
  },
};

/** The newest of `versions` in a series such as 3.5. */
export const newestOf = (versions, series) =>
  versions
    .filter((version) => version.startsWith(`${series}.`) && /^[\d.]+$/.test(version))
    .sort(compareVersions)
    .at(-1);

async function askUpstream(name) {
  const { url, versions } = FEEDS[name];
  const headers =
    process.env.GITHUB_TOKEN && url.includes('api.github.com') // else 60 requests an hour per address
      ? { authorization: `Bearer ${process.env.GITHUB_TOKEN}` }
      : {};
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return versions(await response.json());
}

/**
 * The newest release of a library's series that the world knows of: from upstream, or from Debian's signed lists.
 * @returns {Promise<{ version: string, says: string }>}
 */
export async function newestRelease(name) {
  const { series, debian } = SOURCES[name];
  const tried = [];
  const ask = [
    ['upstream', () => askUpstream(name)],
    ['Debian', async () => (await sourceVersions(debian))?.map(({ upstream }) => upstream) ?? []],
  ];
  for (const [says, versions] of ask) {
    try {
      const version = newestOf(await versions(), series);
      if (version) return { version, says };
      tried.push(`${says} names none`);
    } catch (error) {
      tried.push(`${says}: ${error.cause?.message ?? error.message}`);
    }
  }
  throw new Problem(`Nobody says what the newest ${name} ${series} is (${tried.join('; ')}).`);
}

// ---- the tarballs ----------------------------------------------------------------------------------------------

const cached = (name, { version }) =>
  path.join(inRoot('.cache/prebuild/tarballs'), `${name}-${version}${path.extname(SOURCES[name].upstream)}`);

function keep(file, bytes, { version, sha256: expected }) {
  const found = sha256(bytes);
  if (found !== expected) {
    throw new Problem(
      `The tarball of ${version} has the SHA-256 ${found}; sources.json expects ${expected}.`,
    );
  }
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, bytes);
  fs.renameSync(`${file}.new`, file);
}

/** The tarball of a release, from the cache, from upstream or from Debian; always compared with its checksum. */
async function tarball(name, release) {
  const file = cached(name, release);
  if (fs.existsSync(file) && sha256(fs.readFileSync(file)) === release.sha256) return file;
  const tried = [];
  try {
    const url = SOURCES[name].upstream.replaceAll('{version}', release.version);
    const response = await fetch(url, { signal: AbortSignal.timeout(10 * TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    keep(file, Buffer.from(await response.arrayBuffer()), release);
    return file;
  } catch (error) {
    if (error instanceof Problem) throw error;
    tried.push(`upstream: ${error.cause?.message ?? error.message}`);
  }
  try {
    keep(file, fs.readFileSync(await fetchTarball(SOURCES[name].debian, release.version)), release);
    return file;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    tried.push(`Debian: ${error.message.split('\n')[0]}`);
  }
  throw new Problem(`The source of ${name} ${release.version} cannot be fetched (${tried.join('; ')}).`);
}

/**
 * The releases to build with, their tarballs fetched. With `mayBeBehind`, an older one where the newest is out of reach.
 * @returns {Promise<Record<string, { version: string, sha256: string, tarball: string }>>}
 */
export async function chooseSources({ mayBeBehind = false } = {}) {
  const chosen = {};
  for (const [name, { releases }] of Object.entries(SOURCES)) {
    for (const release of releases) {
      try {
        chosen[name] = { ...release, tarball: await tarball(name, release) };
        break;
      } catch (error) {
        if (release === releases.at(-1)) throw error;
        if (!mayBeBehind && error instanceof Problem)
          throw new Problem(`${error.message}\n${WAY_OUT}`, { cause: error });
        console.log(`  ${error.message}`);
      }
    }
  }
  return chosen;
}

/** Unpacks a tarball into `folder`, without the folder that it begins with. */
export async function unpack(file, folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  await runQuietly('tar', ['-xf', file, '-C', folder, '--strip-components=1']);
}
