// The text of a node's configuration files.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** What makes a server small and quick. Durability against a power cut is not what a throw-away cluster is for. */
const QUICK = {
  fsync: false,
  full_page_writes: false,
  shared_buffers: '16MB',
  dynamic_shared_memory_type: 'mmap', // inside the data directory: nothing stays in /dev/shm after a SIGKILL
  max_connections: 100,
  max_wal_senders: 20,
  max_replication_slots: 20,
  wal_level: 'replica',
  wal_keep_size: '256MB', // so that a standby that was away for a while finds its WAL
  wal_init_zero: false, // a new segment is a hole, not 16 MB of zeros
  hot_standby: true,
  wal_retrieve_retry_interval: '100ms',
  wal_receiver_status_interval: '1s',
  checkpoint_timeout: '30min',
  max_wal_size: '512MB',
  jit: false,
  log_line_prefix: '%m [%p] %q%u@%d %a ',
  logging_collector: false,
};

/** @param {string | number | boolean} value */
function settingText(value) {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return String(value);
  return `'${String(value).replaceAll("'", "''")}'`;
}

/** @param {Record<string, string | number | boolean | null | undefined>} settings */
function postgresqlConf(settings) {
  const lines = Object.entries({ ...QUICK, ...settings })
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name} = ${settingText(value)}`);
  return `${lines.join('\n')}\n`;
}

/**
 * The tool's own lines come first, so that no rule of a test can lock it out: they are only good for the unix
 * socket, which lies in a directory that nobody else may enter.
 * @param {{ auth: string, extra: readonly string[] }} options
 */
function pgHba({ auth, extra }) {
  return `${[
    'local  all          postgres               trust',
    'local  replication  postgres               trust',
    ...extra,
    `local  all          all                    ${auth}`,
    `host   all          all      127.0.0.1/32  ${auth}`,
    `host   all          all      ::1/128       ${auth}`,
    `host   replication  all      127.0.0.1/32  ${auth}`,
  ].join('\n')}\n`;
}

/**
 * Does what ALTER SYSTEM does, for a server that cannot be asked: one that is stopped or frozen.
 * @param {string} dataDir
 * @param {Record<string, string | null>} changes null removes a setting
 * @param {(file: string) => void} give
 */
function editAutoConf(dataDir, changes, give) {
  const file = path.join(dataDir, 'postgresql.auto.conf');
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const kept = text.split('\n').filter((line) => line !== '' && !(line.split('=')[0].trim() in changes));
  const added = Object.entries(changes)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} = '${value}'`);
  replaceFile(file, `${[...kept, ...added].join('\n')}\n`, give);
}

/** Readers see the old file or the new one. @param {string} file @param {string} text @param {(file: string) => void} give */
function replaceFile(file, text, give, mode = 0o600) {
  const draft = `${file}.new`;
  fs.writeFileSync(draft, text, { mode });
  give(draft);
  fs.renameSync(draft, file);
}

module.exports = { postgresqlConf, pgHba, editAutoConf, replaceFile };
