'use strict';

/*
 * Pools with random options, and calls with random arguments, right ones and wrong ones. All of it is bound to be refused or
 * answered, never to end the process.
 */

const { odd } = require('../support/odd_exceptions');

const MODES = ['read-write', 'read-only', 'prefer-standby', 'any'];

/** @param {import('../support/dice').Dice} dice */
function randomOptions(dice) {
  const between = (least, most) => least + dice.below(most - least + 1);
  /** Mostly as it is by default. @param {() => any} make */
  const maybe = (make) => (dice.below(3) === 0 ? make() : undefined);
  const options = {
    mode: maybe(() => dice.pick(MODES)),
    user: maybe(() => dice.pick(['app', 'report'])),
    applicationName: maybe(() => `chaos ${dice.below(10)}`),
    password: maybe(() =>
      dice.pick(['any', () => 'any', async () => (dice.below(30) === 0 ? thrown(dice) : 'any')]),
    ),
    ssl: maybe(() => ({ mode: dice.pick(['disable', 'allow', 'prefer']) })),
    channelBinding: maybe(() => dice.pick(['disable', 'prefer'])),
    poolSize: maybe(() => between(1, 20)),
    minIdle: maybe(() => between(0, 10)),
    acquireTimeoutMs: maybe(() => between(50, 20_000)),
    connectTimeoutMs: maybe(() => between(200, 5_000)),
    maxWaiting: maybe(() => between(0, 1_000)),
    maxWaitingBytes: maybe(() => between(0, 100_000)),
    maxResultBytes: maybe(() => between(20_000, 1_000_000)),
    idleTimeoutMs: maybe(() => dice.pick([0, between(1, 2_000)])),
    maxLifetimeMs: maybe(() => dice.pick([0, between(1, 3_000)])),
    suspectAfterMs: maybe(() => between(20, 3_000)),
    cancelTimeoutMs: maybe(() => between(20, 3_000)),
    monitorIntervalMs: maybe(() => between(50, 10_000)),
    statementCacheSize: maybe(() => dice.pick([0, 1, 2, 16])),
    prepare: maybe(() => false),
    statementTimeoutMs: maybe(() => between(100, 20_000)),
    idleInTransactionTimeoutMs: maybe(() => between(100, 20_000)),
    lockTimeoutMs: maybe(() => between(100, 20_000)),
    timeoutMs: maybe(() => between(5, 20_000)),
    retry: maybe(() => ({
      maxAttempts: maybe(() => between(1, 5)),
      baseDelayMs: maybe(() => between(1, 50)),
      maxDelayMs: maybe(() => between(50, 200)),
    })),
    onUnreplicated: maybe(() => dice.pick(['reject', 'warn'])),
    int8: maybe(() => dice.pick(['bigint', 'number', 'string'])),
    timestamps: maybe(() => dice.pick(['iso', 'date'])),
    rowMode: maybe(() => dice.pick(['object', 'array'])),
    parsers: maybe(() => ({ text: (text) => (dice.below(50) === 0 ? thrown(dice) : text) })),
    serializers: maybe(() => ({
      text: (value) => (dice.below(50) === 0 ? thrown(dice) : String(value)),
    })),
    onConnect: maybe(() => async (session) => {
      if (dice.below(30) === 0) thrown(dice);
      await session.query("set statement_timeout = '20s'");
    }),
    logger: maybe(() => () => (dice.below(50) === 0 ? thrown(dice) : undefined)),
    slowQueryMs: maybe(() => between(0, 50)),
    logParams: maybe(() => true),
    redact: maybe(() => (statement) => (dice.below(50) === 0 ? thrown(dice) : { ...statement, params: [] })),
    leakDetectionMs: maybe(() => between(10, 1_000)),
  };
  return withSome(dice, options);
}

/** Most of what is undefined is left out; of what is not, it is the default. `user` and `password` come from elsewhere. */
function withSome(dice, options) {
  const isKept = ([name, value]) =>
    value !== undefined || (dice.below(3) === 0 && name !== 'user' && name !== 'password');
  return Object.fromEntries(Object.entries(options).filter(isKept));
}

/** Anything may be thrown. @param {import('../support/dice').Dice} dice @returns {never} */
function thrown(dice) {
  throw dice.pick([new Error('the application throws'), ...odd.map(([, value]) => value)]);
}

/** Any value that a caller may pass by mistake. @param {import('../support/dice').Dice} dice */
function randomValue(dice) {
  const circle = {};
  circle.self = circle;
  const values = [
    undefined,
    null,
    NaN,
    -0,
    1e308,
    2 ** 53,
    -(2n ** 70n),
    '',
    'x'.repeat(dice.below(70_000)),
    '\u0000',
    '\ud800',
    dice.bytes(dice.below(100)),
    new Date(NaN),
    new Date(8.64e15),
    [],
    [[1], [2, [3]]],
    [1, 'a', null],
    {},
    circle,
    new Map([[1, 2]]),
    Symbol('s'),
    () => 1,
    { toJSON: () => thrown(dice) },
    new Proxy({}, { get: () => thrown(dice) }),
    new Error('a value'),
    true,
    dice.below(1_000),
    String(dice.below(1_000)),
  ];
  return dice.pick(values);
}

/** Texts, of which some are refused by us, some by the server. @param {import('../support/dice').Dice} dice */
function randomText(dice) {
  const texts = [
    'select $1::int4 as x',
    'select $1::text as x, $2::int8 as y',
    'select $1',
    'select $3::int',
    'select 1; select 2',
    '',
    '--',
    'select',
    'begin',
    'commit',
    '--\rbegin',
    '--\rcommit',
    "prepare transaction 'chaos'",
    'select 1 as x into temp left_over',
    "select set_config('client_encoding', 'latin1', false)",
    "do $$ begin perform set_config('client_encoding', 'latin1', false); end $$",
    "do $$ begin raise exception 'no' using errcode = '25006'; end $$",
    "do $$ begin raise notice 'bye' using errcode = '57P01'; end $$",
    "set work_mem = '1MB'",
    "set local work_mem = '1MB'",
    'listen chaos',
    'discard all',
    'deallocate all',
    'copy ledger to stdout',
    "copy side from '/no/such/file'",
    'do $$ begin perform 1/0; end $$',
    'do $$ begin commit; end $$',
    'call no_such_procedure()',
    'select * from no_such_table',
    'select g from generate_series(1, 30000) g',
    'select array_agg(g), now(), 1.5::numeric, null, $1::jsonb from generate_series(1, 10) g',
    'explain select 1',
    'show server_version',
    'values (1), (2)',
    'select pg_sleep(0.2)',
    'select pg_advisory_lock(1), pg_sleep(0.01), pg_advisory_unlock(1)',
    `select '${'y'.repeat(dice.below(3_000))}'`,
    `select ${dice.below(5_000)} as n`,
  ];
  return dice.pick(texts);
}

/** @param {import('../support/dice').Dice} dice */
function randomCallOptions(dice) {
  const maybe = (make) => (dice.below(4) === 0 ? make() : undefined);
  const given = {
    mode: maybe(() => dice.pick(MODES)),
    timeoutMs: maybe(() => 1 + dice.below(2_000)),
    signal: maybe(() => AbortSignal.timeout(dice.below(500))),
    retry: maybe(() => dice.below(2) === 0),
    prepare: maybe(() => dice.below(2) === 0),
    int8: maybe(() => dice.pick(['bigint', 'number', 'string'])),
    rowMode: maybe(() => dice.pick(['object', 'array'])),
  };
  return withSome(dice, given);
}

module.exports = { randomOptions, randomValue, randomText, randomCallOptions };
