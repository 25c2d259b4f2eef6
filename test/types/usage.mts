// What an application writes, in ESM: it must compile, and what is wrong must not. Nothing of it is run.
import {
  createPool,
  HyperionError,
  InDoubtError,
  NoPrimaryError,
  ParameterError,
  quoteIdentifier,
  ServerError,
  sql,
} from 'hyperiondb-client';
import type {
  Pool,
  PoolOptions,
  QueryOptions,
  Result,
  Sql,
  SqlValue,
  Transaction,
  TransactionOptions,
} from 'hyperiondb-client';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ['these types differ', A, B]): void {}

const options: PoolOptions = {
  hosts: ['10.0.0.1', '10.0.0.2:5433', '[2001:db8::3]'],
  port: 5432,
  user: 'app',
  password: 'x',
  database: 'weido',
  mode: 'read-write',
  poolSize: 10,
  connectTimeoutMs: 2000,
  acquireTimeoutMs: 5000,
  ssl: { mode: 'verify-full', rootCert: 'system' },
  retry: { maxAttempts: 5 },
  int8: 'number',
  timestamps: 'date',
  onUnreplicated: 'warn',
};
const pool: Pool = createPool(options);
createPool();
createPool('postgres://app@10.0.0.1,10.0.0.2:5433/weido?sslmode=verify-full');
createPool('postgres://app@10.0.0.1/weido', { poolSize: 20 });
createPool(process.env['DATABASE_URL']); // refused at once where it is not set
// @ts-expect-error an unknown option
createPool({ poolsize: 20 });
// @ts-expect-error an unknown mode
createPool({ mode: 'write' });
// @ts-expect-error a number is no duration in words
createPool({ connectTimeoutMs: '2s' });

async function queries() {
  const rows = await pool.query<{ id: number }>('select id from t where x = $1', [42]);
  same<typeof rows, Result<{ id: number }>>();
  const first = rows[0];
  if (first) same<typeof first.id, number>();
  for (const row of rows) row.id.toFixed();
  const columns: string[] = rows.fields.map((field) => field.name);
  const count: number | null = rows.rowCount;
  const command: string = rows.command;
  void [columns, count, command];

  const untyped = await pool.query('select 1');
  for (const row of untyped) {
    const value = row['x'];
    if (typeof value === 'string') value.toUpperCase();
    // @ts-expect-error the value of a column is not known
    value.toUpperCase();
  }

  const arrays = await pool.query('select 1, 2', [], { rowMode: 'array' });
  same<typeof arrays, Result<SqlValue[]>>();
  const pairs = await pool.query<[number, string]>('select 1, 2', [], { rowMode: 'array', timeoutMs: 5 });
  same<typeof pairs, Result<[number, string]>>();
  const objects = await pool.query('select 1', [], { rowMode: 'object' });
  same<typeof objects, Result>();
  const anything = await pool.query<any>('select 1');
  same<typeof anything, Result<any>>();
  const expected: Result<{ id: number }> = await pool.query('select 1 as id');
  expected[0]?.id.toFixed();

  const signal = AbortSignal.timeout(10);
  const choices: QueryOptions = {
    mode: 'prefer-standby',
    timeoutMs: 100,
    signal,
    rowMode: 'array',
    retry: true,
  };
  await pool.query('select $1::int, $2::text[], $3::jsonb', [1n, ['a', null], { a: 1 }], choices);
  await pool.query('select $1::timestamptz, $2::bytea', [new Date(), new Uint8Array(3)]);
  // @ts-expect-error parameters are a list
  await pool.query('select $1', 1);
  // @ts-expect-error the statement is a string
  await pool.query(1);
}

async function batches() {
  const both = await pool.batch(['select 1', { sql: 'select $1::int', params: [2] }]);
  same<typeof both, [Result, Result]>();
  const [one] = both;
  same<typeof one, Result>();
  const settled = await pool.batch(['select 1'], { atomic: false });
  same<typeof settled, [PromiseSettledResult<Result>]>();
  const texts: string[] = ['select 1'];
  const many = await pool.batch(texts, { timeoutMs: 5 });
  same<typeof many, Result[]>();
  // @ts-expect-error there is no third
  both[2];
  // @ts-expect-error a statement is a text, or has one
  await pool.batch([{ values: [1] }]);
}

async function composed(named: boolean, filter: { readonly least?: number }) {
  interface User {
    id: number;
  }
  const users = await pool.query(sql<User>`select id from users`);
  same<typeof users, Result<User>>();
  const all = await pool.query(sql`select 1`);
  same<typeof all, Result>();
  const said = await pool.query<User>(sql`select 1 as id`, { timeoutMs: 5 });
  same<typeof said, Result<User>>();
  const arrays = await pool.query(sql`select 1`, { rowMode: 'array' });
  same<typeof arrays, Result<SqlValue[]>>();
  const plain = await pool.query({ text: 'select $1', values: [1] });
  same<typeof plain, Result>();
  await pool.query<User>({ text: 'select 1 as id' });
  const both = await pool.batch([sql<User>`select 1 as id`, { text: 'select 1' }, 'select 1']);
  same<typeof both, [Result<User>, Result, Result]>();
  await pool.transaction(async (tx) => {
    const inside = await tx.query(sql<User>`select 1 as id`);
    same<typeof inside, Result<User>>();
  });
  await pool.describe(sql<User>`select 1`);
  createPool({
    onConnect: async (session) => {
      const [row] = await session.query(sql<User>`select 1 as id`);
      row?.id.toFixed();
      const untyped = await session.query('select 1');
      same<typeof untyped, Result>();
    },
  });
  const name: Sql = named ? sql.id('t') : sql.id(['s', 't']);
  const piece = sql`select * from ${name} where ${sql.join([sql`a = ${1n}`, named && sql`b`], sql` and `)}
    ${filter.least !== undefined && sql`and x > ${filter.least}`} and d = ${new Date()} and n = ${null} and j = ${filter}
    and b = ${Buffer.from('x')} and t = any(${['a']}) and x = any(${users.map(({ id }) => id)}) ${sql.raw('limit 1')}`;
  const text: string = piece.text;
  void [text, piece.values.length, sql.values([[1, sql`now()`]]), sql.values([{ a: 1 }])];
  // @ts-expect-error nothing is given for it
  void sql`select ${filter.least}`;
  // @ts-expect-error a Promise is no value
  void sql`select ${Promise.resolve(1)}`;
  // @ts-expect-error nor is a function
  void sql`select ${() => 1}`;
  // @ts-expect-error nor is a symbol
  void sql`select ${Symbol('x')}`;
  // @ts-expect-error a text is no piece
  void sql.join([1], ' and ');
  // @ts-expect-error it is a tag
  sql(['select 1']);
  // @ts-expect-error the values are in the statement already
  await pool.query(sql`select ${1}`, [1]);
  // @ts-expect-error only the tag makes one
  const made: Sql = { text: 'select 1', values: [] };
  return made;
}

async function inserts() {
  const row = await pool.insert<{ id: number }>('t', { a: 1 }, { idempotency: true, conflictTarget: 'a' });
  same<typeof row, { id: number }>();
  const rows = await pool.insert<{ id: number }>(['public', 't'], [{ a: 1 }], {
    conflictTarget: ['a'],
    timeoutMs: 1,
  });
  same<typeof rows, Result<{ id: number }>>();
  const text: string = quoteIdentifier('a"b');
  await pool.transaction((tx) => tx.insert('t', { text }), { exactlyOnce: true });
  // @ts-expect-error a row is an object
  await pool.insert('t', 1);
  // @ts-expect-error no such option
  await pool.insert('t', {}, { idempotent: true });
}

const five = () => pool.transaction(() => 5);
const rowsInside = () => pool.transaction((tx) => tx.savepoint(() => tx.query('select 1')));

async function transactions() {
  const total = await pool.transaction(async (tx) => {
    same<typeof tx, Transaction>();
    await tx.query('insert into t (x) values ($1)', [1]);
    const inner = await tx.savepoint(
      async (sp) => (await sp.query<{ n: number }>('select 1 as n'))[0]?.n ?? 0,
    );
    return inner + 1;
  });
  same<typeof total, number>();
  const how: TransactionOptions = { isolation: 'serializable', readOnly: true, deferrable: true };
  await pool.transaction(async () => {}, how);
  same<Awaited<ReturnType<typeof five>>, number>();
  same<Awaited<ReturnType<typeof rowsInside>>, Result>();

  const tx = await pool.begin({ timeoutMs: 1000 });
  same<typeof tx, Transaction>();
  const host: string = tx.host();
  if (tx.isOpen()) await tx.commit();
  else await tx.rollback();
  void host;
}

async function errors() {
  try {
    await queries();
  } catch (error) {
    if (error instanceof ServerError) {
      const state: string | undefined = error.code;
      void state;
    } else if (error instanceof NoPrimaryError || error instanceof InDoubtError) {
      const base: HyperionError = error;
      same<typeof base.retryable, boolean>();
      if (base.outcome === 'unknown') return;
      // @ts-expect-error no such outcome
      if (base.outcome === 'maybe') return;
    } else if (error instanceof ParameterError) {
      const typeError: TypeError = error;
      void typeError;
    }
  }
}

async function watching() {
  pool.on('primaryChanged', (event) => {
    const host: string | null | undefined = event.host;
    void host;
  });
  pool.on('fenced', ({ host }) => host.toUpperCase());
  // @ts-expect-error no such event
  pool.on('primarychanged', () => {});
  const tell = ({ heldMs }: { heldMs: number }) => void heldMs;
  const same_: Pool = pool.once('drained', tell).off('drained', tell);
  // @ts-expect-error no such event
  same_.once('drain', () => {});
  // @ts-expect-error an event of another kind
  same_.off('fenced', tell);
  const { size, available, inUse, waiting, maxSize } = pool.status();
  const sum: number = size + available + inUse + waiting + maxSize;
  for (const { host, role } of pool.topology().hosts) {
    if (role === 'primary' || role === 'fenced') host.toUpperCase();
    // @ts-expect-error no such role
    if (role === 'leader') host.toUpperCase();
  }
  await pool.end({ drainTimeoutMs: 1000 });
  await pool.end();
  return sum;
}

void [batches, composed, inserts, transactions, errors, watching];
