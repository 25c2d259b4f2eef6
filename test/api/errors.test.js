'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { inspect } = require('node:util');
const { HyperionError, ServerError } = require('../..');
const { newPool } = require('../support/cluster.js');
const { errorOf } = require('../support/error_of');

const here = path.basename(__filename);

describe('an error', () => {
  let pool;
  beforeEach(() => {
    pool = newPool();
  });

  describe('of the server', () => {
    it('carries its SQLSTATE and every field that it sent', async () => {
      await pool.query('drop table if exists api_errors');
      await pool.query(
        'create table api_errors (id int constraint api_errors_small check (id < 10), name text unique)',
      );
      const check = await errorOf(pool.query('insert into api_errors values (10, $1)', ['a']));
      assert.ok(check instanceof ServerError && check instanceof HyperionError && check instanceof Error);
      const { severity, code, schema, table, constraint, routine, outcome, retryable, attempts } = check;
      assert.deepEqual(
        { name: check.name, severity, code, schema, table, constraint, outcome, retryable, attempts },
        {
          name: 'ServerError',
          severity: 'ERROR',
          code: '23514',
          schema: 'public',
          table: 'api_errors',
          constraint: 'api_errors_small',
          outcome: 'rolled-back',
          retryable: false,
          attempts: 1,
        },
      );
      assert.match(check.message, /api_errors_small/);
      assert.match(check.detail, /10/);
      assert.ok(routine.length > 0 && check.file.length > 0 && Number(check.line) > 0);
      assert.equal(check.host, pool.topology().primary);

      await pool.query('insert into api_errors values (1, $1)', ['a']);
      const unique = await errorOf(pool.query('insert into api_errors values (2, $1)', ['a']));
      assert.deepEqual([unique.code, unique.constraint], ['23505', 'api_errors_name_key']);
    });

    it('says where in the statement', async () => {
      const error = await errorOf(pool.query('select 1 fro nowhere'));
      assert.deepEqual([error.code, error.position], ['42601', '14']);
      const raised = await errorOf(
        pool.query(
          `do $$ begin raise exception 'mine' using errcode = 'P0042', hint = 'do', detail = 'why'; end $$`,
        ),
      );
      assert.deepEqual(
        [raised.code, raised.message, raised.hint, raised.detail],
        ['P0042', 'mine', 'do', 'why'],
      );
      assert.match(raised.where, /PL\/pgSQL/);
    });

    it('may come after rows', async () => {
      const error = await errorOf(pool.query('select 1 / (5 - x) as q from generate_series(1, 10) x'));
      assert.equal(error.code, '22012');
      assert.deepEqual(await pool.query('select 1 as fine'), [{ fine: 1 }]);
    });

    it('may come at the commit', async () => {
      await pool.query('drop table if exists api_deferred');
      await pool.query(
        'create table api_deferred (id int primary key, up int references api_deferred deferrable initially deferred)',
      );
      const error = await errorOf(pool.query('insert into api_deferred values (1, 7)'));
      assert.deepEqual([error.code, error.outcome], ['23503', 'rolled-back']);
      assert.deepEqual(await pool.query('select * from api_deferred'), []);
    });

    it('does not end its session', async () => {
      const single = newPool({ poolSize: 1, minIdle: 0 });
      const [{ pid }] = await single.query('select pg_backend_pid() as pid');
      await errorOf(single.query('select nonsense'));
      assert.deepEqual(await single.query('select pg_backend_pid() as pid'), [{ pid }]);
    });
  });

  it('has the stack of who called', async () => {
    async function theCaller(call) {
      await call();
    }
    for (const call of [
      () => pool.query('select nonsense'),
      () => pool.query('select $1::int', [1.5]),
      () => pool.query('select 1', [], { mode: 'nonsense' }),
      () => pool.transaction((tx) => tx.query('select nonsense')),
      () => pool.begin({ isolation: 'nonsense' }),
      () => pool.end({ drainTimeout: 5 }),
    ]) {
      const error = await errorOf(theCaller(call));
      assert.ok(error.stack.includes(here), `${call}:\n${error.stack}`);
      assert.ok(error.stack.startsWith(`${error.name}: ${error.message}`), error.stack);
      assert.match(error.stack, /theCaller/);
    }
  });

  it('of which nobody waits for has the statement, as it may be shown, and who asked for it first', async () => {
    const shy = newPool({ redact: ({ sql }) => ({ sql: sql.replace(/'.*?'/, "'?'") }) });
    function theCaller(sql) {
      return shy.query(sql);
    }
    const stack = await new Promise((resolve) => {
      theCaller("select 'secret',  nonsense").catch((error) => resolve(error.stack));
    });
    assert.match(stack, /^ServerError: .*\n {4}in: select '\?', nonsense\n/);
    assert.match(stack, /first time\n {4}at theCaller/);
    assert.doesNotMatch(stack, /secret/);
  });

  describe('of a call that nobody waits for', () => {
    /** The stack of the error of a call that was not awaited at once. */
    function stackOf(call) {
      return new Promise((resolve) => {
        theCaller(call).then(
          () => resolve('it resolved'),
          (error) => resolve(error.stack),
        );
      });
    }
    function theCaller(call) {
      return call();
    }
    const tx = () => pool.begin();

    for (const [name, call] of Object.entries({
      insert: () => pool.insert('nowhere', { id: 1 }),
      'insert of what does not fit': () => pool.insert(['pg_catalog', 'pg_class'], { oid: 1.5 }),
      batch: () => pool.batch(['select nonsense_1']),
      describe: () => pool.describe('select nonsense_2'),
      begin: () => pool.begin({ mode: 'nonsense' }),
      'transaction that cannot commit': () =>
        pool.transaction(async (tx) => void tx.query('select bad').catch(() => {})),
    })) {
      it(`has the place of the call: ${name}`, async () => {
        const stack = await stackOf(call);
        assert.match(stack, /\n {4}at theCaller/, stack);
        assert.match(stack, /Error: /);
      });
    }

    it('has the place where the transaction was begun: commit', async () => {
      const begun = await tx();
      await errorOf(begun.query('select nonsense'));
      assert.match(await stackOf(() => begun.commit()), /\n {4}at async tx|\n {4}at .*errors\.test\.js/);
    });
  });

  describe('of what a newcomer tries', () => {
    it('shows the line of the text, and a caret under the place', async () => {
      const sql = `select 1,\n\t'ü' as u, nonsense\nfrom pg_class`;
      const error = await errorOf(pool.query(sql));
      assert.equal(error.message, 'column "nonsense" does not exist');
      const [, line, caret] = error.stack.split('\n');
      assert.equal(line, `    line 2: \t'ü' as u, nonsense`);
      assert.equal(caret, `            \t          ^`);
      const long = await errorOf(pool.query(`select ${'1, '.repeat(100)}nonsense, ${'2, '.repeat(100)}3`));
      const [, part, below] = long.stack.split('\n');
      assert.ok(part.length < 120 && part.slice(below.indexOf('^')).startsWith('nonsense'), long.stack);
      assert.match((await errorOf(pool.query('select 1 frm x'))).stack, / {4}line 1: select 1 frm x\n +\^/);
    });

    it('shows no line that may not be shown, nor one of another statement', async () => {
      const shy = newPool({ redact: ({ sql }) => ({ sql: sql.replace(/'.*?'/, "'?'") }) });
      assert.doesNotMatch((await errorOf(shy.query("select 'secret', nonsense"))).stack, /secret|\^/);
      assert.doesNotMatch((await errorOf(pool.batch(['select 1', 'select nonsense']))).stack, /\^/);
    });

    it('says tx.query() where pool.query() waits for the session of its own transaction', async () => {
      const small = newPool({ poolSize: 1, acquireTimeoutMs: 200 });
      const error = await errorOf(
        small.transaction(async (tx) => {
          await tx.query('select 1');
          await small.query('select 2');
        }),
      );
      assert.equal(error.code, 'POOL_EXHAUSTED');
      assert.match(error.message, /tx\.query\(\)/);
      assert.ok(error.stack.startsWith(`${error.name}: ${error.message}\n`), error.stack);
      const begun = await small.begin();
      assert.doesNotMatch((await errorOf(small.query('select 2'))).message, /tx\.query/);
      await begun.rollback();
    });

    it('says how several statements are sent', async () => {
      const error = await errorOf(pool.query('select 1; select 2'));
      assert.deepEqual([error.code, error.outcome], ['42601', 'not-executed']);
      assert.match(error.message, /pool\.batch/);
    });

    it('is not worth another try where a write meets a mode, or a transaction, that only reads', async () => {
      const sql = 'create table api_never (id int)';
      const code = '25006';
      const writes = (tx) => tx.query(sql);
      for (const call of [
        () => pool.query(sql, [], { mode: 'prefer-standby' }),
        () => pool.batch([sql], { mode: 'read-only' }),
        () => newPool({ mode: 'read-only' }).query(sql),
        () => newPool({ mode: 'prefer-standby' }).transaction(writes),
      ]) {
        const error = await errorOf(call());
        assert.deepEqual([error.code, error.retryable], [code, false], String(call));
      }
      let runs = 0;
      const work = (tx) => {
        runs += 1;
        return writes(tx);
      };
      const error = await errorOf(pool.transaction(work, { readOnly: true }));
      assert.deepEqual([error.code, error.retryable, runs], [code, false, 1]);
    });
  });

  it('shows its facts when it is printed and when it becomes JSON', async () => {
    const error = await errorOf(pool.query('select nonsense'));
    assert.match(inspect(error), /code: '42703'/);
    assert.match(inspect(error), /outcome: 'not-executed'/);
    const json = JSON.parse(JSON.stringify(error));
    assert.deepEqual([json.code, json.outcome, json.retryable], ['42703', 'not-executed', false]);
  });

  it('has a class that can be told by instanceof and by name', async () => {
    const classes = require('../..');
    const names = Object.keys(classes).filter((name) => name.endsWith('Error'));
    assert.ok(names.length >= 18, names.join());
    for (const name of names) {
      const Class = classes[name];
      assert.ok(Class.prototype instanceof Error);
      assert.equal(Class.prototype.name, name);
      const isAboutArguments = ['ConfigurationError', 'ParameterError'].includes(name);
      assert.equal(Class.prototype instanceof TypeError, isAboutArguments);
      assert.equal(Class.prototype instanceof HyperionError, !isAboutArguments && name !== 'HyperionError');
    }
  });

  it('about an argument has one class, one code and the place of the call', async () => {
    const { Pool, Transaction, createPool } = require('../..');
    const tx = await pool.begin();
    const wrong = {
      'new Pool': () => new Pool(),
      'new Transaction': () => new Transaction(),
      'parsers of a pool': () => createPool({ parsers: 1 }),
      'serializers of a pool': () => createPool({ serializers: { numeric: 'x' } }),
      'logger of a pool': () => createPool({ logger: 1 }),
      'signal of query()': () => pool.query('select 1', [], { signal: {} }),
      'parsers of query()': () => pool.query('select 1', [], { parsers: { int4: 1 } }),
      'serializers of query()': () => tx.query('select 1', [], { serializers: 1 }),
      'mode of query()': () => pool.query('select 1', [], { mode: 'x' }),
      'options of query()': () => pool.query('select 1', [], 5),
      'options of describe()': () => pool.describe('select 1', 5),
      'half a signal': () =>
        pool.query('select 1', [], { signal: { aborted: false, addEventListener() {} } }),
      'signal of describe()': () => pool.describe('select 1', { signal: 1 }),
      'statements of batch()': () => pool.batch('select 1'),
      'a statement of batch()': () => pool.batch([{ sql: 'select 1', parms: [] }]),
      'atomic of batch()': () => pool.batch([], { atomic: 1 }),
      'signal of batch()': () => pool.batch(['select 1'], { signal: 1 }),
      'exactlyOnce of begin()': () => pool.begin({ exactlyOnce: true }),
      'signal of begin()': () => pool.begin({ signal: 1 }),
      'options of begin()': () => pool.begin(5),
      'work of transaction()': () => pool.transaction(5),
      'work of savepoint()': () => tx.savepoint(5),
      'table of insert()': () => tx.insert(5, { a: 1 }),
    };
    for (const [what, call] of Object.entries(wrong)) {
      const { name, code, outcome, retryable, stack } = await errorOf((async () => await call())());
      assert.match(code, /^ERR_INVALID_ARG_(VALUE|TYPE)$/, what);
      assert.deepEqual([what, name, outcome, retryable], [what, 'ConfigurationError', 'not-sent', false]);
      assert.ok(stack.includes(here), `${what}: ${stack}`);
    }
    await tx.rollback();
  });

  it('never shows the password', async () => {
    const password = 's3cr3t-p4ss';
    const hosts = ['127.0.0.1:1'];
    const wrong = newPool({ hosts, password, acquireTimeoutMs: 50, minIdle: 0 });
    for (const error of [
      await errorOf(wrong.query('select 1')),
      await errorOf(wrong.begin()),
      await errorOf(newPool({ password }).query('select nonsense')),
    ]) {
      const everything = [
        error.message,
        error.stack,
        JSON.stringify(error),
        inspect(error, { depth: Infinity, showHidden: true }),
      ];
      assert.ok(!everything.join('\n').includes(password), everything.join('\n'));
    }
  });
});
