// The same exports for import; one module behind both, so that instanceof works across them.
import cjs from './index.js';

export const {
  createPool,
  quoteIdentifier,
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
