import { setTimeout as delay } from 'node:timers/promises'
import { journalLine, journalPage, type JournalLine } from '../ports/journal-lines.ts'
import { isSilence, ServiceRefusal, stranger } from './errors.ts'
import { pathWith } from './requests.ts'
import type { ServiceClient } from './service-client.ts'

/** Where a stream of journal lines starts, and what it reports beside them. */
export interface StreamOptions {
  /** Number of the last line that was processed; `now` skips all lines so far; default 0: from the start. */
  readonly after?: number | 'now'
  /** Only lines of this position. */
  readonly positionId?: string
  /** Closes the stream; the loop over it ends without an error. */
  readonly signal?: AbortSignal
  /** Delay until a broken connection is opened again, ms; default 1,000. */
  readonly againMs?: number
  /** Called once per lost connection with its reason, however often it is retried. */
  onLost?(why: string): void
  /** Called where the journal of the service ends before the cursor: it is read from its start. */
  onReset?(): void
}

/**
 * Yields each line of the journal, endlessly and in order; connects again behind the last line after a lost
 * connection or a restart of the service.
 *
 * @throws what the first connection throws; later only ServiceRefusal and NOT_WATCHKEEPER.
 */
export async function* journalStream(
  client: ServiceClient,
  options: StreamOptions,
): AsyncGenerator<JournalLine, void> {
  const { signal, againMs = 1_000, positionId } = options
  let after = options.after === 'now' ? await lastNumber(client) : (options.after ?? 0)
  let hasBegun = false
  let isConnected = false
  while (!isClosed(signal)) {
    let why = 'the stream ended'
    try {
      const texts = await client.stream(pathWith('/api/events', { after }), signal)
      hasBegun = isConnected = true
      for await (const text of texts) {
        if (isClosed(signal)) return
        const line = eventIn(text, client.url)
        if (line === undefined) {
          after = 0
          options.onReset?.()
          continue
        }
        after = line.seq
        if (positionId === undefined || line.positionId === positionId) yield line
      }
    } catch (error) {
      if (isClosed(signal)) return
      if (!hasBegun || !isSilence(error)) throw error
      why = error.message
    }
    if (isConnected) options.onLost?.(why)
    isConnected = false
    await delay(againMs, undefined, { signal }).catch(() => undefined)
  }
}

const isClosed = (signal: AbortSignal | undefined): boolean => signal?.aborted === true

/** Number of the last journal line; 0 where the journal is empty. */
export const lastNumber = async (client: ServiceClient): Promise<number> =>
  (await client.get('/api/journal?last=1', journalPage)).at(-1)?.seq ?? 0

/** The line of an event; undefined where the journal starts anew. Throws where the token was revoked. */
function eventIn(text: string, url: string): JournalLine | undefined {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch {
    event = undefined
  }
  if (journalLine.safeParse(event).success) return event as JournalLine
  const { kind, why } = Object(event) as { kind?: unknown; why?: unknown }
  if (kind === 'reset') return undefined
  if (kind === 'end') throw new ServiceRefusal(String(why), 'the token was revoked')
  throw stranger(url, 'an event of its stream is no journal line')
}
