'use strict';

/* What the command line prints fits where it is printed, and breaks no word. */

const assert = require('node:assert/strict');
const { briefly, roleOf, whyOf } = require('../../lib/cli/support/hosts');
const { hostTable } = require('../../lib/cli/support/table');
const { painter, roleOn, sparkline, widthOf, wrap } = require('../../lib/cli/support/terminal');

const WHY = 'writable on timeline 1, but the cluster is on timeline 2';
const hosts = (names) => names.map((host, at) => ({ host, role: 'standby', why: at === 0 ? WHY : '' }));
const COLUMNS = [
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'ROLE', cell: ({ role }) => roleOn(role, (_, text) => text) },
  { title: 'RTT', isNumber: true, isSpare: true, cell: () => '0.3 ms' },
  { title: 'SESSIONS', isNumber: true, cell: () => '12' },
];
const lines = (names, width) => hostTable(COLUMNS, ({ why }) => why, hosts(names), width);

describe('a table of hosts', () => {
  const short = ['127.0.0.1:5432', '127.0.0.1:5433'];
  const long = ['a', 'b'].map((name) => `orders-${name}.c9akciq32rtz.eu-central-1.rds.amazonaws.com:5432`);

  it('says why beside a host where there is room, below it where there is none', () => {
    const [titles, first, second, ...more] = lines(short, Infinity);
    assert.match(titles, /^HOST +ROLE +RTT +SESSIONS +WHY$/);
    assert.ok(first.endsWith(`12  ${WHY}`));
    assert.ok(second.endsWith('12'));
    assert.deepEqual(more, []);
    assert.deepEqual(lines(short, 80).slice(1), [
      '127.0.0.1:5432  ○ standby  0.3 ms        12',
      `    ${WHY}`,
      '127.0.0.1:5433  ○ standby  0.3 ms        12',
    ]);
  });

  it('leaves out columns, then the end of names', () => {
    for (const width of [80, 60, 40]) {
      const shown = lines(long, width);
      assert.ok(
        shown.every((line) => widthOf(line) <= width),
        shown.join('\n'),
      );
      assert.equal(shown.filter((line) => /○ standby +12$/.test(line)).length, 2, shown.join('\n'));
      assert.equal(
        shown.some((line) => line.includes('…')),
        width < 80,
      );
      assert.equal(
        shown
          .filter((line) => line.startsWith('    '))
          .map((line) => line.trim())
          .join(' '),
        WHY,
        'no word is broken',
      );
    }
  });
});

describe('what is printed', () => {
  it('is wrapped between words, and cut only where a word alone is too long', () => {
    assert.deepEqual(wrap('  one two three', 10, 4), ['  one two', '    three']);
    assert.deepEqual(wrap('incomprehensible', 8, 0), ['incompr…']);
  });

  it('has colours only on a terminal that wants them', () => {
    const stream = (isTTY, has) => ({ isTTY, hasColors: () => has });
    assert.equal(painter(stream(true, true))('red', 'no'), '\x1b[31mno\x1b[0m');
    assert.equal(painter(stream(true, false))('red', 'no'), 'no');
    assert.equal(painter({})('red', 'no'), 'no');
    assert.equal(widthOf('\x1b[31mno\x1b[0m'), 2);
  });

  it('has bars from nothing to the most', () => {
    assert.equal(sparkline([0, 1, 8]), ' ▂█');
    assert.equal(sparkline([0, 0]), '  ');
  });
});

describe('a host in a few words', () => {
  const host = (role, lastErrorCode = null, lastError = null, refused = false) => ({
    role,
    lastError,
    lastErrorCode,
    refused,
  });

  it('is refused or silent where topology() only knows that it is down', () => {
    assert.equal(roleOf(host('primary')), 'primary');
    assert.equal(roleOf(host('quarantined', null, 'It is writable.')), 'quarantined');
    assert.equal(roleOf(host('down', 'ECONNREFUSED', 'x')), 'down');
    assert.equal(roleOf(host('down', '28P01', 'x', true)), 'refused');
    assert.equal(roleOf(host('unknown', 'ETIMEDOUT', 'x')), 'silent');
    assert.equal(roleOf(host('unknown')), 'silent');
    assert.equal(whyOf(host('unknown')), 'no answer');
    assert.equal(roleOf(host('unknown', '53300', 'too many')), 'unknown');
  });

  it('has a short reason', () => {
    for (const [message, short] of [
      [
        'Could not connect to db:5432: connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  28P01: password authentication failed for user "app".',
        'password authentication failed for user "app" (28P01)',
      ],
      ['No answer from db:5432 within the connect timeout (2000 ms).', 'no answer within 2000 ms'],
      [
        'The connection to db:5432 was lost: server closed the connection unexpectedly.',
        'the connection was lost: server closed the connection unexpectedly',
      ],
      ['It is writable on timeline 1, but the cluster is on timeline 2.', WHY],
      ['Something new.', 'Something new'],
      [null, ''],
    ])
      assert.equal(briefly(message), short);
  });
});
