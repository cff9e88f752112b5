import { randomUUID } from 'node:crypto'
import type { PositionId } from '../domain/ids.ts'
import { signOf } from '../domain/position.ts'
import { bestSince, type StoredExtremes } from '../domain/stored-extremes.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type {
  Change,
  KeptRatchet,
  NetChange,
  RecoveredState,
  Registered,
  ReleasedChange,
  ReleasedExit,
  StateRepository,
  StoredNet,
} from '../ports/state-repository.ts'
import type { Batch, Row, Store, Table } from '../ports/store.ts'
import { inTurns } from '../ports/turns.ts'
import { ClosedRows, type ClosedRow } from './closed.ts'

const KILL_SWITCH = 'kill-switch'
const UNCONFIRMED = 'holdings-unconfirmed'
const DAY = 'portfolio'
const FEED_PLACE = 'feed-place'
const GENERATION_FLOOR = 'generation-floor'
const STORE_ID = 'store-id'
const CLOSED_ROWS = 100_000

export interface StoreRepositoryOptions {
  /** Closed positions that are remembered; the oldest are deleted first. Default 100,000. */
  readonly closedRows?: number
}

/** All positions in a store, closed ones without their rules. */
export async function registerOf(
  store: Pick<Store, 'rows'>,
  closed = new ClosedRows(CLOSED_ROWS),
): Promise<Map<PositionId, Registered>> {
  const open = await store.rows<Registered>('positions')
  const over = await store.rows<ClosedRow>('closed')
  const register = new Map<PositionId, Registered>()
  const take = (row: Registered): void => void register.set(row.position.id, row)
  await inTurns(closed.load(over), AT_ONCE, take)
  await inTurns(open.values(), AT_ONCE, take)
  return register
}

/** The random id of a store; undefined where it has none yet. */
export const storeIdOf = async (store: Pick<Store, 'rows'>): Promise<string | undefined> =>
  idIn(await store.rows<unknown>('settings'))

/** The row that says whether a person must confirm the holdings. */
export const unconfirmedRow = (isUnconfirmed: boolean): Row => {
  const row = { table: 'settings', key: UNCONFIRMED } as const
  return isUnconfirmed ? { ...row, value: true } : row
}

const idIn = (settings: ReadonlyMap<string, unknown>): string | undefined =>
  settings.get(STORE_ID) as string | undefined

/** Rows that are evaluated in one turn of the event loop. */
const AT_ONCE = 250

/** Stores the state of the service: one table for each kind, keyed by position. */
export class StoreRepository<
  Exit extends { readonly positionId: PositionId; readonly generation: number },
  Switch,
  Day,
> implements StateRepository<Exit, Switch, Day> {
  private readonly store: Pick<Store, 'rows' | 'write'>
  private readonly closed: ClosedRows
  /** Called with ids that were deleted, and their highest generation. */
  onForgotten: ((ids: readonly PositionId[], generation: number) => void) | undefined
  private generationFloor = 0
  private storeId = ''
  /** True while this process has drawn the id and no write has stored it yet. */
  private isIdNew = false

  constructor(
    store: Pick<Store, 'rows' | 'write'>,
    { closedRows = CLOSED_ROWS }: StoreRepositoryOptions = {},
  ) {
    this.store = store
    this.closed = new ClosedRows(closedRows)
  }

  async load(): Promise<RecoveredState<Exit, Switch, Day>> {
    // One after the other: a store reads so many rows of each table in one turn of the event loop.
    const register = await registerOf(this.store, this.closed)
    const ratchets = await this.store.rows<KeptRatchet>('ratchets')
    const extremes = await this.store.rows<StoredExtremes>('extremes')
    const exits = await this.store.rows<Exit>('exits')
    const released = await this.store.rows<ReleasedExit<Exit>>('released')
    const nets = await this.store.rows<StoredNet>('nets')
    const settings = await this.store.rows<unknown>('settings')
    this.generationFloor = (settings.get(GENERATION_FLOOR) as number | undefined) ?? 0
    const storeId = idIn(settings)
    this.isIdNew = storeId === undefined
    this.storeId = storeId ?? randomUUID()
    return {
      register,
      ratchets: await ratchetsOf(ratchets, extremes, register),
      extremes,
      exits: [...exits.values()],
      released: [...released.values()],
      nets: [...nets.values()],
      killSwitch: settings.get(KILL_SWITCH) as Switch | undefined,
      day: settings.get(DAY) as Day | undefined,
      feedPlace: settings.get(FEED_PLACE),
      generationFloor: this.generationFloor,
      isUnconfirmed: settings.get(UNCONFIRMED) === true,
      storeId: this.storeId,
    }
  }

  async keep(change: Change<Exit, Switch, Day>): Promise<readonly JournalLine[]> {
    const { register = [], lines } = change
    const ending = register.filter(({ state }) => state !== 'open')
    const { ids, generation } = this.closed.surplus(ending)
    const rows = [...this.rowsOf(change), ...this.closed.gone(ids)]
    // A reused id must not get a generation that it had before: order ids contain it.
    const floor = Math.max(this.generationFloor, generation)
    if (floor > this.generationFloor) {
      rows.push({ table: 'settings', key: GENERATION_FLOOR, value: floor })
    }
    // Stored with the first change: no order was sent before that.
    if (this.isIdNew) rows.push(this.idRow())
    const numbered = await this.store.write({ rows, ...(lines !== undefined && { lines }) })
    this.isIdNew = false
    this.generationFloor = Math.max(this.generationFloor, floor)
    this.closed.changed(register, ids)
    if (ids.length > 0) this.onForgotten?.(ids, generation)
    return numbered
  }

  /** Encodes a complete change as rows. */
  whole(change: Change<Exit, Switch, Day>): Batch {
    const floor: Row = { table: 'settings', key: GENERATION_FLOOR, value: this.generationFloor }
    // A deletion here would only say that the row does not exist.
    const rows = this.rowsOf(change).filter(({ value }) => value !== undefined)
    return { rows: [...rows, floor, this.idRow()] }
  }

  private idRow(): Row {
    return { table: 'settings', key: STORE_ID, value: this.storeId }
  }

  private rowsOf(change: Change<Exit, Switch, Day>): Row[] {
    const rows: Row[] = []
    for (const [key, value] of change.ratchets ?? []) {
      rows.push({ table: 'ratchets', key, value, generation: value.generation })
    }
    for (const [key, value] of change.extremes ?? []) rows.push({ table: 'extremes', key, value })
    for (const value of change.exits ?? []) {
      rows.push({ table: 'exits', key: value.positionId, value, generation: value.generation })
    }
    for (const value of change.register ?? []) rows.push(...this.registerRows(value))
    for (const each of change.released ?? []) rows.push(releasedRow(each))
    for (const each of change.nets ?? []) rows.push(netRow(each))
    if (change.day !== undefined) rows.push({ table: 'settings', key: DAY, value: change.day })
    if (change.feedPlace !== undefined) {
      rows.push({ table: 'settings', key: FEED_PLACE, value: change.feedPlace })
    }
    if (change.isUnconfirmed !== undefined) {
      rows.push(unconfirmedRow(change.isUnconfirmed))
    }
    if (change.killSwitch !== undefined) {
      rows.push({ table: 'settings', key: KILL_SWITCH, value: change.killSwitch })
    }
    return rows
  }

  /**
   * A closed position deletes all its rows except one that remembers its id; a new generation
   * deletes what an earlier one has left.
   */
  private registerRows(value: Registered): Row[] {
    const { generation } = value
    const key = value.position.id
    const without = (tables: readonly Table[], highest: number): Row[] =>
      tables.map(table => ({ table, key, generation: highest }))
    if (value.state !== 'open') {
      return [this.closed.row(value), ...without(['positions', 'ratchets', 'exits'], generation)]
    }
    const row: Row = { table: 'positions', key, value, generation }
    if (generation === 1) return [row]
    return [row, ...without(['closed', 'ratchets', 'exits'], generation - 1)]
  }
}

/**
 * The ratchets of open generations, with the better of their own best prices and of what their series
 * have since their marks (P3). Rows of an earlier version carry no generation, and no series.
 */
export async function ratchetsOf(
  rows: ReadonlyMap<string, KeptRatchet>,
  extremes: ReadonlyMap<string, StoredExtremes>,
  register: ReadonlyMap<PositionId, Registered>,
): Promise<ReadonlyMap<PositionId, KeptRatchet>> {
  const ratchets = new Map<PositionId, KeptRatchet>()
  await inTurns(rows, AT_ONCE, ([key, ratchet]) => {
    const id = key as PositionId
    const row = register.get(id)
    if (row?.state !== 'open') return
    if ((ratchet.generation ?? row.generation) !== row.generation) return
    const series = ratchet.series === undefined ? undefined : extremes.get(String(ratchet.series))
    const sign = signOf(row.position.side)
    ratchets.set(id, series === undefined ? ratchet : withSeries(ratchet, series, sign))
  })
  return ratchets
}

/** A row with the extremes that its series has from its mark on. */
function withSeries(row: KeptRatchet, series: StoredExtremes, sign: 1 | -1): KeptRatchet {
  const { best, worst, mark = Infinity } = row
  const highest = bestSince(series, mark, sign)
  const lowest = -bestSince(series, mark, sign === 1 ? -1 : 1)
  return {
    ...row,
    best: sign * Math.max(sign * best, highest),
    ...(worst !== undefined && { worst: sign * Math.min(sign * worst, lowest) }),
  }
}

/** The net of an earlier generation may be followed beside that of the present one. */
const netRow = ({ positionId, generation, net }: NetChange): Row => ({
  table: 'nets',
  key: `${generation} ${positionId}`,
  ...(net !== undefined && { value: net }),
})

/** Two generations of one id may each have an exit that is tracked. */
const releasedRow = <Exit>({ positionId, generation, exit }: ReleasedChange<Exit>): Row => ({
  table: 'released',
  key: `${generation} ${positionId}`,
  ...(exit !== undefined && { value: exit }),
})
