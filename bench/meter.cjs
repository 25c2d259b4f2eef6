'use strict';

/* What a stretch of time cost this process: CPU of the JavaScript thread and of all threads, the event loop, memory. */

const fs = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

/** CPU time of the JavaScript thread (the main one: its id is the process's), in µs; NaN where nobody knows. */
function jsCpuUs() {
  try {
    return Number(fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1000;
  } catch {
    const usage = process.threadCpuUsage?.();
    return usage ? usage.user + usage.system : NaN;
  }
}

const allCpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const statusOf = (file, key) =>
  Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(fs.readFileSync(file, 'latin1'))?.[1]);

/** Largest resident size so far, in MB. */
const peakMb = () => statusOf('/proc/self/status', 'VmHWM') / 1024;

/** How often each thread gave up the processor of its own accord: one wake-up each. By name of the thread. */
function wakeups() {
  const counts = {};
  for (const tid of fs.readdirSync('/proc/self/task')) {
    try {
      const name =
        Number(tid) === process.pid
          ? 'JavaScript'
          : fs.readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim();
      const count = statusOf(`/proc/self/task/${tid}/status`, 'voluntary_ctxt_switches');
      counts[name] = (counts[name] ?? 0) + count;
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error; // a helper thread that has ended
    }
  }
  return counts;
}

/** Keeps the event loop busy as an application would. `cpuUs` is what that cost so far. */
function startWork({ everyMs, workMs }) {
  const work = { cpuUs: 0, stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    const before = jsCpuUs();
    const end = performance.now() + workMs;
    let x = 0;
    while (performance.now() < end) x = Math.sqrt(x + 1);
    work.cpuUs += jsCpuUs() - before;
  }, everyMs);
  return work;
}

/** Starts measuring; the function that it gives ends that and tells. It takes one more turn of the timers. */
function startMeter({ resolutionMs = 10, busy }) {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const work = busy && startWork(busy);
  delay.enable();
  const before = {
    js: jsCpuUs(),
    all: allCpuUs(),
    loop: performance.eventLoopUtilization(),
    wakeups: wakeups(),
    at: performance.now(),
  };
  return async () => {
    const elapsedMs = performance.now() - before.at;
    const own = work?.cpuUs ?? 0;
    const jsUs = jsCpuUs() - before.js - own;
    const allUs = allCpuUs() - before.all - own;
    const utilisation = performance.eventLoopUtilization(before.loop).utilization;
    const woken = {};
    for (const [name, count] of Object.entries(wakeups())) woken[name] = count - (before.wakeups[name] ?? 0);
    work?.stop();
    await new Promise((resolve) => setTimeout(resolve, 1)); // a stall at the very end is noticed only now
    delay.disable();
    return {
      elapsedMs,
      jsUs,
      allUs,
      utilisation,
      stallMs: Math.max(0, delay.max / 1e6 - resolutionMs),
      wakeups: woken,
    };
  };
}

module.exports = { startMeter, peakMb };
