/**
 * `hyperiondb-client/prometheus`: the numbers of pools in a registry of `prom-client`.
 *
 * ```js
 * const { collect } = require('hyperiondb-client/prometheus')
 *
 * collect(pool)                                  // into the default registry
 * collect(replicas, { name: 'replicas' })        // several pools differ by the label `pool`
 * ```
 */
import type { Pool } from 'hyperiondb-client';

export interface CollectOptions {
  /** A registry of `prom-client`. Default: its default registry. */
  register?: object;
  /** Value of the label `pool`; each pool of a registry needs another. Default `default`. */
  name?: string;
  /** More labels for all metrics of this pool. */
  labels?: Readonly<Record<string, string>>;
}

/**
 * Shows the numbers of a pool in a registry, whenever that is scraped. They are listed in docs/OPERATIONS.md.
 *
 * @returns A function that takes the pool out again.
 */
export function collect(pool: Pool, options?: CollectOptions): () => void;
