import type { WatchkeeperClient } from '../client/watchkeeper-client.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
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

const RESET =
  'the journal of the service ends before the last line shown: it is shown from its start'

/**
 * Prints each line as it arrives, endlessly; waits for a service that restarts. Throws what the
 * first connection throws; later only ServiceRefusal and NOT_WATCHKEEPER.
 */
export async function follow(client: WatchkeeperClient, following: Following): Promise<void> {
  const { wanted, show, context, againMs } = following
  const report = (what: string): void => {
    const paint = paintFor(context.stderr, context.env)
    context.stderr.write(`${paint('dim', what)}\n`)
  }
  const lines = client.journalStream({
    after: wanted.after ?? (await showLast(client, following)),
    ...(wanted.position !== undefined && { positionId: wanted.position }),
    ...(againMs !== undefined && { againMs }),
    onLost: why => report(`${why}: connecting again`),
    onReset: () => report(RESET),
  })
  for await (const line of lines) {
    if (wanted.kind === undefined || line.kind === wanted.kind) show(line)
  }
}

/** Prints earlier lines first; returns the number to continue after. */
async function showLast(client: WatchkeeperClient, { wanted, show }: Following): Promise<number> {
  const end = (await lastLine(client))?.seq ?? 0
  const lines = await linesOf(client, wanted)
  for (const line of lines) show(line)
  // The lines of one position may end long before the journal does.
  return Math.max(end, lines.at(-1)?.seq ?? 0)
}
