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

/** A point. */
export interface Point {
  /** To the right. */
  readonly x: number;
}

/** Every type that can go to JavaScript. */
export interface Everything {
  /** A boolean. */
  readonly isOpen: boolean;
  /** A number. */
  readonly ratio: number;
  /** An integer. */
  readonly count: number;
  /** A bigint. */
  readonly big: bigint;
  /** A text. */
  readonly text: string;
  /** A duration. */
  readonly ageMs: number;
  /** Null, if there is none. */
  readonly name: string | null;
  /** A list. */
  readonly points: readonly Point[];
  /** A list with nulls. */
  readonly gaps: readonly (number | null)[];
  /** A map. */
  readonly counts: Readonly<Record<string, number>>;
  /** Bytes. */
  readonly bytes: Uint8Array;
  /** One of several. */
  readonly either: string | number | readonly number[];
  /** A record. */
  readonly origin: Point;
}

