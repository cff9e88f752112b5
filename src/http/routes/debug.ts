import { pipeline } from 'node:stream/promises'
import { getHeapSnapshot, getHeapStatistics } from 'node:v8'
import { z } from 'zod'
import { WatchkeeperError } from '../../errors.ts'
import { cpuProfile } from '../../observability/cpu-profile.ts'
import type { Call, Route, RouteDeps } from '../operation.ts'
import { count } from '../query.ts'

const MOST_SECONDS = 60
const DEFAULT_SECONDS = 10
/** Largest heap for a snapshot: taking one blocks the process for about a second per 100 MiB. */
const LARGEST_HEAP = 300 * 2 ** 20

/** One at a time: taking a snapshot blocks everything else. */
let isSnapshotting = false

const file = (description: string) => ({
  200: { description, content: [{ type: 'application/json' }] },
})

/** `/api/debug`: a CPU profile and a heap snapshot of the running service, for holders of a token. */
export const debugRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'post',
      path: '/api/debug/profile',
      summary: 'Record a CPU profile, for Chrome DevTools; needs a token, one at a time',
      needs: 'operate',
      query: z.object({
        seconds: count(1, MOST_SECONDS, 'Length, s; default 10.').optional(),
      }),
      answers: file('The profile'),
      errors: ['TOKEN_REQUIRED', 'PROFILE_RUNNING'],
      isUnkept: true,
    },
    async ({ request, response, query }) => {
      assertHolder(access, request)
      const profile = await cpuProfile((query.seconds ?? DEFAULT_SECONDS) * 1_000, () =>
        control.note('profile-begun', { by: access.textOf(request) }),
      )
      response.attachment('watchkeeper.cpuprofile').type('application/json').send(profile)
      return undefined
    },
  )
  on(
    {
      method: 'post',
      path: '/api/debug/heap',
      summary: 'Write a heap snapshot; needs a token, one at a time, refused beyond 300 MiB',
      needs: 'operate',
      answers: file('The snapshot'),
      errors: ['TOKEN_REQUIRED', 'HEAP_TOO_LARGE', 'SNAPSHOT_RUNNING'],
      isUnkept: true,
    },
    async ({ request, response }) => {
      assertHolder(access, request)
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
      control.note('heap-snapshot-begun', { by: access.textOf(request) })
      try {
        response.attachment('watchkeeper.heapsnapshot').type('application/json')
        await pipeline(getHeapSnapshot(), response)
      } finally {
        isSnapshotting = false
      }
      return undefined
    },
  )
}

/** The data contain names of positions and the like: loopback alone is not enough. */
function assertHolder(access: RouteDeps['access'], request: Call['request']): void {
  if (access.holdsToken(request)) return
  throw new WatchkeeperError('TOKEN_REQUIRED', 'this needs a token: set WATCHKEEPER_HTTP_TOKEN')
}
