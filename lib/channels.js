// The tracing channels of node:diagnostics_channel. They cost nothing without a subscriber.
'use strict';

const { tracingChannel } = require('node:diagnostics_channel');

/**
 * @import { PoolEvents } from '../generated/index.js'
 * @import { Watch } from './choose.js'
 */

const channels = {
  query: tracingChannel('hyperiondb:query'),
  batch: tracingChannel('hyperiondb:batch'),
  transaction: tracingChannel('hyperiondb:transaction'),
  connect: tracingChannel('hyperiondb:connect'),
  acquire: tracingChannel('hyperiondb:pool:acquire'),
  failover: tracingChannel('hyperiondb:failover'),
};

/** @param {string} [host] `name:port` */
function addressOf(host) {
  if (!host) return { serverAddress: undefined, serverPort: undefined };
  const colon = host.lastIndexOf(':');
  return {
    serverAddress: host.slice(0, colon).replace(/^\[|\]$/g, ''),
    serverPort: Number(host.slice(colon + 1)),
  };
}

/** The part about the pool that every context has. @param {Pick<Watch, 'database' | 'pool'>} watch */
const poolOf = ({ database, pool }) => ({ database, pool: pool?.deref() });

/**
 * Spans that begin and end with events instead of a promise, such as those of a connect or a failover.
 * @param {import('node:diagnostics_channel').TracingChannel<any>} channel
 */
function spans(channel) {
  /** @type {Map<unknown, any>} */
  const open = new Map();
  return {
    /** @param {unknown} key @param {object} context */
    begin(key, context) {
      if (!channel.hasSubscribers || open.has(key)) return;
      open.set(key, context);
      channel.start.publish(context);
      channel.end.publish(context);
    },
    /** @param {unknown} key @param {object} facts @param {unknown} [error] */
    end(key, facts, error) {
      const context = open.get(key);
      if (context === undefined) return;
      open.delete(key);
      Object.assign(context, facts);
      if (error !== undefined) {
        context.error = error;
        channel.error.publish(context);
      }
      channel.asyncStart.publish(context);
      channel.asyncEnd.publish(context);
    },
  };
}

/**
 * Turns the events of a pool into spans of the channels `connect` and `failover`. Native code holds the returned
 * function, so it must not reference the functions of the pool's options: they may reference the pool.
 * @param {Watch} watch of the pool
 * @returns {(event: PoolEvents[keyof PoolEvents]) => void}
 */
function eventTracer({ database, pool }) {
  const connects = spans(channels.connect);
  const failovers = spans(channels.failover);
  return (event) => {
    switch (event.type) {
      case 'sessionOpening':
        connects.begin(event.session, {
          ...poolOf({ database, pool }),
          ...addressOf(event.host),
          host: event.host,
        });
        break;
      case 'sessionOpened':
        connects.end(event.session, { durationMs: event.tookMs });
        break;
      case 'sessionClosed':
        connects.end(event.session, {}, new Error(event.reason)); // the span of an open one has ended long ago
        break;
      case 'primaryChanged': {
        const { host, previous, timeline, gapMs } = event;
        if (previous) failovers.begin('', { ...poolOf({ database, pool }), previous }); // unless it has begun
        if (host) failovers.end('', { host, timeline, gapMs, ...addressOf(host) });
      }
    }
  };
}

module.exports = { channels, addressOf, poolOf, spans, eventTracer };
