'use strict';

/* PostgreSQL's protocol, version 3, as far as one who stands in between must understand it: where messages begin and
 * end, and what the interesting ones say. It never judges: what it does not know is one message of whatever length. */

const PROTOCOL_3 = 3;
const CODES = { 80877102: 'cancel', 80877103: 'ssl', 80877104: 'gss' };

/**
 * One message. `type` is its type byte; those without one have names: `startup`, `ssl`, `gss`, `cancel`, `ssl-answer`
 * (the single byte that answers the two in the middle), and `raw` for bytes that are not for us (TLS).
 * @typedef {object} Message
 * @property {'client' | 'server'} from
 * @property {string} type
 * @property {Buffer} raw the whole message
 * @property {Buffer} body without type and length
 */

/** Cuts one direction of a connection into messages, however TCP has sliced it. */
class MessageReader {
  #from;
  /** @type {Buffer[]} */
  #chunks = [];
  #size = 0;
  #needed = 1;
  /** @type {'first' | 'typed' | 'answer' | 'raw'} */
  #state;

  /** @param {'client' | 'server'} from */
  constructor(from) {
    this.#from = from;
    this.#state = from === 'client' ? 'first' : 'typed';
  }

  /** The next byte answers a request for encryption. */
  expectAnswer() {
    this.#state = 'answer';
  }

  /** From here on nothing can be understood. */
  becomeRaw() {
    this.#state = 'raw';
  }

  /**
   * @param {Buffer} chunk
   * @returns {Generator<Message>} the messages that are complete now; what is said to this reader between two of them
   *   is heeded
   */
  *push(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // A big message is put together once, not once per chunk.
    if (this.#size < this.#needed) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks = [];
    for (;;) {
      const length = this.#lengthOf(rest);
      if (length === 0 || rest.length < length) {
        this.#needed = Math.max(length, rest.length + 1);
        break;
      }
      const raw = rest.subarray(0, length);
      rest = rest.subarray(length);
      yield this.#message(raw);
    }
    if (rest.length > 0) this.#chunks.push(rest);
    this.#size = rest.length;
  }

  /** What has come of a message that is not complete. */
  get rest() {
    return Buffer.concat(this.#chunks);
  }

  /** @param {Buffer} data @returns {number} 0 when it cannot be told yet */
  #lengthOf(data) {
    switch (this.#state) {
      case 'raw':
        return data.length;
      case 'answer':
        return data.length > 0 ? 1 : 0;
      case 'first':
        return data.length >= 4 ? Math.max(8, data.readInt32BE(0)) : 0;
      default:
        return data.length >= 5 ? 1 + Math.max(4, data.readInt32BE(1)) : 0;
    }
  }

  /** @param {Buffer} raw @returns {Message} */
  #message(raw) {
    const from = this.#from;
    switch (this.#state) {
      case 'raw':
        return { from, type: 'raw', raw, body: raw };
      case 'answer':
        this.#state = 'typed';
        return { from, type: 'ssl-answer', raw, body: raw };
      case 'first': {
        const code = raw.readInt32BE(4);
        const type = CODES[code] ?? 'startup';
        if (code >>> 16 === PROTOCOL_3) this.#state = 'typed';
        return { from, type, raw, body: raw.subarray(4) };
      }
      default:
        return { from, type: String.fromCharCode(raw[0]), raw, body: raw.subarray(5) };
    }
  }
}

/** @param {Buffer} body @param {number} [at] @returns {string} up to the next NUL */
function text(body, at = 0) {
  const end = body.indexOf(0, at);
  return body.toString('utf8', at, end < 0 ? body.length : end);
}

/** The names of portal and statement in a Bind. @param {Buffer} body */
function boundNames(body) {
  const portal = text(body);
  return { portal, statement: text(body, Buffer.byteLength(portal) + 1) };
}

/** Name and SQL of a Parse. @param {Buffer} body */
function parsed(body) {
  const name = text(body);
  return { name, sql: text(body, Buffer.byteLength(name) + 1) };
}

/** The fields of an error or notice by their letter: C is the SQLSTATE, M the message. @param {Buffer} body */
function fields(body) {
  /** @type {Record<string, string>} */
  const found = {};
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const value = text(body, at + 1);
    found[String.fromCharCode(body[at])] = value;
    at += Buffer.byteLength(value) + 2;
  }
  return found;
}

/** @param {string} type @param {Buffer | string} [body] @returns {Buffer} */
function message(type, body = '') {
  const content = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** @param {number} code of the request, or of the protocol version @param {Buffer | string} [body] @returns {Buffer} */
function untyped(code, body = '') {
  const content = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const head = Buffer.alloc(8);
  head.writeInt32BE(content.length + 8, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, content]);
}

const SSL_REQUEST = 80877103;
const CANCEL_REQUEST = 80877102;
const STARTUP = PROTOCOL_3 << 16;

module.exports = {
  MessageReader,
  text,
  boundNames,
  parsed,
  fields,
  message,
  untyped,
  SSL_REQUEST,
  CANCEL_REQUEST,
  STARTUP,
};
