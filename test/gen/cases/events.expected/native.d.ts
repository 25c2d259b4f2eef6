// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
// What the addon exports, for lib/. Not public.
import type {
  Result,
  GuestCameEvent,
  GuestLeftEvent,
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

export class House {
  private constructor();
  listen(listener: (event: GuestCameEvent | GuestLeftEvent) => void): void;
}
