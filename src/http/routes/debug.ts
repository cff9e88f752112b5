import { pipeline } from 'node:stream/promises'
import { getHeapSnapshot, getHeapStatistics } from 'node:v8'
import type { Request } from 'express'
import { WatchkeeperError } from '../../errors.ts'
import { cpuProfile } from '../../observability/cpu-profile.ts'
import { holdsToken } from '../auth.ts'
import { countOf, type Route } from '../route.ts'

const MOST_SECONDS = 60
const DEFAULT_SECONDS = 10
/** Largest heap for a snapshot: taking one blocks the process for about a second per 100 MiB. */
const LARGEST_HEAP = 300 * 2 ** 20

/** One at a time: taking a snapshot blocks everything else. */
let isSnapshotting = false

/** `/api/debug`: a CPU profile and a heap snapshot of the running service, only with the token. */
export const debugRoutes: Route = router => {
  router.post('/api/debug/profile', async (request, response) => {
    assertHolder(request)
    const bounds = { least: 1, most: MOST_SECONDS, fallback: DEFAULT_SECONDS }
    const profile = await cpuProfile(countOf(request, 'seconds', bounds) * 1_000)
    response.attachment('watchkeeper.cpuprofile').type('application/json').send(profile)
  })
  router.post('/api/debug/heap', async (request, response) => {
    assertHolder(request)
    const bytes = getHeapStatistics().used_heap_size
    if (bytes > LARGEST_HEAP) {
      const mib = Math.round(bytes / 2 ** 20)
      throw new WatchkeeperError(
        'HEAP_TOO_LARGE',
        `the heap has ${mib} MiB: a snapshot would stop the service`,
      )
    }
    if (isSnapshotting) {
      throw new WatchkeeperError('SNAPSHOT_RUNNING', 'one heap snapshot is being made already')
    }
    isSnapshotting = true
    try {
      response.attachment('watchkeeper.heapsnapshot').type('application/json')
      await pipeline(getHeapSnapshot(), response)
    } finally {
      isSnapshotting = false
    }
  })
}

/** The data contain names of positions and the like: loopback alone is not enough. */
function assertHolder(request: Request): void {
  if (holdsToken(request)) return
  throw new WatchkeeperError('TOKEN_REQUIRED', 'this needs a token: set WATCHKEEPER_HTTP_TOKEN')
}
