import type { InstrumentId } from '../../domain/ids.ts'
import type { RedisConnection } from '../../redis/connection.ts'
import { RedisError, redisError } from '../../redis/errors.ts'
import { compareIds, inOrder, parseEntry, type Entry, type StreamAnswer } from './entry.ts'
import type { Intake } from './intake.ts'
import type { RedisName } from './name.ts'
import { gapOf, stateOf, type StreamGap, type StreamState } from './stream-state.ts'
import { TrimWatch } from './trim-watch.ts'

/** Ids up to which streams have been read, by key. */
export type StreamPlaces = Readonly<Record<string, string>>

export interface StreamDeps {
  /** A connection of its own: waiting for entries blocks it. */
  readonly connection: RedisConnection
  readonly stream: RedisName
  readonly intake: Intake
  /** Where an earlier process stopped. */
  readonly places: StreamPlaces
  /** Epoch ms. */
  now(): number
  monotonic(): number
  readonly commandTimeoutMs: number
  /** Entries of the past are read again only from so far back, ms. */
  readonly replayMs: number
  readonly replayEntries: number
  /** An older entry does not decide, ms. */
  readonly oldMs: number
  /** Called with entries that were skipped or lost. */
  readonly onGap: (gap: StreamGap) => void
}

/** Most entries of all streams in one answer. */
const ENTRIES_AT_ONCE = 1_000
const LONGEST_BLOCK_MS = 500
const PAUSE_MS = 100
/** Keys of the wrong type are checked again every so many calls of `follow`. */
const SWEEPS_PER_RECHECK = 20
/** Entries older than this were read late, ms. */
const LATE_MS = 1_000

/** Prices in streams: reads each entry once, from where the last process stopped on. */
export class Stream {
  /** Error of the last read; undefined after a success. */
  trouble: RedisError | undefined
  /** Whether all present entries have been read. */
  isCaughtUp = false
  private readonly deps: StreamDeps
  private readonly places: Map<string, string>
  private wanted: ReadonlyMap<string, InstrumentId | undefined> = new Map()
  /** Streams whose state was read on the present connection. */
  private readonly known = new Set<string>()
  /** Keys of another type. */
  private readonly wrong = new Set<string>()
  private readonly trims = new TrimWatch()
  private reread = 0
  private sweeps = 0
  private isClosed = false
  private wakeUp: (() => void) | undefined

  constructor(deps: StreamDeps) {
    this.deps = deps
    this.places = new Map(Object.entries(deps.places))
    deps.connection.onUp(() => {
      this.known.clear()
      this.wrong.clear()
      this.reread = 0
      this.isCaughtUp = false
      this.trouble = undefined
      this.wakeUp?.()
    })
    void this.run()
  }

  /** Reads the streams of these instruments from now on. */
  follow(instruments: Iterable<InstrumentId>): void {
    const { stream } = this.deps
    const names = [...stream.all(instruments)]
    this.wanted = new Map(names.map(name => [name, stream.instrumentOf(name)]))
    // A stream that is wanted again later starts anew.
    for (const key of this.places.keys()) if (!this.wanted.has(key)) this.forget(key)
    // A key of the wrong type may have been corrected.
    if (++this.sweeps % SWEEPS_PER_RECHECK === 0)
      for (const key of this.wrong) this.known.delete(key)
    this.wakeUp?.()
  }

  /** How far each stream was read: every entry up to there was delivered. */
  place(): StreamPlaces {
    return Object.fromEntries(this.places)
  }

  close(): void {
    this.isClosed = true
    this.wakeUp?.()
  }

  private forget(key: string): void {
    this.known.delete(key)
    this.wrong.delete(key)
    this.places.delete(key)
    this.trims.forget(key)
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      try {
        if (!(await this.readOnce())) await this.pause()
        this.trouble = undefined
      } catch (error) {
        this.trouble = redisError(error)
        await this.pause()
      }
    }
  }

  /** False where there is no stream to read. */
  private async readOnce(): Promise<boolean> {
    const { connection } = this.deps
    if (!connection.isUp || this.wanted.size === 0) return false
    await this.learn([...this.wanted.keys()].filter(key => !this.known.has(key)))
    const keys = [...this.known].filter(key => this.wanted.has(key) && !this.wrong.has(key))
    if (keys.length === 0) return false
    const count = Math.ceil(ENTRIES_AT_ONCE / keys.length)
    const blockMs = Math.min(LONGEST_BLOCK_MS, Math.floor(this.deps.commandTimeoutMs / 2))
    const ids = keys.map(key => this.places.get(key)!)
    const answer = (await connection
      .run(client => client.xread('COUNT', count, 'BLOCK', blockMs, 'STREAMS', ...keys, ...ids))
      .catch(async (error: unknown) => {
        if (redisError(error).code === 'REDIS_WRONG_TYPE') await this.findWrong(keys)
        throw error
      })) as StreamAnswer | null
    if (this.isClosed) return true
    this.take(answer ?? [], count)
    if (this.isCaughtUp) await this.findGaps()
    return true
  }

  private take(answer: StreamAnswer, count: number): void {
    this.isCaughtUp = answer.every(([, entries]) => entries.length < count)
    if (answer.length === 1) for (const entry of answer[0]![1]) this.takeOne(answer[0]![0], entry)
    else for (const [key, entry] of inOrder(answer)) this.takeOne(key, entry)
    // After all deliveries, in the same event turn: otherwise a reader sees a place that is ahead.
    for (const [key, entries] of answer) {
      if (!this.wanted.has(key)) continue
      this.places.set(key, entries.at(-1)![0])
      this.trims.took(key, entries.length)
    }
    if (this.isCaughtUp) this.reread = 0
    else if (this.reread > this.deps.replayEntries) this.skipOld(answer.map(([key]) => key))
  }

  private takeOne(key: string, entry: Entry): void {
    const instrument = this.wanted.get(key)
    if (instrument === undefined && !this.wanted.has(key)) return
    const { intake, now } = this.deps
    const found = parseEntry(entry, instrument)
    const isLate = typeof found !== 'string' && now() - found.ts > LATE_MS
    if (isLate) this.reread++
    const text = typeof found === 'string' ? entry[1].join(' ') : ''
    intake.pushed('stream', found, { isLate, text })
  }

  /** Too many entries have waited: skips those that are too old to decide. */
  private skipOld(keys: readonly string[]): void {
    const { now, oldMs, onGap } = this.deps
    this.reread = 0
    const to = `${Math.floor(now() - oldMs)}-0`
    for (const key of keys) {
      const from = this.places.get(key)
      if (from === undefined || compareIds(from, to) >= 0) continue
      this.places.set(key, to)
      this.trims.skipped(key)
      onGap({ stream: key, from, to, why: 'more entries than replayEntries' })
    }
  }

  /** Checks now and then whether entries were trimmed before they were read. */
  private async findGaps(): Promise<void> {
    const { connection, monotonic, onGap } = this.deps
    const keys = this.trims.due(monotonic()).slice(0, ENTRIES_AT_ONCE)
    if (keys.length === 0) return
    const answers = await connection.pipeline(pipeline => {
      for (const key of keys) pipeline.xinfo('STREAM', key)
    })
    for (const [index, key] of keys.entries()) {
      const info = answers[index]
      const place = this.places.get(key)
      if (place === undefined || info instanceof RedisError) continue
      const gap = this.trims.compare(key, stateOf(info, undefined), place)
      if (gap !== undefined) onGap(gap)
    }
  }

  /** Determines where to start with streams that are new to this connection. */
  private async learn(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += ENTRIES_AT_ONCE) {
      const some = keys.slice(from, from + ENTRIES_AT_ONCE)
      const answers = await this.deps.connection.pipeline(pipeline => {
        for (const key of some) {
          const place = this.places.get(key) ?? '0-0'
          pipeline.xinfo('STREAM', key)
          pipeline.xrange(key, place, place, 'COUNT', 1)
        }
      })
      for (const [index, key] of some.entries()) {
        const [info, last] = answers.slice(2 * index)
        if (info instanceof RedisError && info.code === 'REDIS_WRONG_TYPE') this.refuse(key)
        else this.begin(key, stateOf(info, last))
      }
    }
  }

  private begin(key: string, state: StreamState): void {
    this.wrong.delete(key)
    const { now, replayMs, onGap } = this.deps
    const earliest = `${Math.floor(now() - replayMs)}-0`
    const [place, gap] = gapOf(key, { state, place: this.places.get(key), earliest })
    this.places.set(key, place)
    this.trims.begin(key, state, place)
    this.known.add(key)
    if (gap !== undefined) onGap(gap)
  }

  private async findWrong(keys: readonly string[]): Promise<void> {
    const types = await this.deps.connection.pipeline(pipeline => {
      for (const key of keys) pipeline.type(key)
    })
    for (const [index, key] of keys.entries()) {
      if (types[index] !== 'stream' && types[index] !== 'none') this.refuse(key)
    }
  }

  private refuse(key: string): void {
    this.wrong.add(key)
    this.known.add(key)
    this.deps.intake.pushed('stream', 'type', { isLate: false, text: key })
  }

  private async pause(): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, PAUSE_MS)
      this.wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.wakeUp = undefined
  }
}
