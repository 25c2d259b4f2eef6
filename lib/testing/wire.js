// A minimal PostgreSQL client: simple query protocol, text results, trust, password and SCRAM-SHA-256.
// The test cluster uses it for its own SQL, so that it depends neither on psql (which the embedded packages do not
// have) nor on the client that it is there to test.
'use strict';

const net = require('node:net');
const crypto = require('node:crypto');

/** An ErrorResponse of the server. */
class ServerError extends Error {
  /** @param {Record<string, string>} fields */
  constructor(fields) {
    super(fields.M);
    this.name = 'ServerError';
    this.severity = fields.V ?? fields.S;
    this.code = fields.C;
    this.detail = fields.D;
  }
}

/**
 * @typedef {object} WireOptions
 * @property {string} [socketPath] path of the unix socket, instead of host and port
 * @property {string} [host]
 * @property {number} [port]
 * @property {string} user
 * @property {string} [password]
 * @property {string} database
 * @property {string} [applicationName]
 * @property {string} [options] extra server options, such as `-c synchronous_commit=local`
 * @property {number} [timeoutMs] for the connect and, unless told otherwise, for each query
 */

class Wire {
  #socket;
  /** @type {Buffer} */
  #input = Buffer.alloc(0);
  #options;
  /** The one request in progress. @type {null | { resolve: Function, reject: Function, rows: any[], error?: Error, columns: string[], timer: NodeJS.Timeout }} */
  #request = null;
  #tail = Promise.resolve();
  /** @type {{ nonce: string, bare: string, signature?: string } | null} */
  #scram = null;

  /** What the server reported about its session (ParameterStatus). @type {Record<string, string>} */
  parameters = {};
  closed = false;

  /** @param {WireOptions} options */
  constructor(options) {
    this.#options = options;
    this.#socket = options.socketPath
      ? net.connect({ path: options.socketPath })
      : net.connect({ host: options.host ?? '127.0.0.1', port: options.port ?? 5432 });
    this.#socket.on('connect', () => this.#socket.write(this.#startup()));
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** @param {WireOptions} options @returns {Promise<Wire>} */
  static async connect(options) {
    const wire = new Wire(options);
    await wire.#begin(options.timeoutMs, 'connect');
    return wire;
  }

  /**
   * Runs SQL and gives the rows of its last result, every value as text or null.
   * @param {string} sql
   * @param {{ timeoutMs?: number }} [options]
   * @returns {Promise<Record<string, string | null>[]>}
   */
  query(sql, { timeoutMs = this.#options.timeoutMs } = {}) {
    const result = this.#tail.then(() => {
      if (this.closed) throw new Error('the connection is closed');
      this.#socket.write(message('Q', Buffer.from(`${sql}\0`)));
      return this.#begin(timeoutMs, 'query');
    });
    this.#tail = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  /** Says goodbye and closes. */
  end() {
    if (this.closed) return;
    this.closed = true;
    this.#socket.end(message('X', Buffer.alloc(0)));
    this.#socket.unref();
  }

  destroy() {
    this.#fail(new Error('the connection was destroyed'));
  }

  #begin(timeoutMs = 10_000, what = 'request') {
    this.#socket.ref();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(new Error(`${what}: no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#request = { resolve, reject, rows: [], columns: [], timer };
    });
  }

  /** @param {Error | undefined} error */
  #settle(error) {
    const request = this.#request;
    this.#request = null;
    // An idle connection does not keep the process alive.
    this.#socket.unref();
    if (!request) return;
    clearTimeout(request.timer);
    if (error) request.reject(error);
    else request.resolve(request.rows);
  }

  /** @param {Error} error */
  #fail(error) {
    this.closed = true;
    this.#socket.destroy();
    // A FATAL message that came before the end of the stream says more than the end itself.
    this.#settle(this.#request?.error ?? error);
  }

  #startup() {
    const { user, database, applicationName = 'hyperiondb-testing', options } = this.#options;
    const pairs = {
      user,
      database,
      application_name: applicationName,
      client_encoding: 'UTF8',
      ...(options && { options }),
    };
    const body = Object.entries(pairs)
      .map(([key, value]) => `${key}\0${value}\0`)
      .join('');
    const head = Buffer.alloc(8);
    const tail = Buffer.from(`${body}\0`);
    head.writeInt32BE(8 + tail.length, 0);
    head.writeInt32BE(196608, 4);
    return Buffer.concat([head, tail]);
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    let at = 0;
    while (this.#input.length - at >= 5) {
      const length = this.#input.readInt32BE(at + 1);
      if (this.#input.length - at < length + 1) break;
      try {
        this.#message(String.fromCharCode(this.#input[at]), this.#input.subarray(at + 5, at + 1 + length));
      } catch (error) {
        return this.#fail(/** @type {Error} */ (error));
      }
      at += length + 1;
    }
    this.#input = this.#input.subarray(at);
  }

  /** @param {string} type @param {Buffer} body */
  #message(type, body) {
    switch (type) {
      case 'R':
        return this.#authenticate(body.readInt32BE(0), body.subarray(4));
      case 'S': {
        const [name, value] = body.toString('utf8').split('\0');
        this.parameters[name] = value;
        return;
      }
      case 'E': {
        const error = new ServerError(fields(body));
        if (this.#request) this.#request.error ??= error;
        return;
      }
      case 'T':
        if (this.#request) Object.assign(this.#request, { rows: [], columns: columns(body) });
        return;
      case 'D':
        this.#request?.rows.push(row(body, this.#request.columns));
        return;
      case 'G':
        this.#socket.write(message('f', Buffer.from('COPY is not supported here\0')));
        return;
      case 'Z':
        return this.#settle(this.#request?.error);
      default: // notices, command tags, keys: of no use here
    }
  }

  /** @param {number} kind @param {Buffer} body */
  #authenticate(kind, body) {
    const password = this.#options.password ?? '';
    if (kind === 0) return;
    if (kind === 3) {
      this.#socket.write(message('p', Buffer.from(`${password}\0`)));
    } else if (kind === 10) {
      const nonce = crypto.randomBytes(18).toString('base64');
      const bare = `n=,r=${nonce}`;
      this.#scram = { nonce, bare };
      const first = Buffer.from(`n,,${bare}`);
      const size = Buffer.alloc(4);
      size.writeInt32BE(first.length);
      this.#socket.write(message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), size, first])));
    } else if (kind === 11) {
      this.#socket.write(message('p', Buffer.from(this.#scramFinal(body.toString('utf8'), password))));
    } else if (kind === 12) {
      if (!body.toString('utf8').includes(`v=${this.#scram?.signature}`))
        throw new Error('SCRAM: wrong server signature');
    } else {
      throw new Error(
        `the server asks for authentication method ${kind}, which the test tool does not speak`,
      );
    }
  }

  /** @param {string} challenge @param {string} password */
  #scramFinal(challenge, password) {
    const { r, s, i } = Object.fromEntries(challenge.split(',').map((part) => [part[0], part.slice(2)]));
    const scram = this.#scram;
    if (!scram || !r.startsWith(scram.nonce)) throw new Error('SCRAM: wrong nonce');
    const hmac = (/** @type {Buffer} */ key, /** @type {string | Buffer} */ text) =>
      crypto.createHmac('sha256', key).update(text).digest();
    const salted = crypto.pbkdf2Sync(
      password.normalize('NFKC'),
      Buffer.from(s, 'base64'),
      Number(i),
      32,
      'sha256',
    );
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${r}`;
    const signed = `${scram.bare},${challenge},${withoutProof}`;
    const clientSignature = hmac(crypto.createHash('sha256').update(clientKey).digest(), signed);
    const proof = clientKey.map((byte, index) => byte ^ clientSignature[index]);
    scram.signature = hmac(hmac(salted, 'Server Key'), signed).toString('base64');
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }
}

/** @param {string} type @param {Buffer} body */
function message(type, body) {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** @param {Buffer} body @returns {Record<string, string>} */
function fields(body) {
  return Object.fromEntries(
    body
      .toString('utf8')
      .split('\0')
      .filter(Boolean)
      .map((part) => [part[0], part.slice(1)]),
  );
}

/** @param {Buffer} body */
function columns(body) {
  const names = [];
  for (let at = 2, left = body.readInt16BE(0); left > 0; left -= 1) {
    const end = body.indexOf(0, at);
    names.push(body.toString('utf8', at, end));
    at = end + 19;
  }
  return names;
}

/** @param {Buffer} body @param {string[]} names */
function row(body, names) {
  /** @type {Record<string, string | null>} */
  const result = {};
  let at = 2;
  for (const name of names) {
    const length = body.readInt32BE(at);
    at += 4;
    result[name] = length < 0 ? null : body.toString('utf8', at, at + length);
    if (length > 0) at += length;
  }
  return result;
}

module.exports = { Wire, ServerError };
