// Written by gen/ from api/error.hpp. Do not edit: change the header and run `npm run gen`.
'use strict';

/**
 * The error classes, in the order of ErrorKind: native code names a class by its place in this list.
 * @type {ReadonlyArray<{ kind: string, name: string, parent: string, code: string, doc: string }>}
 */
module.exports = [
  {
    kind: "configuration",
    name: "ConfigurationError",
    parent: "TypeError",
    code: "ERR_INVALID_ARG_VALUE",
    doc: "An option is unknown or its value is invalid.",
  },
  {
    kind: "parameter",
    name: "ParameterError",
    parent: "TypeError",
    code: "ERR_INVALID_ARG_VALUE",
    doc: "A parameter does not fit its PostgreSQL type. Nothing was sent.",
  },
  {
    kind: "connect",
    name: "ConnectError",
    parent: "HyperionError",
    code: "CONNECT",
    doc: "The hosts answered and refused: wrong password, missing database, TLS. `code` says which.",
  },
  {
    kind: "no-primary",
    name: "NoPrimaryError",
    parent: "HyperionError",
    code: "NO_PRIMARY",
    doc: "No writable node was found before the deadline.",
  },
  {
    kind: "no-standby",
    name: "NoStandbyError",
    parent: "HyperionError",
    code: "NO_STANDBY",
    doc: "No standby was found before the deadline.",
  },
  {
    kind: "no-host",
    name: "NoHostError",
    parent: "HyperionError",
    code: "NO_HOST",
    doc: "No host answered before the deadline.",
  },
  {
    kind: "split-brain",
    name: "SplitBrainError",
    parent: "HyperionError",
    code: "SPLIT_BRAIN",
    doc: "Two nodes accept writes in the same epoch; neither gets any from us.",
  },
  {
    kind: "pool-exhausted",
    name: "PoolExhaustedError",
    parent: "HyperionError",
    code: "POOL_EXHAUSTED",
    doc: "All connections were in use until the deadline, or the queue is full.",
  },
  {
    kind: "timeout",
    name: "TimeoutError",
    parent: "HyperionError",
    code: "ETIMEDOUT",
    doc: "`timeoutMs` of the call passed. `outcome` says what is known.",
  },
  {
    kind: "aborted",
    name: "AbortError",
    parent: "HyperionError",
    code: "ABORT_ERR",
    doc: "The caller's `signal` was aborted. `outcome` says what is known.",
  },
  {
    kind: "connection-lost",
    name: "ConnectionLostError",
    parent: "HyperionError",
    code: "CONNECTION_LOST",
    doc: "The connection ended under a statement that changed nothing.",
  },
  {
    kind: "server",
    name: "ServerError",
    parent: "HyperionError",
    code: "SERVER",
    doc: "PostgreSQL refused the statement; `code` is its SQLSTATE.",
  },
  {
    kind: "fenced",
    name: "FencedError",
    parent: "HyperionError",
    code: "FENCED",
    doc: "The node stopped being the writable primary inside a transaction; it was rolled back.",
  },
  {
    kind: "in-doubt",
    name: "InDoubtError",
    parent: "HyperionError",
    code: "IN_DOUBT",
    doc: "A write was sent and the connection died before its answer.",
  },
  {
    kind: "not-replicated",
    name: "NotReplicatedError",
    parent: "HyperionError",
    code: "NOT_REPLICATED",
    doc: "Stored on the primary, not confirmed by the synchronous standby.",
  },
  {
    kind: "result",
    name: "ResultError",
    parent: "HyperionError",
    code: "ERR_RESULT",
    doc: "The answer has a value that JavaScript cannot represent as asked. The statement did run; a transaction around it can only be rolled back, to a savepoint or whole.",
  },
  {
    kind: "transaction-closed",
    name: "TransactionClosedError",
    parent: "HyperionError",
    code: "TRANSACTION_CLOSED",
    doc: "The transaction has ended or its connection is gone; begin a new one.",
  },
  {
    kind: "pool-closed",
    name: "PoolClosedError",
    parent: "HyperionError",
    code: "POOL_CLOSED",
    doc: "`end()` was called on the pool.",
  },
  {
    kind: "internal",
    name: "InternalError",
    parent: "HyperionError",
    code: "INTERNAL",
    doc: "A bug in this client. Please report it.",
  },
];
