'use strict';

/*
 * A gate between a client and one PostgreSQL server. It forwards messages, counts them, and does what a test has
 * ordered: at an exact message it delays, falls silent, cuts the connection, or calls the test.
 *
 *   const gate = await openGate({ host, port });
 *   const cut = gate.when({ from: 'server', type: 'C' }, 'reset');   // the next CommandComplete never arrives
 *   … use gate.host and gate.port as the server …
 *   await cut.happened;
 *   await gate.close();
 */

const net = require('node:net');
const { MessageReader, boundNames, parsed, text, fields } = require('./protocol');

/**
 * @typedef {'client' | 'server'} Side
 *
 * @typedef {object} Seen a message on its way
 * @property {Side} from
 * @property {string} type its type byte, or `startup`, `ssl`, `gss`, `cancel`, `ssl-answer`, `raw`
 * @property {Buffer} raw
 * @property {Buffer} body without type and length
 * @property {Link} link the connection that it is on
 * @property {string} [sql] of a Parse, Describe, Bind, Execute or Query: the text of the statement that it is about
 * @property {string} [tag] of a CommandComplete
 * @property {string} [status] of a ReadyForQuery: I, T or E
 * @property {Record<string, string>} [fields] of an error or notice, by letter
 *
 * @typedef {object} When
 * @property {Side} from
 * @property {string} [type] default: any
 * @property {(message: Seen) => boolean} [match] default: any
 * @property {number | 'every'} [nth] the how manieth that fits, from 1; default 1
 *
 * @typedef {'pass' | 'freeze' | 'close' | 'reset' | 'slice' | 'delay'} Verb
 *   freeze: silence in both directions, and the connection is kept; close: FIN; reset: RST; slice: byte by byte
 *
 * @typedef {object} Order
 * @property {Verb} do
 * @property {'before' | 'middle' | 'after'} [at] where freeze, close and reset strike: default before the message
 * @property {Side | 'both'} [side] whose connection close and reset end; default both
 * @property {number} [ms] of a delay (default 10), or between two slices (default 1)
 *
 * @typedef {(message: Seen, link: Link) => void | Verb | Order | Promise<void | Verb | Order>} Hook
 *   the message waits until it has returned
 */

const other = (side) => (side === 'client' ? 'server' : 'client');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @returns {{ promise: Promise<any>, resolve: (value?: any) => void }} */
function deferred() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/**
 * RST, and nothing before it: resetAndDestroy() would end the stream in order first, so that the peer hears a FIN.
 * @param {net.Socket} socket
 */
function reset(socket) {
  // Neither before it is connected nor behind a FIN: libuv would refuse, and never close it.
  if (!socket.connecting && !socket.writableEnded) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** An order that waits for its message. */
class Rule {
  #when;
  #seen = 0;
  #happened = deferred();
  /** How often it has struck. */
  hits = 0;

  /** @param {Gate} gate @param {When} when @param {Verb | Order | Hook} action */
  constructor(gate, when, action) {
    this.gate = gate;
    this.#when = when;
    this.action = action;
  }

  /** Resolves with the message that it struck first. @returns {Promise<Seen>} */
  get happened() {
    return this.#happened.promise;
  }

  /** @param {Seen} message */
  fits(message) {
    const { from, type, match, nth = 1 } = this.#when;
    if (from !== message.from || (type !== undefined && type !== message.type)) return false;
    if (match && !match(message)) return false;
    if (nth !== 'every' && ++this.#seen !== nth) return false;
    this.hits += 1;
    if (nth !== 'every') this.remove();
    this.#happened.resolve(message);
    return true;
  }

  remove() {
    this.gate.rules.delete(this);
  }
}

/** One connection of a client, and the gate's own one to the server that belongs to it. */
class Link {
  /** @type {Record<Side, net.Socket>} */
  #sockets;
  /** @type {Record<Side, MessageReader>} */
  #readers = { client: new MessageReader('client'), server: new MessageReader('server') };
  /** @type {Record<Side, Seen[]>} */
  #queues = { client: [], server: [] };
  #pumping = { client: false, server: false };
  #ended = { client: false, server: false };
  #closed = { client: false, server: false };
  #cut = false;
  #keepServer = false;
  #thaw = null;
  #asked = false;
  #statements = new Map();
  #portals = new Map();

  /** SQL of the statement that was parsed or bound last. @type {string} */
  sql = '';
  /** Process id of the server's session, once it is known. @type {number | null} */
  pid = null;
  isCancel = false;

  /** @param {Gate} gate @param {number} id @param {net.Socket} client */
  constructor(gate, id, client) {
    this.gate = gate;
    this.id = id;
    const server = net.connect({ ...gate.server, allowHalfOpen: true, noDelay: true });
    this.#sockets = { client, server };
    for (const side of /** @type {Side[]} */ (['client', 'server'])) {
      const socket = this.#sockets[side];
      socket.on('data', (chunk) => this.#arrived(side, chunk));
      socket.on('end', () => this.#onEnd(side));
      socket.on('error', () => {}); // 'close' follows
      socket.on('close', () => this.#onClose(side));
    }
  }

  /** The port of the client's end. */
  get clientPort() {
    return this.#sockets.client.remotePort;
  }

  toString() {
    const state = (side) => (this.#closed[side] ? 'closed' : this.#ended[side] ? 'ended' : 'open');
    const more = [this.#cut && 'cut', this.isFrozen && 'frozen'].filter(Boolean);
    return [`client ${state('client')}`, `server ${state('server')}`, ...more].join(', ');
  }

  /** Neither side is there any more. */
  get isOver() {
    return this.#closed.client && this.#closed.server;
  }

  get isFrozen() {
    return this.#thaw !== null;
  }

  /** The server has said its last word on it, and that has been read. */
  get serverHasEnded() {
    return this.#ended.server || this.#closed.server;
  }

  /** Says something to the client that the server has not said. Resolves with whether it could be said. @param {Buffer} raw */
  async inject(raw) {
    await this.#write(this.#sockets.client, raw);
    await pause(0); // whoever floods must not keep the event loop from hearing that the client has gone
    return !this.#cut && !this.#closed.client && !this.#ended.client;
  }

  /** Silence from here on: nothing is passed on, nothing is closed. */
  freeze() {
    this.#thaw ??= deferred();
  }

  /** What was held back goes on its way. */
  thaw() {
    this.#thaw?.resolve();
    this.#thaw = null;
  }

  /**
   * Ends the connection now. What has not been passed on is lost.
   * @param {'close' | 'reset'} how
   * @param {Side | 'both'} [side] to the other one the gate stays a silent peer
   */
  cut(how, side = 'both') {
    this.#cut = true;
    this.#keepServer = side === 'client';
    this.thaw();
    for (const each of /** @type {Side[]} */ (['client', 'server'])) {
      if (side !== 'both' && side !== each) continue;
      const socket = this.#sockets[each];
      if (how === 'reset') {
        reset(socket);
      } else {
        socket.end();
        if (this.#ended[each]) socket.destroy();
      }
    }
  }

  destroy() {
    this.#cut = true;
    this.#keepServer = false;
    this.thaw();
    this.#sockets.client.destroy();
    this.#sockets.server.destroy();
  }

  /** @param {Side} side @param {Buffer} chunk */
  #arrived(side, chunk) {
    const { counts } = this.gate;
    counts[side === 'client' ? 'clientBytes' : 'serverBytes'] += chunk.length;
    if (this.#cut) return;
    for (const message of this.#readers[side].push(chunk)) this.#queues[side].push(this.#look(message));
    // What floods in while it cannot flow out waits in the kernel.
    if (this.#queues[side].length > 1000) this.#sockets[side].pause();
    this.#pump(side);
  }

  /** @param {import('./protocol').Message} message @returns {Seen} */
  #look(message) {
    /** @type {Seen} */
    const seen = { ...message, link: this };
    const { from, type, body } = message;
    const { counts } = this.gate;
    if (from === 'client') {
      counts.clientMessages += 1;
      this.#lookAtClient(seen, type, body);
    } else {
      counts.serverMessages += 1;
      if (this.#asked) counts.roundTrips += 1;
      this.#asked = false;
      if (type === 'ssl-answer' && body.toString() !== 'N') this.#becomeRaw();
      else if (type === 'K') this.pid = body.readInt32BE(0);
      else if (type === 'C') seen.tag = text(body);
      else if (type === 'Z') seen.status = body.toString('latin1');
      else if (type === 'E' || type === 'N') seen.fields = fields(body);
    }
    for (const look of this.gate.watchers) look(seen);
    return seen;
  }

  /** @param {Seen} seen @param {string} type @param {Buffer} body */
  #lookAtClient(seen, type, body) {
    this.#asked = true;
    if (type === 'ssl' || type === 'gss') {
      this.#readers.server.expectAnswer();
    } else if (type === 'cancel') {
      this.isCancel = true;
      this.gate.counts.cancelRequests += 1;
    } else if (type === 'P') {
      const { name, sql } = parsed(body);
      this.#statements.set(name, sql);
      seen.sql = this.sql = sql;
    } else if (type === 'B') {
      const { portal, statement } = boundNames(body);
      seen.sql = this.sql = this.#statements.get(statement) ?? '';
      this.#portals.set(portal, this.sql);
    } else if (type === 'D' || type === 'E') {
      const isStatement = type === 'D' && body[0] === 0x53;
      const name = text(body, type === 'D' ? 1 : 0);
      seen.sql = (isStatement ? this.#statements : this.#portals).get(name) ?? '';
    } else if (type === 'Q') {
      seen.sql = this.sql = text(body);
    }
  }

  #becomeRaw() {
    this.#readers.client.becomeRaw();
    this.#readers.server.becomeRaw();
  }

  /** Passes on what has come from one side, in order. @param {Side} from */
  async #pump(from) {
    if (this.#pumping[from]) return;
    this.#pumping[from] = true;
    const queue = this.#queues[from];
    const source = this.#sockets[from];
    const target = this.#sockets[other(from)];
    while (queue.length > 0 && !this.#cut) {
      if (this.#thaw) {
        await this.#thaw.promise;
        continue;
      }
      // One write for all that nobody has an order for.
      const plain = [];
      let special;
      while (queue.length > 0 && special === undefined) {
        const message = queue.shift();
        const rule = this.gate.ruleFor(message);
        if (rule) special = { message, rule };
        else plain.push(message.raw);
      }
      if (plain.length > 0) await this.#write(target, plain.length === 1 ? plain[0] : Buffer.concat(plain));
      if (special) await this.#obey(special.message, special.rule.action);
      if (queue.length < 500 && source.isPaused()) source.resume();
    }
    this.#pumping[from] = false;
    while (this.#ended[from] && this.#thaw) await this.#thaw.promise;
    if (this.#ended[from] && !this.#cut) target.end(this.#readers[from].rest);
  }

  /** Resolves when the kernel has it, or never can have it. @param {net.Socket} target @param {Buffer} data */
  #write(target, data) {
    return new Promise((resolve) => {
      if (this.#cut || target.destroyed || target.writableEnded) resolve();
      else target.write(data, () => resolve());
    });
  }

  /** @param {Seen} message @param {Verb | Order | Hook | void} action */
  async #obey(message, action) {
    if (typeof action === 'function') {
      await this.#obey(message, await action(message, this));
      return;
    }
    const order = typeof action === 'string' ? { do: action } : (action ?? { do: 'pass' });
    const { do: verb, at = 'before', side = 'both', ms } = order;
    const target = this.#sockets[other(message.from)];
    const { raw } = message;
    switch (verb) {
      case 'pass':
        return this.#write(target, raw);
      case 'delay':
        await pause(ms ?? 10);
        return this.#write(target, raw);
      case 'slice':
        for (let i = 0; i < raw.length && !this.#cut; i += 1) {
          await this.#write(target, raw.subarray(i, i + 1));
          await pause(ms ?? 1);
        }
        return undefined;
      case 'freeze':
      case 'close':
      case 'reset': {
        const passed = at === 'before' ? 0 : at === 'after' ? raw.length : Math.ceil(raw.length / 2);
        if (passed > 0) await this.#write(target, raw.subarray(0, passed));
        if (verb !== 'freeze') return this.cut(verb, side);
        this.freeze();
        await this.#thaw?.promise;
        return this.#write(target, raw.subarray(passed));
      }
      default:
        throw new TypeError(`a gate cannot ${verb}`);
    }
  }

  /** @param {Side} side */
  #onEnd(side) {
    this.#ended[side] = true;
    if (this.#cut) this.#sockets[side].destroy();
    else if (this.isFrozen && side === 'client') this.destroy();
    else this.#pump(side);
  }

  /** @param {Side} side */
  #onClose(side) {
    this.#closed[side] = true;
    const peer = this.#sockets[other(side)];
    if (!this.#cut) {
      // An end in order was passed on by the pump; anything else is a reset, and that travels too.
      if (!this.#ended[side]) {
        if (this.isFrozen && side === 'server') return; // silence hides it
        this.cut('reset', other(side));
      } else if (this.isFrozen && side === 'client') this.destroy();
    } else if (side === 'client' && !this.#keepServer) {
      peer.destroy(); // the client is gone: nothing is left to pretend
    }
    if (this.isOver) this.gate.links.delete(this);
  }
}

class Gate {
  #listener;
  #closed = false;
  #frozen = false;
  #refusing = false;
  #nextId = 1;
  /** @type {Set<Link>} connections that are there now */
  links = new Set();
  /** @type {Set<Rule>} */
  rules = new Set();
  /** @type {Set<(message: Seen) => void>} */
  watchers = new Set();
  /** What has passed since the gate was opened. `connections` counts cancel requests, too. */
  counts = {
    connections: 0,
    cancelRequests: 0,
    clientMessages: 0,
    serverMessages: 0,
    clientBytes: 0,
    serverBytes: 0,
    /** How often a server began to answer. */
    roundTrips: 0,
  };

  /** @param {{ host: string, port: number }} server @param {net.Server} listener */
  constructor(server, listener) {
    this.server = server;
    this.#listener = listener;
    listener.on('connection', (socket) => this.#accept(socket));
  }

  /** @returns {string} */
  get host() {
    return '127.0.0.1';
  }

  /** @returns {number} */
  get port() {
    return /** @type {net.AddressInfo} */ (this.#listener.address()).port;
  }

  /** For the option `hosts`. */
  get address() {
    return `${this.host}:${this.port}`;
  }

  /** Links that carry sessions, those of cancel requests not counted. */
  get sessions() {
    return [...this.links].filter((link) => !link.isCancel);
  }

  /**
   * Orders what happens at a message. Of two orders that fit, the older one is obeyed, and only it counts the message.
   * @param {When} when
   * @param {Verb | Order | Hook} action
   */
  when(when, action) {
    const rule = new Rule(this, when, action);
    this.rules.add(rule);
    return rule;
  }

  /**
   * Calls `look` for each message as it arrives, before any order is obeyed; it changes nothing.
   * @param {(message: Seen) => void} look
   * @returns {() => void} no more
   */
  watch(look) {
    this.watchers.add(look);
    return () => this.watchers.delete(look);
  }

  /** @param {Seen} message @returns {Rule | undefined} */
  ruleFor(message) {
    for (const rule of this.rules) if (rule.fits(message)) return rule;
    return undefined;
  }

  /** Drops all orders. */
  clear() {
    this.rules.clear();
  }

  /** Ends all connections that are there now. @param {'close' | 'reset'} how */
  cutAll(how) {
    for (const link of [...this.links]) link.cut(how);
  }

  /** Silence on all connections, also on new ones: those are accepted, and hear nothing. */
  freeze() {
    this.#frozen = true;
    for (const link of this.links) link.freeze();
  }

  thaw() {
    this.#frozen = false;
    for (const link of this.links) link.thaw();
  }

  /** From now on every new connection is reset at once. @param {boolean} [on] */
  refuse(on = true) {
    this.#refusing = on;
  }

  /** Ends all that there is. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of [...this.links]) link.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** @param {net.Socket} socket */
  #accept(socket) {
    this.counts.connections += 1;
    if (this.#closed || this.#refusing) {
      socket.on('error', () => {});
      reset(socket);
      return;
    }
    const link = new Link(this, this.#nextId++, socket);
    this.links.add(link);
    if (this.#frozen) link.freeze();
  }
}

/**
 * Opens a gate in front of a server.
 * @param {{ host?: string, port: number }} server
 * @returns {Promise<Gate>}
 */
async function openGate({ host = '127.0.0.1', port }) {
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  return new Gate({ host, port }, listener);
}

module.exports = { openGate, Gate, Link, Rule };
