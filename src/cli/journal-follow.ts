import { journalLine, type JournalLine } from '../ports/journal-lines.ts'
import { isSilence, stranger } from './client-errors.ts'
import type { ServiceClient } from './client.ts'
import type { CommandContext } from './command.ts'
import { lastLine, linesOf, type WantedLines } from './journal-pages.ts'
import { paintFor } from './output.ts'

/** What to follow, and where to print it. */
export interface Following {
  /** Where to start. */
  readonly wanted: WantedLines
  readonly context: Pick<CommandContext, 'stderr' | 'env'>
  show(line: JournalLine): void
  /** Delay until a broken stream is opened again, ms; default 1,000. */
  readonly againMs?: number
}

/**
 * Prints each line as it arrives, endlessly; waits for a service that restarts. Throws what the
 * first connection throws; later only ServiceRefusal and NOT_WATCHKEEPER.
 */
export async function follow(client: ServiceClient, following: Following): Promise<void> {
  const { wanted, show, context, againMs = 1_000 } = following
  let after = wanted.after ?? (await showLast(client, following))
  let hasBegun = false
  let isConnected = false
  for (;;) {
    try {
      const texts = await client.events(`/api/events?after=${after}`)
      hasBegun = isConnected = true
      for await (const text of texts) {
        const line = eventIn(text, client.url)
        if (line === undefined) {
          after = 0
          report(
            'the journal of the service ends before the last line shown: it is shown from its start',
          )
          continue
        }
        after = line.seq
        if (wanted.position === undefined || line.positionId === wanted.position) show(line)
      }
      say('the stream ended')
    } catch (error) {
      if (!hasBegun || !isSilence(error)) throw error
      say(error.message)
    }
    await new Promise(resolve => setTimeout(resolve, againMs))
  }

  /** Once per lost connection, however often it is retried. */
  function say(why: string): void {
    if (!isConnected) return
    isConnected = false
    report(`${why}: connecting again`)
  }

  function report(what: string): void {
    const paint = paintFor(context.stderr, context.env)
    context.stderr.write(`${paint('dim', what)}\n`)
  }
}

/** Prints earlier lines first; returns the number to continue after. */
async function showLast(client: ServiceClient, { wanted, show }: Following): Promise<number> {
  const end = (await lastLine(client))?.seq ?? 0
  const lines = await linesOf(client, wanted)
  for (const line of lines) show(line)
  // The lines of one position may end long before the journal does.
  return Math.max(end, lines.at(-1)?.seq ?? 0)
}

/** The line of an event; undefined where the journal starts anew. */
function eventIn(text: string, url: string): JournalLine | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (isReset(line)) return undefined
    if (journalLine.safeParse(line).success) return line as JournalLine
  } catch {
    // The check below reports the fault.
  }
  throw stranger(url, 'an event of its stream is no journal line')
}

/** The client has seen lines that the journal does not have. */
const isReset = (event: unknown): boolean => {
  const { kind, seq } = Object(event) as { kind?: unknown; seq?: unknown }
  return kind === 'reset' && seq === undefined
}
