// What a server says of itself: the question and its answer.
'use strict';

const FENCE = 'default_transaction_read_only';

/** One question for everything that decides about a node. */
const VIEW_SQL = `
  select pg_is_in_recovery() as in_recovery,
         current_setting('${FENCE}') as fenced,
         case when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
              else pg_current_wal_lsn() end as lsn,
         pg_last_wal_replay_lsn() as replay_lsn,
         case when pg_is_in_recovery()
              then coalesce((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()))::text
              else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::text end as timeline,
         (select status from pg_stat_wal_receiver) as receiver,
         (select sender_port from pg_stat_wal_receiver) as upstream_port`;

/**
 * What a server says of itself.
 * @typedef {object} View
 * @property {boolean} inRecovery
 * @property {boolean} fenced
 * @property {bigint} lsn written (primary) or received (standby)
 * @property {bigint} replayLsn
 * @property {number} timeline
 * @property {boolean} streaming
 * @property {number | null} upstreamPort
 */

/** @param {string | null} text such as 16/B374D848 @returns {bigint} */
function parseLsn(text) {
  if (!text) return 0n;
  const [high, low] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** @param {bigint} lsn */
function formatLsn(lsn) {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}

/** @param {Record<string, string | null>} row of VIEW_SQL @returns {View} */
function viewOf(row) {
  return {
    inRecovery: row.in_recovery === 't',
    fenced: row.fenced === 'on',
    lsn: parseLsn(row.lsn),
    replayLsn: parseLsn(row.replay_lsn),
    timeline: Number(row.timeline),
    streaming: row.receiver === 'streaming',
    upstreamPort: row.upstream_port === null ? null : Number(row.upstream_port),
  };
}

/**
 * How many sessions there are, the tool's own not counted.
 * @param {{ applicationName?: string, user?: string }} whose
 */
function sessionsSql({ applicationName, user }) {
  const literal = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;
  return `select count(*) from pg_stat_activity where backend_type = 'client backend'
      and application_name <> 'hyperiondb-testing'
      ${applicationName === undefined ? '' : `and application_name = ${literal(applicationName)}`}
      ${user === undefined ? '' : `and usename = ${literal(user)}`}`;
}

module.exports = { FENCE, VIEW_SQL, formatLsn, sessionsSql, viewOf };
