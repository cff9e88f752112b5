/** Processor time of this process so far, ms. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Longest turn of the event loop while work is under way, ms: by the clock, but no more than the processor
 * time of all threads in it, so that a machine that is busy with other programs is not counted.
 */
export async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isOver = false
  let from = 0
  let cpuFrom = 0
  const restart = (): void => {
    cpuFrom = processorMs()
    from = performance.now()
  }
  const turn = (): void => {
    const ms = performance.now() - from
    if (ms > longest) longest = Math.max(longest, Math.min(ms, processorMs() - cpuFrom))
    restart()
    if (!isOver) setImmediate(turn)
  }
  await new Promise(setImmediate)
  restart()
  setImmediate(turn)
  await work()
  isOver = true
  // The turn in which the work ended counts too.
  await new Promise(setImmediate)
  return longest
}
