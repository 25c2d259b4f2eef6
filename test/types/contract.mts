// What the typings promise beyond usage: who can make what, what may be missing, what tells events apart.
import {
  ConfigurationError,
  createPool,
  HyperionError,
  ParameterError,
  Pool,
  ServerError,
  Transaction,
} from 'hyperiondb-client';
import type {
  ErrorFacts,
  HostView,
  Outcome,
  Parameter,
  Parsers,
  PoolEvents,
  PoolOptions,
  QueryOptions,
  Result,
  Serializers,
  SqlValue,
} from 'hyperiondb-client';
import * as everything from 'hyperiondb-client';

// Pools, transactions and errors are made by the package only.
// @ts-expect-error no public constructor
new Pool();
// @ts-expect-error no public constructor
new Transaction();
// @ts-expect-error no public constructor
new ServerError();
// @ts-expect-error what is between lib/ and native code is not public
Pool.create;
// @ts-expect-error nor are options of that kind
createPool({ parsersId: 1 });
// @ts-expect-error nor is the native token
everything.CancelToken;

// An option that is undefined is one that is absent, also under exactOptionalPropertyTypes.
const options: PoolOptions = { poolSize: undefined, hosts: ['a'] as readonly string[], retry: {} };
// @ts-expect-error null is no number
const wrong: PoolOptions = { poolSize: null };
const parsers: Parsers = { 1700: Number, money: (text) => text.slice(1) };
const choices: QueryOptions = { parsers, signal: new AbortController().signal };
// @ts-expect-error a parser gets text
const badParsers: Parsers = { 1700: (value: number) => value };
const serializers: Serializers = { 1700: (value: bigint) => value * 100n, money: String };
// @ts-expect-error a serializer is a function
const badSerializers: Serializers = { 1700: 'text' };

interface Settings {
  theme: string;
}
const settings: Settings = { theme: 'dark' };
const parameters: readonly Parameter[] = [1, 1n, 'a', true, null, undefined, new Date(), settings, [1, [2]]];
// @ts-expect-error a symbol is no parameter
const badParameters: Parameter[] = [Symbol('x')];

async function results(pool: Pool) {
  const rows: Result = await pool.query('select 1', parameters, choices);
  const value: SqlValue | undefined = rows[0]?.['a'];
  if (value instanceof Uint8Array) value.byteLength;
  const objects = await pool.query<{ id: bigint }>('select 1::int8 as id');
  const ids: bigint[] = objects.map((row) => row.id);
  const arrays = await pool.query<[string, number]>('select 1', [], { rowMode: 'array' });
  arrays[0]?.[1].toFixed();
  // @ts-expect-error the count is the server's
  rows.rowCount = 1;
  return ids;
}

async function disposal() {
  await using pool = createPool(options);
  await using tx: Transaction = await pool.begin();
  await tx.commit();
}

function events(pool: Pool) {
  for (const name of ['primaryChanged', 'fenced'] as const) pool.on(name, (event) => event.host?.length);
  const tell = (event: PoolEvents[keyof PoolEvents]) => {
    if (event.type === 'hold') event.waiting.toFixed();
    else if (event.type === 'drained') event.heldMs.toFixed();
    // @ts-expect-error only a HoldEvent has it
    else event.waiting;
  };
  const chained: Pool = pool.on('hold', tell).on('drained', tell);
  return chained;
}

function views(host: HostView) {
  const lag: number | null = host.lagBytes;
  // @ts-expect-error a view does not change
  host.role = 'primary';
  return lag;
}

function errors(error: unknown) {
  if (
    error instanceof HyperionError ||
    error instanceof ParameterError ||
    error instanceof ConfigurationError
  ) {
    const facts: ErrorFacts = error;
    const outcome: Outcome = error.outcome;
    const host: string | undefined = error.host;
    const attempts: number = error.attempts;
    const constraint: string | undefined = facts.constraint;
    const cause: unknown = error.cause;
    return [outcome, host, attempts, constraint, cause, error.message, error.stack];
  }
  const type: TypeError | undefined = error instanceof ParameterError ? error : undefined;
  return type;
}

void [
  wrong,
  badParsers,
  serializers,
  badSerializers,
  badParameters,
  results,
  disposal,
  events,
  views,
  errors,
];
