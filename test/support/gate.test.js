'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const { once } = require('node:events');
const { until } = require('../../lib/testing');
const { openGate } = require('./gate');
const { MessageReader, message, untyped, SSL_REQUEST, CANCEL_REQUEST, STARTUP } = require('./protocol');

/** A server that only remembers what it gets, and says what it is told to. */
async function listen() {
  const sockets = [];
  const listener = net.createServer({ noDelay: true }, (socket) => {
    socket.heard = '';
    socket.on('data', (chunk) => (socket.heard += chunk.toString('latin1')));
    socket.on('error', (error) => (socket.failure = error));
    socket.on('end', () => (socket.gotEnd = true));
    sockets.push(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { port: listener.address().port, sockets, close: () => listener.close() };
}

describe('a gate', () => {
  let server, gate, client, peer;

  beforeEach(async () => {
    server = await listen();
    gate = await openGate({ port: server.port });
    ({ client, peer } = await connect());
  });

  afterEach(async () => {
    client.destroy();
    await gate.close();
    for (const socket of server.sockets) socket.destroy();
    server.close();
  });

  async function connect({ hello = true } = {}) {
    const socket = net.connect({ port: gate.port, host: gate.host, noDelay: true, allowHalfOpen: true });
    socket.heard = '';
    socket.on('data', (chunk) => (socket.heard += chunk.toString('latin1')));
    socket.on('error', (error) => (socket.failure = error));
    socket.on('end', () => (socket.gotEnd = true));
    const before = server.sockets.length;
    await once(socket, 'connect');
    await until(() => server.sockets.length > before, { what: 'the gate connects' });
    const far = server.sockets.at(-1);
    if (hello) {
      socket.write(untyped(STARTUP, 'user\0app\0\0'));
      await hears(far, 'user\0app\0\0');
      far.heard = '';
    }
    return { client: socket, peer: far };
  }

  const hears = (socket, part) =>
    until(() => socket.heard.includes(part), { timeoutMs: 5000, what: `hears ${JSON.stringify(part)}` });
  const isOver = (socket) => until(() => socket.destroyed, { timeoutMs: 5000, what: 'is closed' });

  it('passes everything on, in order, and counts it', async () => {
    const question = Buffer.concat([message('P', 's\0select 1\0\0\0'), message('S')]);
    client.write(question);
    await hears(peer, message('S').toString('latin1'));
    peer.write(Buffer.concat([message('1'), message('Z', 'I')]));
    await hears(client, message('Z', 'I').toString('latin1'));
    assert.deepEqual(gate.counts, {
      connections: 1,
      cancelRequests: 0,
      clientMessages: 3,
      serverMessages: 2,
      clientBytes: untyped(STARTUP, 'user\0app\0\0').length + question.length,
      serverBytes: 5 + 6,
      roundTrips: 1,
    });
    assert.equal(gate.links.size, 1);
    client.end();
    await until(() => peer.gotEnd, { what: 'the end travels' });
    await until(() => gate.links.size === 0, { what: 'the connection is forgotten' });
  });

  it('finds a message in whatever pieces it comes', async () => {
    const types = [];
    gate.watch((seen) => types.push(seen.type));
    const all = Buffer.concat([
      message('P', 'a\0select 2\0\0\0'),
      message('H'),
      message('Q', 'x'.repeat(5000)),
    ]);
    for (let at = 0; at < all.length;) {
      const step = at < 40 ? 1 : 997;
      client.write(all.subarray(at, at + step));
      await new Promise(setImmediate);
      at += step;
    }
    await until(() => peer.heard.length === all.length, { what: 'everything arrives' });
    assert.equal(peer.heard, all.toString('latin1'));
    assert.deepEqual(types, ['P', 'H', 'Q']);
  });

  it('strikes at the n-th message that fits, once', async () => {
    const rule = gate.when(
      { from: 'client', type: 'Q', nth: 2, match: ({ sql }) => sql.startsWith('insert') },
      'reset',
    );
    for (const sql of ['insert 1', 'select', 'insert 2']) client.write(message('Q', `${sql}\0`));
    assert.equal((await rule.happened).sql, 'insert 2');
    await isOver(client);
    await isOver(peer);
    assert.match(peer.heard, /insert 1.*select/s);
    assert.doesNotMatch(peer.heard, /insert 2/);
    assert.equal(rule.hits, 1);
    const again = await connect();
    again.client.write(message('Q', 'insert 3\0'));
    await hears(again.peer, 'insert 3');
    again.client.destroy();
  });

  for (const [at, expected] of [
    ['before', /^$/],
    ['middle', /^Q.{4}i$/s],
    ['after', /^Q.{4}insert\0$/s],
  ]) {
    it(`cuts ${at} the message; both sides see a reset`, async () => {
      gate.when({ from: 'client', type: 'Q' }, { do: 'reset', at });
      client.write(message('Q', 'insert\0'));
      await isOver(client);
      await isOver(peer);
      assert.match(peer.heard, expected);
      assert.equal(client.failure?.code, 'ECONNRESET');
      // Node reports the end of the stream when data and a reset come together.
      assert.ok(peer.failure?.code === 'ECONNRESET' || at !== 'before');
      await until(() => gate.links.size === 0, { what: 'the connection is forgotten' });
    });
  }

  it('closes in order: both sides see the end of the stream', async () => {
    gate.when({ from: 'server', type: 'C' }, { do: 'close', at: 'middle' });
    peer.write(message('C', 'INSERT 0 1\0'));
    await until(() => client.gotEnd && peer.gotEnd, { what: 'the end' });
    assert.match(client.heard, /^C.{4}INS$/s);
    assert.equal(client.failure, undefined);
    client.end();
    await until(() => gate.links.size === 0, { what: 'the connection is forgotten' });
  });

  it('drops only the side of the server, and stays silent to the client', async () => {
    gate.when({ from: 'client', type: 'S' }, { do: 'reset', side: 'server' });
    client.write(message('S'));
    await isOver(peer);
    client.write(message('S'));
    assert.equal(client.destroyed, false);
    assert.equal(gate.links.size, 1);
    client.end();
    await until(() => gate.links.size === 0, { what: 'the connection is forgotten' });
  });

  it('drops only the side of the client: the server does not notice', async () => {
    gate.when({ from: 'client', type: 'S' }, { do: 'reset', side: 'client' });
    client.write(message('S'));
    await isOver(client);
    assert.equal(peer.destroyed, false);
    await gate.close();
    await isOver(peer);
  });

  it('falls silent, also about an end, and thaws', async () => {
    const rule = gate.when({ from: 'client', type: 'S' }, { do: 'freeze', at: 'middle' });
    client.write(Buffer.concat([message('H'), message('S'), message('X')]));
    const { link } = await rule.happened;
    await until(() => link.isFrozen, { what: 'the silence' });
    await until(() => peer.heard.length === 8, { what: 'half of the message' });
    peer.end(message('Z', 'I'));
    await until(() => gate.counts.serverMessages === 1, { what: 'the answer reaches the gate' });
    assert.equal(client.heard, '');
    link.thaw();
    await hears(client, message('Z', 'I').toString('latin1'));
    await until(() => client.gotEnd, { what: 'the end' });
    client.end();
    await until(() => gate.links.size === 0, { what: 'the connection is forgotten' });
  });

  it('lets go of the server when the client leaves a silent connection', async () => {
    gate.freeze();
    client.destroy();
    await isOver(peer);
    const { client: late, peer: other } = await connect({ hello: false });
    late.write(untyped(STARTUP, '\0'));
    await until(() => gate.counts.clientMessages === 2, { what: 'the gate has heard it' });
    assert.equal(other.heard, '');
    gate.thaw();
    await until(() => other.heard !== '', { what: 'it is passed on' });
    late.destroy();
  });

  it('slices a message, delays it, and calls the test, which may order something', async () => {
    const chunks = [];
    peer.on('data', (chunk) => chunks.push(chunk.length));
    gate.when({ from: 'client', type: 'Q' }, 'slice');
    client.write(message('Q', 'select 12345\0'));
    await hears(peer, 'select 12345\0');
    assert.ok(chunks.length > 5, `${chunks.length} pieces`);

    gate.when({ from: 'client', type: 'H' }, { do: 'delay', ms: 5 });
    client.write(message('H'));
    await hears(peer, message('H').toString('latin1'));

    let asked = false;
    gate.when({ from: 'client', type: 'S' }, async (seen, link) => {
      assert.equal(seen.link, link);
      await new Promise(setImmediate);
      asked = !peer.heard.includes(message('S').toString('latin1'));
      return { do: 'close', at: 'after' };
    });
    client.write(message('S'));
    await hears(peer, message('S').toString('latin1'));
    assert.ok(asked, 'the message waits for the test');
    await until(() => client.gotEnd, { what: 'the end' });
  });

  it('knows which statement a message is about, tags, states and SQLSTATEs', async () => {
    const seen = [];
    gate.watch(({ type, sql, tag, status, fields }) => seen.push([type, sql ?? tag ?? status ?? fields?.C]));
    client.write(message('P', 'one\0select 1\0\0\0'));
    client.write(message('P', 'two\0insert 2\0\0\0'));
    client.write(message('D', 'Sone\0'));
    client.write(message('B', '\0two\0\0\0\0\0\0\0'));
    client.write(message('D', 'P\0'));
    client.write(message('E', '\0\0\0\0\0'));
    client.write(message('S'));
    await hears(peer, message('S').toString('latin1'));
    assert.equal([...gate.links][0].sql, 'insert 2');
    peer.write(message('K', Buffer.from([0, 0, 1, 2, 0, 0, 0, 0])));
    peer.write(message('E', 'SERROR\0C23505\0Mno\0\0'));
    peer.write(message('C', 'INSERT 0 1\0'));
    peer.write(message('Z', 'T'));
    await hears(client, message('Z', 'T').toString('latin1'));
    assert.deepEqual(seen, [
      ['P', 'select 1'],
      ['P', 'insert 2'],
      ['D', 'select 1'],
      ['B', 'insert 2'],
      ['D', 'insert 2'],
      ['E', 'insert 2'],
      ['S', undefined],
      ['K', undefined],
      ['E', '23505'],
      ['C', 'INSERT 0 1'],
      ['Z', 'T'],
    ]);
    assert.equal([...gate.links][0].pid, 258);
  });

  it('understands refused encryption, passes on granted encryption, and counts cancel requests', async () => {
    const types = [];
    gate.watch(({ type }) => types.push(type));
    const plain = await connect({ hello: false });
    plain.client.write(untyped(SSL_REQUEST));
    await until(() => plain.peer.heard.length === 8, { what: 'the request' });
    plain.peer.write('N');
    await hears(plain.client, 'N');
    plain.client.write(Buffer.concat([untyped(STARTUP, 'a\0b\0\0'), message('Q', 'select 1\0')]));
    await hears(plain.peer, 'select 1');
    const secret = await connect({ hello: false });
    secret.client.write(untyped(SSL_REQUEST));
    await until(() => secret.peer.heard.length === 8, { what: 'the request' });
    secret.peer.write('S');
    await hears(secret.client, 'S');
    secret.client.write('\x16\x03\x01 no message at all');
    await hears(secret.peer, 'no message at all');
    const cancel = await connect({ hello: false });
    cancel.client.end(untyped(CANCEL_REQUEST, Buffer.alloc(8)));
    await until(() => cancel.peer.gotEnd, { what: 'the request has passed' });
    assert.equal(gate.counts.cancelRequests, 1);
    assert.deepEqual(types, [
      ...['ssl', 'ssl-answer', 'startup', 'Q'],
      ...['ssl', 'ssl-answer', 'raw'],
      'cancel',
    ]);
    for (const each of [plain, secret, cancel]) each.client.destroy();
  });

  it('refuses new connections when told to, and cuts all at once', async () => {
    gate.refuse();
    const refused = net.connect({ port: gate.port, host: gate.host });
    const [error] = await once(refused, 'error');
    assert.equal(error.code, 'ECONNRESET');
    gate.refuse(false);
    const second = await connect();
    gate.cutAll('reset');
    await Promise.all([isOver(client), isOver(second.client), isOver(peer)]);
    await until(() => gate.links.size === 0, { what: 'nothing is left' });
  });

  it('lets go of a connection that is closed in order and then reset', async () => {
    for (const side of ['client', 'server', 'both']) {
      const one = await connect();
      const link = [...gate.links].at(-1);
      link.cut('close', side);
      link.cut('reset');
      await until(() => one.client.gotEnd || one.client.destroyed, { what: 'the client notices' });
      one.client.destroy();
      await until(() => !gate.links.has(link), { what: 'the connection is forgotten' });
    }
  });

  it('resets the client when nobody listens at the server', async () => {
    const nobody = await listen();
    nobody.close();
    const dead = await openGate({ port: nobody.port });
    const socket = net.connect({ port: dead.port, host: dead.host });
    const [error] = await once(socket, 'error');
    assert.equal(error.code, 'ECONNRESET');
    await dead.close();
  });
});

describe('the reader of messages', () => {
  it('gives one message of 20 MB in thousands of chunks without copying it each time', () => {
    const reader = new MessageReader('server');
    const whole = message('D', Buffer.alloc(20_000_000, 'x'));
    let found;
    for (let at = 0; at < whole.length; at += 8192) {
      for (const one of reader.push(whole.subarray(at, at + 8192))) found = one;
    }
    assert.equal(found.type, 'D');
    assert.equal(found.body.length, 20_000_000);
    assert.equal(reader.rest.length, 0);
  });
});
