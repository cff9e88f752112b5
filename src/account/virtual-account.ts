import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send } from '../actors/actor.ts'
import type { GatewayPast } from '../actors/gateway-past.ts'
import type { PortfolioOptions } from '../actors/portfolio.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Engine } from '../engine/engine.ts'
import { OFF } from '../exits/kill-switch.ts'
import type { MassExitOptions } from '../exits/mass-exit.ts'
import type { ExitPersistence } from '../exits/persistence.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Journal, JournalEvent } from '../ports/journal.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import type { LimitEvent } from '../risk/portfolio.ts'
import { decisionByHand } from './decision-by-hand.ts'
import { MassExitHold } from './mass-exit-hold.ts'
import { startVirtualPortfolio } from './virtual-portfolio.ts'

export interface VirtualAccountOptions {
  readonly instruments: InstrumentTable
  readonly registry: ActorRegistry
  readonly dispatcher: Pick<Dispatcher, 'now'>
  readonly portfolio: PortfolioOptions
  readonly massExit?: MassExitOptions | undefined
  readonly journal: Journal
  /** A limit on the day's loss warns or trips, at `at` (epoch ms). */
  readonly onLimit?: ((event: LimitEvent, at: number) => void) | undefined
  /** The gateway's time, epoch ms. */
  now(): number
}

/**
 * The positions and exits of a replay, with the limits and the mass-exit hold of a live account. Its memory stands
 * in for the store.
 */
export class VirtualAccount implements ExitPersistence {
  /** Exits that waited because they came in a mass. */
  heldExits = 0
  readonly hold: MassExitHold
  private readonly options: VirtualAccountOptions
  private readonly exits = new Map<PositionId, ExitRecord>()
  private readonly positions = new Map<PositionId, Position>()
  /** Positions whose exit is worth less than the smallest order; it is evaluated again after each price. */
  private readonly belowMinimum = new Set<PositionId>()

  constructor(options: VirtualAccountOptions) {
    this.options = options
    this.hold = new MassExitHold(options.massExit, () => options.now())
  }

  /** Whether cycles have anything to do. */
  get needsCycles(): boolean {
    const { massExit, instruments } = this.options
    return this.hasLimits || massExit !== undefined || instruments.hasMinOrderValue
  }

  /** Whether an exit waits because it came in a mass; every other one goes on by itself. */
  get isHolding(): boolean {
    return this.hold.isHolding
  }

  /** Starts the actor of its limits. */
  start(engine: Engine<unknown>): void {
    const { portfolio, journal, instruments, onLimit } = this.options
    startVirtualPortfolio({
      ...portfolio,
      engine,
      journal,
      instruments,
      now: () => Math.floor(engine.dispatcher.now),
      open: () => this.opened(),
      isOpen: id => this.positions.has(id),
      exit: id => this.exitByLimit(id),
      closed: id => this.over(id),
      onLimit: (event, at) => onLimit?.(event, at),
    })
  }

  add(position: Position): void {
    this.positions.set(position.id, position)
  }

  saveIntent(record: ExitRecord): Promise<void> {
    const isNew = !this.exits.has(record.positionId)
    if (isNew && this.hold.admit(record) !== undefined) this.heldExits++
    return this.saveAttempt(record)
  }

  saveAttempt(record: ExitRecord): Promise<void> {
    this.exits.set(record.positionId, record)
    return Promise.resolve()
  }

  note(record: ExitRecord): void {
    if (this.positions.has(record.positionId)) this.exits.set(record.positionId, record)
  }

  /** No position of a replay is released. */
  noteReleased(): void {}

  /** A replay is never in mode observe. */
  noteObserved(): void {}

  /** Takes an event of the actors. */
  happened(event: JournalEvent): void {
    if (event.kind === 'exit-filled') {
      const { fill } = event
      const position = this.positions.get(fill.positionId)!
      // The position is closed once its profit is counted.
      send(this.options.registry.refOf('portfolio'), {
        kind: 'filled',
        position,
        generation: 1,
        fill,
      })
    } else if (event.kind === 'exit-closed') this.over(event.decision.positionId)
    else if (event.kind === 'exit-below-minimum') this.belowMinimum.add(event.decision.positionId)
    this.options.journal(event)
  }

  /** The parts of a monitoring cycle that a replay needs. `settled` lets the actors handle their messages. */
  async cycle(settled: () => Promise<void>): Promise<void> {
    if (this.hasLimits) {
      send(this.options.registry.refOf('portfolio'), { kind: 'cycle' })
      await settled()
    }
    if (!this.isHolding && this.belowMinimum.size === 0) return
    send(this.options.registry.refOf('gateway'), { kind: 'cycle' })
    await settled()
  }

  /** The state that a new incarnation of the gateway starts from. */
  kept(): GatewayPast {
    const open = [...this.positions.values()]
    return {
      exits: open.flatMap(position => {
        const record = this.exits.get(position.id)
        return record === undefined ? [] : [{ record, position }]
      }),
      open: open
        .filter(({ id }) => !this.exits.has(id))
        .map(position => ({ position, generation: 1 })),
      released: [],
      followed: [],
      ended: [],
      killSwitch: OFF,
      isUnconfirmed: false,
    }
  }

  private get hasLimits(): boolean {
    return this.options.portfolio.limits.length > 0
  }

  /** The positions that are open at present: a file may name some that open later. */
  private *opened(): Iterable<Position> {
    const { now } = this.options.dispatcher
    for (const position of this.positions.values()) if (position.openedAt <= now) yield position
  }

  private exitByLimit(id: PositionId): void {
    const position = this.positions.get(id)
    if (position === undefined || this.exits.has(id)) return
    const at = Math.floor(this.options.dispatcher.now)
    const decision = decisionByHand(this.options.registry, position, { reason: 'daily-loss', at })
    send(this.options.registry.refOf('gateway'), {
      kind: 'exit',
      decision,
      position,
      generation: 1,
    })
  }

  private over(id: PositionId): void {
    this.positions.delete(id)
    this.exits.delete(id)
    this.belowMinimum.delete(id)
  }
}
