import { randomUUID } from 'node:crypto'
import type { Control } from '../../ports/control.ts'
import type { PortfolioView } from '../../ports/control/portfolio.ts'
import { nextTurn } from '../../ports/turns.ts'
import type { ViewFrame, ViewPage, ViewReset, ViewStatus } from '../../ports/view.ts'
import { changesPosition, LastExits } from './exits.ts'
import { ViewRows } from './rows.ts'
import { statusOf } from './status.ts'

/** Time of one event turn that reading positions may take, ms. */
const SLICE_MS = 4
/** Positions between two reads of the clock. */
const SLICE_ROWS = 32
/** Journal lines that are read for the last exits at first, and in one step afterwards. */
const PAST_LINES = 1_000
const PAGE_LINES = 500
/** Frames between two reads of the day's limits. */
const DAY_FRAMES = 8

export interface ViewModelOptions {
  /** Monotonic ms. */
  readonly monotonic?: () => number
  readonly sliceMs?: number
}

/**
 * The content of pages, updated while a client watches. A step reads one position of each price
 * series, the positions that the journal names, and as many others, in rotation, as fit into
 * `sliceMs`: its cost does not grow with the number of positions or clients.
 */
export class ViewModel {
  readonly epoch: string = randomUUID()
  /** The last complete version. */
  version = 0
  /** The version in progress: changes are stamped with it. */
  private next = 0
  private at = 0
  private readonly control: Control
  private readonly rows: ViewRows
  private readonly exits = new LastExits()
  private readonly monotonic: () => number
  private readonly sliceMs: number
  private waiting: string[] = []
  private lastSeq = 0
  private status: { readonly value: ViewStatus; readonly text: string; readonly since: number }
  private day: { value: PortfolioView | null; text: string; since: number } = {
    value: null,
    text: '',
    since: 0,
  }

  private constructor(control: Control, { monotonic, sliceMs }: ViewModelOptions) {
    this.control = control
    this.monotonic = monotonic ?? (() => performance.now())
    this.sliceMs = sliceMs ?? SLICE_MS
    this.rows = new ViewRows(control.instruments)
    this.status = statusAt(control, 0)
  }

  /** Reads every position, in slices, so that ticks are not delayed. */
  static async of(control: Control, options: ViewModelOptions = {}): Promise<ViewModel> {
    const model = new ViewModel(control, options)
    await model.readPast()
    model.waiting = [...control.openIds()]
    while (model.waiting.length > 0) {
      model.readSlice(control.clock().now)
      await nextTurn()
    }
    await model.readDay()
    model.at = control.clock().now
    return model
  }

  /** Reads what has changed; a frame since the version before then contains it. */
  async step(): Promise<void> {
    const version = ++this.next
    const now = this.control.clock().now
    await this.readJournal(now)
    const priced = [...this.rows.pricedBy()]
    for (const id of priced) this.read(id, now)
    if (this.waiting.length === 0) this.waiting = this.idsInTurn()
    this.readSlice(now)
    if (version % DAY_FRAMES === 0) await this.readDay()
    const status = statusAt(this.control, version)
    if (status.text !== this.status.text) this.status = status
    this.at = now
    this.version = version
  }

  /** The changes since `from`; a reset where they are no longer known. */
  since(from: number): ViewFrame | ViewReset {
    if (from > this.version || !this.rows.reaches(from)) return this.reset()
    return {
      epoch: this.epoch,
      version: this.version,
      from,
      at: this.at,
      ...this.rows.since(from),
      ...(this.status.since > from && { status: this.status.value }),
      ...(this.day.since > from && this.day.value !== null && { day: this.day.value }),
      ...(this.exits.changed > from && { exits: this.exits.all }),
    }
  }

  reset(): ViewReset {
    return { reset: true, epoch: this.epoch }
  }

  page(after: number, limit: number): Omit<ViewPage, 'build'> {
    return {
      epoch: this.epoch,
      version: this.version,
      at: this.at,
      ...this.rows.page(after, limit),
      status: this.status.value,
      day: this.day.value,
      exits: this.exits.all,
    }
  }

  /** Reads every open position, and removes those that are closed. */
  private idsInTurn(): string[] {
    const open = new Set(this.control.openIds())
    for (const id of this.rows.ids()) if (!open.has(id)) this.rows.remove(id, this.next)
    return [...open]
  }

  private readSlice(now: number): void {
    const end = this.monotonic() + this.sliceMs
    do {
      for (const id of this.waiting.splice(-SLICE_ROWS)) this.read(id, now)
    } while (this.waiting.length > 0 && this.monotonic() < end)
  }

  private read(id: string, now: number): void {
    const view = this.control.position(id)
    if (view === undefined) this.rows.remove(id, this.next)
    else this.rows.take(view, this.next, now)
  }

  private async readPast(): Promise<void> {
    const lines = await this.control.journal({ after: 0, limit: PAST_LINES, last: PAST_LINES })
    for (const line of lines) this.exits.take(line, 0, undefined)
    this.lastSeq = lines.at(-1)?.seq ?? 0
  }

  private async readJournal(now: number): Promise<void> {
    const lines = await this.control.journal({ after: this.lastSeq, limit: PAGE_LINES })
    for (const line of lines) {
      this.lastSeq = line.seq
      // The exit takes its instrument from the row, which is removed when the exit ends.
      const { positionId: id } = line
      this.exits.take(line, this.next, id === undefined ? undefined : this.rows.about(id))
      if (id !== undefined && changesPosition(line.kind)) this.read(id, now)
    }
  }

  private async readDay(): Promise<void> {
    const value = await this.control.portfolio()
    const text = JSON.stringify(value)
    if (text !== this.day.text) this.day = { value, text, since: this.next }
  }
}

function statusAt(control: Control, since: number): ViewModel['status'] {
  const value = statusOf(control)
  return { value, text: JSON.stringify(value), since }
}
