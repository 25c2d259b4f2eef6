'use strict';

const { startCluster } = require('hyperiondb-client/testing');

/** Three servers in a few seconds; a commit is on two of them, and one of them follows a primary that dies. */
const startAccounts = () =>
  startCluster({
    nodes: 3,
    synchronous: true,
    failover: true,
    sql: [
      'create table accounts (owner text primary key, balance int4 not null)',
      "insert into accounts values ('ann', 100), ('bob', 0)",
      'grant all on all tables in schema public to public; grant all on schema public to public',
    ],
  });

module.exports = { startAccounts };
