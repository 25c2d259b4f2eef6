// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.

declare global {
  // Both are known when Node's own typings, or those of the DOM, are there; then these lines add nothing.
  interface AbortSignal {}
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** A value of json or jsonb. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A value in a row. bytea is a Buffer, which is a Uint8Array; arrays nest as deep as they have dimensions. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array | Date | SqlValue[] | JsonValue;

/**
 * What can be the value of a placeholder. An array becomes a PostgreSQL array where the server says that the parameter
 * is one, else json; any other object becomes json.
 */
export type Parameter =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | ArrayBufferView
  | readonly Parameter[]
  | object;

/** The rows, and what the server says about them; these properties are not enumerable. */
export type Result<Row = Record<string, SqlValue>> = Row[] & {
  /** Rows that were returned or changed; null for a statement that has no count. */
  readonly rowCount: number | null;
  /** What was executed: `SELECT`, `INSERT`, `CREATE TABLE`, … */
  readonly command: string;
};

export {}; // what is declared without `export` is not
declare const row: unique symbol;

/** A statement, or a piece of one, with its values: what the tag `sql` makes. */
export interface Sql<Row = never> {
  /** With a placeholder for each value. */
  readonly text: string;
  /** In the order of the placeholders. */
  readonly values: readonly Parameter[];
  /** What it returns; only in types. */
  readonly [row]: Row;
}

/** A statement with its values: made by the tag `sql`, or a plain object. */
export type SqlStatement<Row = never> =
  | Sql<Row>
  | { readonly text: string; readonly values?: readonly Parameter[] | undefined };

/** What can stand in a template of `sql`: a value, a piece, or `false` for a piece that is left out. */
export type SqlPart =
  | Sql<any>
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly unknown[]
  | (object & { readonly then?: never; readonly call?: never });

/**
 * What happened to the data.
 *
 * - `'unknown'`: Nobody knows.
 */
export type Outcome = 'unknown';

/** What the server says. */
export interface ServerReport {
  /** SQLSTATE. */
  readonly sqlstate: string;
  /** The message. */
  readonly message: string;
  /** How bad. */
  readonly severity: string;
  /** More of it. */
  readonly detail: string | null;
}

/** What every error of this package tells, besides its message. */
export interface ErrorFacts {
  /** SQLSTATE of PostgreSQL, or a code like `ABORT_ERR`, `IN_DOUBT` or `ECONNREFUSED`. */
  readonly code: string;
  /** What happened to the data. */
  readonly outcome: Outcome;
  /** Running the same call again is safe and may succeed. */
  readonly retryable: boolean;
  /** `name:port` that it happened on, when one host is to blame. */
  readonly host?: string;
  /** How many times the statement was given to a server. */
  readonly attempts: number;
  /** How long the call waited for a session, if it did. */
  readonly waitMs?: number;
  /** The earlier error that this one follows from. */
  cause?: unknown;
  /** How bad. */
  readonly severity?: string;
  /** More of it. */
  readonly detail?: string;
}

/** The parent of the errors of this package; those about arguments are a TypeError with the same facts. */
export declare class HyperionError extends Error {
  protected constructor();
}
export interface HyperionError extends ErrorFacts {}

/** PostgreSQL refused it. */
export declare class ServerError extends HyperionError {
  protected constructor();
}

/** A value does not fit. It's "wrong". */
export declare class WrongValueError extends TypeError {
  protected constructor();
}
export interface WrongValueError extends ErrorFacts {}

/** The server refused it; nothing was stored. */
export declare class RefusedError extends HyperionError {
  protected constructor();
}

/** It is there already. */
export declare class NotUniqueError extends RefusedError {
  protected constructor();
}
