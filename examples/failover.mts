/*
 * The application of failover.cjs in TypeScript, with its writes in transactions: each files a row and reads it back
 * on the same session. What fails before COMMIT is run again by transaction() itself.
 *
 *   npx tsc -p examples && node build/examples/failover.mjs
 */

import { setTimeout as pause } from 'node:timers/promises';
import { createPool, HyperionError, type Pool, type PrimaryChangedEvent } from 'hyperiondb-client';
import { breakTwice, Drill } from './support/drill.cjs';

/** Between two reads; without it the readers would only measure this machine. */
const THINKING_MS = 5;

interface JournalRow {
  id: string;
  writer: number;
}

class Application {
  readonly acknowledged: string[] = [];
  readonly inDoubt: string[] = [];
  readonly errors: unknown[] = [];
  reads = 0;
  #going = true;
  readonly #work: Promise<unknown>;

  constructor(
    private readonly pool: Pool,
    { writers, readers }: { writers: number; readers: number },
  ) {
    this.#work = Promise.all([
      ...Array.from({ length: writers }, (_, i) => this.#write(i + 1)),
      ...Array.from({ length: readers }, (_, i) => this.#read(i + 1)),
    ]);
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#work;
  }

  async #write(writer: number): Promise<void> {
    for (let n = 1; this.#going; n += 1) {
      const id = `${writer}-${n}`;
      try {
        const filed: string = await this.pool.transaction(async (tx) => {
          await tx.query('insert into journal (id, writer) values ($1, $2)', [id, writer]);
          const [row] = await tx.query<JournalRow>('select id, writer from journal where id = $1', [id]);
          if (row === undefined) throw new Error('a transaction does not see its own row');
          return row.id;
        });
        this.acknowledged.push(filed);
      } catch (error) {
        if (error instanceof HyperionError && error.outcome === 'unknown') this.inDoubt.push(id);
        else this.errors.push(error);
      }
    }
  }

  async #read(writer: number): Promise<void> {
    while (this.#going) {
      try {
        await this.pool.query<JournalRow>('select id, writer from journal where writer = $1 limit 1', [
          writer,
        ]);
        this.reads += 1;
        await pause(THINKING_MS);
      } catch (error) {
        this.errors.push(error);
      }
    }
  }
}

const drill = await Drill.start();
const pool = createPool({ ...drill.connection, poolSize: 20 });
pool.on('primaryChanged', ({ host, gapMs }: PrimaryChangedEvent) => {
  if (host !== null && gapMs !== null)
    console.log(`the primary is ${host} now, after ${Math.round(gapMs)} ms without one`);
});
const application = new Application(pool, { writers: 20, readers: 20 });

try {
  await breakTwice(drill, () => application.acknowledged.length, console.log);
  await application.stop();
  const books = await drill.readTheBooks(application);
  const { errors } = application;
  console.log(`${books.acknowledged} writes acknowledged, ${application.reads} reads`);
  console.log(`${books.lost.length} lost, ${books.doubled.length} doubled, ${errors.length} errors`);
  for (const { id, stored } of books.inDoubt)
    console.log(`in doubt: ${id}, it was ${stored ? '' : 'not '}stored`);
  for (const error of errors)
    console.error(error instanceof HyperionError ? `${error.name} ${error.code}: ${error.message}` : error);
  if (books.lost.length + books.doubled.length + errors.length > 0) process.exitCode = 1;
} finally {
  await application.stop();
  await pool.end();
  await drill.stop();
}
