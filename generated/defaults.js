// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
'use strict';

/** The defaults of options, as their initialisers in C++ say. */
module.exports = {
  RetryOptions: {
    maxAttempts: 3,
    baseDelayMs: 50,
    maxDelayMs: 1000,
  },
  PoolOptions: {
    poolSize: 10,
    minIdle: 2,
    acquireTimeoutMs: 15000,
    maxWaiting: 1000,
    maxWaitingBytes: 268435456,
    maxResultBytes: 2147483648,
    idleTimeoutMs: 600000,
    maxLifetimeMs: 1800000,
    suspectAfterMs: 1000,
    cancelTimeoutMs: 2000,
    monitorIntervalMs: 2000,
    statementCacheSize: 256,
    prepare: true,
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
    lockTimeoutMs: 0,
    timeoutMs: 0,
    onUnreplicated: 'reject',
    int8: 'bigint',
    timestamps: 'iso',
    rowMode: 'object',
    slowQueryMs: 0,
    logParams: false,
    leakDetectionMs: 0,
  },
  TransactionOptions: {
    readOnly: false,
    deferrable: false,
    commitProof: false,
    exactlyOnce: false,
  },
  BatchOptions: {
    atomic: true,
  },
  InsertOptions: {
    idempotency: false,
  },
  EndOptions: {
    drainTimeoutMs: 5000,
  },
};
