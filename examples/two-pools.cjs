'use strict';

/*
 * Two pools side by side in one process: writes go to the primary, reads to the standbys. They share what is known of
 * the cluster. The primary is killed and the next one fenced; the reads hardly notice.
 *
 *   node examples/two-pools.cjs
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
  const writing = createPool({ ...drill.connection, mode: 'read-write' });
  const reading = createPool({ ...drill.connection, mode: 'read-only' });

  const acknowledged = [];
  const inDoubt = [];
  const errors = [];
  const readsByPort = new Map();
  let going = true;

  const write = async (writer) => {
    for (let n = 1; going; n += 1) {
      const id = `${writer}-${n}`;
      try {
        const result = await writing.query('insert into journal (id, writer) values ($1, $2)', [id, writer]);
        if (result.rowCount === 1) acknowledged.push(id);
      } catch (error) {
        if (error.outcome === 'unknown') inDoubt.push(id);
        else errors.push(error);
      }
    }
  };
  const read = async () => {
    while (going) {
      try {
        const [{ port }] = await reading.query('select inet_server_port() as port, count(*) from journal');
        readsByPort.set(port, (readsByPort.get(port) ?? 0) + 1);
        await pause(THINKING_MS);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  const work = Promise.all([
    ...Array.from({ length: WRITERS }, (_, i) => write(i + 1)),
    ...Array.from({ length: READERS }, read),
  ]);

  try {
    await breakTwice(drill, () => acknowledged.length, console.log);
    going = false;
    await work;
    const books = await drill.readTheBooks({ acknowledged, inDoubt });
    console.log(`${books.acknowledged} writes acknowledged`);
    for (const [port, count] of readsByPort) console.log(`${count} reads from port ${port}`);
    console.log(`${books.lost.length} lost, ${books.doubled.length} doubled, ${errors.length} errors`);
    for (const { id, stored } of books.inDoubt)
      console.log(`in doubt: ${id}, it was ${stored ? '' : 'not '}stored`);
    for (const error of errors) console.error(error);
    if (books.lost.length + books.doubled.length + errors.length > 0) process.exitCode = 1;
  } finally {
    going = false;
    await Promise.all([writing.end(), reading.end()]);
    await drill.stop();
  }
}

main();
