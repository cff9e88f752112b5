import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WatchkeeperError } from '../../errors.ts'
import { assertReady, type Route } from '../route.ts'

/** Longest time that a client may take to read a backup, ms. */
const LONGEST_MS = 600_000

/** One at a time: each backup holds the whole state in memory. */
let isRunning = false

/** `POST /api/store/backup`: the whole state, as the text of a backup. */
export const storeRoutes: Route = (router, control) => {
  router.post('/api/store/backup', async (_request, response) => {
    assertReady(control)
    if (isRunning) throw new WatchkeeperError('BACKUP_RUNNING', 'one backup is being made already')
    isRunning = true
    try {
      response.attachment('watchkeeper.backup').type('application/x-ndjson')
      const signal = AbortSignal.timeout(LONGEST_MS)
      await pipeline(Readable.from(control.backup()), response, { signal })
    } catch (error) {
      // The status was sent: a failure now shows by the missing end of the backup.
      if (!response.headersSent) throw error
      response.destroy()
    } finally {
      isRunning = false
    }
  })
}
