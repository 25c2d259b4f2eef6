'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const { createPool, Pool, ConfigurationError } = require('../..');
const { options, newPool, keep, ownCluster } = require('../support/cluster.js');

const root = path.join(__dirname, '../..');

/** The hosts and ports that a pool takes from its arguments; nothing has to answer there. */
const hostsOf = (...args) =>
  keep(createPool(...args))
    .topology()
    .hosts.map(({ host }) => host);

/** Runs a script with a pool in another environment, and returns its output. */
async function inProcess(script, env) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['-e', `const { createPool } = require('.'); (async () => { ${script} })()`],
    { cwd: root, env: { ...process.env, ...env } },
  );
  return stdout.trim();
}

const refused = (make, { code, message }) =>
  assert.throws(make, (error) => {
    assert.ok(error instanceof ConfigurationError && error instanceof TypeError, String(error));
    assert.equal(error.name, 'ConfigurationError');
    if (code) assert.equal(error.code, code);
    assert.equal(error.outcome, 'not-sent');
    assert.match(error.message, message);
    assert.match(error.stack, new RegExp(path.basename(__filename).replaceAll('.', '\\.')));
    return true;
  });

describe('createPool', () => {
  describe('from options', () => {
    it('makes a pool without connecting', () => {
      const pool = keep(createPool({ hosts: ['127.0.0.1:1'], minIdle: 0 }));
      assert.ok(pool instanceof Pool);
      assert.deepEqual(pool.status(), { maxSize: 10, size: 0, available: 0, inUse: 0, waiting: 0 });
    });

    it('takes hosts with and without a port, by name and by address', () => {
      assert.deepEqual(
        hostsOf({
          hosts: ['db.invalid', 'db.invalid:5433', '10.1.2.3', '[2001:db8::3]', '[2001:db8::3]:5434'],
        }),
        ['db.invalid:5432', 'db.invalid:5433', '10.1.2.3:5432', '[2001:db8::3]:5432', '[2001:db8::3]:5434'],
      );
      assert.deepEqual(hostsOf({ hosts: ['a', 'b:1'], port: 6000 }), ['a:6000', 'b:1']);
    });

    it('connects to hosts that are named one by one', async () => {
      assert.deepEqual(await newPool().query('select 1 as one'), [{ one: 1 }]);
    });

    it('connects through a Unix socket', async function () {
      const { socketDir, port } = ownCluster(this).primary;
      const pool = keep(createPool({ ...options(), hosts: [socketDir], port }));
      assert.deepEqual(await pool.query('select inet_client_addr() as address'), [{ address: null }]);
    });

    it('cannot be called as a constructor', () => {
      assert.throws(() => new Pool(), { name: 'ConfigurationError', message: /createPool/ });
    });
  });

  describe('from a variable that is not set', () => {
    it('takes the options all the same', () => {
      for (const nothing of [undefined, null]) {
        assert.deepEqual(hostsOf(nothing, { hosts: ['10.0.0.9'], minIdle: 0 }), ['10.0.0.9:5432']);
        assert.equal(keep(createPool(nothing, { hosts: ['10.0.0.9'], poolSize: 3 })).status().maxSize, 3);
        refused(() => createPool(nothing, { hosts: ['10.0.0.9'], poolsize: 5 }), {
          code: 'ERR_UNKNOWN_OPTION',
          message: /poolSize/,
        });
      }
    });

    it('says so where nothing else names a host', async () => {
      for (const nothing of [undefined, null, '']) {
        refused(() => createPool(nothing), { message: /environment variable/ });
        refused(() => createPool(nothing, { poolSize: 5 }), { message: /environment variable/ });
      }
      const script = 'console.log(createPool(process.env.NOT_SET, { minIdle: 0 }).topology().hosts[0].host)';
      assert.equal(await inProcess(script, { PGHOST: '10.9.8.7', PGPORT: '6543' }), '10.9.8.7:6543');
    });

    it('takes no options twice', () => {
      refused(() => createPool({ hosts: ['a'] }, { poolSize: 3 }), { message: /a URL and options/ });
      refused(() => createPool(5, { poolSize: 3 }), { message: /a URL and options/ });
    });
  });

  describe('from a URL', () => {
    it('takes a URL object', () => {
      const url = new URL('postgres://app@10.0.0.1:6000/db');
      assert.deepEqual(hostsOf(url, { minIdle: 0 }), ['10.0.0.1:6000']);
      assert.equal(keep(createPool(url, { poolSize: 3 })).status().maxSize, 3);
    });

    it('takes several hosts and ports', () => {
      assert.deepEqual(hostsOf('postgres://app@10.0.0.1,10.0.0.2:5433/db'), [
        '10.0.0.1:5432',
        '10.0.0.2:5433',
      ]);
      assert.deepEqual(hostsOf('postgresql://app@[2001:db8::3]:7000/db'), ['[2001:db8::3]:7000']);
      assert.deepEqual(hostsOf('host=a,b port=1,2 dbname=x'), ['a:1', 'b:2']);
    });

    it('connects', async function () {
      const pool = keep(createPool(ownCluster(this).url));
      assert.deepEqual(await pool.query('select current_user::text as u'), [{ u: 'app' }]);
    });

    it('loses against options', () => {
      assert.deepEqual(hostsOf('postgres://app@10.0.0.1/db', { hosts: ['10.0.0.9'], port: 7 }), [
        '10.0.0.9:7',
      ]);
      const pool = keep(createPool('postgres://app@10.0.0.1/db', { poolSize: 3 }));
      assert.equal(pool.status().maxSize, 3);
    });

    it('says what it cannot read', () => {
      refused(() => createPool('postgres://app@10.0.0.1:port/db'), { message: /port/ });
      refused(() => createPool('postgres://app@10.0.0.1/db?sslmod=require'), {
        message: /"sslmod" is not a parameter/,
      });
      refused(() => createPool('postgres://a@h/db?target_session_attrs=master'), {
        message: /target_session_attrs/,
      });
      refused(() => createPool('postgres://a@h/db?replication=database'), { message: /replication/ });
      refused(() => createPool('host=a,b port=1,2,3'), { message: /3 ports for 2 hosts/ });
    });

    it('names what other tools put there, and the way to say it', () => {
      for (const [url, message] of [
        ['postgres://a@h/db?schema=public', /"schema".*search_path/],
        ['postgres://a@h/db?pgbouncer=true', /"pgbouncer".*`prepare: false`/],
        ['postgres://a@h/db?sslmode=prefer&connection_limit=5', /"connection_limit".*`poolSize`/],
        ['postgres://a@h/db?prepared_statements=false', /"prepared_statements".*`prepare`/],
        ['postgres://a@h/db?nonsense=1', /"nonsense" is not a parameter of PostgreSQL/],
        ['jdbc:postgresql://h/db', /begin with postgres:\/\/.*jdbc:/],
        [' postgres://a@h/db', /white space/],
        ['postgres://a@h/db\n', /white space/],
        ['"postgres://a@h/db"', /quotes/],
        ['h/db', /begins with postgres:\/\//],
      ])
        refused(() => createPool(url), { message });
    });

    it('gives its parameter `options` to every session, as PGOPTIONS does', async function () {
      const { url } = ownCluster(this);
      const more = '-c%20work_mem%3D12345kB%20-csearch_path%3Dpg_catalog';
      const pool = keep(createPool(`${url}${url.includes('?') ? '&' : '?'}options=${more}`));
      const settings = `select current_setting('work_mem') as memory, current_setting('search_path') as path`;
      assert.deepEqual(await pool.query(settings), [{ memory: '12345kB', path: 'pg_catalog' }]);
    });

    it('says so without the password in it', () => {
      for (const url of [
        'postgres://app:s3cr3t@10.0.0.1:port/db',
        'postgres://app:s3cr3t@h/db?nonsense=1',
        'postgres://app:s3cr3t/x@h/db',
        'postgres://app:x/s3cr3t@h/db',
        'postgres://app:x@s3cr3t@h/db',
        'postgres://app:1?s3cr3t=x/y@h/db',
      ]) {
        assert.throws(
          () => createPool(url),
          (error) => {
            assert.doesNotMatch(`${error.message}\n${error.stack}\n${JSON.stringify(error)}`, /s3cr3t/);
            return true;
          },
        );
      }
    });
  });

  describe('from the environment', () => {
    it('takes host and port from PGHOST and PGPORT', async () => {
      const script = 'const pool = createPool({ minIdle: 0 }); console.log(pool.topology().hosts[0].host)';
      assert.equal(await inProcess(script, { PGHOST: '10.9.8.7', PGPORT: '6543' }), '10.9.8.7:6543');
    });

    it('takes everything from it and needs no options', async function () {
      const { primary, user, database } = ownCluster(this);
      const output = await inProcess(
        'const pool = createPool(); const [row] = await pool.query("select current_user::text as u, current_database()::text as d");' +
          'console.log(row.u, row.d); await pool.end();',
        { PGHOST: primary.host, PGPORT: String(primary.port), PGUSER: user, PGDATABASE: database },
      );
      assert.equal(output, `${user} ${database}`);
    });

    it('refuses a port that is none', async () => {
      const output = await inProcess('try { createPool() } catch (e) { console.log(e.name, e.message) }', {
        PGPORT: 'http',
      });
      assert.match(output, /^ConfigurationError .*PGPORT/);
    });
  });

  describe('with a wrong option', () => {
    it('says what the words of other clients are here', () => {
      for (const [given, message] of [
        [{ max: 5 }, /`options\.max` is not .*`poolSize`/],
        [{ connectionLimit: 5 }, /`poolSize`/],
        [{ schema: 'shop' }, /`onConnect`/],
        [{ keepAlive: true }, /keepalives are on/],
        [{ sslmode: 'require' }, /`ssl: \{ mode \}`/],
        [{ databaseUrl: 'postgres://h/d' }, /first argument/],
        [{ connectionString: 'postgres://h/d' }, /first argument: createPool\(url, options\)/],
        [{ host: 'a' }, /`hosts`, a list/],
        [{ idleTimeoutMillis: 5 }, /`idleTimeoutMs`/],
        [{ ssl: true }, /mode: 'require'.*\(got a boolean\)/],
        [{ ssl: { rejectUnauthorized: false } }, /'verify-full'.*'require'/],
        [{ port: '5432' }, /`options\.port` must be an integer, as Number\(\) makes one \(got a string\)/],
      ])
        refused(() => createPool(given), { message });
    });

    it('names it, and the one that was meant', () => {
      const wrong = { code: 'ERR_UNKNOWN_OPTION' };
      refused(() => createPool({ poolsize: 5 }), {
        ...wrong,
        message: /`options\.poolsize`.*did you mean `poolSize`/,
      });
      refused(() => createPool({ acquireTimeout: 5 }), {
        ...wrong,
        message: /did you mean `acquireTimeoutMs`/,
      });
      refused(() => createPool({ ssl: { rootcert: 'x' } }), {
        ...wrong,
        message: /`options\.ssl\.rootcert`.*did you mean `rootCert`/,
      });
      refused(() => createPool({ xyzzy: 1 }), { ...wrong, message: /`options\.xyzzy`(?!.*did you mean)/ });
      refused(() => createPool('postgres://h/db', { poolsize: 5 }), {
        ...wrong,
        message: /did you mean `poolSize`/,
      });
    });

    it('refuses hosts that cannot be any', () => {
      refused(() => createPool({ hosts: [] }), { message: /hosts/ });
      refused(() => createPool({ hosts: [''] }), { message: /hosts\[0\]/ });
      refused(() => createPool({ hosts: ['a', 'b:http'] }), { message: /hosts\[1\].*b:http/ });
      refused(() => createPool({ hosts: ['[::1'] }), { message: /\[::1/ });
      refused(() => createPool({ hosts: ['a:5432', 'a'] }), { message: /twice/ });
      refused(() => createPool({ hosts: ['a\0b'] }), { message: /NUL/ });
      refused(() => createPool({ hosts: 'a' }), { message: /hosts/ });
      refused(() => createPool({ hosts: ['a', 5432] }), { message: /hosts\[1\]/ });
    });

    const milliseconds = [
      'acquireTimeoutMs',
      'connectTimeoutMs',
      'idleTimeoutMs',
      'maxLifetimeMs',
      'suspectAfterMs',
      'cancelTimeoutMs',
      'monitorIntervalMs',
      'statementTimeoutMs',
      'idleInTransactionTimeoutMs',
      'lockTimeoutMs',
      'timeoutMs',
    ];
    const numbers = {
      port: [1, 65535],
      poolSize: [1, 10000],
      minIdle: [0, 10000],
      maxWaiting: [0, 10000000],
      maxWaitingBytes: [0, Number.MAX_SAFE_INTEGER],
      statementCacheSize: [0, 100000],
      'retry.maxAttempts': [1, 100],
    };
    const words = {
      mode: 'read-write',
      onUnreplicated: 'reject',
      int8: 'bigint',
      timestamps: 'iso',
      rowMode: 'object',
      'ssl.mode': 'verify-full',
    };
    const texts = ['user', 'password', 'database', 'applicationName', 'ssl.rootCert', 'ssl.cert', 'ssl.key'];
    /** `a.b` and a value: `{ a: { b: value } }`. */
    const nested = (name, value) => name.split('.').reduceRight((inner, key) => ({ [key]: inner }), value);
    const make = (name, value) => () =>
      keep(createPool({ hosts: ['127.0.0.1:1'], minIdle: 0, ...nested(name, value) }));
    const named = (name) => ({ message: new RegExp(`\`options\\.${name.replace('.', '\\.')}\``) });

    for (const name of [...milliseconds, 'retry.baseDelayMs', 'retry.maxDelayMs']) {
      it(`${name} is a number of milliseconds`, () => {
        for (const wrong of [-1, NaN, Infinity, '5', {}, 5n, true]) refused(make(name, wrong), named(name));
        make(name, 0)();
        make(name, 2.5)();
        make(name, undefined)();
      });
    }
    for (const [name, [least, most]] of Object.entries(numbers)) {
      it(`${name} is a number from ${least} to ${most}`, () => {
        for (const wrong of [least - 1, most * 2 + 2, NaN, '5', {}, 5n, true])
          refused(make(name, wrong), named(name));
        if (name !== 'maxWaitingBytes') refused(make(name, least + 0.5), named(name));
        make(name, least)();
        make(name, most)();
      });
    }
    for (const [name, right] of Object.entries(words)) {
      it(`${name} is one of its words`, () => {
        for (const wrong of ['', 'READ-WRITE', 1, {}, true]) refused(make(name, wrong), named(name));
        refused(make(name, 'nonsense'), { message: new RegExp(right) });
        make(name, right)();
      });
    }
    for (const name of texts) {
      it(`${name} is a text`, () => {
        for (const wrong of [1, {}, true]) refused(make(name, wrong), named(name));
        refused(make(name, 'a\0b'), { message: /NUL/ });
        make(name, 'x')();
      });
    }
    it('prepare is a boolean', () => {
      for (const wrong of [1, 'yes', {}]) refused(make('prepare', wrong), named('prepare'));
      make('prepare', false)();
    });
    it('parsers is an object of functions', () => {
      assert.throws(make('parsers', 1), { name: 'ConfigurationError', message: /options\.parsers/ });
      assert.throws(make('parsers', { int4: 'x' }), {
        name: 'ConfigurationError',
        message: /options\.parsers\.int4/,
      });
    });
    it('ssl, retry and the options themselves are objects', () => {
      refused(() => createPool({ ssl: true }), { message: /options\.ssl/ });
      refused(() => createPool({ retry: 3 }), { message: /options\.retry/ });
      refused(() => createPool(5), { message: /options/ });
      refused(() => createPool([]), { message: /options/ });
    });
  });

  it('shows nothing of its password', async () => {
    const { inspect } = require('node:util');
    const pool = keep(createPool({ hosts: ['127.0.0.1:1'], minIdle: 0, password: 's3cr3t' }));
    assert.doesNotMatch(inspect(pool, { depth: Infinity, showHidden: true }), /s3cr3t/);
    assert.doesNotMatch(JSON.stringify(pool), /s3cr3t/);
  });
});
