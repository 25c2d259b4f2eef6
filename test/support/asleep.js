'use strict';

const { until } = require('../../lib/testing');

/**
 * Until a statement with that text sleeps on the server, so it is running. The state 'active' proves less: a statement
 * that is being parsed has it as well.
 * @param {(sql: string) => Promise<{ length: number }>} query
 * @param {string} part of the statement
 * @returns {Promise<unknown>}
 */
const untilAsleep = (query, part) =>
  until(async () => (await query(asleep(part))).length > 0, { everyMs: 5, what: `the server runs ${part}` });

/** Until no statement with that text sleeps on the server. @type {typeof untilAsleep} */
const untilAwake = (query, part) =>
  until(async () => (await query(asleep(part))).length === 0, { everyMs: 5, what: `the end of ${part}` });

/** @param {string} part */
const asleep = (part) =>
  `select pid from pg_stat_activity where wait_event = 'PgSleep' and query like '%${part}%'`;

module.exports = { untilAsleep, untilAwake };
