'use strict';

/*
 * A server that plays a part. Each connection runs `play(peer)`: it reads what the client says and says whatever it likes.
 *
 *   const server = await openHostileServer(async (peer) => { await peer.startup(); peer.say('R', int32(0)); … });
 */

const crypto = require('node:crypto');
const net = require('node:net');
const { MessageReader, message, text } = require('./protocol');

/** @param {number[]} values */
const int32 = (...values) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeInt32BE(value | 0, 4 * at));
  return bytes;
};

/** Messages without end, in pieces of some size. @param {(n: number) => Buffer} make */
function* pieces(make) {
  for (let n = 0; ;) {
    const piece = [];
    for (let size = 0; size < 65_536; size += piece.at(-1).length) piece.push(make(n++));
    yield Buffer.concat(piece);
  }
}

class Peer {
  #reader = new MessageReader('client');
  /** @type {import('./protocol').Message[]} */
  #inbox = [];
  #wake = () => {};

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.isOpen = true;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.#inbox.push(...this.#reader.push(chunk));
      this.#wake();
    });
    socket.on('close', () => {
      this.isOpen = false;
      this.#wake();
    });
  }

  /** The next message of the client. */
  async hear() {
    while (this.#inbox.length === 0) {
      if (!this.isOpen) throw new Error('the client has gone');
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
    return this.#inbox.shift();
  }

  /** Refuses encryption, until the client introduces itself. */
  async startup() {
    for (;;) {
      const heard = await this.hear();
      if (heard.type !== 'ssl' && heard.type !== 'gss') return heard;
      this.raw('N');
    }
  }

  /** @param {string} type @param {Buffer | string} [body] */
  say(type, body) {
    this.raw(message(type, body));
  }

  /** A message whose length is a lie. @param {string} type @param {number} length @param {Buffer | string} [body] */
  lie(type, length, body = '') {
    this.raw(Buffer.concat([Buffer.from(type, 'latin1'), int32(length), Buffer.from(body)]));
  }

  /** @param {Buffer | string} bytes */
  raw(bytes) {
    if (this.isOpen) this.socket.write(bytes);
  }

  /** Messages without end, as fast as the client takes them, until it has gone. @param {(n: number) => Buffer} make */
  async flood(make) {
    for (const piece of pieces(make)) {
      if (!this.isOpen) return;
      if (this.socket.write(piece)) continue;
      await new Promise((resolve) => {
        this.socket.once('drain', resolve);
        this.socket.once('close', resolve);
      });
    }
  }

  end() {
    this.socket.end();
  }

  /**
   * SCRAM as a server does it, with a lie where `lies` has one.
   * @param {string} password
   * @param {{ mechanisms?: string[], iterations?: string, nonce?: (client: string) => string, salt?: string,
   *   challenge?: string, signature?: (right: string) => string, final?: boolean }} [lies]
   */
  async scram(password, lies = {}) {
    const { mechanisms = ['SCRAM-SHA-256'], iterations = '4096', final = true } = lies;
    this.say('R', Buffer.concat([int32(10), Buffer.from(`${mechanisms.join('\0')}\0\0`)]));
    const first = await this.hear();
    const clientFirst = first.body.subarray(text(first.body).length + 5).toString();
    const bare = clientFirst.replace(/^[^,]*,[^,]*,/, '');
    const clientNonce = bare.match(/r=([^,]*)/)[1];
    const nonce = lies.nonce ? lies.nonce(clientNonce) : `${clientNonce}server`;
    const salt = Buffer.from('0123456789abcdef');
    const serverFirst =
      lies.challenge ?? `r=${nonce},s=${lies.salt ?? salt.toString('base64')},i=${iterations}`;
    this.say('R', Buffer.concat([int32(11), Buffer.from(serverFirst)]));
    const last = await this.hear();
    const withoutProof = last.body.toString().replace(/,p=.*$/, '');
    const salted = crypto.pbkdf2Sync(password, salt, Number(iterations), 32, 'sha256');
    const hmac = (key, what) => crypto.createHmac('sha256', key).update(what).digest();
    const right = hmac(hmac(salted, 'Server Key'), `${bare},${serverFirst},${withoutProof}`).toString(
      'base64',
    );
    if (final)
      this.say(
        'R',
        Buffer.concat([int32(12), Buffer.from(`v=${lies.signature ? lies.signature(right) : right}`)]),
      );
    this.say('R', int32(0));
  }
}

/** @param {(peer: Peer) => unknown} play */
async function openHostileServer(play) {
  const sockets = new Set();
  const listener = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    Promise.resolve(play(new Peer(socket))).catch(() => {});
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (listener.address());
  return {
    port,
    address: `127.0.0.1:${port}`,
    /** Connections that are there now. */
    get connections() {
      return sockets.size;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

module.exports = { openHostileServer, Peer, int32, pieces };
