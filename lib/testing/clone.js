// A standby out of a running primary, with nothing but the server itself: backup start, file copy, backup stop.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { copyDataDirectory } = require('./copy');
const { give } = require('./account');

const CALLS = {
  old: {
    start: "select pg_start_backup('hyperiondb', true, false)",
    stop: 'select * from pg_stop_backup(false, false)',
  },
  now: { start: "select pg_backup_start('hyperiondb', true)", stop: 'select * from pg_backup_stop(false)' },
};

/**
 * Replaces the data directory of a stopped node by a copy of a running primary's.
 * @param {import('./node').ClusterNode} source
 * @param {import('./node').ClusterNode} target
 * @param {{ major: number, account: import('./account').Account }} context
 */
async function cloneRunning(source, target, { major, account }) {
  const calls = major < 15 ? CALLS.old : CALLS.now;
  const owned = (/** @type {string} */ file) => give(account, file);
  await fs.promises.rm(target.dataDir, { recursive: true, force: true });
  // The backup lives as long as its session.
  const wire = await source.connect({ database: 'postgres', timeoutMs: 60_000 });
  try {
    await wire.query(calls.start);
    await copyDataDirectory(source.dataDir, target.dataDir, { live: true, give: owned });
    const [{ labelfile }] = await wire.query(calls.stop);
    const label = path.join(target.dataDir, 'backup_label');
    fs.writeFileSync(label, String(labelfile), { mode: 0o600 });
    owned(label);
  } finally {
    wire.end();
  }
}

module.exports = { cloneRunning };
