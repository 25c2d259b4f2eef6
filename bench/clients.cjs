'use strict';

/*
 * One face for all clients: open(target, choice) gives { query(sql, params), transaction(work), end() }.
 * All prepare their statements. Unless `ownTypes` is chosen they all give what the client of this repository gives:
 * int8 as bigint, timestamps as text (the server's own text where a client would otherwise make a Date; but for Bun's).
 */

const path = require('node:path');

const INT8 = 20;
const TIMES = [1082, 1114, 1184];

const statementName = (names, sql) => {
  let name = names.get(sql);
  if (!name) names.set(sql, (name = `s${names.size + 1}`));
  return name;
};

function openPg(pg, target, { poolSize, ownTypes }) {
  const parsers = new Map([[INT8, BigInt], ...TIMES.map((oid) => [oid, String])]);
  const types = {
    getTypeParser: (oid, format) => parsers.get(oid) ?? pg.types.getTypeParser(oid, format),
  };
  const pool = new pg.Pool({ ...target, max: poolSize, ...(!ownTypes && { types }) });
  const names = new Map();
  const statement = (text, values) => ({ name: statementName(names, text), text, values });
  return {
    query: async (sql, params) => (await pool.query(statement(sql, params))).rows,
    async transaction(work) {
      const session = await pool.connect();
      try {
        await session.query('begin');
        await work(async (sql, params) => (await session.query(statement(sql, params))).rows);
        await session.query('commit');
        session.release();
      } catch (error) {
        session.release(error);
        throw error;
      }
    },
    end: () => pool.end(),
  };
}

function openPostgres(postgres, target, { poolSize, ownTypes }) {
  const asText = { to: 1184, from: TIMES, serialize: String, parse: String };
  const sql = postgres({
    ...target,
    max: poolSize,
    ...(!ownTypes && { types: { bigint: postgres.BigInt, date: asText } }),
  });
  const prepared = { prepare: true };
  return {
    query: (text, params) => sql.unsafe(text, params, prepared),
    transaction: (work) => sql.begin((tx) => work((text, params) => tx.unsafe(text, params, prepared))),
    end: () => sql.end(),
  };
}

/** Bun's own native client; in a process of Bun. It makes a Date of a timestamp, and cannot be told otherwise. */
function openBun(Sql, { host, port, user, ...target }, { poolSize }) {
  const sql = new Sql({ hostname: host, port, username: user, ...target, max: poolSize, bigint: true });
  return {
    query: (text, params) => sql.unsafe(text, params),
    transaction: (work) => sql.begin((tx) => work((text, params) => tx.unsafe(text, params))),
    end: () => sql.close(),
  };
}

function openReference(reference, { host, ...target }, { poolSize }, mode) {
  const pool = reference.createPool({ hosts: [host], ...target, poolSize, mode });
  return {
    query: (sql, params) => pool.query(sql, params),
    async transaction(work) {
      const tx = await pool.begin();
      await work((sql, params) => tx.query(sql, params));
      await tx.commit();
    },
    end: () => pool.end(),
  };
}

function openOurs(ours, { host, port, ...target }, { poolSize }) {
  const pool = ours.createPool({ hosts: [`${host}:${port}`], ...target, poolSize });
  return {
    query: (sql, params) => pool.query(sql, params),
    transaction: (work) => pool.transaction((tx) => work((sql, params) => tx.query(sql, params))),
    end: () => pool.end(),
  };
}

/** The addon as it is shipped, whatever else was built later, unless another one is asked for. */
process.env.HYPERIONDB_NATIVE ??= path.join(__dirname, '../build/release/hyperiondb.node');

/** id on the command line → how to open it. The reference's mode `any` does without its SHOW per checkout. */
const CLIENTS = {
  ours: (target, choice) => openOurs(require('../lib/index.js'), target, choice),
  pg: (target, choice) => openPg(require('pg'), target, choice),
  'pg-native': (target, choice) => openPg(require('pg').native, target, choice),
  postgres: (target, choice) => openPostgres(require('postgres'), target, choice),
  bun: (target, choice) => openBun(globalThis.Bun.SQL, target, choice),
  ref: (target, choice) => openReference(require('reference'), target, choice, 'read-write'),
  'ref-any': (target, choice) => openReference(require('reference'), target, choice, 'any'),
};

/** Those that are not run by this Node. */
const PROGRAMS = { bun: path.join(__dirname, 'node_modules/@oven/bun-linux-x64/bin/bun') };

module.exports = { CLIENTS, PROGRAMS };
