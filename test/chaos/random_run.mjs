// random_run.mjs: anything at any time. The cluster is broken without waiting for what was broken before; processes come and
// go, each with pools of random options that are called with anything.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** After so many events the cluster is whole for a moment, and the application has to write again. */
const EPISODE = 8;

/** The primary first: the others need it. */
async function startAll(cluster) {
  for (const node of [cluster.primary, ...cluster.standbys]) if (!node.running) await node.start();
}

/** What the supervisor cannot mend, because too many nodes were broken at a time, is mended by hand. */
async function makeWhole(stage) {
  const byHand = [() => startAll(stage.cluster), () => stage.primary.unfence(), () => stage.cluster.rejoin()];
  for (;;) {
    try {
      return await stage.mend({ timeoutMs: 30_000 });
    } catch (error) {
      const help = byHand.shift();
      if (!help) throw error;
      console.log(`     by hand, since ${error.message.split('\n')[0]}`);
      await help();
    }
  }
}

export async function playAtRandom(stage, crew, dice, minutes) {
  const until = Date.now() + minutes * 60_000;
  const refresh = async () => {
    const member = dice.pick(crew.members);
    await crew.stopOne(member);
    crew.startOne();
  };
  /** Of single nodes, the primary or not. */
  const verbs = {
    kill: (node) => node.kill(),
    'fast stop': (node) => node.stop({ mode: 'fast' }),
    'immediate stop': (node) => node.stop({ mode: 'immediate' }),
    start: (node) => !node.running && node.start(),
    freeze: (node) => node.freeze(),
    thaw: (node) => node.frozen && node.thaw(),
    fence: (node) => node.fence(),
    unfence: (node) => node.unfence(),
  };
  for (let episode = 1; Date.now() < until; episode += 1) {
    const seen = [];
    for (let i = 0; i < EPISODE && Date.now() < until; i += 1) {
      const chance = dice.below(10);
      let [name, act] = dice.pick(Object.entries(verbs));
      const node = dice.below(2) === 0 ? stage.primary : dice.pick(stage.cluster.nodes);
      if (chance < 3) [name, act] = dice.pick(Object.entries(stage.failovers));
      else if (chance < 5) [name, act] = dice.pick(Object.entries(stage.troubles));
      // What cannot be done to a node as it is, is not.
      await Promise.resolve()
        .then(() => act(node))
        .then(
          () => seen.push(name),
          (error) => seen.push(`(${name}: ${error.message.split('\n')[0].slice(0, 60)})`),
        );
      await pause(dice.below(2) === 0 ? dice.below(100) : dice.below(3_000));
    }
    await makeWhole(stage);
    await crew.untilAcknowledged(20, 120_000);
    console.log(`${String(episode).padStart(4)} ${seen.join(', ')}`);
    if (episode % 2 === 0) await refresh();
  }
}
