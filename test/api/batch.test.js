'use strict';

const assert = require('node:assert/strict');
const { startCluster } = require('../../lib/testing');
const { createPool } = require('../..');
const { openGate } = require('../support/gate');

describe('batch', function () {
  this.timeout(60_000);
  let cluster;
  let pool;
  before(async () => {
    cluster = await startCluster({ nodes: 1 });
    pool = createPool(cluster.connectionOptions());
    await pool.query('create table item (id int primary key, name text)');
  });
  beforeEach(async () => {
    await pool.query('truncate item');
  });
  after(async () => {
    await pool?.end();
    await cluster?.stop();
  });
  const names = async () => (await pool.query('select name from item order by id')).map((row) => row.name);

  it('gives the results in order', async () => {
    const [inserted, selected, counted] = await pool.batch([
      { sql: 'insert into item values ($1, $2) returning id', params: [1, 'one'] },
      { sql: 'select name from item where id = $1', params: [1] },
      'select count(*)::int as n from item',
    ]);
    assert.deepEqual(inserted, [{ id: 1 }]);
    assert.equal(inserted.command, 'INSERT');
    assert.deepEqual(selected, [{ name: 'one' }]);
    assert.deepEqual(counted, [{ n: 1 }]);
  });

  it('is all or nothing', async () => {
    const insert = (id) => ({ sql: 'insert into item values ($1, $2)', params: [id, `n${id}`] });
    await assert.rejects(pool.batch([insert(1), insert(2), insert(1), insert(3)]), (error) => {
      assert.equal(error.name, 'ServerError');
      assert.equal(error.code, '23505');
      assert.equal(error.outcome, 'rolled-back');
      return true;
    });
    assert.deepEqual(await names(), []);
    assert.equal((await pool.query('select 1 as one'))[0].one, 1);
  });

  it('sends nothing when a value does not fit, and says which statement', async () => {
    await assert.rejects(
      pool.batch([
        { sql: 'insert into item values ($1, $2)', params: [1, 'a'] },
        { sql: 'insert into item values ($1, $2)', params: [1.5, 'b'] },
      ]),
      (error) => {
        assert.equal(error.name, 'ParameterError');
        assert.equal(error.outcome, 'not-sent');
        assert.match(error.message, /^Statement 2 of the batch: Parameter \$1 /);
        return true;
      },
    );
    assert.deepEqual(await names(), []);
  });

  it('tells of each statement how it ended when it is not atomic', async () => {
    const insert = (id) => ({ sql: 'insert into item values ($1, $2)', params: [id, `n${id}`] });
    const settled = await pool.batch([insert(1), 'select nope', insert(2)], { atomic: false });
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(settled[1].reason.code, '42703');
    assert.deepEqual(await names(), ['n1', 'n2']);
  });

  it('takes one round trip once its texts are known', async () => {
    const gate = await openGate({ host: cluster.primary.host, port: cluster.primary.port });
    const through = createPool({
      ...cluster.connectionOptions(),
      hosts: [`${gate.host}:${gate.port}`],
      poolSize: 1,
    });
    try {
      const batch = () =>
        through.batch([
          { sql: 'insert into item values ($1, $2)', params: [7, 'x'] },
          { sql: 'delete from item where id = $1', params: [7] },
        ]);
      await batch();
      let syncs = 0;
      const counting = gate.when(
        {
          from: 'client',
          type: 'S',
          nth: 'every',
          match: (m) => m.sql === undefined || !/pg_control_system/.test(m.sql),
        },
        () => {
          syncs++;
        },
      );
      await batch();
      counting.cancel?.();
      assert.ok(syncs >= 1 && syncs <= 2, `${syncs} Syncs`);
    } finally {
      await through.end();
      await gate.close();
    }
  });

  it('is in doubt when its answer is lost, and stored or not as a whole', async () => {
    const gate = await openGate({ host: cluster.primary.host, port: cluster.primary.port });
    const through = createPool({
      ...cluster.connectionOptions(),
      hosts: [`${gate.host}:${gate.port}`],
      poolSize: 1,
    });
    try {
      const insert = (id) => ({ sql: 'insert into item values ($1, $2)', params: [id, `n${id}`] });
      await through.batch([insert(1), insert(2)]);
      gate.when({ from: 'server', type: 'C', match: (m) => m.tag.startsWith('INSERT'), nth: 2 }, 'reset');
      await assert.rejects(through.batch([insert(3), insert(4)]), { name: 'InDoubtError' });
      const stored = await names();
      assert.ok(stored.length === 2 || stored.length === 4, `${stored}`);
    } finally {
      await through.end();
      await gate.close();
    }
  });

  it('refuses what is no list of statements', async () => {
    await assert.rejects(pool.batch('select 1'), TypeError);
    await assert.rejects(pool.batch([{ values: [] }]), /statements\[0\]\.sql/);
    await assert.rejects(pool.batch([{ text: 'select 1', name: 'x' }]), /statements\[0\]\.name/);
    await assert.rejects(pool.batch([{ sql: 'select 1', parms: [] }]), /statements\[0\]\.parms/);
    await assert.rejects(pool.batch(['select 1'], { atomic: 'no' }), /atomic/);
    assert.deepEqual(await pool.batch([]), []);
  });
});
