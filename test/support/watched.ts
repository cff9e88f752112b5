import { startWatchdog } from '../../src/processes/watchdog.ts'

/** A process under a watchdog; its argument says what its loop does. */
const [how] = process.argv.slice(2)

/** Blocks the loop by a computation. */
const compute = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}
/** Blocks the loop as well, and leaves the processor to others. */
const block = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const watchdog = startWatchdog({ exitOnBlockedMs: 1_000 }, error => {
  process.stdout.write(`${error.message}\n`)
  process.exitCode = 3
})

switch (how) {
  case 'computes':
    setTimeout(() => compute(60_000), 200)
    break
  case 'blocks':
    setTimeout(() => block(60_000), 200)
    break
  case 'blocks at once':
    block(60_000)
    break
  case 'is slow': {
    // Three seconds in which the loop turns, but late each time.
    let turns = 0
    const turn = (): void => {
      block(400)
      if (++turns < 8) setTimeout(turn, 1)
      else process.stdout.write('went on\n')
    }
    turn()
    break
  }
  case 'stops the watch':
    setTimeout(() => {
      void watchdog.stop().then(() => {
        block(2_500)
        process.stdout.write('went on\n')
      })
    }, 100)
    break
  default:
    process.stdout.write('went on\n')
}
