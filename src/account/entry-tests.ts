import { send } from '../actors/actor.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import { priceIn, viewOf, type Tick } from '../domain/tick.ts'
import type { Engine } from '../engine/engine.ts'
import type { Faults } from '../exits/faults.ts'
import type { Registered } from '../ports/state-repository.ts'
import { immediateExit, type Beginning } from '../risk/at-once.ts'
import { beginningOf } from './beginning.ts'
import { lineOf } from './journal-line.ts'
import type { PositionTable } from './position-table.ts'
import type { StateWriter } from './state-writer.ts'
import { ruleSetOf } from './stored-rules.ts'
import type { TickPath } from './tick-path.ts'

export interface EntryTestsDeps {
  readonly positions: PositionTable
  readonly writer: Pick<StateWriter, 'soon'>
  readonly engine: Pick<Engine<unknown>, 'registry' | 'supervisor' | 'dispatcher' | 'sink'>
  /** Calls the test with each tick while a position waits for its first price. */
  readonly tickPath: Pick<TickPath, 'testing'>
  readonly faults: Pick<Faults, 'alone'>
  /** Epoch ms. */
  now(): number
  /** A price that is older does not count as the first one, ms. */
  readonly staleMs: number
}

/**
 * Tests positions that were added without a known price at their first price. Where that price would exit the
 * position at once, the position is refused: it has no monitor until a person decides.
 */
export class EntryTests {
  private readonly parts: EntryTestsDeps
  /** Positions by the instrument whose first price they wait for. */
  private readonly waiting = new Map<InstrumentId, Set<PositionId>>()

  constructor(parts: EntryTestsDeps) {
    this.parts = parts
  }

  /** Begins the test of a position whose monitor has just started: a price may have come in between. */
  begin({ position, entry }: Registered): void {
    if (entry?.kind !== 'awaits-price') return
    const { id } = position
    for (const instrument of entry.of) {
      const ids = this.waiting.get(instrument) ?? new Set()
      this.waiting.set(instrument, ids.add(id))
    }
    this.parts.tickPath.testing.add(this)
    const now = this.parts.now()
    const beginning = beginningOf(this.parts.engine.sink.board, position, now)
    for (const instrument of entry.of) {
      const isOwn = instrument === position.instrument
      const isPriced = isOwn
        ? now - beginning.pricedAt <= this.parts.staleMs
        : !Number.isNaN(beginning.priceOf(instrument))
      if (isPriced) this.judge(id, instrument, beginning)
    }
  }

  /** Takes a tick before the monitors do. */
  test(tick: Tick): void {
    const ids = this.waiting.get(tick.instrument)
    if (ids === undefined) return
    const { faults } = this.parts
    for (const id of ids)
      faults.alone(`the first price of ${id}`, () => this.testOne(id, tick), undefined)
  }

  private testOne(id: PositionId, tick: Tick): void {
    const row = this.parts.positions.get(id)
    if (row === undefined) return
    const { position } = row
    const known = beginningOf(this.parts.engine.sink.board, position, this.parts.now())
    if (tick.instrument !== position.instrument) {
      return this.judge(id, tick.instrument, { ...known, price: NaN, priceOf: () => tick.price })
    }
    const price = priceIn(viewOf(position.side, position.priceSource), tick)
    if (!Number.isNaN(price)) this.judge(id, tick.instrument, { ...known, price })
  }

  private judge(id: PositionId, instrument: InstrumentId, beginning: Beginning): void {
    const { positions } = this.parts
    const row = positions.get(id)
    this.done(id, instrument)
    if (row?.state !== 'open' || row.entry?.kind !== 'awaits-price') return
    const why = immediateExit(row.position, ruleSetOf(row), beginning)
    if (why !== undefined) return this.refuse(row, why)
    const of = row.entry.of.filter(each => each !== instrument)
    positions.awaitPrices(row, of)
    this.parts.writer.soon({ row: id })
  }

  private refuse(row: Registered, why: string): void {
    const { positions, writer, engine, now } = this.parts
    const { id } = row.position
    const { registry, dispatcher, supervisor } = engine
    const watched = registry.get(id)?.watched
    // An exit was decided already, by a deadline or by hand: the price changes nothing.
    if (watched?.decision !== undefined) return
    if (watched !== undefined) dispatcher.close(watched)
    send(supervisor, { kind: 'closed', positionId: id, generation: row.generation })
    for (const instrument of this.waiting.keys()) this.done(id, instrument)
    positions.refuseEntry(row, why, now())
    writer.soon({ row: id, line: lineOf(now(), 'entry-refused', id, { why }) })
  }

  private done(id: PositionId, instrument: InstrumentId): void {
    const ids = this.waiting.get(instrument)
    ids?.delete(id)
    if (ids?.size === 0) this.waiting.delete(instrument)
    if (this.waiting.size === 0) this.parts.tickPath.testing.delete(this)
  }
}
