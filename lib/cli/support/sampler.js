// One host, asked again and again for what it tells of itself, each time for a moment only.
'use strict';

const { only, open } = require('./target');

/** The numbers of other roles' sessions are there for everybody. */
const SAMPLE = `select
  (select count(*) from pg_stat_activity where backend_type = 'client backend')::float8 as sessions,
  (select count(*) from pg_stat_activity where backend_type = 'client backend' and state = 'active')::float8 as active,
  (select sum(xact_commit + xact_rollback) from pg_stat_database)::float8 as transactions,
  (select sum(tup_inserted + tup_updated + tup_deleted) from pg_stat_database)::float8 as writes,
  extract(epoch from clock_timestamp())::float8 as at`;

class Sampler {
  /** @type {Record<string, number> | undefined} */
  #last;
  /** @type {number | undefined} */
  #askedAt;
  #isAsking = false;
  #pool;
  /** @type {{ sessions?: number, active?: number, transactionsPerS?: number, writesPerS?: number }} */
  shown = {};

  /** @param {string | undefined} url @param {string} host @param {number} intervalMs */
  constructor(url, host, intervalMs) {
    const timeoutMs = Math.max(500, intervalMs);
    this.#pool = open(url, { ...only(host), poolSize: 1, acquireTimeoutMs: timeoutMs, timeoutMs });
  }

  /** Since when it owes an answer. */
  get silentMs() {
    return this.#askedAt === undefined ? 0 : performance.now() - this.#askedAt;
  }

  async sample() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAt ??= performance.now();
    try {
      const [now] = /** @type {Record<string, number>[]} */ (await this.#pool.query(SAMPLE));
      this.#askedAt = undefined;
      const last = this.#last;
      this.#last = now;
      const perS = (/** @type {string} */ what) =>
        last && now.at > last.at ? Math.max(0, now[what] - last[what]) / (now.at - last.at) : undefined;
      this.shown = {
        sessions: now.sessions,
        active: now.active,
        transactionsPerS: perS('transactions'),
        writesPerS: perS('writes'),
      };
    } catch (error) {
      this.shown = {}; // its role says why
      this.#last = undefined;
      if (/** @type {any} */ (error).name !== 'TimeoutError') this.#askedAt = undefined;
    } finally {
      this.#isAsking = false;
    }
  }

  end() {
    return this.#pool.end({ drainTimeoutMs: 0 });
  }
}

module.exports = { Sampler };
