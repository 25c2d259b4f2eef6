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

/** Functions by name. */
export type Table = Record<string, () => void>;

/**
 * How fast.
 *
 * - `'very-slow'`: A snail.
 * - `'fast'`: A hare.
 */
export type Speed = 'very-slow' | 'fast';

/** A part of others. */
export interface InnerOptions {
  /**
   * How deep.
   *
   * From -1 to 1000.
   *
   * @defaultValue -1
   */
  depth?: number | undefined;
}

/** Every kind of option. */
export interface OuterOptions {
  /**
   * A switch.
   *
   * @defaultValue true
   */
  keepAlive?: boolean | undefined;
  /**
   * An integer.
   *
   * From 1 to 10000.
   *
   * @defaultValue 10
   */
  poolSize?: number | undefined;
  /**
   * An integer that may be missing.
   *
   * From 1 to 65535.
   */
  port?: number | undefined;
  /**
   * A number.
   *
   * From 0 to 0.5.
   *
   * @defaultValue 0.25
   */
  ratio?: number | undefined;
  /**
   * A large one.
   *
   * @defaultValue 1000000
   */
  limit?: bigint | number | undefined;
  /**
   * A duration.
   *
   * @defaultValue 2000
   */
  connectTimeoutMs?: number | undefined;
  /** A duration that may be missing. */
  timeoutMs?: number | undefined;
  /**
   * A text.
   *
   * @defaultValue 'app'
   */
  applicationName?: string | undefined;
  /**
   * A word.
   *
   * @defaultValue 'very-slow'
   */
  speed?: Speed | undefined;
  /** Names. */
  names?: readonly string[] | undefined;
  /** Settings of the server. */
  settings?: Readonly<Record<string, string>> | undefined;
  /** Parts. */
  inner?: InnerOptions | undefined;
  /** Ends it. */
  signal?: AbortSignal | undefined;
  /** Another name. */
  class?: string | undefined;
  /** A type of its own. */
  share?: `${number}%` | undefined;
  /** Read by lib/. */
  table?: Table | undefined;
}

/** Takes them. */
export declare class Machine {
  private constructor();

  /**
   * Starts.
   *
   * @param options - How.
   */
  start(options?: OuterOptions): void;
}

