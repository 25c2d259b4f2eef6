'use strict';

/*
 * An application that writes and reads through one pool while the primary is killed and the next one is fenced.
 * It has no code for that, but for one case: a write whose answer was lost.
 *
 *   node examples/failover.cjs
 */

const { setTimeout: pause } = require('node:timers/promises');
const { createPool } = require('hyperiondb-client');
const { Drill, breakTwice } = require('./support/drill.cjs');

const WRITERS = 20;
const READERS = 20;
/** Between two reads; without it the readers would only measure this machine. */
const THINKING_MS = 5;

async function main() {
  const drill = await Drill.start();
  const pool = createPool({ ...drill.connection, poolSize: 20 });
  pool.on('primaryChanged', ({ host, gapMs }) => {
    if (host && gapMs) console.log(`the primary is ${host} now, after ${Math.round(gapMs)} ms without one`);
  });

  const acknowledged = [];
  const inDoubt = [];
  const errors = [];
  let reads = 0;
  let going = true;

  const write = async (writer) => {
    for (let n = 1; going; n += 1) {
      const id = `${writer}-${n}`;
      try {
        await pool.query('insert into journal (id, writer) values ($1, $2)', [id, writer]);
        acknowledged.push(id);
      } catch (error) {
        if (error.outcome === 'unknown') inDoubt.push(id);
        else errors.push(error);
      }
    }
  };
  const read = async (writer) => {
    while (going) {
      try {
        await pool.query('select id from journal where writer = $1 limit 1', [writer]);
        reads += 1;
        await pause(THINKING_MS);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  const work = Promise.all([
    ...Array.from({ length: WRITERS }, (_, i) => write(i + 1)),
    ...Array.from({ length: READERS }, (_, i) => read(i + 1)),
  ]);

  try {
    await breakTwice(drill, () => acknowledged.length, console.log);
    going = false;
    await work;
    const books = await drill.readTheBooks({ acknowledged, inDoubt });
    console.log(`${books.acknowledged} writes acknowledged, ${reads} reads`);
    console.log(`${books.lost.length} lost, ${books.doubled.length} doubled, ${errors.length} errors`);
    for (const { id, stored } of books.inDoubt)
      console.log(`in doubt: ${id}, it was ${stored ? '' : 'not '}stored`);
    for (const error of errors) console.error(error);
    if (books.lost.length + books.doubled.length + errors.length > 0) process.exitCode = 1;
  } finally {
    going = false;
    await pool.end();
    await drill.stop();
  }
}

main();
