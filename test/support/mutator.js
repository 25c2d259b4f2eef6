'use strict';

/*
 * A proxy in front of a real server that spoils what it says: by its dice one message of each connection, and sometimes
 * all that follow, have other bytes, other lengths, other places, or are not there.
 */

const net = require('node:net');
const { Dice } = require('./dice');
const { MessageReader, message } = require('./protocol');

const TYPES = [...'RSKZTDC123tnENAIsVvGHWdc', '\0', '\xff'];
const LENGTHS = [-1, 0, 1, 3, 4, 5, 0x7fff, 0x10000, 0x3fffffff, 0x40000000, 0x7fffffff, -0x80000000];

/** Each takes the message and gives what is sent instead. @type {Record<string, (raw: Buffer, dice: Dice) => Buffer>} */
const MUTATIONS = {
  'flips a byte': (raw, dice) => {
    const bad = Buffer.from(raw);
    bad[dice.below(bad.length)] ^= 1 << dice.below(8);
    return bad;
  },
  'overwrites some bytes': (raw, dice) => {
    const bad = Buffer.from(raw);
    for (let i = 1 + dice.below(8); i > 0; i -= 1) bad[dice.below(bad.length)] = dice.below(256);
    return bad;
  },
  'lies about the length': (raw, dice) => {
    const bad = Buffer.from(raw);
    if (bad.length >= 5)
      bad.writeInt32BE(dice.pick([...LENGTHS, bad.length - 2, bad.length, bad.length + 3]), 1);
    return bad;
  },
  'lies about a number inside': (raw, dice) => {
    const bad = Buffer.from(raw);
    if (bad.length >= 9) bad.writeInt32BE(dice.pick(LENGTHS), 5 + dice.below(bad.length - 8));
    return bad;
  },
  'lies about a count inside': (raw, dice) => {
    const bad = Buffer.from(raw);
    if (bad.length >= 7) bad.writeInt16BE(dice.pick([-1, 0, 1, 2, 1664, 0x7fff]), 5);
    return bad;
  },
  'says it as another message': (raw, dice) => {
    const bad = Buffer.from(raw);
    bad.write(dice.pick(TYPES), 0, 'latin1');
    return bad;
  },
  'leaves it out': () => Buffer.alloc(0),
  'says it twice': (raw) => Buffer.concat([raw, raw]),
  'says it many times': (raw, dice) => Buffer.concat(Array.from({ length: 2 + dice.below(200) }, () => raw)),
  'stops in the middle': (raw, dice) => raw.subarray(0, dice.below(raw.length)),
  'has bytes behind it': (raw, dice) => {
    const more = dice.bytes(1 + dice.below(16));
    const bad = Buffer.concat([raw, more]);
    if (raw.length >= 5) bad.writeInt32BE(raw.length - 1 + more.length, 1);
    return bad;
  },
  'says noise before it': (raw, dice) => Buffer.concat([dice.bytes(1 + dice.below(64)), raw]),
  'says something else before it': (raw, dice) =>
    Buffer.concat([message(dice.pick(TYPES), dice.bytes(dice.below(64))), raw]),
  'says that it is ready before it': (raw, dice) =>
    Buffer.concat([message('Z', dice.pick(['I', 'T', 'E', 'X', ''])), raw]),
  'says an error before it': (raw, dice) =>
    Buffer.concat([
      message(
        'E',
        `S${dice.pick(['ERROR', 'FATAL', 'PANIC'])}\0VERROR\0C${dice.pick(['25006', '57P01', '0A000', '26000', 'XX000', '42P05'])}\0Mno\0\0`,
      ),
      raw,
    ]),
  'says a parameter before it': (raw, dice) =>
    Buffer.concat([
      message(
        'S',
        `${dice.pick(['in_hot_standby', 'default_transaction_read_only', 'client_encoding', 'DateStyle', 'x'])}\0${dice.pick(['on', 'off', '', 'SQL_ASCII'])}\0`,
      ),
      raw,
    ]),
};

class Mutator {
  #listener;
  #sockets = new Set();
  #connections = 0;
  /** What was done, in words. @type {string[]} */
  done = [];

  /** @param {{ host: string, port: number }} server @param {number} seed @param {net.Server} listener */
  constructor(server, seed, listener) {
    this.#listener = listener;
    listener.on('connection', (client) => {
      const dice = new Dice(Math.imul(seed + 1, 0x9e3779b1) + (this.#connections += 1));
      this.#connect(client, net.connect({ ...server, noDelay: true }), dice);
    });
  }

  get address() {
    return `127.0.0.1:${/** @type {net.AddressInfo} */ (this.#listener.address()).port}`;
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** @param {net.Socket} client @param {net.Socket} server @param {Dice} dice */
  #connect(client, server, dice) {
    for (const [socket, peer] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        peer.destroy();
      });
    }
    // One connection in four tells the truth; the others mostly lie early, because later there is little left to say.
    const isHonest = dice.below(4) === 0;
    let left = Math.floor(60 * dice.unit() ** 2);
    const isStubborn = dice.below(8) === 0;
    const reader = new MessageReader('server');
    client.on('data', (chunk) => {
      // The client's request for encryption is answered by one byte.
      if (chunk.length === 8 && chunk.readInt32BE(0) === 8) reader.expectAnswer();
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      for (const { raw } of reader.push(chunk)) {
        if (isHonest || left > 0) {
          left -= 1;
          client.write(raw);
          continue;
        }
        if (!isStubborn) left = Infinity;
        const how = dice.pick(Object.keys(MUTATIONS));
        this.done.push(`${String.fromCharCode(raw[0])}: ${how}`);
        const bad = MUTATIONS[how](raw, dice);
        if (bad.length > 0) client.write(bad);
        if (dice.below(12) === 0) client.end();
      }
    });
  }
}

/** @param {{ host: string, port: number }} server @param {number} seed @returns {Promise<Mutator>} */
async function openMutator({ host, port }, seed) {
  const listener = net.createServer({ noDelay: true });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(undefined)));
  return new Mutator({ host, port }, seed, listener);
}

module.exports = { openMutator };
