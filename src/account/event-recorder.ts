import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send } from '../actors/actor.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import { tally } from '../domain/tally.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { Registered } from '../ports/state-repository.ts'
import { countEvent } from './event-counts.ts'
import { lineFor, type PlainEvent } from './event-line.ts'
import type { Followers } from './followers.ts'
import { codeOf, lineOf, textOf } from './journal-line.ts'
import { LateExecutions } from './late-executions.ts'
import { Repeats } from './repeats.ts'
import type { StateWriter } from './state-writer.ts'
import { historyOf, type AccountState } from './state.ts'
import { factsOf, tradeOf } from './trade.ts'

export interface EventRecorderDeps {
  readonly state: AccountState
  readonly writer: StateWriter
  readonly registry: ActorRegistry
  readonly instruments: InstrumentTable
  readonly clock: Pick<Clock, 'now'>
  readonly followers: Followers
}

type Failed = Extract<JournalEvent, { kind: 'exit-failed' }>
type Shrunk = Extract<JournalEvent, { kind: 'position-shrunk' }>
type Filled = Extract<JournalEvent, { kind: 'exit-filled' }>
type Loss = Extract<
  JournalEvent,
  { kind: 'exit-filled' | 'exit-closed' | 'position-gone' | 'position-shrunk' }
>

/** Makes the events of exits and monitors durable, with their journal lines. */
export class EventRecorder {
  private readonly parts: EventRecorderDeps
  private readonly failures = new Repeats()
  private readonly late: LateExecutions

  constructor(parts: EventRecorderDeps) {
    this.parts = parts
    this.late = new LateExecutions(parts)
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
        this.late.lateFill(event)
        return
      case 'released-order-over':
        this.late.releasedOver(event)
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
    switch (event.kind) {
      case 'exit-filled':
        this.filled(row, event)
        return
      case 'exit-closed':
        this.ended(id, event.steps)
        this.parts.followers.over(event.decision, event.by)
        this.close(event.kind, row, { by: event.by })
        return
      case 'position-gone':
        this.parts.state.counts.closedElsewhere++
        this.close(event.kind, row, { lost: event.lost, ...takenBy(event) })
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

  private filled({ position, generation }: Registered, { decision, fill, steps }: Filled): void {
    const { state, registry } = this.parts
    tally(state.counts.exitsEnded.filled, decision.reason)
    const record = state.openExits.get(position.id)
    this.parts.followers.notify(each =>
      each.ended(position.id, { outcome: 'filled', fill }, record),
    )
    state.fills.set(position.id, { fill, generation })
    this.ended(position.id, steps)
    send(registry.refOf('portfolio'), { kind: 'filled', position, generation, fill })
  }

  /** A call of an exit failed and is repeated soon: the same cause has one line, and is counted after that. */
  private failed({ decision: { positionId, at }, error }: Failed): void {
    const times = this.failures.add(`${positionId} ${at}`, codeOf(error))
    if (times === undefined) return
    this.note('exit-failed', positionId, { error: textOf(error), ...(times > 1 && { times }) })
  }

  /** The exit is over: its last shown state has all its steps. */
  private ended(id: PositionId, steps: ExitRecord['steps']): void {
    const { openExits } = this.parts.state
    const exit = openExits.get(id)
    if (exit !== undefined) openExits.set(id, { ...exit, steps })
  }

  /** A position has ended without a known fill. */
  private close(kind: JournalKind, row: Registered, detail: Record<string, unknown>): void {
    const { state, writer } = this.parts
    const { id } = row.position
    const exit = state.openExits.get(id)
    state.openExits.delete(id)
    const trade = tradeOf(row, exit, factsOf(this.parts, row))
    const line = lineOf(this.now(), kind, id, { ...detail, trade, ...historyOf(exit) })
    state.positions.close(row, exit, { at: this.now(), by: 'others' })
    writer.soon({ row: id, line })
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
