import { z } from 'zod'
import { instrumentId } from '../../domain/ids.ts'
import type { InstrumentTable } from '../../domain/instrument.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Control } from '../../ports/control.ts'
import type { HealthSnapshot } from '../../ports/control/health.ts'
import type { JournalKind } from '../../ports/journal-kinds.ts'
import type { Store } from '../../ports/store.ts'
import type { Trouble } from '../checks.ts'
import type { Channel } from './channel.ts'
import { Courier } from './courier.ts'
import { keptCourier, type KeptCourier } from './kept-courier.ts'
import { KeptRow, rowIn } from './kept-row.ts'
import type { Pace } from './pace.ts'
import { keptSummary, Summary } from './summary.ts'
import { keptWatch, Watch, type KeptWatch } from './watch.ts'

export interface MessagesOptions {
  readonly channels: readonly Channel[]
  readonly service: string
  /** Whether the configuration names its accounts. */
  readonly areNamed: boolean
  readonly maxPending: number
  readonly settleMs: number
  readonly approachPct: number | undefined
  /** Minutes after midnight of the daily summary; undefined: none. */
  readonly summaryMinutes: number | undefined
  readonly timezone: string
  readonly instruments: InstrumentTable
  readonly clock: Clock
  paceOf(channel: Channel): Pace
}

type Detail = Readonly<Record<string, unknown>>

export interface MessagesDeps {
  readonly store: Pick<Store, 'rows' | 'write' | 'journal'>
  /** The journal in which each line about a position names its account, where there are several. */
  readonly journal: Store['journal']
  readonly lines: { note(kind: JournalKind, detail: Detail): void }
  readonly accounts: readonly MessagesAccount[]
}

/** An account whose cycles find out what is no journal line yet. */
export interface MessagesAccount {
  readonly name: string
  /** Its part of the store. */
  readonly store: Pick<Store, 'write'>
  /** What of it was reported and is not over, as an earlier process has left it. */
  readonly past: unknown
  note(kind: JournalKind, detail: Detail): void
  record(kind: JournalKind, detail: Detail): Promise<void>
  /** Time without a guard, over all positions, since this process began, ms. */
  unguardedMs(): number
}

/** What may be asked about an account, once the service runs. */
export type MessageControl = Pick<Control, 'openIds' | 'position' | 'portfolio'>

const ROW = 'messages'
/** Of each account: what of it was reported and is not over. */
export const WATCH_ROW = 'message-watch'
const SUMMARY_ROW = 'message-summary'
const keptCouriers = z.record(z.string(), keptCourier)
/** Last moment of an orderly end for what waits, ms. */
const GRACE_MS = 1_500

/** What one channel was sent of the journal. */
export interface ChannelCounts {
  readonly channel: string
  readonly delivered: number
  readonly failed: number
  readonly leftOut: number
  readonly waiting: number
}

/** Sends each channel the journal lines that are messages for it, and writes those that only a cycle finds. */
export class JournalMessages {
  private readonly options: MessagesOptions
  private readonly deps: MessagesDeps
  private readonly couriers: ReadonlyMap<string, Courier>
  private readonly rows: Rows
  private readonly watches = new Map<string, Watch>()
  private summary: Summary | undefined

  /** Reads how far each channel is; one that is new begins with the next line. */
  static async open(options: MessagesOptions, deps: MessagesDeps): Promise<JournalMessages> {
    const { store } = deps
    const parsed = keptCouriers.safeParse(await rowIn(store, ROW)).data ?? {}
    const [last] = await store.journal({ after: 0, limit: 1, last: 1 })
    const end = last?.seq ?? 0
    const places = Object.fromEntries(
      options.channels.map(({ name }): [string, KeptCourier] => {
        const past = parsed[name]
        // A journal that ends before a channel's place has lost lines.
        return [name, past === undefined || past.cursor > end ? { cursor: end } : past]
      }),
    )
    const rows: Rows = {
      places: new KeptRow(store, ROW, places),
      watches: watchRows(deps.accounts),
      summary: new KeptRow(
        store,
        SUMMARY_ROW,
        keptSummary.safeParse(await rowIn(store, SUMMARY_ROW)).data ?? { unguardedMs: 0 },
      ),
    }
    // Durable before anything can happen: a process that is killed in its first second loses nothing.
    if (options.channels.length > 0) await rows.places.keep({})
    return new JournalMessages(options, deps, rows)
  }

  private constructor(options: MessagesOptions, deps: MessagesDeps, rows: Rows) {
    this.options = options
    this.deps = deps
    this.rows = rows
    const { service, areNamed, maxPending, instruments, clock } = options
    const ticks = { of: (name: string) => instruments.of(instrumentId(name)).tickSize }
    this.couriers = new Map(
      options.channels.map(channel => {
        const { name } = channel
        const courier = new Courier({
          channel,
          pace: options.paceOf(channel),
          service,
          areNamed,
          ticks,
          maxPending,
          past: rows.places.value[name]!,
          monotonic: () => clock.monotonic(),
          journal: deps.journal,
          keep: kept => rows.places.keep({ [name]: kept }),
          onFailure: why => deps.lines.note('notify-failed', { to: name, why }),
          onRecovery: () => deps.lines.note('notify-recovered', { to: name }),
        })
        return [name, courier]
      }),
    )
  }

  /** The service runs: from now on cycles find out what is no journal line yet. */
  begin(controlOf: (account: string) => MessageControl): void {
    const { channels, areNamed, approachPct, settleMs, summaryMinutes, timezone, clock } =
      this.options
    const { journal, accounts } = this.deps
    const { rows } = this
    if (channels.length === 0) return
    for (const { name, note } of accounts) {
      const watch = new Watch({
        control: controlOf(name),
        approachPct,
        settleMs,
        kept: rows.watches.get(name)!,
        note,
        monotonic: () => clock.monotonic(),
      })
      this.watches.set(name, watch)
    }
    if (summaryMinutes === undefined) return
    this.summary = new Summary({
      minutes: summaryMinutes,
      timezone,
      kept: rows.summary,
      now: () => clock.now(),
      journal,
      areNamed,
      accounts: accounts.map(({ name, unguardedMs, record }) => {
        return { name, unguardedMs, record, portfolio: () => controlOf(name).portfolio() }
      }),
    })
  }

  /** A journal line is durable. */
  wake(seq: number): void {
    for (const courier of this.couriers.values()) courier.wake(seq)
  }

  /** Takes the health of an account after its cycle. */
  observeAccount(name: string, snapshot: HealthSnapshot): void {
    this.watches.get(name)?.observe(snapshot)
  }

  /** Every account had its cycle; no cycle waits for what follows from it. */
  observe(): void {
    this.summary?.observe()
    for (const courier of this.couriers.values()) courier.run()
  }

  isAway(name: string): boolean {
    return this.couriers.get(name)?.away !== undefined
  }

  get counts(): readonly ChannelCounts[] {
    return [...this.couriers].map(([channel, { counts, waiting }]) => {
      return { channel, ...counts, waiting }
    })
  }

  /** Channels that take nothing, for health. */
  get troubles(): readonly Trouble[] {
    const now = this.options.clock.monotonic()
    return [...this.couriers].flatMap(([name, { away, waiting }]) =>
      away === undefined
        ? []
        : [{ what: `${name}: ${away.why}, ${waiting} wait`, forMs: now - away.since }],
    )
  }

  /** Gives what waits a last moment; the next process sends the rest. */
  async stop(): Promise<void> {
    const stopping = [...this.couriers.values()].map(courier => courier.stop(GRACE_MS))
    await Promise.all([...stopping, this.summary?.stop()])
  }
}

interface Rows {
  readonly places: KeptRow<Record<string, KeptCourier>>
  readonly watches: ReadonlyMap<string, KeptRow<KeptWatch>>
  readonly summary: KeptRow<z.infer<typeof keptSummary>>
}

/** What of each account was reported and is not over. */
const watchRows = (accounts: readonly MessagesAccount[]): ReadonlyMap<string, KeptRow<KeptWatch>> =>
  new Map(
    accounts.map(({ name, store, past }) => {
      const kept = keptWatch.safeParse(past).data ?? { near: [], lost: {} }
      return [name, new KeptRow(store, WATCH_ROW, kept)]
    }),
  )
