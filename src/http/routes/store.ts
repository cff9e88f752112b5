import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WatchkeeperError } from '../../errors.ts'
import type { Route } from '../operation.ts'
import { assertReady } from '../route.ts'

/** Longest time that a client may take to read a backup, ms. */
const LONGEST_MS = 600_000

/** One at a time: each backup holds the whole state in memory. */
let isRunning = false

/** `POST /api/store/backup`: the whole state, as the text of a backup. */
export const storeRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'post',
      path: '/api/store/backup',
      summary: 'All that is kept, as the text of a backup; one at a time',
      needs: 'operate',
      answers: {
        200: { description: 'The backup', content: [{ type: 'application/x-ndjson' }] },
      },
      errors: ['NOT_READY', 'BACKUP_RUNNING', 'STORE_FAILED'],
      isUnkept: true,
    },
    async ({ request, response }) => {
      assertReady(control)
      if (isRunning) {
        throw new WatchkeeperError('BACKUP_RUNNING', 'one backup is being made already')
      }
      isRunning = true
      control.note('backup-begun', { by: access.textOf(request) })
      try {
        response.attachment('watchkeeper.backup').type('application/x-ndjson')
        const signal = AbortSignal.timeout(LONGEST_MS)
        await pipeline(Readable.from(control.backup()), response, { signal })
      } catch (error) {
        // An answer that has begun carries no error: its end is missing, and its reader sees that.
        if (!response.headersSent) throw error
        response.destroy()
      } finally {
        isRunning = false
      }
      return undefined
    },
  )
}
