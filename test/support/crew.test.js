'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { SCHEMA } = require('../chaos/schema');

describe('the processes of the chaos run', function () {
  this.timeout(300_000); // more than its waits together: each says itself what did not come
  let cluster;
  let crew;

  before(async () => {
    const { Crew } = await import('../chaos/crew.mjs');
    cluster = await startCluster({ nodes: 2, sql: SCHEMA });
    crew = new Crew({
      connection: cluster.connectionOptions(),
      seed: 1,
      processes: 1,
      load: () => ({ actors: 4 }),
      log: () => {},
    });
  });
  after(async () => {
    await crew?.abandon();
    await cluster?.stop();
  });

  const stored = async () => {
    const rows = await cluster.primary.query(
      'select id, count(*) as copies from (select id from ledger union all select id from keyed) as t group by id',
    );
    return new Map(rows.map(({ id, copies }) => [Number(id), Number(copies)]));
  };
  const sum = (kinds, what) => [...kinds.values()].reduce((total, line) => total + line[what], 0);

  it('are missed when one dies, and their book shows what is lost or doubled', async () => {
    crew.start();
    await crew.untilAcknowledged(20);
    process.kill(crew.members[0].process.pid, 'SIGSEGV');
    await until(() => crew.deaths.length === 1, { timeoutMs: 60_000, what: 'its death to be seen' });
    assert.match(crew.deaths[0].how, /SIGSEGV/);
    await crew.untilAcknowledged(20); // by another one
    await crew.stop();
    assert.equal(crew.deaths.length, 1);
    assert.equal(crew.unsettled, 0);

    const honest = crew.audit(await stored());
    for (const what of ['lost', 'doubled', 'denied', 'halves']) assert.equal(sum(honest, what), 0, what);
    assert.ok(sum(honest, 'acknowledged') >= 40);

    const write = async (sql) => cluster.primary.query(sql);
    await write("delete from ledger where id = (select min(id) from ledger where kind = 'autocommit')");
    await write("insert into ledger select max(id), 'autocommit' from ledger where kind = 'autocommit'");
    const dishonest = crew.audit(await stored());
    assert.equal(sum(dishonest, 'lost'), 1);
    assert.equal(sum(dishonest, 'doubled'), 1);
  });
});
