// Runs in a worker thread, which keeps running when the event loop of the process is blocked. Plain
// .cjs, so that it starts the same way from the sources and from the build, and without the loader of ES modules.
const { workerData } = require('node:worker_threads')

/** Longer than the process needs to end by a signal, ms. */
const GRACE_MS = 200

const { shared, exitOnBlockedMs, checkMs } = workerData
const counter = new Int32Array(shared)
let seen = Atomics.load(counter, 0)
let movedAt = performance.now()
let checkedAt = movedAt

for (;;) {
  // Sleeps without a timer; the end of the watch wakes it.
  Atomics.wait(counter, 1, 0, checkMs)
  if (Atomics.load(counter, 1) !== 0) break
  const now = performance.now()
  const present = Atomics.load(counter, 0)
  // If this thread slept too, as when the machine was suspended, the watched loop had no time to
  // run.
  const hasOverslept = now - checkedAt > exitOnBlockedMs / 2 + checkMs
  if (present !== seen || hasOverslept) {
    seen = present
    movedAt = now
  } else if (now - movedAt >= exitOnBlockedMs) {
    const forMs = Math.round(now - movedAt)
    require('node:fs').writeSync(
      2,
      `watchkeeper: the event loop has stood still for ${forMs} ms: killed\n`,
    )
    // process.exit would end only this thread, and any signal that Node handles waits for the loop.
    process.kill(process.pid, 'SIGKILL')
    // Process 1 of a container ignores that signal. Only a fault of its own ends it, and this is
    // the only way to cause one from a thread.
    Atomics.wait(counter, 1, 0, GRACE_MS)
    require('node:v8').setFlagsFromString('--allow-natives-syntax')
    require('node:vm').runInThisContext('%Abort("blocked")')
  }
  checkedAt = now
}
