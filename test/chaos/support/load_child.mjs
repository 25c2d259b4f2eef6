// load_child.mjs: a process that is under load: on its main thread, and on a worker's. chaos.mjs starts it, tells it when to
// begin and when to stop, and hears of everything. It ends with its parent.
import { createRequire } from 'node:module';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { MixedLoad } = require('../mixed_load');

/** How long promises may take to settle once nothing new is asked. */
const SETTLE_MS = 120_000;

/** @param {any} settings @param {(what: any) => void} tell @returns {() => Promise<void>} stops it */
function play(settings, tell) {
  const load = new MixedLoad({ ...settings, tell });
  load.start();
  return async () => {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, SETTLE_MS, 'late')));
    const how = await Promise.race([load.stop(), late]);
    clearTimeout(timer);
    if (how === 'late') tell({ hanging: Math.max(1, load.unsettled) });
  };
}

if (isMainThread) {
  process.once('disconnect', () => process.exit(1)); // nobody listens any more
  let stop;
  let worker;
  let workerIsGone;
  let endings;
  let isStopping = false;
  process.on('message', async (/** @type {any} */ message) => {
    if (message.begin) {
      const tell = (what) => process.connected && process.send(what);
      const { begin } = message;
      stop = play(begin, tell);
      let firstId = begin.firstId;
      const startWorker = () => {
        firstId += 10_000_000;
        worker = new Worker(fileURLToPath(import.meta.url), {
          workerData: { ...begin, seed: begin.seed + firstId, firstId },
        });
        worker.on('message', (what) => tell(what));
        workerIsGone = new Promise((resolve) => worker.once('exit', resolve));
      };
      startWorker();
      if (begin.random) {
        // What it was about to be told nobody hears.
        endings = setInterval(async () => {
          await worker.terminate();
          if (!isStopping) startWorker();
        }, 7_000);
      }
    } else if (message.stop) {
      isStopping = true;
      clearInterval(endings);
      worker.postMessage('stop');
      await Promise.all([stop(), workerIsGone]);
      process.removeAllListeners('disconnect');
      process.send({ stopped: true }, () => process.disconnect());
    }
  });
} else {
  const stop = play(workerData, (what) => parentPort.postMessage(what));
  parentPort.once('message', () => stop());
}
