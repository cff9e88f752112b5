import { PositionTable } from '../account/position-table.ts'
import { ServiceLines } from '../account/service-lines.ts'
import { StateWriter } from '../account/state-writer.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { GuardedAccount } from './guarded-account.ts'
import type { ProcessParts } from './open-guarded.ts'

type Detail = Readonly<Record<string, unknown>>

type Deps = Pick<ProcessParts, 'store' | 'performance' | 'log' | 'lines'> & {
  readonly clock: Clock
  onFatal(error: WatchkeeperError): void
}

/** Journal lines about the process as a whole. Where there is one account, they go through its own queue, in one order. */
export class ProcessLines {
  private readonly writer: StateWriter
  private readonly lines: ServiceLines

  /** Where lines of a process with these accounts go. */
  static of(
    accounts: readonly GuardedAccount[],
    deps: Deps,
  ): Pick<ProcessLines, 'note' | 'record' | 'close'> {
    const [only, ...others] = accounts
    if (only === undefined || others.length > 0) return new ProcessLines(deps)
    return {
      note: (kind, detail) => only.account.note(kind, detail),
      record: (kind, detail) => only.account.record(kind, detail),
      close: () => Promise.resolve(),
    }
  }

  private constructor({ store, performance, log, lines, clock, onFatal }: Deps) {
    this.writer = new StateWriter({
      keeper: {
        keep: ({ lines: given = [] }) => performance.commit(() => store.write({ lines: given })),
      },
      positions: new PositionTable(new Map()),
      monotonic: () => clock.monotonic(),
      onLine: line => {
        log.line(line)
        lines.onLine(line.seq)
      },
      onFenced: onFatal,
      onTrouble: error => log.trouble(error, clock.now()),
    })
    this.lines = new ServiceLines(this.writer, () => clock.now())
  }

  /** Writes a line, durable soon. */
  note(kind: JournalKind, detail: Detail): void {
    this.lines.write(kind, detail)
  }

  /** The same, durable when the promise resolves. */
  record(kind: JournalKind, detail: Detail): Promise<void> {
    this.note(kind, detail)
    return this.writer.flush()
  }

  /** Writes what waits, for the last time. */
  close(): Promise<void> {
    return this.writer.close()
  }
}
