import type { PositionId } from '../domain/ids.ts'
import { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { JournalLine } from '../ports/control.ts'
import type { Change, Keeper, KeptLine, Registered } from '../ports/keeper.ts'
import type { Ratchet } from '../risk/guard.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import { LineQueue } from './line-queue.ts'

/** What one act of the service changes. */
export type LiveChange = Change<ExitRecord, KillSwitch, PortfolioDay>

/** What the service keeps. */
export type LiveKeeper = Keeper<ExitRecord, KillSwitch, PortfolioDay>

export interface LiveWriterOptions {
  readonly keeper: LiveKeeper
  /** Told of each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Told once when the store begins to refuse writes, and with undefined when it takes them again. */
  readonly onTrouble?: ((error: WatchkeeperError | undefined) => void) | undefined
  /** Another process has taken the store over. */
  readonly onFenced: (error: WatchkeeperError) => void
  /**
   * Calls `take` with each ratchet that became stricter since it was last taken. False: this is no
   * moment for it, but one comes before long; never for the last time.
   */
  takeRatchets(take: (id: PositionId, ratchet: Ratchet) => void, isLast: boolean): boolean
  /** Where the feed has come to with these ratchets; undefined where it cannot go back. */
  feedPlace?(): unknown
}

/** Time after a failed write until the next try, ms. */
const RETRY_MS = 1_000
/** Ratchets are gathered for so long, ms: prices come in bursts, and a commit costs the same for all. */
const GATHER_MS = 10
/** More at once would hold the event loop. */
const MOST_RATCHETS = 1_000

/** Makes state durable: at once for what waits for it, else one commit after the other. */
export class LiveWriter {
  /** Errors of the store since its last write that went well. */
  errors = 0
  /** Journal lines written so far. */
  lineCount = 0
  /** Ratchets as they are on disk. */
  readonly durable: Map<PositionId, Ratchet>
  private readonly options: LiveWriterOptions
  private ratchets = new Map<PositionId, Ratchet>()
  private readonly lines = new LineQueue()
  private exits = new Map<PositionId, ExitRecord>()
  /** Exits that were saved while a commit with an older state of them was under way. */
  private readonly savedMeanwhile = new Set<PositionId>()
  private rows: Registered[] = []
  private day: PortfolioDay | undefined
  /** The portfolio's day as it was given last. */
  lastDay: PortfolioDay | undefined
  private writing: Promise<void> | undefined
  private isDrainDue = false
  private isPlaceDue = false
  private gathering: NodeJS.Timeout | undefined
  private isClosed = false
  private trouble: WatchkeeperError | undefined

  /** `durable` and `day`: the ratchets, and the day, that an earlier process has left. */
  constructor(
    options: LiveWriterOptions,
    durable: Iterable<readonly [PositionId, Ratchet]> = [],
    day?: PortfolioDay,
  ) {
    this.options = options
    this.durable = new Map(durable)
    this.lastDay = day
  }

  /** Resolves when the change is durable; rejects, with nothing changed, when it cannot be. */
  async now(change: LiveChange): Promise<void> {
    // What waits is older, and must not be written over what is newer.
    for (const { positionId } of change.exits ?? []) {
      this.exits.delete(positionId)
      if (this.writing !== undefined) this.savedMeanwhile.add(positionId)
    }
    try {
      const lines = await this.options.keeper.keep(change)
      this.errors = 0
      this.tell(undefined)
      this.lineCount += lines.length
      for (const line of lines) this.options.onLine(line)
    } catch (error) {
      this.errors++
      if (isFenced(error)) this.options.onFenced(error)
      else this.tell(storeError(error))
      throw error
    }
  }

  /** A line, and what it tells of, become durable soon. */
  soon(what: { line?: KeptLine; exit?: ExitRecord; row?: Registered; day?: PortfolioDay }): void {
    if (what.line !== undefined) this.lines.push(what.line)
    if (what.exit !== undefined) this.exits.set(what.exit.positionId, what.exit)
    if (what.row !== undefined) this.rows.push(what.row)
    if (what.day !== undefined) this.lastDay = this.day = what.day
    this.drainSoon()
  }

  /** Writes what changed, one commit at a time; what a failed commit held is tried again. */
  drain(isLast = false): void {
    if (this.writing !== undefined || this.isClosed) return
    const isTaken = this.options.takeRatchets(
      (id, ratchet) => this.ratchets.set(id, ratchet),
      isLast,
    )
    if (!isTaken) this.gather()
    const hasPlace = isTaken && (this.ratchets.size > 0 || this.isPlaceDue)
    if (!this.isDirty && !(isTaken && this.isPlaceDue)) return
    const { exits, rows, day } = this
    const lines = this.lines.take()
    const ratchets = this.takeSome()
    // With ratchets left over the place would be ahead of what is kept.
    const feedPlace = hasPlace && this.ratchets.size === 0 ? this.options.feedPlace?.() : undefined
    if (hasPlace) this.isPlaceDue = false
    this.exits = new Map()
    this.savedMeanwhile.clear()
    this.rows = []
    this.day = undefined
    this.writing = this.write({
      ...{ ratchets, lines, exits: [...exits.values()], register: rows },
      ...(day !== undefined && { day }),
      ...(feedPlace !== undefined && { feedPlace }),
    })
  }

  /** The feed's place is kept with the next drain, also where no ratchet has changed. */
  keepPlace(): void {
    this.isPlaceDue = this.options.feedPlace?.() !== undefined
  }

  /** Drains once the present turn is over, so that all it changes is one commit. */
  drainSoon(): void {
    if (this.isDrainDue || this.isClosed) return
    this.isDrainDue = true
    setImmediate(() => {
      this.isDrainDue = false
      this.drain()
    })
  }

  /** Drains before long: ratchets became stricter, and nobody waits for them. */
  gather(): void {
    if (this.gathering !== undefined || this.isDrainDue || this.isClosed) return
    this.gathering = setTimeout(() => {
      this.gathering = undefined
      this.drain()
    }, GATHER_MS)
  }

  /** Resolves when all that was given so far is durable. Throws STORE_FAILED or STORE_FULL when it cannot be now. */
  async flush(): Promise<void> {
    // What was given while a commit was under way is in the one after it.
    for (let round = 0; round < 2; round++) {
      this.drain()
      await this.writing
      if (this.errors > 0) {
        const code = this.trouble?.code ?? 'STORE_FAILED'
        throw new WatchkeeperError(code, 'the store refuses writes; it is tried again')
      }
    }
  }

  /** Writes what is left, as far as the store takes it, and nothing after it. */
  async close(): Promise<void> {
    this.keepPlace()
    do {
      this.drain(true)
      await this.writing
    } while (this.isDirty && this.errors === 0)
    this.isClosed = true
    clearTimeout(this.gathering)
  }

  /** Rows that are not durable yet, those of the commit under way left out. */
  get waiting(): Readonly<Record<'ratchets' | 'lines' | 'exits' | 'positions', number>> {
    const { ratchets, lines, exits, rows } = this
    return {
      ...{ ratchets: ratchets.size, lines: lines.size },
      ...{ exits: exits.size, positions: rows.length },
    }
  }

  /** Journal lines that were dropped because too many waited. */
  get lostLines(): number {
    return this.lines.lost
  }

  /** Resolves when the commit under way is over; undefined when there is none. */
  get busy(): Promise<void> | undefined {
    return this.writing
  }

  private get isDirty(): boolean {
    const { ratchets, lines, exits, rows, day } = this
    return ratchets.size + lines.size + exits.size + rows.length > 0 || day !== undefined
  }

  private takeSome(): Map<PositionId, Ratchet> {
    const all = this.ratchets
    if (all.size <= MOST_RATCHETS) {
      this.ratchets = new Map()
      return all
    }
    const some = new Map([...all].slice(0, MOST_RATCHETS))
    for (const id of some.keys()) all.delete(id)
    return some
  }

  private tell(trouble: WatchkeeperError | undefined): void {
    const isNews = this.trouble?.code !== trouble?.code
    this.trouble = trouble
    if (isNews) this.options.onTrouble?.(trouble)
  }

  private async write(change: LiveChange): Promise<void> {
    try {
      await this.now(change)
      for (const [id, ratchet] of change.ratchets ?? []) this.durable.set(id, ratchet)
      for (const { position, state } of change.register ?? []) {
        if (state !== 'open') this.durable.delete(position.id)
      }
    } catch (error) {
      this.putBack(change)
      if (isFenced(error)) return
      await new Promise(resolve => setTimeout(resolve, RETRY_MS).unref())
    } finally {
      this.writing = undefined
    }
    this.drain()
  }

  /** Puts what was not written back, behind anything newer. */
  private putBack({ ratchets, lines, exits, register, day }: LiveChange): void {
    this.ratchets = new Map([...(ratchets ?? []), ...this.ratchets])
    this.lines.putBack(lines ?? [])
    const older = (exits ?? []).filter(({ positionId }) => !this.savedMeanwhile.has(positionId))
    const known = older.map(record => [record.positionId, record] as const)
    this.exits = new Map([...known, ...this.exits])
    this.rows = [...(register ?? []), ...this.rows]
    this.day ??= day
  }
}

const storeError = (error: unknown): WatchkeeperError =>
  error instanceof WatchkeeperError
    ? error
    : new WatchkeeperError('STORE_FAILED', String(error), { cause: error })

const isFenced = (error: unknown): error is WatchkeeperError =>
  error instanceof WatchkeeperError && error.code === 'FENCED'
