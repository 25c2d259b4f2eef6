// libraries.mjs: libpq and OpenSSL as static libraries for one target, built once for each set of versions and settings.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, exclusively, inRoot, runQuietly, step } from '../tools.mjs';
import { unpack } from './sources.mjs';
import { ZIG_VERSION } from './toolchain.mjs';

/** Counts up with each change of how the libraries are built: they are built anew then. */
const RECIPE = 1;

const FLAGS = '-O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -fno-sanitize=undefined';

/** What a PostgreSQL client needs of OpenSSL: TLS 1.2 and 1.3, X.509, keys in PEM files. Nothing that loads code. */
const OPENSSL_OPTIONS = [
  ...[
    'no-shared',
    'no-tests',
    'no-apps',
    'no-docs',
    'no-module',
    'no-dso',
    'no-engine',
    'no-legacy',
    'no-quic',
  ],
  ...[
    'no-dtls',
    'no-ssl3',
    'no-comp',
    'no-cmp',
    'no-cms',
    'no-ct',
    'no-ts',
    'no-srp',
    'no-psk',
    'no-srtp',
    'no-ui-console',
  ],
  'no-autoload-config', // what an administrator says of programs of the system is not said of us
];

const jobs = () => process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(os.availableParallelism());

async function buildOpenssl(target, tools, source, prefix, work) {
  await unpack(source.tarball, work);
  const env = {
    ...process.env,
    CC: tools.cc,
    CXX: tools['c++'],
    AR: tools.ar,
    RANLIB: tools.ranlib,
    RC: tools.rc,
  };
  const run = (command, args) => runQuietly(command, args, { cwd: work, env });
  await run('perl', [
    'Configure',
    target.openssl,
    ...OPENSSL_OPTIONS,
    `--prefix=${prefix}`,
    '--libdir=lib',
    '--openssldir=/etc/ssl',
    ...FLAGS.split(' '),
  ]);
  await run('make', [`-j${jobs()}`, 'build_libs']);
  if (target.format === 'macho') {
    hideAssembly(work);
    await run('make', [`-j${jobs()}`, 'build_libs']);
  }
  await run('make', ['install_dev']);
  fs.copyFileSync(path.join(work, 'LICENSE.txt'), path.join(prefix, 'LICENSE-openssl'));
}

/** The visibility that the compiler is told does not reach generated assembly, and Zig's linker takes no list of exports. */
function hideAssembly(work) {
  for (const name of fs.readdirSync(work, { recursive: true, encoding: 'utf8' })) {
    if (!/\.[sS]$/.test(name)) continue;
    const file = path.join(work, name);
    const text = fs.readFileSync(file, 'utf8');
    const hidden = text.replace(/^\s*\.globl\s+(\w+)/gm, '$&\n.private_extern $1');
    if (hidden !== text) fs.writeFileSync(file, hidden);
  }
}

/** libpq's own rule for a static library on Windows links the DLL first, which wants other objects. */
async function archiveForWindows(tools, folder, run) {
  fs.writeFileSync(path.join(folder, 'static.mk'), 'include Makefile\nstatic: $(OBJS) $(OBJS_STATIC)\n');
  await run('make', ['-C', folder, '-f', 'static.mk', `-j${jobs()}`, 'static', 'WIN32RES=']);
  const objects = fs.readdirSync(folder).filter((name) => /\.o$/.test(name));
  await run(tools.ar, [
    'crs',
    path.join(folder, 'libpq.a'),
    ...objects.map((name) => path.join(folder, name)),
  ]);
}

async function buildLibpq(target, tools, source, prefix, work) {
  await unpack(source.tarball, work);
  const isWindows = target.platform.os === 'win32';
  if (isWindows) {
    // Two settings that Zig's linker does not know; what is linked from here is an archive.
    const template = path.join(work, 'src/template/win32');
    fs.writeFileSync(template, fs.readFileSync(template, 'utf8').replace(/^LDFLAGS=.*$/m, ''));
  }
  const env = {
    ...process.env,
    CC: tools.cc,
    CXX: tools['c++'],
    AR: tools.ar,
    RANLIB: tools.ranlib,
    CFLAGS: FLAGS,
    LIBS: isWindows ? '-lws2_32 -lcrypt32 -lgdi32 -ladvapi32' : '',
    // WINDRES is for the description of a .dll; ours is static. Objects have the suffix that the makefiles assume.
    ...(isWindows && { WINDRES: 'false', ac_cv_objext: 'o' }),
  };
  const run = (command, args) => runQuietly(command, args, { cwd: work, env });
  await run('./configure', [
    `--host=${target.host}`,
    `--prefix=${prefix}`,
    '--sysconfdir=/etc/postgresql-common', // where Debian has pg_service.conf; PGSYSCONFDIR names another folder
    '--with-openssl',
    ...[
      '--without-readline',
      '--without-zlib',
      '--without-icu',
      '--without-gssapi',
      '--without-ldap',
      '--disable-nls',
    ],
    `--with-includes=${prefix}/include`,
    `--with-libraries=${prefix}/lib`,
  ]);
  const make = (folder, ...goals) => run('make', ['-C', folder, `-j${jobs()}`, ...goals]);
  await make('src/backend', 'generated-headers');
  await make('src/common', 'libpgcommon_shlib.a');
  await make('src/port', 'libpgport_shlib.a');
  if (isWindows) await archiveForWindows(tools, path.join(work, 'src/interfaces/libpq'), run);
  else await make('src/interfaces/libpq', 'all-static-lib');
  for (const file of [
    'src/common/libpgcommon_shlib.a',
    'src/port/libpgport_shlib.a',
    'src/interfaces/libpq/libpq.a',
  ])
    fs.copyFileSync(path.join(work, file), path.join(prefix, 'lib', path.basename(file)));
  for (const file of ['interfaces/libpq/libpq-fe.h', 'include/postgres_ext.h', 'include/pg_config.h'])
    fs.copyFileSync(path.join(work, 'src', file), path.join(prefix, 'include', path.basename(file)));
  fs.copyFileSync(path.join(work, 'COPYRIGHT'), path.join(prefix, 'LICENSE-postgresql'));
}

/** Asio is headers only: those of this machine, without what lies beside them. */
function copyAsio(prefix) {
  const from = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'].find((folder) =>
    fs.existsSync(path.join(folder, 'asio.hpp')),
  );
  if (!from) throw new Problem('Asio is missing: apt-get install libasio-dev');
  fs.cpSync(path.join(from, 'asio.hpp'), path.join(prefix, 'include/asio.hpp'));
  fs.cpSync(path.join(from, 'asio'), path.join(prefix, 'include/asio'), { recursive: true });
}

/** The folder that `build` fills once for each recipe; what it was made of is in its name. */
async function kept(target, name, recipe, build) {
  const hash = createHash('sha256').update([RECIPE, ZIG_VERSION, target.zig, FLAGS, ...recipe].join('\n'));
  const prefix = inRoot('.cache/prebuild', target.name, `${name}-${hash.digest('hex').slice(0, 16)}`);
  const done = path.join(prefix, 'done');
  await exclusively(`${name}-${target.name}`, async () => {
    if (fs.existsSync(done)) return;
    fs.rmSync(prefix, { recursive: true, force: true });
    const work = inRoot('build/prebuild', target.name, name);
    await step(`building ${name} for ${target.name}`, () => build(prefix, work));
    fs.rmSync(work, { recursive: true });
    fs.writeFileSync(done, '');
  });
  return prefix;
}

/**
 * The folder with `include/`, `lib/` and the licences of everything that is linked in, made when it is missing.
 * @param {Record<string, { version: string, sha256: string, tarball: string }>} sources
 */
export async function libraries(target, tools, sources) {
  const openssl = await kept(target, 'openssl', [sources.openssl.sha256, OPENSSL_OPTIONS], (prefix, work) =>
    buildOpenssl(target, tools, sources.openssl, prefix, work),
  );
  return kept(target, 'libpq', [path.basename(openssl), sources.libpq.sha256], async (prefix, work) => {
    fs.cpSync(openssl, prefix, { recursive: true });
    fs.rmSync(path.join(prefix, 'done'));
    await buildLibpq(target, tools, sources.libpq, prefix, work);
    copyAsio(prefix);
  });
}
