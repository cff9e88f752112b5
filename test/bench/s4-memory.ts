import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { figure, type Figure } from './report.ts'
import { aLong, monitors } from './s2-wakes.ts'

const COUNT = 10_000

/** Heap and array buffers in use after a full collection, bytes. */
function used(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Bytes per guarded position, its monitor actor included. */
export async function memory(): Promise<Figure[]> {
  const warm = monitors(100, index => aLong(index, 10))
  await warm.actors.idle()
  warm.actors.stopAll()
  const before = used()
  const { actors, dispatcher } = monitors(COUNT, index => aLong(index, 500))
  await actors.idle()
  dispatcher.tick({ instrument: aLong(0, 500).instrument, ts: 1, price: 100 }, 1)
  await actors.idle()
  const bytes = (used() - before) / COUNT
  actors.stopAll()
  return [figure('S4 memory per guarded position', 'bytes', bytes)]
}
