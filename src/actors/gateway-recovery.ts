import type { Position } from '../domain/position.ts'
import type { AccountBook } from '../exits/account-book.ts'
import type { NetBook } from '../nets/net-book.ts'
import type { GatewayPast } from './gateway-past.ts'
import type { GatewayMessage } from './messages.ts'

/** Rows that are recovered, and messages that are processed after that, in one turn of the event loop. */
const AT_ONCE = 32

export interface GatewayRecoveryDeps {
  readonly book: AccountBook
  readonly nets: NetBook
  /** Epoch ms at which the recovery began: each row is recovered as of then. */
  readonly now: number
  /** Called once, when the last row is recovered and the last message that waited is taken. */
  readonly over: () => void
}

/**
 * What a gateway recovers of an earlier process or incarnation, in slices. Messages wait until the last row is
 * recovered: no exit is planned, and no report is judged, by a book that lacks a position or an order (P1). They
 * are then processed in the order of their arrival, in slices too. A recovery of few rows is over at once.
 */
export class GatewayRecovery {
  private readonly rows: Iterator<void, unknown>
  private readonly deps: GatewayRecoveryDeps
  /** What arrives while rows are recovered: no more than a mailbox would hold meanwhile. */
  private readonly waiting: GatewayMessage[] = []
  private isEveryRow = false

  constructor(past: GatewayPast, deps: GatewayRecoveryDeps) {
    this.deps = deps
    this.rows = recovered(past, deps)
    this.takeRows()
    if (this.isOver) deps.over()
  }

  /** False: messages wait. */
  get isOver(): boolean {
    return this.isEveryRow && this.waiting.length === 0
  }

  /** Keeps a message until every row is recovered. */
  wait(message: GatewayMessage): void {
    this.waiting.push(message)
  }

  /** Takes one slice. Returns the messages that are to be processed now; `isOver` says whether it was the last. */
  step(): readonly GatewayMessage[] {
    const due = this.isEveryRow ? this.waiting.splice(0, AT_ONCE) : []
    if (!this.isEveryRow) this.takeRows()
    if (this.isOver) this.deps.over()
    return due
  }

  private takeRows(): void {
    for (let count = 0; count < AT_ONCE; count++) {
      if (this.rows.next().done !== true) continue
      this.isEveryRow = true
      return
    }
  }
}

/** Recovers one row at each step. What throws for one row keeps no other from being recovered. */
function* recovered(past: GatewayPast, { book, nets, now }: GatewayRecoveryDeps): Generator<void> {
  function* each<Kept extends { readonly position: Position }>(
    what: string,
    kept: readonly Kept[],
    take: (kept: Kept) => void,
  ): Generator<void> {
    for (const one of kept) {
      book.faults.alone(`${what} ${one.position.id}`, () => take(one), undefined)
      yield
    }
  }
  const { exits, open, released, followed, ended, nets: kept = [] } = past
  yield* each('release', released, ({ position, generation }) =>
    book.release(position, { generation, now }),
  )
  yield* each('remember', ended, ({ position, generation, exited }) =>
    book.remember(position, { generation, exited, now }),
  )
  yield* each('follow', followed, ({ record, position }) =>
    book.restoreReleased(record, position, now),
  )
  yield* each('own', open, ({ position, generation }) => book.own(position, { generation, now }))
  yield* each('own', exits, ({ record, position }) =>
    book.own(position, { generation: record.generation, now }),
  )
  // What comes to a holding after the exit whose evidence it is counts as new in it.
  yield* each('restore', exits, ({ record, position }) =>
    book.exits.restore(record, { position, now }),
  )
  yield* each('net of', kept, ({ record, position }) => nets.table.restore(record, position, now))
}
