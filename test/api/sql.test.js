'use strict';

// The tag `sql`: what it composes, what it refuses, and that nothing else passes for SQL.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { sql, ConfigurationError } = require('../..');
const { Dice } = require('../support/dice.js');

/** @param {any} piece @param {string} text @param {unknown[]} values */
function composes(piece, text, values = []) {
  assert.deepEqual([piece.text, piece.values], [text, values]);
}

/** @param {() => unknown} work @param {RegExp} message */
function refuses(work, message) {
  assert.throws(work, (error) => {
    assert.ok(error instanceof ConfigurationError && error instanceof TypeError, inspect(error));
    assert.deepEqual([error.code, error.outcome], ['ERR_INVALID_ARG_VALUE', 'not-sent']);
    assert.match(error.message, message);
    assert.match(error.stack, /sql\.test\.js/);
    return true;
  });
}

/** What a template literal with these strings calls the tag with. @param {string[]} strings */
function templateOf(strings) {
  const raw = Object.freeze([...strings]);
  return Object.freeze(Object.defineProperty([...strings], 'raw', { value: raw }));
}

describe('sql`…`', () => {
  const [no, yes] = [false, true];

  it('makes a parameter of every value', () => {
    const at = new Date(0);
    const odd = [
      1,
      2n,
      'x',
      null,
      true,
      at,
      Buffer.from('a'),
      [1, [2]],
      { a: 1 },
      { text: 'drop', values: [1] },
      '',
    ];
    composes(sql`select ${odd[0]}, ${odd[1]}`, 'select $1, $2', [1, 2n]);
    for (const value of odd) composes(sql`select ${value}`, 'select $1', [value]);
    composes(sql``, '');
    composes(sql`select 1`, 'select 1');
    composes(sql`${1}`, '$1', [1]);
  });

  it('nests, and counts the parameters from the left to the right', () => {
    const inner = sql`b = ${2} or c = ${3}`;
    const whole = sql`select ${1} where (${inner}) and (${inner}) and d = ${sql`f(${sql`${4}`}, ${5})`}`;
    composes(
      whole,
      'select $1 where (b = $2 or c = $3) and (b = $4 or c = $5) and d = f($6, $7)',
      [1, 2, 3, 2, 3, 4, 5],
    );
    composes(inner, 'b = $1 or c = $2', [2, 3]);
  });

  it('has one text for one shape', () => {
    const of = (/** @type {unknown} */ x) => sql`select ${x}`;
    assert.equal(of(1).text, of('a').text);
    const nested = (/** @type {unknown} */ x) => sql`select * from ${sql.id('t')} where ${sql`a = ${x}`}`;
    assert.equal(nested(1).text, nested(null).text);
  });

  it('never lets a placeholder grow together with what stands beside it', () => {
    composes(sql`select ${1}0`, 'select $1 0', [1]);
    composes(sql`x${1}y ä${2}ä $${3}`, 'x $1 y ä $2 ä $ $3', [1, 2, 3]);
    composes(sql`${1}${sql.raw('0')}${2}${sql`b${3}`}`, '$1 0 $2 b $3', [1, 2, 3]);
    composes(sql`t_${sql.raw('2024')}`, 't_2024');
    composes(sql`${1}::int`, '$1::int', [1]);
  });

  it('leaves out what is false where no value can stand', () => {
    const x = 5;
    composes(
      sql`select * from t where id = any(${[1]}) ${no && sql`and x > ${x}`}`,
      'select * from t where id = any($1) ',
      [[1]],
    );
    composes(
      sql`select * from t where id = ${1} ${yes && sql`and x > ${x}`} limit ${2}`,
      'select * from t where id = $1 and x > $2 limit $3',
      [1, 5, 2],
    );
    for (const [piece, text] of [
      [sql`${no} select 1`, ' select 1'],
      [sql`select * ${no} from t`, 'select *  from t'],
      [sql`select a, b ${no} from t`, 'select a, b  from t'],
      [sql`select count(${no} a)`, 'select count( a)'],
      [sql`select 1 from t ${no} ${no} order by a ${no}, b`, 'select 1 from t   order by a , b'],
      [sql`select 1 from t where ${no} a = 1`, 'select 1 from t where  a = 1'],
      [sql`select 1 from "t" ${no} limit 1 ${no}`, 'select 1 from "t"  limit 1 '],
      [sql`insert into t values (1) ${no} returning a`, 'insert into t values (1)  returning a'],
      [
        sql`select 1 from t /* = */ ${no} -- ,
        ${no}`,
        'select 1 from t /* = */  -- ,\n        ',
      ],
      [sql`select ${sql.id('a')} ${no}`, 'select "a" '],
      [sql`with ${no} a as (select 1) select`, 'with  a as (select 1) select'],
      [sql`explain ${no} select a[1] ${no}`, 'explain  select a[1] '],
    ])
      composes(piece, text);
  });

  it('takes false for a value where one can stand', () => {
    for (const piece of [
      sql`${no}`,
      sql`a = ${no}`,
      sql`a <> ${no} and b`,
      sql`a = ${no} ${no && sql`and b`}`,
      sql`select ${no}, 1`,
      sql`select ${no} as x`,
      sql`select ${no}::bool`,
      sql`select a, ${no} from t`,
      sql`f(${no})`,
      sql`f(a, ${no})`,
      sql`f(a => ${no})`,
      sql`array[${no}]`,
      sql`select 1 from t where ${no} or a order by b`,
      sql`case when ${no} then 1 end`,
      sql`a is not distinct from (${no})`,
      sql`update t set a = ${no} where b`,
      sql`update t set a =
        -- a comment, behind which it stands
        ${no}`,
    ])
      assert.deepEqual(piece.values, [false], piece.text);
    composes(sql`insert into t values (${no}, ${yes}, ${no})`, 'insert into t values ($1, $2, $3)', [
      no,
      yes,
      no,
    ]);
  });

  it('refuses false where it could be either', () => {
    const both = /is false, which could be left out here/;
    refuses(() => sql`select ${no} a from t`, both);
    refuses(() => sql`select ${no} ${sql.id('a')}`, both);
    refuses(() => sql`select a, ${no} b from t`, both);
    refuses(() => sql`insert into t values (1) returning ${no} a`, both);
    composes(sql`select ${sql``} a`, 'select  a');
  });

  it('refuses what is no value, and tells the way', () => {
    const foreign = (/** @type {object} */ of) => Object.assign(Object.create({}), of);
    for (const [value, message] of [
      [undefined, /^Value 1 of the template is undefined: NULL is null/],
      [() => 1, /is a function: call it/],
      [class {}, /is a function/],
      [Symbol('x'), /is a symbol/],
      [Promise.resolve(1), /is a Promise: await it/],
      [{ then() {} }, /is a Promise/],
      [[sql`a`, sql`b`], /array of pieces.*sql\.join\(list\)/],
      [foreign({ strings: ['a'], values: [] }), /another library/],
      [foreign({ getSQL() {} }), /another library/],
      [foreign({ toSQL() {}, then() {} }), /another library/],
      [foreign({ toOperationNode() {} }), /another library/],
      [{ sql: 'a', type: 'SLONIK_TOKEN_FRAGMENT', values: [] }, /another library/],
    ])
      refuses(() => sql`select ${value}`, message);
    for (const piece of [
      () => sql`a in ${[1]}`,
      () => sql`a IN (${[1]})`,
      () => sql`a not in ( /* */ ${[]} )`,
    ])
      refuses(piece, /array behind IN: write `= any\(\$\{list\}\)`, or `in \(\$\{sql\.join\(list\)\}\)`/);
    composes(sql`a in (${sql.join([1, 2])}) and b = any(${[1]})`, 'a in ($1, $2) and b = any($3)', [
      1,
      2,
      [1],
    ]);
  });

  it('refuses a value inside of quotes or a comment, where the server would see no parameter', () => {
    const x = 'x';
    for (const piece of [
      () => sql`a like '%${x}%'`,
      () => sql`a = "${x}"`,
      () => sql`a = E'\\'${x}'`,
      () => sql`a = $$${x}$$`,
      () => sql`a = $tag$ $$ ${x} $tag$`,
      () => sql`a -- ${x}`,
      () => sql`a /* ${x} */`,
      () => sql`a = 'it''s ${x}`,
    ])
      refuses(piece, /^Value 1 .* is inside of quotes/);
    composes(
      sql`a = '\\' and b = ${x} and c = 'it''s' || ${x}`,
      "a = '\\' and b = $1 and c = 'it''s' || $2",
      [x, x],
    );
    composes(sql`/* ${sql.raw('tag')} */ a = '${sql.raw('x')}'`, "/* tag */ a = 'x'");
  });

  it('refuses placeholders that are not its own', () => {
    refuses(() => sql`select $1, ${1}`, /placeholder of its own, \$1.*\{ text, values \}/);
    refuses(() => sql.raw('a = $2'), /placeholder of its own, \$2/);
    composes(sql`select '$1', a$1, ${sql.raw("'$2'")}, ${1}`, "select '$1', a$1, '$2', $1", [1]);
  });

  it('takes nothing for a template that no template literal has made', () => {
    for (const [forged, ...values] of [
      ['select 1'],
      [['select 1']],
      [JSON.parse('["select 1"]')],
      [JSON.parse('{"0": "select 1", "length": 1, "raw": ["select 1"]}')],
      [Object.assign(['select 1'], { raw: ['select 1'] })],
      [Object.freeze(Object.assign(['select 1'], { raw: Object.freeze(['select 1']) }))],
      [Object.freeze(['select ', '']), 1],
      [Object.defineProperty(['select 1'], 'raw', { value: Object.freeze(['select 1']) })],
      [Object.freeze(Object.defineProperty(['select 1'], 'raw', { value: ['select 1'] }))],
      [Object.freeze(Object.defineProperty(['select 1'], 'raw', { value: 'select 1' }))],
      [undefined],
      [null],
      [sql`select 1`],
    ])
      refuses(() => sql(forged, ...values), /`sql` is a tag/);
    refuses(() => sql(templateOf(['select ', '']), 1, 2), /got 2 values for 1 places/);
    const tag = (/** @type {TemplateStringsArray} */ strings, /** @type {unknown[]} */ ...values) =>
      sql(strings, ...values);
    composes(tag`select ${1}`, 'select $1', [1]);
    refuses(() => tag`\u{nothing}`, /escape/);
  });

  it('takes no data for a piece', () => {
    const piece = sql`1; drop table t`;
    for (const data of [
      JSON.parse(JSON.stringify(piece)),
      structuredClone(piece),
      { ...piece },
      JSON.parse('{"text": "1", "values": [], "texts": ["1"], "__proto__": {"text": "1"}}'),
    ])
      composes(sql`select ${data}`, 'select $1', [data]);
  });

  it('shows its text, and no value', () => {
    assert.equal(inspect(sql`select ${'secret'}`), "Sql { text: 'select $1', values: 1 }");
  });
});

describe('sql.id()', () => {
  it('quotes a name, or its parts', () => {
    for (const [names, text] of [
      [['a'], '"a"'],
      [['Odd "name"; --'], '"Odd ""name""; --"'],
      [['a.b'], '"a.b"'],
      [['s', 't'], '"s"."t"'],
      [[['s', 't']], '"s"."t"'],
      [['d', 's', 't', 'c'], '"d"."s"."t"."c"'],
      [['ünï😀'], '"ünï😀"'],
      [['$1'], '"$1"'],
    ])
      composes(sql.id(...names), text);
  });

  it('refuses what is no name', () => {
    for (const [names, message] of [
      [[], /must not be empty/],
      [[[]], /must not be empty/],
      [[''], /must not be empty/],
      [['a', ''], /must not be empty/],
      [['a\0b'], /NUL/],
      [['\ud800'], /surrogate/],
      [[undefined], /must be a string/],
      [[5], /must be a string/],
      [[['a', ['b']]], /must be a string/],
      [['a', ['b']], /must be a string/],
      [[{ toString: () => 'a' }], /must be a string/],
      [[sql`a`], /must be a string/],
    ])
      refuses(() => sql.id(...names), message);
  });
});

describe('sql.join()', () => {
  it('puts values and pieces together', () => {
    composes(sql.join([1, sql`now()`, sql`f(${2})`, null]), '$1, now(), f($2), $3', [1, 2, null]);
    composes(sql.join([sql`a = ${1}`, sql`b`], sql` and `), 'a = $1 and b', [1]);
    composes(sql.join([1, 2], sql` + ${3} + `), '$1 + $2 + $3', [1, 3, 2]);
    composes(sql.join([1]), '$1', [1]);
  });

  it('refuses what cannot be put together', () => {
    for (const [args, message] of [
      [[[]], /`list` must not be empty.*any/],
      [['ab'], /`list` must be an array/],
      [[[1], ', '], /`separator` must be a piece/],
      [[[1], null], /`separator` must be a piece/],
      [[[sql`a`, false]], /^`list\[1\]` is false.*filter\(Boolean\)/],
      [[[1, undefined]], /^`list\[1\]` is undefined/],
      [[[, 1]], /^`list\[0\]` is undefined/], // eslint-disable-line no-sparse-arrays
    ])
      refuses(() => sql.join(...args), message);
  });
});

describe('sql.values()', () => {
  it('writes arrays, and objects with their columns', () => {
    composes(
      sql.values([
        [1, 'a'],
        [false, null],
      ]),
      'values ($1, $2), ($3, $4)',
      [1, 'a', false, null],
    );
    composes(sql.values([[sql`default`, 1]]), 'values (default, $1)', [1]);
    composes(
      sql.values([
        { a: 1, 'B"': false },
        { a: undefined, c: 3 },
      ]),
      '("a", "B""", "c") values ($1, $2, default), (default, default, $3)',
      [1, false, 3],
    );
    composes(
      sql`insert into t ${sql.values([{ at: sql`now()`, n: 1 }])} returning ${2}`,
      'insert into t ("at", "n") values (now(), $1) returning $2',
      [1, 2],
    );
  });

  it('refuses what are no rows', () => {
    for (const [rows, message] of [
      [[], /must not be empty/],
      [undefined, /must be an array/],
      [{ a: 1 }, /must be an array/],
      [[[]], /`rows\[0\]` must be an array/],
      [[[1], [1, 2]], /`rows\[1\]` must be an array of values/],
      [[[1], { a: 1 }], /`rows\[1\]` must be an array/],
      [[{ a: 1 }, [1]], /`rows\[1\]` must be an object/],
      [[{}], /must have a column/],
      [[5], /`rows\[0\]` must be an array/],
      [[[undefined]], /^`rows\[0\]\[0\]` is undefined/],
      [[{ a: () => 1 }], /^`rows\[0\]\.a` is a function/],
      [[{ 'a\0': 1 }], /NUL/],
    ])
      refuses(() => sql.values(rows), message);
  });

  it('is bounded by the parameters that a statement can have', () => {
    const most = sql.join(Array(65535).fill(1));
    assert.equal(most.values.length, 65535);
    assert.ok(most.text.endsWith('$65535'));
    refuses(() => sql`${most}, ${1}`, /at most 65535 parameters; this one has 65536/);
    refuses(() => sql.values(Array(65536).fill([1])), /65536/);
  });
});

describe('random pieces', () => {
  const seed = Number(process.env.HYPERION_SEED ?? 20_261_201);
  const dice = new Dice(seed);
  const texts = [
    ' ',
    ' a ',
    'b',
    ' = ',
    ', ',
    ' ( ',
    ' ) ',
    '0',
    ' and ',
    "'q'",
    ' "n" ',
    ' /* c */ ',
    'ü',
    '::int',
  ];

  /** @param {number} depth @returns {{ piece: any, flat: string }} `flat`: its text with each value in its place */
  function random(depth) {
    if (depth === 0 || dice.below(8) === 0) {
      const name = dice.pick(['x', 'Y "z"', 'ü$1']);
      return dice.below(2) === 0
        ? { piece: sql.raw(' r '), flat: ' r ' }
        : { piece: sql.id(name), flat: `"${name.replaceAll('"', '""')}"` };
    }
    const items = Array.from({ length: 1 + dice.below(4) }, () => {
      if (dice.below(2) === 0) return random(depth - 1);
      const value = dice.pick([1, 'text', null, true, 5n, { a: 1 }, "'; drop"]);
      return { piece: value, flat: `‹${inspect(value)}›` };
    });
    if (dice.below(4) === 0)
      return {
        piece: sql.join(items.map(({ piece }) => piece)),
        flat: items.map(({ flat }) => flat).join(', '),
      };
    const strings = Array.from({ length: items.length + 1 }, () => dice.pick(texts) + dice.pick(texts));
    const flat = items.reduce((all, item, i) => all + item.flat + strings[i + 1], strings[0]);
    return { piece: sql(/** @type {any} */ (templateOf(strings)), ...items.map(({ piece }) => piece)), flat };
  }

  it('have exactly their parameters, in order', () => {
    const plain = (/** @type {string} */ text) => text.replace(/\s+/g, '');
    for (let run = 0; run < 3000; run++) {
      const { piece, flat } = random(1 + dice.below(5));
      let count = 0;
      const filled = piece.text.replace(/"(?:[^"]|"")*"|\$(\d+)(?![\w\u0080-\uffff])/g, (all, number) => {
        if (number === undefined) return all;
        assert.equal(Number(number), ++count, `seed ${seed}: ${piece.text}`);
        return `‹${inspect(piece.values[count - 1])}›`;
      });
      assert.equal(count, piece.values.length, `seed ${seed}: ${piece.text}`);
      assert.equal(plain(filled), plain(flat), `seed ${seed}`);
    }
  });
});
