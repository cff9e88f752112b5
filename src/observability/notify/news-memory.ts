import { z } from 'zod'
import type { Store } from '../../ports/store.ts'
import { keptLine } from './line.ts'
import type { NotifierKept, NotifierPast } from './notifier.ts'
import { keptLevels } from './settling.ts'

const TABLE = 'settings'
const KEY = 'news'

const kept = z.strictObject({
  /** A process that ended without order has not updated this row. */
  isRunning: z.boolean(),
  /** Starts after an end without order, epoch ms. */
  crashes: z.array(z.number()).max(20),
  news: z
    .strictObject({
      levels: keptLevels,
      lines: z.record(z.string(), keptLine),
      scopes: z.record(z.string(), keptLevels).optional(),
    })
    .optional(),
})

/** What an earlier process left behind, and the number of recent ends without order. */
export interface NewsPast {
  readonly notifier: NotifierPast | undefined
  /** Starts after an end without order within the time, this one included. */
  readonly crashes: readonly number[]
}

/** So many within the time are a crash loop. */
export const LOOP_CRASHES = 3

/** The state of an earlier process; nothing where this version cannot read it. */
export async function rememberedNews(
  store: Pick<Store, 'rows'>,
  now: number,
  withinMs: number,
): Promise<NewsPast> {
  const { data } = kept.safeParse((await store.rows<unknown>(TABLE)).get(KEY))
  if (data === undefined) return { notifier: undefined, crashes: [] }
  const recent = data.crashes.filter(at => Math.abs(now - at) < withinMs)
  const crashes = [...recent, ...(data.isRunning ? [now] : [])].slice(-20)
  const past = {
    ...(data.news ?? { lines: {} }),
    hasCrashed: crashes.length > 0,
    isLoop: crashes.length >= LOOP_CRASHES,
  }
  return { notifier: past, crashes }
}

/** Stores what people were sent across restarts, in one row of the store. */
export class NewsMemory {
  private readonly store: Pick<Store, 'write'>
  private readonly crashes: readonly number[]
  private isRunning = true
  private news: NotifierKept | undefined
  private writing: Promise<void> | undefined
  private isStale = false

  constructor(store: Pick<Store, 'write'>, { crashes, notifier }: NewsPast) {
    this.store = store
    this.crashes = crashes
    if (notifier?.levels === undefined) return
    const { levels, lines, scopes } = notifier
    this.news = { levels, lines, ...(scopes !== undefined && { scopes }) }
  }

  /** Resolves when it is durable, or the store has refused it: the store reports that itself. */
  async keep(news: NotifierKept): Promise<void> {
    this.news = news
    await this.write()
  }

  /** From now on an end of the process counts as orderly once this is durable; resolves then. */
  async begin(): Promise<void> {
    await this.write()
  }

  /** The process ends in order. */
  async end(): Promise<void> {
    this.isRunning = false
    await this.write()
  }

  /** One write at a time; changes during a write cause one more. */
  private async write(): Promise<void> {
    this.isStale = true
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined))
    await this.writing
  }

  private async writeAll(): Promise<void> {
    while (this.isStale) {
      this.isStale = false
      const { isRunning, crashes, news } = this
      const value: z.infer<typeof kept> = { isRunning, crashes: [...crashes], news }
      await this.store.write({ rows: [{ table: TABLE, key: KEY, value }] }).catch(() => undefined)
    }
  }
}
