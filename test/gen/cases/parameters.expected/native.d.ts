// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
// What the addon exports, for lib/. Not public.
import type {
  Result,
  Outcome,
  ServerReport,
} from './index.js';

/** The functions of lib/ that native code calls (src/node/env_data.hpp). */
export interface Hooks {
  /** `kind` is a place in errors.js. */
  makeError(kind: number, message: string, fields: object, causes: string[], cause: unknown): Error;
  rowFactory(columns: any[], asArrays: boolean, parsersId: number, batch: number): unknown[];
  stringify(value: unknown, position: number): string | null;
  deliver(listener: (...args: any[]) => void, ...args: unknown[]): void;
  drainLater(): void;
}
export function setHooks(hooks: Hooks): void;
export function drain(): void;
export function shutDown(): void;
/** Set by lib/: whether the end of the process shuts it down. */
export let endsWithProcess: boolean | undefined;

/** The native end of an AbortSignal. */
export class CancelToken {
  private constructor();
  static make(): CancelToken;
  cancel(): void;
}

export interface HowOptions {
  hammer?: boolean | undefined;
}

export class Taker {
  private constructor();
  scalars(yes: boolean, ratio: number, text: string, small: number, port: number, count: number, oid: number, big: bigint | number, delayMs: number): void;
  absent(first: string | null | undefined, second: boolean, thirdMs?: number, times?: number, names?: readonly string[], how?: HowOptions): void;
  containers(names: readonly string[], settings: Readonly<Record<string, number>>, nested: readonly (readonly (number | null | undefined)[])[], values?: readonly unknown[]): void;
  opaque(value: unknown, bytes: Uint8Array, signal: CancelToken, listener: (a: string, b: boolean) => void): void;
}
