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
    /**
     * Sends bursts of ticks of one instrument after the other, each tick to the `fan` actors of its
     * instrument, one burst a macrotask. Gives the ticks.
     */
    async tickEach(fan: number, bursts: readonly number[]): Promise<number> {
      const instruments = count / fan
      let ticks = 0
      for (const [round, burst] of bursts.entries()) {
        const done = whenHandled(fan * burst)
        for (let each = 0; each < burst; each++) {
          const instrument = round % instruments
          for (let actor = instrument; actor < count; actor += instruments) {
            dispatch(refs[actor]!, 'tick')
          }
        }
        await done
        ticks += burst
      }
      return ticks
    },
    stop: (): void => stop(system),
  }
}
