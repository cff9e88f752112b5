import { Repeats } from '../account/repeats.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { FeedReader } from './feed-reader.ts'
import type { Source, VenueSource } from './feed-source.ts'
import { NO_STREAMS } from './venue-prices.ts'

/** One feed for several readers. An error of one reader affects no other (P4). */
export class SharedSource {
  private readonly readers: FeedReader[] = []
  /** The first reader of each way: it takes the ticks for those that share the way. */
  private readonly takers: Taker[] = []
  private readonly source: Source
  private readonly note: FeedReader['note']
  /** Failures to start the source. */
  private readonly failures = new Repeats()
  private starting: Promise<void> | undefined
  private isStopped = false

  constructor(open: (reader: FeedReader) => Source, note: FeedReader['note']) {
    this.note = note
    const { readers } = this
    this.source = open({
      way: this,
      onTick: tick => this.each(reader => reader.onTick(tick)),
      onMissed: tick => this.each(reader => reader.onMissed(tick)),
      *held() {
        const seen = new Set<InstrumentId>()
        for (const reader of readers) for (const name of reader.held()) seen.add(name)
        yield* seen
      },
      note,
    })
  }

  /**
   * Adds a reader. The first one drives the source. `when-held`: the reader needs it only while it holds an
   * instrument of it.
   */
  join(reader: FeedReader, opens: 'at-once' | 'when-held'): Source {
    const isFirst = this.readers.length === 0
    if (this.readers.every(({ way }) => way !== reader.way)) {
      this.takers.push({ reader, failures: new Repeats() })
    }
    this.readers.push(reader)
    const { source } = this
    const { ofVenue } = source
    // What is wrong with a feed concerns each account that needs it, and no other.
    const isNeeded = (): boolean => opens === 'at-once' || isHolding(reader)
    return {
      troubles: () => (isNeeded() ? (source.troubles?.() ?? []) : []),
      ...(isFirst && source.redisFacts && { redisFacts: () => source.redisFacts!() }),
      ...(ofVenue && { ofVenue: partOf(ofVenue, { isFirst, isNeeded }) }),
      start: async () => {
        if (opens === 'at-once') await this.start()
      },
      cycle: () => {
        if (this.starting === undefined && opens === 'when-held' && isHolding(reader)) {
          this.start().catch((error: unknown) => {
            // Such as a password that cannot be read yet: the next cycle tries again.
            this.starting = undefined
            noteRepeated(this.failures, error, this.note)
          })
        }
        if (isFirst && this.starting !== undefined) this.source.cycle()
      },
      stop: () => {
        this.isStopped = true
        if (isFirst) this.source.stop()
      },
    }
  }

  private start(): Promise<void> {
    this.starting ??= this.source.start()
    return this.starting
  }

  private each(act: (reader: FeedReader) => void): void {
    if (this.isStopped) return
    for (const { reader, failures } of this.takers) {
      try {
        act(reader)
      } catch (error) {
        noteRepeated(failures, error, (kind, detail) => reader.note(kind, detail))
      }
    }
  }
}

/** A reader that takes the ticks, and its failures: a line in its journal depends on no other reader. */
interface Taker {
  readonly reader: FeedReader
  readonly failures: Repeats
}

/** Journals the first, tenth, hundredth and so on of equal failures. */
const noteRepeated = (failures: Repeats, error: unknown, note: FeedReader['note']): void =>
  failures.report('cycle-failed', error, detail => note('cycle-failed', detail))

interface Part {
  /** It drives the streams: it polls what they do not push, and counts them. */
  readonly isFirst: boolean
  isNeeded(): boolean
}

/** Streams as one of their readers has them. */
const partOf = (ofVenue: VenueSource, { isFirst, isNeeded }: Part): VenueSource => ({
  ask: ofVenue.ask,
  times: ofVenue.times,
  polled: tick => ofVenue.polled(tick),
  unpushed: () => (isFirst ? ofVenue.unpushed() : []),
  troubles: () => (isNeeded() ? ofVenue.troubles() : []),
  facts: () => (isFirst ? ofVenue.facts() : NO_STREAMS),
})

const isHolding = (reader: FeedReader): boolean =>
  reader.held()[Symbol.iterator]().next().done !== true
