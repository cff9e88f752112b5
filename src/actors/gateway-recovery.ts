import type { Position } from '../domain/position.ts'
import type { AccountBook } from '../exits/account-book.ts'
import type { NetBook } from '../nets/net-book.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import type { GatewayPast } from './gateway-past.ts'
import type { GatewayMessage } from './messages.ts'

/** Rows that are recovered, and messages that are processed after that, in one turn of the event loop. */
const AT_ONCE = 64

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
  private waiting: GatewayMessage[] = []
  private isEveryRow = false
  private isComplete = false

  constructor(past: GatewayPast, deps: GatewayRecoveryDeps) {
    this.deps = deps
    this.rows = recovered(past, deps)
    this.takeRows()
    this.end()
  }

  /** False: messages wait. */
  get isOver(): boolean {
    return this.isComplete
  }

  /** Messages that wait. */
  get waits(): number {
    return this.waiting.length
  }

  /** Keeps a message until every row is recovered. */
  wait(message: GatewayMessage): void {
    this.waiting.push(message)
  }

  /** Takes one slice. Returns the messages that are to be processed now; `isOver` says whether it was the last. */
  step(): readonly GatewayMessage[] {
    if (!this.isEveryRow) {
      this.takeRows()
      this.end()
      return []
    }
    const due = this.waiting.slice(0, AT_ONCE)
    this.waiting = this.waiting.slice(AT_ONCE)
    this.end()
    return due
  }

  private takeRows(): void {
    for (let count = 0; count < AT_ONCE; count++) {
      if (this.rows.next().done !== true) continue
      this.isEveryRow = true
      return
    }
  }

  private end(): void {
    if (!this.isEveryRow || this.waiting.length > 0) return
    this.isComplete = true
    this.deps.over()
  }
}

/** The state of a gateway, as far as its recovery needs it. */
interface Recovering {
  readonly recovery: GatewayRecovery
  readonly parts: Pick<GatewayDeps, 'self'>
}

/** Takes the next slice of a recovery, and processes the messages that waited for its last row. */
export function recovering<State extends Recovering>(
  state: State,
  process: (state: State, message: GatewayMessage) => State,
): State {
  const { recovery, parts } = state
  const next = recovery.step().reduce(process, state)
  if (!recovery.isOver) parts.self({ kind: 'recover' })
  return next
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
