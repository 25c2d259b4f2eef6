// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
// The same exports for import; one module behind both, so that instanceof works across them.
import cjs from '../lib/index.js';

export const {
  quoteIdentifier,
  createPool,
  sql,
  Pool,
  Transaction,
  HyperionError,
  ConfigurationError,
  ParameterError,
  ConnectError,
  NoPrimaryError,
  NoStandbyError,
  NoHostError,
  SplitBrainError,
  PoolExhaustedError,
  TimeoutError,
  AbortError,
  ConnectionLostError,
  ServerError,
  FencedError,
  InDoubtError,
  NotReplicatedError,
  ResultError,
  TransactionClosedError,
  PoolClosedError,
  InternalError,
} = cjs;
