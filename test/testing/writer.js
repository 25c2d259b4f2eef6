'use strict';

/**
 * Writes numbers, one commit each, to whoever is the primary, until it is told to stop. Remembers those that were
 * acknowledged.
 */
class Writer {
  acknowledged = [];
  #going = true;
  #done;

  /** @param {import('../../lib/testing').Cluster} cluster */
  constructor(cluster) {
    this.#done = this.#write(cluster);
  }

  async #write(cluster) {
    for (let number = 1; this.#going; number += 1) {
      const node = await cluster.waitForPrimary();
      try {
        const wire = await node.connect({ timeoutMs: 2_000 });
        try {
          for (; this.#going; number += 1) {
            await wire.query(`insert into numbers values (${number})`);
            this.acknowledged.push(number);
          }
        } finally {
          wire.end();
        }
      } catch {
        // this number is in doubt: it may be there or not, the next one is tried
      }
    }
  }

  async stop() {
    this.#going = false;
    await this.#done;
  }
}

module.exports = { Writer };
