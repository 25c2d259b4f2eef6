// A connection that is kept: for what is asked again and again.
'use strict';

const { ServerError } = require('./wire');

/** @typedef {import('./wire').Wire} Wire */

class Line {
  #connect;
  /** @type {Promise<Wire> | null} */
  #wire = null;

  /** @param {(timeoutMs: number) => Promise<Wire>} connect */
  constructor(connect) {
    this.#connect = connect;
  }

  /**
   * @param {string} sql
   * @param {{ timeoutMs?: number }} [options]
   */
  async query(sql, { timeoutMs = 5_000 } = {}) {
    // A test may have terminated all sessions of the server, and this one with them.
    if ((await this.#wire?.catch(() => null))?.closed) this.hangUp();
    const wire = (this.#wire ??= this.#connect(timeoutMs));
    try {
      return await (await wire).query(sql, { timeoutMs });
    } catch (error) {
      // An answer, even an error, means that the line is fine; a session that was ended says so with class 57.
      if (!(error instanceof ServerError) || error.code.startsWith('57') || error.severity === 'FATAL') {
        if (this.#wire === wire) this.hangUp();
      }
      throw error;
    }
  }

  hangUp() {
    this.#wire?.then(
      (wire) => wire.destroy(),
      () => {},
    );
    this.#wire = null;
  }
}

module.exports = { Line };
