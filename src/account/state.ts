import type { GatewayPast } from '../actors/gateway-past.ts'
import { generationName, type PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { StoredExtremes } from '../domain/stored-extremes.ts'
import type { Faults } from '../exits/faults.ts'
import { OFF, type KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { NetRecord } from '../nets/record.ts'
import type {
  GenerationRatchet,
  KeptRatchet,
  RecoveredState,
  Registered,
  StoredNet,
} from '../ports/state-repository.ts'
import { inTurns } from '../ports/turns.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import { Counters } from './counters.ts'
import { OpenExits } from './open-exits.ts'
import { PositionTable } from './position-table.ts'

/** The recovered state of an earlier process. */
export type RecoveredAccount = RecoveredState<ExitRecord, KillSwitch, PortfolioDay>

/** Positions that are taken over in one turn of the event loop. */
const AT_ONCE = 100

/**
 * The state of a running account. Each part of it has one writer: the methods of its own class, or those of the class
 * that its comment names. A map by id holds something of the open generation of a position; a map by generation holds
 * what may outlive it.
 */
export class AccountState {
  readonly positions: PositionTable
  readonly exits = new OpenExits()
  /** Exits of open positions that are durable and not over. */
  readonly openExits = this.exits.open
  /** Exits of released positions that are not over, by generation. */
  readonly released = this.exits.released
  /** Ratchets as they were at the start. */
  readonly ratchets = new Map<PositionId, GenerationRatchet>()
  /** Series of extremes as they were at the start, by their numbers. */
  readonly extremes: ReadonlyMap<string, StoredExtremes>
  /** Random id of the store: part of each client order id. */
  readonly storeId: string | undefined
  /** The portfolio's day as an earlier process has left it. */
  readonly day: PortfolioDay | undefined
  /** Where the feed of an earlier process had come to. */
  readonly feedPlace: unknown
  /** Stops of positions that may rest at the venue, by generation; set by NetKeeper. */
  readonly nets = new Map<string, StoredNet<NetRecord>>()
  /** Positions of the file that were refused, and why; set where the file is read. */
  readonly refusedEntries = new Map<PositionId, string>()
  readonly counts = new Counters()
  /** Faults of positions that the portfolio could not count; set where it starts, as are the limits. */
  faults: Pick<Faults, 'all'> = { all: () => [] }
  /** Set by KillSwitchActs. */
  killSwitch: KillSwitch
  /** Whether a person must confirm the holdings before anything is sent; set by HoldingsConfirmation. */
  isUnconfirmed: boolean
  /** Names of the limits that are tripped, and of those that have warned today. */
  limits: { readonly tripped: readonly string[]; readonly warned: readonly string[] } = {
    tripped: [],
    warned: [],
  }

  /** The state of an account that may have many positions: some hundred of them in each turn of the event loop. */
  static async recovered(past: RecoveredAccount): Promise<AccountState> {
    const state = new AccountState({ ...past, register: new Map(), ratchets: new Map(), exits: [] })
    await inTurns(past.register.values(), AT_ONCE, row => {
      state.positions.put(row)
      const ratchet = past.ratchets.get(row.position.id)
      if (ratchet !== undefined) state.recoverRatchet(row.position.id, ratchet)
    })
    await inTurns(past.exits, AT_ONCE, record => state.recoverExit(record))
    return state
  }

  constructor(past: RecoveredAccount) {
    this.positions = new PositionTable(past.register, past.generationFloor)
    for (const [id, ratchet] of past.ratchets) this.recoverRatchet(id, ratchet)
    this.extremes = past.extremes
    this.feedPlace = past.feedPlace
    this.storeId = past.storeId
    this.day = past.day
    this.killSwitch = past.killSwitch ?? OFF
    this.isUnconfirmed = past.isUnconfirmed === true
    for (const net of past.nets ?? []) {
      const kept = net as StoredNet<NetRecord>
      this.nets.set(generationName(kept.record), kept)
    }
    for (const exit of past.released ?? []) this.exits.followReleased(exit)
    for (const record of past.exits) this.recoverExit(record)
  }

  private recoverRatchet(id: PositionId, ratchet: KeptRatchet): void {
    const generation = this.positions.get(id)?.generation
    if (generation !== undefined) this.ratchets.set(id, { ...ratchet, generation })
  }

  private recoverExit(record: ExitRecord): void {
    const row = this.positions.get(record.positionId)
    // An exit of an earlier generation, or of a position that was released, is over.
    if (row?.state !== 'open' || row.generation !== record.generation) return
    this.exits.begin(record)
  }

  /** The highest number that a series of extremes has in the store; 0 without one. */
  get lastSeries(): number {
    let last = 0
    for (const { series = 0 } of this.ratchets.values()) last = Math.max(last, series)
    for (const series of this.extremes.keys()) last = Math.max(last, Number(series))
    return last
  }

  /** The positions that are open, those that are being exited included. */
  *open(): Iterable<Position> {
    for (const { position, state } of this.positions.values()) if (state === 'open') yield position
  }
}

/** The part of the state that the gateway starts from. */
export function pastOf({
  positions,
  openExits,
  released,
  nets,
  killSwitch,
  isUnconfirmed,
}: AccountState): GatewayPast {
  const open: Registered[] = []
  const left: Registered[] = []
  const ended: GatewayPast['ended'][number][] = []
  // One pass: a store keeps up to 100,000 rows of closed positions.
  for (const row of positions.values()) {
    const { position, generation, state, wasDoubted, exited, former } = row
    if (former !== undefined) ended.push(...former)
    if (state === 'open') {
      if (!openExits.has(position.id)) open.push(row)
      continue
    }
    if (wasDoubted === true || exited !== undefined) ended.push(row)
    const name = generationName({ positionId: position.id, generation })
    if (state === 'released' && !released.has(name)) left.push(row)
  }
  return {
    exits: [...openExits.values()].map(record => {
      return { record, position: positions.get(record.positionId)!.position }
    }),
    open,
    released: left,
    followed: [...released.values()],
    ended,
    nets: [...nets.values()],
    killSwitch,
    isUnconfirmed,
  }
}
