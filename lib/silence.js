// Warns if no host has ever answered while calls wait: long before their deadline, because the address is most likely
// wrong, and a waiting call says nothing.
'use strict';

const limitMs = 2000;
const notAnswered = new Set(['unknown', 'down']);

/**
 * Native code holds the returned function, so it must reference neither the pool nor the functions of its options, which
 * may reference the pool.
 * @param {import('./choose.js').Watch} watch of the pool
 * @returns {(event: { type: string }) => void}
 */
function watchSilence({ pool: watched }) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let isOver = false;
  const look = () => {
    timer = undefined;
    const pool = watched?.deref();
    if (!isOver && pool && pool.status().waiting > 0) isOver = warn(pool);
  };
  return ({ type }) => {
    if (isOver) return;
    if (type === 'sessionOpened' || type === 'hostUp') {
      isOver = true;
      clearTimeout(timer);
    } else if (timer === undefined && (type === 'hold' || type === 'sessionOpening')) {
      timer = setTimeout(look, limitMs);
      timer.unref();
    }
  };
}

/**
 * @param {Pick<import('../generated/index.js').Pool, 'topology' | 'status'>} pool
 * @returns {boolean} whether there was a reason
 */
function warn(pool) {
  const { hosts } = pool.topology();
  if (hosts.some(({ role, refused }) => refused || !notAnswered.has(role))) return false;
  const { waiting } = pool.status();
  process.emitWarning(
    `No host has answered since the pool was made, and ${waiting === 1 ? 'a call waits' : `${waiting} calls wait`}.`,
    {
      type: 'HyperionWarning',
      code: 'HYPERIONDB_NO_ANSWER',
      detail: hosts.map(({ host, lastError }) => `  ${host}: ${lastError ?? 'no answer'}`).join('\n'),
    },
  );
  return true;
}

module.exports = { watchSilence };
