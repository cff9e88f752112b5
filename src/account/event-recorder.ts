import type { PositionId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { Registered } from '../ports/state-repository.ts'
import { countEvent } from './event-counts.ts'
import { lineFor, type PlainEvent } from './event-line.ts'
import { codeOf, lineOf, textOf } from './journal-line.ts'
import type { LateExecutions } from './late-executions.ts'
import type { PositionClosing } from './position-closing.ts'
import { Repeats } from './repeats.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

export interface EventRecorderDeps {
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'soon'>
  readonly clock: Pick<Clock, 'now'>
  readonly closing: PositionClosing
  readonly late: LateExecutions
}

type Failed = Extract<JournalEvent, { kind: 'exit-failed' }>
type Shrunk = Extract<JournalEvent, { kind: 'position-shrunk' }>
type Loss = Extract<
  JournalEvent,
  { kind: 'exit-filled' | 'exit-closed' | 'position-gone' | 'position-shrunk' }
>

/** Makes the events of exits and monitors durable, with their journal lines. */
export class EventRecorder {
  private readonly parts: EventRecorderDeps
  private readonly failures = new Repeats()

  constructor(parts: EventRecorderDeps) {
    this.parts = parts
  }

  /** Records an event of the gateway or the supervisor about a generation of a position. */
  record(event: JournalEvent, generation?: number): void {
    countEvent(event, this.parts.state.counts)
    switch (event.kind) {
      case 'exit-filled':
      case 'exit-closed':
      case 'position-gone':
      case 'position-shrunk':
        this.recordLoss(event, generation)
        return
      case 'exit-failed':
        this.failed(event)
        return
      case 'exit-late-fill':
        this.parts.late.lateFill(event)
        return
      case 'released-order-over':
        this.parts.late.releasedOver(event)
        return
      default:
        this.writeLine(event)
    }
  }

  /** A position ends, or becomes smaller. */
  private recordLoss(event: Loss, generation: number | undefined): void {
    const id = 'decision' in event ? event.decision.positionId : event.positionId
    const row = this.openRow(id, generation)
    if (row === undefined) return
    const { closing } = this.parts
    switch (event.kind) {
      case 'exit-filled':
        closing.filled(row, event)
        return
      case 'exit-closed':
        closing.closed(row, event)
        return
      case 'position-gone':
        closing.gone(row, { lost: event.lost, ...takenBy(event) })
        return
      case 'position-shrunk':
        this.shrink(row, event)
    }
  }

  private writeLine(event: PlainEvent): void {
    const line = lineFor(event)
    if (line === undefined) return
    const { kind, positionId, detail } = line
    if (positionId !== undefined) this.note(kind, positionId, detail)
    else this.parts.writer.soon({ line: lineOf(this.now(), kind, undefined, detail) })
  }

  /**
   * The row of a position whose generation is open; undefined otherwise: an end that is reported twice, or about a
   * generation that was released or closed meanwhile, ends nothing.
   */
  private openRow(id: PositionId, generation: number | undefined): Registered | undefined {
    const row = this.parts.state.positions.get(id)
    const isMeant = generation === undefined || row?.generation === generation
    return row?.state === 'open' && isMeant ? row : undefined
  }

  /** A call of an exit failed and is repeated soon: the same cause has one line, and is counted after that. */
  private failed({ decision: { positionId, at }, error }: Failed): void {
    const times = this.failures.add(`${positionId} ${at}`, codeOf(error))
    if (times === undefined) return
    this.note('exit-failed', positionId, { error: textOf(error), ...(times > 1 && { times }) })
  }

  private shrink(row: Registered, event: Shrunk): void {
    const { state, writer } = this.parts
    const { positionId, lost, left } = event
    const line = lineOf(this.now(), 'position-shrunk', positionId, {
      lost,
      left,
      ...takenBy(event),
    })
    state.positions.shrink(row, lost)
    writer.soon({ row: positionId, line })
  }

  /** Epoch ms. */
  private now(): number {
    return this.parts.clock.now()
  }

  /** A line about a position, and about the order of its exit where there is one. */
  private note(
    kind: JournalKind,
    positionId: PositionId,
    detail: Readonly<Record<string, unknown>>,
  ): void {
    const { writer, state } = this.parts
    const order = state.openExits.get(positionId)?.order
    const clientOrderId = order && { clientOrderId: order.clientOrderId }
    writer.soon({ line: lineOf(this.now(), kind, positionId, { ...clientOrderId, ...detail }) })
  }
}

/** The exits that took the units of a position by late fills, where they are known. */
const takenBy = ({ takenBy: takers }: Pick<Shrunk, 'takenBy'>): Pick<Shrunk, 'takenBy'> =>
  takers === undefined ? {} : { takenBy: takers }
