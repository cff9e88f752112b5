import type { Account } from '../account/account.ts'
import type { HoldingKey } from '../domain/holding.ts'
import { positionId } from '../domain/ids.ts'
import type { ReportedChange } from '../domain/shrink-cause.ts'
import { holdingKeyOf } from '../exits/holding-state.ts'
import type { Broker } from '../ports/broker.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalLine } from '../ports/journal-lines.ts'

interface ShrinkCausesDeps {
  readonly broker: Pick<Broker, 'changes'>
  /** The holding that a position was a part of; undefined where the position is not known. */
  keyOf(positionId: string): HoldingKey | undefined
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
}

/** Most losses that wait for their cause; further ones are named `unknown` at once. */
const MOST_WAITING = 100
/** Time before the line of a loss in which its cause is sought, ms: two reports were awaited. */
const BEFORE_MS = 600_000
/** Longest wait for one answer, ms. */
const ANSWER_MS = 30_000

/**
 * Names why a holding shrank without an order of ours: the venue is asked once for each loss, one at a time. What
 * it answers changes no position and sends nothing.
 */
class ShrinkCauses {
  private readonly deps: ShrinkCausesDeps
  private readonly waiting: JournalLine[] = []
  private isAsking = false

  constructor(deps: ShrinkCausesDeps) {
    this.deps = deps
  }

  /** Takes a durable journal line. */
  noticed(line: JournalLine): void {
    if (line.kind !== 'position-gone' && line.kind !== 'position-shrunk') return
    if (this.waiting.length >= MOST_WAITING) this.name(line, undefined, 'too many at once')
    else this.waiting.push(line)
    if (!this.isAsking) void this.ask()
  }

  private async ask(): Promise<void> {
    this.isAsking = true
    for (;;) {
      const line = this.waiting.shift()
      if (line === undefined) break
      const { changes, why } = await this.changesOf(line)
      this.name(line, changes.at(-1), why)
    }
    this.isAsking = false
  }

  private async changesOf(
    line: JournalLine,
  ): Promise<{ readonly changes: readonly ReportedChange[]; readonly why?: string }> {
    const { broker } = this.deps
    const key = this.keyOf(line)
    if (broker.changes === undefined || key === undefined) {
      return { changes: [], why: 'the broker does not report it' }
    }
    try {
      const signal = AbortSignal.timeout(ANSWER_MS)
      const changes = await broker.changes(key, line.at - BEFORE_MS, signal)
      return changes.length === 0 ? { changes, why: 'the broker reports no change' } : { changes }
    } catch (error) {
      return { changes: [], why: error instanceof Error ? error.message : String(error) }
    }
  }

  private keyOf({ positionId: id }: JournalLine): HoldingKey | undefined {
    return id === undefined ? undefined : this.deps.keyOf(id)
  }

  private name(line: JournalLine, change: ReportedChange | undefined, why?: string): void {
    this.deps.note('holding-shrunk', {
      ...this.keyOf(line),
      position: line.positionId,
      lost: line['lost'],
      cause: change?.cause ?? 'unknown',
      ...(change !== undefined && { changedAt: change.at }),
      proof: change?.text ?? why ?? 'the broker does not say',
    })
  }
}

/** Reads the journal lines of an account, and asks the venue why a holding shrank without an order of ours. */
export function shrinkCauses(
  account: Pick<Account, 'state' | 'engine' | 'note'>,
  broker: Pick<Broker, 'changes'>,
): (line: JournalLine) => void {
  const model = account.engine.book.settings.capabilities
  const causes = new ShrinkCauses({
    broker,
    keyOf: id => {
      const row = account.state.positions.get(positionId(id))
      return row && holdingKeyOf(row.position, model)
    },
    note: (kind, detail) => account.note(kind, detail),
  })
  return line => causes.noticed(line)
}
