import { generationName, type PositionId } from '../domain/ids.ts'
import type { StoredExtremes } from '../domain/stored-extremes.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type {
  Change,
  GenerationRatchet,
  KeptLine,
  NetChange,
  Registered,
  ReleasedChange,
} from '../ports/state-repository.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import { LineQueue } from './line-queue.ts'

/** The changes of one act. */
export type AccountChange = Change<ExitRecord, KillSwitch, PortfolioDay>

/** Changes that become durable soon; those of one turn of the event loop are one commit. */
export interface Soon {
  readonly line?: KeptLine
  readonly exit?: ExitRecord
  /** The position whose row has changed: the row is read when the commit begins. */
  readonly row?: PositionId
  readonly released?: ReleasedChange<ExitRecord>
  readonly day?: PortfolioDay
  readonly net?: NetChange
  /** A ratchet that must be durable before an act that follows from it. */
  readonly ratchet?: readonly [PositionId, GenerationRatchet]
}

/** The content of one commit. Rows of the position table are named, and read when the commit begins. */
export interface Taken extends Omit<AccountChange, 'register'> {
  readonly rows: readonly PositionId[]
}

/** More rows of ratchets, or of extremes, at once would hold the event loop. */
const MOST_RATCHETS = 200

/** Waiting changes: the latest state of each row, and every journal line. */
export class WriteQueue {
  readonly lines = new LineQueue()
  private ratchets = new Map<PositionId, GenerationRatchet>()
  private extremes = new Map<string, StoredExtremes | undefined>()
  private exits = new Map<PositionId, ExitRecord>()
  private rows = new Set<PositionId>()
  private released = new Map<string, ReleasedChange<ExitRecord>>()
  private nets = new Map<string, NetChange>()
  private day: PortfolioDay | undefined

  add({ line, exit, row, released, day, net, ratchet }: Soon): void {
    if (net !== undefined) this.nets.set(generationName(net), net)
    if (ratchet !== undefined) this.ratchet(...ratchet)
    if (line !== undefined) this.lines.push(line)
    if (exit !== undefined) this.exits.set(exit.positionId, exit)
    if (row !== undefined) this.rows.add(row)
    if (released !== undefined) this.released.set(generationName(released), released)
    if (day !== undefined) this.day = day
  }

  get isEmpty(): boolean {
    const { ratchets, extremes, lines, exits, rows, released, nets, day } = this
    const count =
      ratchets.size + extremes.size + lines.size + exits.size + rows.size + released.size
    return count + nets.size === 0 && day === undefined
  }

  /** Whether a row of a ratchet, or of extremes, waits. */
  get hasRatchets(): boolean {
    return this.ratchets.size + this.extremes.size > 0
  }

  /** How much waits. */
  get sizes(): Readonly<Record<'ratchets' | 'extremes' | 'lines' | 'exits' | 'positions', number>> {
    const { ratchets, extremes, lines, exits, rows, released, nets } = this
    return {
      ratchets: ratchets.size,
      extremes: extremes.size,
      lines: lines.size,
      exits: exits.size + released.size + nets.size,
      positions: rows.size,
    }
  }

  /** Takes a row of a ratchet. */
  ratchet(id: PositionId, row: GenerationRatchet): void {
    this.ratchets.set(id, row)
  }

  /** Takes a row of extremes. */
  extremesOf(series: string, row: StoredExtremes): void {
    this.extremes.set(series, row)
  }

  deleteExtremes(all: readonly string[]): void {
    for (const series of all) this.extremes.set(series, undefined)
  }

  hasRow(id: PositionId): boolean {
    return this.rows.has(id)
  }

  /** Takes what one commit may hold. */
  take(): Taken {
    const { exits, released, nets } = this
    this.exits = new Map()
    this.nets = new Map()
    this.released = new Map()
    return {
      ratchets: takeSome(this.ratchets),
      extremes: takeSome(this.extremes),
      exits: [...exits.values()],
      released: [...released.values()],
      nets: [...nets.values()],
      ...this.takeRows(),
    }
  }

  /** Takes the rows alone, with the lines and the day that belong into one commit with them. */
  takeRows(): Taken {
    const { rows, day } = this
    this.rows = new Set()
    this.day = undefined
    return { rows: [...rows], lines: this.lines.take(), ...(day !== undefined && { day }) }
  }

  /** Takes some of the rows that wait. */
  takeRowsOf(ids: readonly PositionId[]): Taken {
    return { rows: ids.filter(id => this.rows.delete(id)) }
  }

  /**
   * Takes the waiting changes of positions, which must be written before an act about them. The end of a position is in
   * one commit with its journal line and the day's sum, and those are not kept by position: where one has ended, all
   * rows are taken, with all lines and the day.
   */
  takeAlong(ids: readonly PositionId[], isOpen: (id: PositionId) => boolean): Taken {
    const waiting = ids.filter(id => this.rows.has(id))
    return waiting.every(isOpen) ? this.takeRowsOf(waiting) : this.takeRows()
  }

  /** Takes out the exits that a later state replaces. */
  takeReplaced(exits: readonly ExitRecord[]): readonly ExitRecord[] {
    const older = exits.flatMap(({ positionId }) => this.exits.get(positionId) ?? [])
    for (const { positionId } of older) this.exits.delete(positionId)
    return older
  }

  /**
   * A generation is over: its best price and the states of its exit are no longer written. Nets and released exits are:
   * they are followed beyond the end.
   */
  over({ position: { id }, generation }: Registered): void {
    if ((this.ratchets.get(id)?.generation ?? Infinity) <= generation) this.ratchets.delete(id)
    if ((this.exits.get(id)?.generation ?? Infinity) <= generation) this.exits.delete(id)
  }

  /** Puts back what was not written, before what has come since; a later state of a row takes its place. */
  putBack({ rows, ratchets, extremes, lines, exits, released, nets, day }: Taken): void {
    this.nets = new Map([...byName(nets, generationName), ...this.nets])
    this.ratchets = new Map([...(ratchets ?? []), ...this.ratchets])
    this.extremes = new Map([...(extremes ?? []), ...this.extremes])
    this.lines.putBack(lines ?? [])
    this.exits = new Map([...byName(exits, record => record.positionId), ...this.exits])
    this.released = new Map([...byName(released, generationName), ...this.released])
    this.rows = new Set([...rows, ...this.rows])
    this.day ??= day
  }
}

/** Takes the oldest rows out of `waiting`, as many as one commit may hold. */
function takeSome<Name, Value>(waiting: Map<Name, Value>): Map<Name, Value> {
  const some = new Map<Name, Value>()
  for (const [name, value] of waiting) {
    if (some.size === MOST_RATCHETS) break
    some.set(name, value)
    waiting.delete(name)
  }
  return some
}

const byName = <Value, Name>(
  values: readonly Value[] | undefined,
  name: (value: Value) => Name,
): [Name, Value][] => (values ?? []).map(value => [name(value), value])

/** The positions that a change is about. */
export function positionsOf({ rows, ratchets, exits, released, nets }: Taken): Set<PositionId> {
  const ids = new Set<PositionId>(rows)
  for (const id of ratchets?.keys() ?? []) ids.add(id)
  for (const { positionId } of exits ?? []) ids.add(positionId)
  for (const { positionId } of released ?? []) ids.add(positionId)
  for (const { positionId } of nets ?? []) ids.add(positionId)
  return ids
}

/** Whether there is nothing in it. */
export const isNothing = ({ rows, ratchets, extremes, lines, ...others }: Taken): boolean =>
  rows.length + (ratchets?.size ?? 0) + (extremes?.size ?? 0) + (lines?.length ?? 0) === 0 &&
  (others.exits?.length ?? 0) + (others.released?.length ?? 0) === 0 &&
  (others.nets?.length ?? 0) === 0 &&
  others.day === undefined
