import { dispatch, spawn, start, stop } from 'nact'

/** Actors that do nothing, one message per tick and position: what the design is measured against. */
export function bareNact(count: number) {
  const system = start()
  let handled = 0
  let wanted = 0
  let resolve = (): void => undefined
  const handle = (): null => {
    if (++handled === wanted) resolve()
    return null
  }
  const parent = spawn(system, () => null, 'positions')
  const refs = Array.from({ length: count }, (_, index) => spawn(parent, handle, `p${index}`))
  const whenHandled = (messages: number): Promise<void> =>
    new Promise(done => {
      wanted = handled + messages
      resolve = done
    })
  return {
    /** Sends `ticks` ticks, each to `fan` actors, one tick a macrotask. Gives the ticks. */
    async tickEach(fan: number, ticks: number, burst = 1): Promise<number> {
      for (let tick = 0; tick < ticks; tick += burst) {
        const done = whenHandled(fan * burst)
        for (let each = 0; each < burst; each++) {
          const first = ((tick + each) * fan) % count
          for (let index = 0; index < fan; index++) dispatch(refs[(first + index) % count]!, 'tick')
        }
        await done
      }
      return ticks
    },
    stop: (): void => stop(system),
  }
}
