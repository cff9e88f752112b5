import type { PositionId } from '../domain/ids.ts'
import { WatchkeeperError } from '../errors.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import { DurableRatchets } from './durable-ratchets.ts'
import { ExitCommits, type ExitAct } from './exit-commits.ts'
import { IdQueue } from './id-queue.ts'
import { RatchetAge } from './ratchet-age.ts'
import type { Act, StateWriterOptions, WriterSources } from './state-writer-options.ts'
import { isFenced } from './store-error.ts'
import { StoreTrouble } from './store-trouble.ts'
import {
  isNothing,
  positionsOf,
  WriteQueue,
  type AccountChange,
  type Soon,
  type Taken,
} from './write-queue.ts'

/** Time after a failed write until the next try, ms. */
const RETRY_MS = 1_000
/** Time for which ratchets are gathered into one commit, ms: prices come in bursts. */
const GATHER_MS = 10

/**
 * Makes state durable: at once for a caller that waits, otherwise with the next commit. Changes of one position
 * are written in the order of the calls.
 */
export class StateWriter {
  /** Journal lines written so far. */
  lineCount = 0
  /** Journal lines whose commit has begun so far: a reading from before a line may contradict it. */
  begunLines = 0
  /** Ratchets as they are on disk. */
  readonly ratchets: DurableRatchets
  private readonly options: StateWriterOptions
  private sources: WriterSources = { takeRatchets: () => true }
  private readonly queue = new WriteQueue()
  private readonly acts = new IdQueue()
  private readonly exitCommits: ExitCommits
  /** Age of the oldest best price that is not on disk. */
  readonly age: RatchetAge
  /** The portfolio's day as it was given last. */
  lastDay: PortfolioDay | undefined
  private writing: Promise<void> | undefined
  private isDrainDue = false
  private isPlaceDue = false
  private gathering: NodeJS.Timeout | undefined
  private isClosed = false
  private readonly trouble: StoreTrouble

  /** `ratchets` and `day`: what an earlier process has left. */
  constructor(
    options: StateWriterOptions,
    ratchets: DurableRatchets = new DurableRatchets(),
    day?: PortfolioDay,
  ) {
    this.options = options
    this.ratchets = ratchets
    this.age = new RatchetAge(options.monotonic)
    this.lastDay = day
    this.trouble = new StoreTrouble(options)
    this.exitCommits = new ExitCommits({
      queue: this.queue,
      keep: (asked, along) => this.store(asked, along),
      drainSoon: () => this.drainSoon(),
    })
  }

  /** Errors of the store since its last successful write. */
  get errors(): number {
    return this.trouble.errors
  }

  /** Attaches the sources of ratchets and of the feed's place: the only late binding. */
  attach(sources: WriterSources): void {
    this.sources = sources
  }

  /** Resolves with what the act has changed when that is durable; rejects, with nothing changed, when it cannot be. */
  async commit<Made extends AccountChange>({ ids = [], change, done }: Act<Made>): Promise<Made> {
    const { positions } = this.options
    return this.acts.run(ids, async () => {
      let along: Taken = { rows: [] }
      let asked: Made
      try {
        asked = change()
        along = this.queue.takeAlong(ids, id => positions.get(id)?.state === 'open')
        await this.store(asked, along)
      } catch (error) {
        this.queue.putBack(along)
        if (!this.queue.isEmpty) this.drainSoon()
        throw error
      }
      done?.(asked)
      return asked
    })
  }

  /** Resolves when a state of an exit is durable, in place of earlier states that wait; rejects when it cannot be. */
  async exit(act: ExitAct): Promise<void> {
    const replaced = this.queue.takeReplaced([act.record])
    await this.acts.run([act.record.positionId], () => this.exitCommits.run(act, replaced))
  }

  /** A line and the change that it reports become durable soon. */
  soon(what: Soon): void {
    this.queue.add(what)
    if (what.day !== undefined) this.lastDay = what.day
    this.drainSoon()
  }

  /** Writes the waiting changes, one commit at a time; the content of a failed commit is tried again. */
  drain(isLast = false): void {
    if (this.writing !== undefined || this.isClosed) return
    const { queue } = this
    const isTaken = this.takeRatchets(isLast)
    const hasPlace = isTaken && (queue.hasRatchets || this.isPlaceDue)
    if (queue.isEmpty && !hasPlace) return
    const taken = queue.take()
    // While ratchets still wait, the place would be ahead of the stored best prices.
    const feedPlace = hasPlace && !queue.hasRatchets ? this.sources.feedPlace?.() : undefined
    if (hasPlace) this.isPlaceDue = false
    if (isNothing(taken) && feedPlace === undefined) return
    this.writing = this.write({ ...taken, ...(feedPlace !== undefined && { feedPlace }) })
  }

  /** Puts the rows of the present best prices into the queue. False: a better moment for that comes soon. */
  private takeRatchets(isLast: boolean): boolean {
    const { queue, age } = this
    // A ratchet row that still waits might refer to a series.
    if (!queue.hasRatchets) queue.deleteExtremes(this.ratchets.takeUnused())
    const isTaken = this.sources.takeRatchets(queue, isLast)
    if (isTaken) age.taken()
    else this.gather()
    if (!queue.hasRatchets) age.written()
    return isTaken
  }

  /** The feed's place is kept with the next drain, also where no ratchet has changed. */
  keepPlace(): void {
    this.isPlaceDue = this.sources.feedPlace?.() !== undefined
  }

  /** Drains after the present turn of the event loop, so that all of its changes are one commit. */
  drainSoon(): void {
    if (this.isDrainDue || this.isClosed) return
    this.isDrainDue = true
    setImmediate(() => {
      this.isDrainDue = false
      this.drain()
    })
  }

  /** Drains after `GATHER_MS`: ratchets became stricter, and no caller waits for them. */
  gather(): void {
    this.age.begin()
    if (this.gathering !== undefined || this.isDrainDue || this.isClosed) return
    this.gathering = setTimeout(() => {
      this.gathering = undefined
      this.drain()
    }, GATHER_MS)
  }

  /** Resolves when every change so far is durable. @throws WatchkeeperError STORE_FAILED, STORE_FULL. */
  async flush(): Promise<void> {
    // A change that came while a commit was under way is in the next commit, which may be a retry.
    for (let round = 0; round < 2; round++) {
      this.drain()
      await this.writing
    }
    if (this.errors === 0) return
    const code = this.trouble.present?.code ?? 'STORE_FAILED'
    throw new WatchkeeperError(code, 'the store refuses writes; it is tried again')
  }

  /** Whether the row of a position is on disk as the position table has it. */
  isSaved(id: PositionId): boolean {
    return !this.queue.hasRow(id) && !this.acts.isBusy(id)
  }

  /** Writes what is left, as far as the store accepts it; nothing is written after that. */
  async close(): Promise<void> {
    this.keepPlace()
    do {
      this.drain(true)
      await this.writing
      await this.acts.idle()
    } while (!this.queue.isEmpty && this.errors === 0)
    this.isClosed = true
    clearTimeout(this.gathering)
  }

  /** Rows that wait for a commit to begin, and journal lines that were dropped because too many waited. */
  get backlog(): { readonly waiting: WriteQueue['sizes']; readonly lostLines: number } {
    return { waiting: this.queue.sizes, lostLines: this.queue.lines.lost }
  }

  /** Resolves when the commit under way is over; undefined when there is none. */
  get busy(): Promise<void> | undefined {
    return this.writing
  }

  private async write(taken: Taken): Promise<void> {
    try {
      await this.acts.run(positionsOf(taken), () => this.store({}, taken))
      if (!this.queue.hasRatchets) this.age.written()
    } catch (error) {
      this.queue.putBack(taken)
      if (isFenced(error)) return
      await new Promise(resolve => setTimeout(resolve, RETRY_MS).unref())
    } finally {
      this.writing = undefined
    }
    this.drain()
  }

  /** Makes one commit: what waited, then the requested change. */
  private async store(asked: AccountChange, { rows, ...waited }: Taken): Promise<void> {
    const { positions } = this.options
    const present = rows.flatMap(id => positions.get(id) ?? [])
    const lines = [...(waited.lines ?? []), ...(asked.lines ?? [])]
    const change: AccountChange = {
      ...waited,
      ...asked,
      register: [...present, ...(asked.register ?? [])],
      lines,
    }
    this.begunLines += lines.length
    try {
      const written = await this.options.keeper.keep(change)
      this.written(change)
      this.trouble.ended()
      this.lineCount += written.length
      for (const line of written) this.options.onLine(line)
    } catch (error) {
      throw this.trouble.failed(error)
    }
  }

  /** Records what is on disk now. */
  private written(change: AccountChange): void {
    const { positions } = this.options
    this.ratchets.written(change, id => positions.get(id)?.generation)
    for (const row of change.register ?? []) {
      if (row.state !== 'open') this.queue.over(row)
      if (!this.queue.hasRow(row.position.id)) positions.saved(row)
    }
  }
}
