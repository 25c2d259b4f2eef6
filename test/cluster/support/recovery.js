'use strict';

/*
 * How long an application waits for a new primary that is already there: from the moment at which the promoted node
 * accepts writes, which this file polls every few milliseconds, to the first write that the pool acknowledges on it.
 *
 *   const rig = await openRecoveryRig()
 *   const run = await rig.failover('kill')     // { ackMs, timeline, … }, all in milliseconds
 *   await rig.close()
 */

const { startCluster, until } = require('../../../lib/testing');
const { createPool } = require('../../..');

const EVENTS = ['hostDown', 'fenced', 'hold', 'primaryChanged', 'hostUp', 'drained', 'splitBrain'];

/** The node that has received most of the WAL. @param {import('../../../lib/testing').Cluster} cluster */
async function furthest(cluster) {
  const number = (lsn) => {
    const [high, low] = lsn.split('/').map((half) => BigInt(`0x${half}`));
    return (high << 32n) | low;
  };
  const seen = await Promise.all(cluster.standbys.map(async (node) => ({ node, ...(await node.status()) })));
  return seen.reduce((a, b) => (number(b.lsn) > number(a.lsn) ? b : a)).node;
}

/**
 * A cluster of three, a pool, and writers that never stop.
 * @param {{ writers?: number, pool?: object }} [options]
 */
async function openRecoveryRig({ writers = 20, pool: poolOptions = {} } = {}) {
  const cluster = await startCluster({ nodes: 3 });
  const pool = createPool({ ...cluster.connectionOptions(), ...poolOptions });
  let stopping = false;
  let unsettled = 0;
  let doubtful = 0;
  let acknowledged = 0;
  const errors = [];
  const events = [];
  const ports = new Map(cluster.nodes.map((node) => [node.port, node]));
  /** Called with the node that stored it, at each acknowledged write. */
  let onStored = () => {};
  let onError = () => {};
  const writer = async () => {
    while (!stopping) {
      unsettled += 1;
      try {
        const [row] = await pool.query(
          'insert into ledger (id) values ($1) returning inet_server_port() as port',
          [1],
        );
        acknowledged += 1;
        onStored(ports.get(Number(row.port)));
      } catch (error) {
        if (error.name === 'InDoubtError') doubtful += 1;
        else errors.push(error);
        onError(error);
      } finally {
        unsettled -= 1;
      }
    }
  };
  let workers = [];
  try {
    await pool.query('create table ledger (id bigint not null)');
    for (const name of EVENTS) pool.on(name, (event) => events.push({ at: performance.now(), ...event }));
    workers = Array.from({ length: writers }, writer);
  } catch (error) {
    await pool.end({ drainTimeoutMs: 0 });
    await cluster.stop();
    throw error;
  }

  /**
   * @param {'kill' | 'fence'} how
   * @param {{ pauseMs?: number }} [options] for how long there is no primary at all: with a different pause each time,
   *   the promotion does not fall into step with the monitor
   */
  const failover = async (how, { pauseMs = 0 } = {}) => {
    await until(() => pool.topology().hosts.filter((host) => host.role === 'standby').length === 2, {
      what: 'the pool to know both standbys',
    });
    const before = acknowledged;
    await until(() => acknowledged >= before + 100, { what: 'the application to write' });
    await cluster.waitForCaughtUp();
    const old = cluster.primary;
    const from = events.length;
    let firstStored;
    let firstError;
    const begun = performance.now();
    onError = (error) => (firstError ??= { at: performance.now(), error });
    if (how === 'kill') await old.kill();
    else await old.fence();
    const broken = performance.now();
    const promoted = await furthest(cluster);
    onStored = (node) => {
      if (node === promoted) firstStored ??= performance.now();
    };
    const wire = await promoted.connect({ database: 'postgres', timeoutMs: 30_000 });
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const ordered = performance.now();
    const promoting = promoted.promote();
    // The session is open already, so the question costs a round trip over a Unix socket.
    await until(async () => (await wire.query('select pg_is_in_recovery() as yes'))[0].yes === 'f', {
      everyMs: 2,
      what: 'the promoted node to accept writes',
    });
    const accepting = performance.now();
    wire.end();
    await until(() => firstStored !== undefined, { everyMs: 1, what: 'a write on the new primary' });
    await promoting;
    const has = (type) => events.slice(from).some((event) => event.type === type);
    await until(() => !has('hold') || has('drained'), { what: 'the requests that waited to be served' });
    onStored = () => {};
    onError = () => {};
    const offset = (at) => at - begun;
    const timeline = [
      { what: how === 'kill' ? 'SIGKILL of the primary' : 'fence of the primary', ms: 0 },
      { what: how === 'kill' ? 'the primary is dead' : 'the fence is up', ms: offset(broken) },
      { what: 'promotion ordered', ms: offset(ordered) },
      { what: 'the promoted node accepts writes', ms: offset(accepting) },
      { what: 'first acknowledged write', ms: offset(firstStored) },
      ...(firstError
        ? [{ what: `first error told: ${firstError.error.name}`, ms: offset(firstError.at) }]
        : []),
      ...events
        .slice(from)
        .map(({ at, type, ...event }) => ({ what: `event ${type}`, ms: offset(at), event })),
    ].sort((a, b) => a.ms - b.ms);
    await cluster.rejoin(old);
    // A write that was stored before our own poll was answered did not wait at all.
    return { how, ackMs: Math.max(0, firstStored - accepting), timeline };
  };

  const close = async () => {
    stopping = true;
    try {
      await until(() => unsettled === 0, { what: 'every promise to settle' });
      await Promise.all(workers);
    } finally {
      await pool.end({ drainTimeoutMs: 0 });
      await cluster.stop();
    }
    return { acknowledged, doubtful, unsettled, errors };
  };
  return { cluster, pool, failover, close };
}

module.exports = { openRecoveryRig };
