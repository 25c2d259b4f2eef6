'use strict';

/*
 * The types of PostgreSQL for tests: edge values as SQL literals, random values made by the server and by us, and what
 * JavaScript value the server's text output stands for.
 */

const DAY = 'make_interval(days => (random() * 106000000)::int - 2440000, secs => random() * 86399)';
const text = (value) => value;
const dashed = (value) => value.replace(/^(\d+-\d\d-\d\d) /, '$1T');
const zoned = (value) => dashed(value).replace(/^(\d.*?)( BC)?$/, '$1+00:00$2');

/**
 * @typedef {object} SqlType
 * @property {string} name
 * @property {(text: string) => unknown} form what stands in a row, from the output function's text
 * @property {string} [output] SQL of that text, of a value v; default: the output function's
 * @property {string[]} edges as literals
 * @property {string} [random] SQL of a random value
 * @property {(r: Random) => unknown} [ours] a random value of ours, such as comes back
 * @property {boolean} [extension] of that name
 * @property {boolean} [oneWay] not to be sent back
 */

/** @type {SqlType[]} */
const types = [
  {
    name: 'bool',
    form: (t) => t === 't',
    edges: ['t', 'f', 'yes', '0'],
    random: 'random() < 0.5',
    ours: (r) => r.int(2) === 1,
  },
  {
    name: 'int2',
    form: Number,
    edges: ['0', '-1', '32767', '-32768'],
    random: '(random() * 65535 - 32768)::int2',
    ours: (r) => r.int(65536) - 32768,
  },
  {
    name: 'int4',
    form: Number,
    edges: ['0', '-1', '2147483647', '-2147483648'],
    random: '(random() * 4294967295 - 2147483648)::int8::int4',
    ours: (r) => r.bits() | 0,
  },
  {
    name: 'oid',
    form: Number,
    edges: ['0', '1', '2147483648', '4294967295'],
    random: '(random() * 4294967295)::int8::oid',
    ours: (r) => r.bits(),
  },
  {
    name: 'int8',
    form: BigInt,
    edges: ['0', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
    random: `('x' || left(md5(random()::text), 16))::bit(64)::int8 >> (random() * 63)::int`,
    ours: (r) => BigInt.asIntN(64, r.wide()) >> BigInt(r.int(64)),
  },
  {
    name: 'float4',
    form: Number,
    edges: [
      '0',
      '-0',
      '0.1',
      '1e-45',
      '3.4028235e38',
      '-1.1754944e-38',
      '16777217',
      'NaN',
      'Infinity',
      '-Infinity',
    ],
    random: '((random() - 0.5) * power(10, random() * 70 - 35))::float4',
    // Those that have no other digits.
    ours: (r) => (r.int(2 ** 20) - 2 ** 19) / 2 ** r.int(3),
  },
  {
    name: 'float8',
    form: Number,
    edges: [
      '0',
      '-0',
      '0.1',
      '5e-324',
      '1.7976931348623157e308',
      '1e21',
      '123456789012345680',
      'NaN',
      'Infinity',
      '-Infinity',
    ],
    random: '(random() - 0.5) * power(10, random() * 600 - 300)',
    ours: (r) => r.double(),
  },
  {
    name: 'numeric',
    form: text,
    edges: [
      '0', '-0', '0.00', '1.10', '-1.5', '10000', '9999.9999', '0.00001', '1e20', '1e-20', '100000000',
      '123456789012345678901234567890.123456789', 'NaN', 'Infinity', '-Infinity', `${'9'.repeat(1000)}.${'1'.repeat(999)}`,
      `1e${131071}`, `0.${'0'.repeat(16382)}1`,
    ], // prettier-ignore
    random: `round((random() - 0.5)::numeric * (translate(md5(random()::text), 'abcdef', '') || '.' ||
             translate(md5(random()::text), 'abcdef', ''))::numeric, (random() * 60)::int - 20)`,
    ours: (r) => (r.int(2) ? '-' : '') + `${1 + r.int(9)}${r.digits(r.int(40))}.${r.digits(1 + r.int(40))}`,
  },
  ...['text', 'varchar', 'citext'].map((name) => ({
    name,
    extension: name === 'citext',
    form: text,
    edges: [
      '',
      ' ',
      'a',
      '{}',
      '{"a"}',
      'NULL',
      '"',
      '\\',
      ',',
      "it's",
      'ü€😀',
      '\u2028',
      '\n\t\u0001',
      'x'.repeat(70000),
    ],
    random: `(select coalesce(string_agg(chr(case when random() < 0.3 then 65536 + (random() * 1048575)::int when random() < 0.5
              then 1 + (random() * 126)::int else 1 + (random() * 55294)::int end), ''), '') from generate_series(1, i % 20))`,
    ours: (r) => r.string(),
  })),
  {
    name: 'bpchar',
    form: text,
    edges: ['', 'a', 'a  ', 'ü€😀 '],
    random: `left(md5(random()::text), i % 30)::bpchar`,
  },
  {
    name: 'name',
    form: text,
    edges: ['', 'a', 'ü', 'x'.repeat(63)],
    random: `left(md5(random()::text), i % 30)::name`,
  },
  {
    name: '"char"',
    form: text,
    edges: ['', 'a', '{', '"', '\\', ','],
    random: `chr(1 + (random() * 126)::int)::"char"`,
  },
  {
    name: 'uuid',
    form: text,
    edges: ['00000000-0000-0000-0000-000000000000', 'FFFFFFFF-ffff-4fff-bfff-ffffffffffff'],
    random: 'md5(random()::text)::uuid',
    ours: (r) => `${r.hex(8)}-${r.hex(4)}-${r.hex(4)}-${r.hex(4)}-${r.hex(12)}`,
  },
  {
    name: 'bytea',
    form: (t) => Buffer.from(t.slice(2), 'hex'),
    edges: ['', '\\x00', '\\x00ff27225c', '\\\\', 'abc', `\\x${'fe'.repeat(100000)}`],
    random: `decode(left(md5(random()::text), 2 * (i % 17)), 'hex')`,
    ours: (r) => Buffer.from(r.hex(2 * r.int(40)), 'hex'),
  },
  ...['json', 'jsonb'].map((name) => ({
    name,
    form: JSON.parse,
    edges: [
      '0', '-1.5e3', '""', '"ü\\u2028\\ud83d\\ude00"', 'true', 'false', '[]', '{}', '[[],{},[null]]', '{"":{"a":1}}', '1e400',
      '123456789012345678901', '{"__proto__":{"x":1},"constructor":2,"toString":3}', '{"a":1,"a":2}', '{"2":1,"1":2,"b":3}',
      `${'['.repeat(60)}${']'.repeat(60)}`,
    ], // prettier-ignore
    random: `json_build_object(md5(random()::text), random(), '', array[i, null], 'n', null, 'b', random() < 0.5, 'deep',
             json_build_object('__proto__', to_json(md5(i::text) || chr(8232) || '"\\')))::${name}`,
    // A string is taken for JSON text.
    ours: (r) => [r.bits(), r.int(2) === 1, { [r.string()]: r.json(3) }, [r.json(3), r.json(1)]][r.int(4)],
  })),
  {
    name: 'timestamptz',
    output: `case when isfinite(v) then format('%s', v at time zone 'UTC') else format('%s', v) end`,
    form: zoned,
    edges: [
      '2026-06-05 12:00:00+00', '2026-06-05 14:00:00.5+02', '1970-01-01 00:00:00+00', '1969-12-31 23:59:59.999999+00',
      '2000-01-01 00:00:00.000001+00', '0001-01-01 00:00:00+00', '0001-12-31 23:59:59+00 BC', '4714-11-24 00:00:00+00 BC',
      '294276-12-31 23:59:59.999999+00', '10000-01-01 00:00:00+00', 'infinity', '-infinity',
    ], // prettier-ignore
    random: `timestamptz '1970-01-01 00:00:00+00' + ${DAY}`,
    ours: (r) => `${r.day()}T${r.time()}+00:00`,
  },
  {
    name: 'timestamp',
    form: dashed,
    edges: [
      '2026-06-05 12:00:00', '2026-06-05 12:00:00.5', '1969-12-31 23:59:59.999999', '0001-01-01 00:00:00',
      '0044-03-15 12:00:00.000001 BC', '4714-11-24 00:00:00 BC', '294276-12-31 23:59:59.999999', 'infinity', '-infinity',
    ], // prettier-ignore
    random: `timestamp 'epoch' + ${DAY}`,
    ours: (r) => `${r.day()}T${r.time()}`,
  },
  {
    name: 'date',
    form: text,
    edges: [
      '2026-06-05',
      '1970-01-01',
      '2000-02-29',
      '0001-01-01',
      '0001-12-31 BC',
      '4714-11-24 BC',
      '5874897-12-31',
      'infinity',
      '-infinity',
    ],
    random: `date '2000-01-01' + ((random() * 2147400000)::int - 2451000)`,
    ours: (r) => r.day(),
  },
  {
    name: 'time',
    form: text,
    edges: ['00:00', '13:14:15', '23:59:59.999999', '24:00', '00:00:00.000001'],
    random: `time '00:00' + random() * interval '86399 s'`,
    ours: (r) => r.time(),
  },
  {
    name: 'timetz',
    form: text,
    edges: ['00:00+00', '13:14:15+02', '23:59:59.999999-15:59:59', '24:00+15:59', '01:02:03.4-03:30'],
    random: `((time '00:00' + random() * interval '86399 s')::text || (case when random() < 0.5 then '+' else '-' end) ||
             (random() * 14)::int || ':' || (random() * 49 + 10)::int)::timetz`,
    ours: (r) => `${r.time()}${r.int(2) ? '+' : '-'}${r.two(1, 14)}:${r.two(1, 59)}`,
  },
  ...others(),
];

/** Those that are shown as the server prints them. @returns {SqlType[]} */
function others() {
  const two = '(random() * 1000)::int';
  const float = '(random() - 0.5) * power(10, random() * 40 - 20)';
  const pair = `format('(%s,%s)', ${float}, ${float})`;
  /** @type {[name: string, edges: string[], random?: string][]} */
  const rows = [
    ['interval', ['0', '1 day', '-1 year 2 mons -3 days 04:05:06.789', '178000000 years'], `make_interval(months => ${two} - 500, days => ${two} - 500, secs => (random() - 0.5) * 1e7)`],
    ['inet', ['0.0.0.0', '10.1.2.3/8', '::1', '2001:db8::/32', '::ffff:1.2.3.4'], `set_masklen(inet '0.0.0.0' + (random() * 4294967295)::int8, i % 33)`],
    ['cidr', ['10.0.0.0/8', '2001:db8::/32'], `network(set_masklen(inet '0.0.0.0' + (random() * 4294967295)::int8, i % 33))::cidr`],
    ['macaddr', ['08:00:2b:01:02:03'], `left(md5(random()::text), 12)::macaddr`],
    ['macaddr8', ['08:00:2b:01:02:03:04:05'], `left(md5(random()::text), 16)::macaddr8`],
    ['money', ['0', '-1.50', '92233720368547758.07', '1234567.89'], `((random() - 0.5) * 1e14)::numeric::money`],
    ['bit(5)', ['10101', '00000'], `(random() * 31)::int::bit(5)`],
    ['varbit', ['', '1', '0101010101010'], `(random() * 2000000000)::int::bit(31)::varbit`],
    ['tsvector', ['', `'a':1A 'it''s':2,3`], `to_tsvector('simple', md5(random()::text) || ' ' || md5(random()::text))`],
    ['tsquery', ['', `a & !'b c'`], `plainto_tsquery('simple', md5(random()::text) || ' x')`],
    ['point', ['(0,0)', '(-1.5,1e300)', '(NaN,Infinity)'], `${pair}::point`],
    ['line', ['{1,2,3}'], `format('{1,%s,%s}', ${float}, ${float})::line`],
    ['lseg', ['[(0,0),(1,1)]'], `format('[%s,%s]', ${pair}, ${pair})::lseg`],
    ['box', ['(1,1),(0,0)'], `format('%s,%s', ${pair}, ${pair})::box`],
    ['path', ['[(0,0),(1,1)]', '((0,0),(1,1))'], `format('[%s,%s]', ${pair}, ${pair})::path`],
    ['polygon', ['((0,0),(1,1),(1,0))'], `format('(%s,%s,%s)', ${pair}, ${pair}, ${pair})::polygon`],
    ['circle', ['<(1,2),3>'], `format('<%s,%s>', ${pair}, ${two})::circle`],
    ['int4range', ['empty', '[1,5)', '(,5)', '(,)'], `int4range(${two}, 1000 + ${two})`],
    ['numrange', ['empty', '[1.10,2)', '(,)'], `numrange(${two}, 1000.5 + ${two})`],
    ['tstzrange', ['empty', '["2026-01-01 00:00:00+00",)'], `tstzrange(timestamptz 'epoch', timestamptz 'epoch' + ${two} * interval '1 h')`],
    ['int8multirange', ['{}', '{[1,5),[7,9)}'], `int8multirange(int8range(${two}, 1000 + ${two}), int8range(3000, 3001))`],
    ['pg_lsn', ['0/0', 'FFFFFFFF/FFFFFFFF', '16/B374D848'], `pg_lsn '0/0' + (random() * 1e15)::int8::numeric`],
    ['xid', ['0', '4294967295']],
    ['xid8', ['0', '18446744073709551615']],
    ['tid', ['(0,0)', '(4294967295,65535)'], `format('(%s,%s)', ${two}, ${two})::tid`],
    ['regclass', ['pg_class', 'pg_type']],
    ['jsonpath', ['$."a"', '$[*]?(@ > 1)']],
    ['int2vector', ['', '1 2 3']],
    ['xml', ['', '<a b="c">d</a>', 'text'], `('<a>' || md5(random()::text) || '</a>')::xml`],
    ['live_mood', ['happy', 'so so', '"', 'ü,{}'], `((array['happy', 'so so', '"', 'ü,{}'])[1 + i % 4])::live_mood`],
    ['live_pair', ['(,)', '(1,"a ""b"", {c}")', '(-1,"")'], `row(i, md5(random()::text) || ',"')::live_pair`],
    ['live_range', ['empty', '[1.5,2.5]'], `live_range(random(), 1 + random())`],
    ['live_mood_domain', ['happy', 'ü,{}'], `((array['happy', '"'])[1 + i % 2])::live_mood_domain`],
    ['hstore', ['', '"a"=>"1", "b"=>NULL', '"ü\\"\\\\"=>"{,}"'], `hstore(md5(random()::text), random()::text)`],
  ]; // prettier-ignore
  return rows.map(([name, edges, random]) => ({
    name,
    edges,
    random,
    form: text,
    extension: name === 'hstore',
  }));
}

/** What must be there before: types of our own. */
const setup = [
  `create type live_mood as enum ('happy', 'so so', '"', 'ü,{}')`,
  'create type live_pair as (a int, b text)',
  'create type live_range as range (subtype = float8)',
  'create domain live_mood_domain as live_mood',
  'create domain live_id as int8 check (value > 0)',
  'create domain live_price as numeric(10, 2)',
  'create domain live_ids as int4[]',
  'create domain live_id_of_id as live_id not null',
];

/** mulberry32: the same values for the same seed. */
class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  bits() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  int(below) {
    return Math.floor((this.bits() / 2 ** 32) * below);
  }

  wide() {
    return (BigInt(this.bits()) << 32n) | BigInt(this.bits());
  }

  /** Any double: all exponents, also NaN. */
  double() {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, this.wide());
    return view.getFloat64(0);
  }

  /** Two digits of a number from `least` to `most`. */
  two(least, most) {
    return String(least + this.int(most - least + 1)).padStart(2, '0');
  }

  /** Of the years 1 to 9999. */
  day() {
    return `${String(1 + this.int(9999)).padStart(4, '0')}-${this.two(1, 12)}-${this.two(1, 28)}`;
  }

  /** With the fraction that it has, if it has one. */
  time() {
    const fraction = this.int(2) ? '' : `.${this.digits(this.int(6))}${1 + this.int(9)}`;
    return `${this.two(0, 23)}:${this.two(0, 59)}:${this.two(0, 59)}${fraction}`;
  }

  digits(count) {
    return Array.from({ length: count }, () => this.int(10)).join('');
  }

  hex(count) {
    return Array.from({ length: count }, () => this.int(16).toString(16)).join('');
  }

  string() {
    const one = () => {
      const kind = this.int(4);
      if (kind === 0) return String.fromCodePoint(0x10000 + this.int(0x100000));
      if (kind === 1) return '{}",\\ \nNULL\'\u2028'[this.int(14)];
      return String.fromCodePoint(1 + this.int(kind === 2 ? 127 : 0xd7fe));
    };
    return Array.from({ length: this.int(20) }, one).join('');
  }

  /** A JSON value other than null, which SQL NULL stands for. */
  json(depth) {
    const inner = () => (this.int(5) === 0 ? null : this.json(depth - 1));
    switch (this.int(depth > 0 ? 6 : 4)) {
      case 0:
        return this.string();
      case 1:
        return this.int(2) === 1;
      case 2:
        return this.int(2 ** 31) - 2 ** 30;
      case 3:
        return this.int(2 ** 31) / 2 ** (1 + this.int(20));
      case 4:
        return { a: inner(), [this.string()]: inner() };
      default:
        return [inner(), inner()];
    }
  }
}

module.exports = { types, setup, Random };
