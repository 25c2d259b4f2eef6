'use strict';

/*
 * Twenty writers and twenty readers while the primary is killed and the next one is fenced; then the books are read.
 * The application below has no code for a failover.
 *
 *   npm run demo [-- --plain] [--record FILE]
 *
 * --record writes the course of it as JSON: acknowledged writes per 100 ms, and what was done when.
 */

const fs = require('node:fs');
const { setTimeout: during } = require('node:timers/promises');
const { createPool } = require('hyperiondb-client');
const { Drill, moreWrites } = require('./support/drill.cjs');
const { Screen, grouped } = require('./support/screen.cjs');

const WRITERS = 20;
const READERS = 20;
const CALM_MS = 3_000;
/** Between two reads; without it the readers would only measure this machine. */
const THINKING_MS = 5;
/** Of a recording. */
const STEP_MS = 100;

/** What the application believes. */
const acknowledged = [];
const inDoubt = [];
const errors = [];
let reads = 0;
let going = true;

/** The course of it, from the first moment of the load. */
const course = { begun: 0, writes: [], events: [] };
const recorded =
  process.argv.indexOf('--record') > 0 ? process.argv[process.argv.indexOf('--record') + 1] : undefined;

/** The pauses between acknowledged writes, and the longest one since something was broken. */
const pause = { lastAt: performance.now(), longestMs: 0 };

async function write(pool, writer) {
  for (let n = 1; going; n += 1) {
    const id = `${writer}-${n}`;
    try {
      await pool.query('insert into journal (id, writer) values ($1, $2)', [id, writer]);
      acknowledged.push(id);
      const now = performance.now();
      const step = Math.floor((now - course.begun) / STEP_MS);
      course.writes[step] = (course.writes[step] ?? 0) + 1;
      pause.longestMs = Math.max(pause.longestMs, now - pause.lastAt);
      pause.lastAt = now;
    } catch (error) {
      // Whether it is stored cannot be known from here, so it is not simply written again.
      if (error.outcome === 'unknown') inDoubt.push(id);
      else errors.push(error);
    }
  }
}

async function read(pool, writer) {
  while (going) {
    try {
      await pool.query('select id from journal where writer = $1 limit 1', [writer]);
      reads += 1;
      await during(THINKING_MS);
    } catch (error) {
      errors.push(error);
    }
  }
}

async function main() {
  console.log('starting three PostgreSQL servers …');
  const drill = await Drill.start();
  const writing = createPool({ ...drill.connection, mode: 'read-write', poolSize: WRITERS });
  const reading = createPool({ ...drill.connection, mode: 'read-only', poolSize: READERS });

  const begun = (course.begun = performance.now());
  const note = (what) => course.events.push({ atMs: Math.round(performance.now() - begun), what });
  const screen = new Screen(
    () => ({
      ms: performance.now() - begun,
      hosts: writing.topology().hosts,
      writes: acknowledged.length,
      reads,
      inDoubt: inDoubt.length,
      errors: errors.length,
      silentMs: performance.now() - pause.lastAt,
    }),
    { plain: process.argv.includes('--plain') },
  );
  // The servers end with this process.
  process.once('SIGINT', () => {
    screen.close();
    process.exit(130);
  });
  process.stdout.on('error', () => process.exit()); // nobody reads on, as in `… | head`

  const work = Promise.all([
    ...Array.from({ length: WRITERS }, (_, i) => write(writing, i + 1)),
    ...Array.from({ length: READERS }, (_, i) => read(reading, i + 1)),
  ]);

  /** Breaks the primary, and tells how long no write was acknowledged because of it. */
  const breakPrimary = async (what, how) => {
    pause.longestMs = 0;
    note(what);
    const old = await how();
    screen.event(`${what} of ${old.host}, the primary`);
    const { host } = await drill.otherPrimary(old);
    await moreWrites(() => acknowledged.length, 100);
    const gapMs = Math.round(pause.longestMs);
    course.events.at(-1).gapMs = gapMs;
    screen.event(`${host} is the primary; no write was acknowledged for ${gapMs} ms`);
    return { what, gapMs };
  };

  const gaps = [];
  try {
    await during(CALM_MS);
    gaps.push(await breakPrimary('SIGKILL', () => drill.killPrimary()));
    await during(CALM_MS);
    await drill.whole();
    screen.event('the killed node is back, as a standby');
    await during(CALM_MS / 2);
    gaps.push(await breakPrimary('fencing', () => drill.fencePrimary()));
    await during(CALM_MS);
    going = false;
    await work;
  } finally {
    going = false;
    screen.close();
  }

  const books = await drill.readTheBooks({ acknowledged, inDoubt });
  await Promise.all([writing.end(), reading.end()]);
  await drill.stop();
  tell(books, gaps);
  if (recorded) fs.writeFileSync(recorded, `${JSON.stringify(recordingOf(books))}\n`);
  if (books.lost.length + books.doubled.length > 0) process.exitCode = 1;
}

/** @param {Awaited<ReturnType<Drill['readTheBooks']>>} books */
const recordingOf = ({ acknowledged: count, lost, doubled, inDoubt: doubts }) => ({
  stepMs: STEP_MS,
  writes: Array.from(course.writes, (n) => n ?? 0),
  events: course.events,
  acknowledged: count,
  lost: lost.length,
  doubled: doubled.length,
  inDoubt: doubts.length,
  otherErrors: errors.length,
});

/**
 * @param {Awaited<ReturnType<Drill['readTheBooks']>>} books
 * @param {{ what: string, gapMs: number }[]} gaps
 */
function tell(books, gaps) {
  const line = (count, text) => console.log(`  ${grouped(count).padStart(9)}  ${text}`);
  console.log();
  line(books.acknowledged, 'writes acknowledged');
  line(books.lost.length, 'of them lost');
  line(books.doubled.length, 'writes doubled');
  line(books.inDoubt.length, 'writes in doubt: the connection died between the write and its answer');
  for (const { id, stored } of books.inDoubt)
    console.log(`             ${id} was ${stored ? '' : 'not '}stored`);
  line(errors.length, 'other errors seen by the application');
  for (const error of errors.slice(0, 5)) console.log(`             ${error.name}: ${error.message}`);
  line(reads, 'reads, on standbys');
  console.log();
  for (const { what, gapMs } of gaps)
    console.log(`  ${grouped(gapMs).padStart(6)} ms  without an acknowledged write after the ${what}`);
}

main();
