import type { InstrumentId } from '../../domain/ids.ts'
import type { RedisConnection } from '../../redis/connection.ts'
import { RedisError, redisError } from '../../redis/errors.ts'
import { compareIds, inOrder, parseEntry, type Entry, type StreamAnswer } from './entry.ts'
import type { Intake } from './intake.ts'
import type { RedisName } from './name.ts'
import { gapOf, stateOf, type StreamGap, type StreamState } from './stream-state.ts'
import { TrimWatch } from './trim-watch.ts'

/** Ids up to which streams have been read, by their keys. */
export type StreamPlaces = Readonly<Record<string, string>>

export interface StreamParts {
  /** Of its own: waiting for entries blocks it. */
  readonly connection: RedisConnection
  readonly stream: RedisName
  readonly intake: Intake
  /** Where an earlier process has left. */
  readonly places: StreamPlaces
  /** Epoch ms. */
  now(): number
  monotonic(): number
  readonly commandTimeoutMs: number
  /** A stream is read again from not further back than this, ms. */
  readonly replayMs: number
  /** Most entries that are read again at once. */
  readonly replayEntries: number
  /** An older entry decides nothing, ms. */
  readonly oldMs: number
  /** Told of entries that were left out. */
  readonly onGap: (gap: StreamGap) => void
}

/** Most entries of all streams in one answer. */
const ENTRIES_AT_ONCE = 1_000
const LONGEST_BLOCK_MS = 500
const PAUSE_MS = 100
/** Every so many looks at what is wanted, keys of the wrong type are looked at again. */
const LOOKS_AT_WRONG = 20
/** An entry that is older was not read when it came, ms. */
const LATE_MS = 1_000

/** Prices in streams, each entry once, from where they were left: also what came meanwhile. */
export class Stream {
  /** Why reading was refused; undefined while all is well. */
  trouble: RedisError | undefined
  /** Whether everything that is there has been read. */
  isCaughtUp = false
  private readonly parts: StreamParts
  private readonly places: Map<string, string>
  private wanted: ReadonlyMap<string, InstrumentId | undefined> = new Map()
  /** Streams whose state was looked at on the present connection. */
  private readonly known = new Set<string>()
  /** Keys that hold something else. */
  private readonly wrong = new Set<string>()
  private readonly trims = new TrimWatch()
  private reread = 0
  private looks = 0
  private isClosed = false
  private wakeUp: (() => void) | undefined

  constructor(parts: StreamParts) {
    this.parts = parts
    this.places = new Map(Object.entries(parts.places))
    parts.connection.onUp(() => {
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
    const { stream } = this.parts
    const names = [...stream.all(instruments)]
    this.wanted = new Map(names.map(name => [name, stream.instrumentOf(name)]))
    // A stream that nobody reads any more is read afresh, should it be wanted again.
    for (const key of this.places.keys()) if (!this.wanted.has(key)) this.forget(key)
    // A key of the wrong type may have been mended.
    if (++this.looks % LOOKS_AT_WRONG === 0) for (const key of this.wrong) this.known.delete(key)
    this.wakeUp?.()
  }

  /** Where it has come to: every entry up to there was handed on. */
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

  /** False where there is nothing to wait for. */
  private async readOnce(): Promise<boolean> {
    const { connection } = this.parts
    if (!connection.isUp || this.wanted.size === 0) return false
    await this.learn([...this.wanted.keys()].filter(key => !this.known.has(key)))
    const keys = [...this.known].filter(key => this.wanted.has(key) && !this.wrong.has(key))
    if (keys.length === 0) return false
    const count = Math.ceil(ENTRIES_AT_ONCE / keys.length)
    const blockMs = Math.min(LONGEST_BLOCK_MS, Math.floor(this.parts.commandTimeoutMs / 2))
    const ids = keys.map(key => this.places.get(key)!)
    const answer = (await connection
      .run(client => client.xread('COUNT', count, 'BLOCK', blockMs, 'STREAMS', ...keys, ...ids))
      .catch(async (error: unknown) => {
        if (redisError(error).code === 'REDIS_WRONG_TYPE') await this.findWrong(keys)
        throw error
      })) as StreamAnswer | null
    if (this.isClosed) return true
    this.take(answer ?? [], count)
    if (this.isCaughtUp) await this.lookForGaps()
    return true
  }

  private take(answer: StreamAnswer, count: number): void {
    this.isCaughtUp = answer.every(([, entries]) => entries.length < count)
    if (answer.length === 1) for (const entry of answer[0]![1]) this.takeOne(answer[0]![0], entry)
    else for (const [key, entry] of inOrder(answer)) this.takeOne(key, entry)
    // After all have been handed on, in one turn with them: nobody sees a place that is ahead.
    for (const [key, entries] of answer) {
      if (!this.wanted.has(key)) continue
      this.places.set(key, entries.at(-1)![0])
      this.trims.took(key, entries.length)
    }
    if (this.isCaughtUp) this.reread = 0
    else if (this.reread > this.parts.replayEntries) this.skipOld(answer.map(([key]) => key))
  }

  private takeOne(key: string, entry: Entry): void {
    const instrument = this.wanted.get(key)
    if (instrument === undefined && !this.wanted.has(key)) return
    const { intake, now } = this.parts
    const found = parseEntry(entry, instrument)
    const isLate = typeof found !== 'string' && now() - found.ts > LATE_MS
    if (isLate) this.reread++
    const text = typeof found === 'string' ? entry[1].join(' ') : ''
    intake.pushed('stream', found, { isLate, text })
  }

  /** Too much has come meanwhile: what can decide nothing any more is passed over. */
  private skipOld(keys: readonly string[]): void {
    const { now, oldMs, onGap } = this.parts
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

  /** Looks now and then whether entries were trimmed before they were read. */
  private async lookForGaps(): Promise<void> {
    const { connection, monotonic, onGap } = this.parts
    const keys = this.trims.due(monotonic()).slice(0, ENTRIES_AT_ONCE)
    if (keys.length === 0) return
    const answers = await connection.pipeline(pipeline => {
      for (const key of keys) pipeline.xinfo('STREAM', key)
    })
    for (const [index, key] of keys.entries()) {
      const info = answers[index]
      const place = this.places.get(key)
      if (place === undefined || info instanceof RedisError) continue
      const gap = this.trims.looked(key, stateOf(info, undefined), place)
      if (gap !== undefined) onGap(gap)
    }
  }

  /** Finds where to begin with streams that are new to this connection. */
  private async learn(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += ENTRIES_AT_ONCE) {
      const some = keys.slice(from, from + ENTRIES_AT_ONCE)
      const answers = await this.parts.connection.pipeline(pipeline => {
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
    const { now, replayMs, onGap } = this.parts
    const earliest = `${Math.floor(now() - replayMs)}-0`
    const [place, gap] = gapOf(key, { state, place: this.places.get(key), earliest })
    this.places.set(key, place)
    this.trims.begin(key, state, place)
    this.known.add(key)
    if (gap !== undefined) onGap(gap)
  }

  private async findWrong(keys: readonly string[]): Promise<void> {
    const types = await this.parts.connection.pipeline(pipeline => {
      for (const key of keys) pipeline.type(key)
    })
    for (const [index, key] of keys.entries()) {
      if (types[index] !== 'stream' && types[index] !== 'none') this.refuse(key)
    }
  }

  private refuse(key: string): void {
    this.wrong.add(key)
    this.known.add(key)
    this.parts.intake.pushed('stream', 'type', { isLate: false, text: key })
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
