import type { PositionId } from '../domain/ids.ts'
import { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/ledger.ts'
import type { JournalLine } from '../ports/control.ts'
import type { Change, Keeper, KeptLine, Registered } from '../ports/keeper.ts'
import type { Ratchet } from '../risk/guard.ts'

/** What the service keeps. */
export type LiveKeeper = Keeper<ExitRecord, KillSwitch>

export interface LiveWriterOptions {
  readonly keeper: LiveKeeper
  /** Told of each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Another process has taken the store over. */
  readonly onFenced: (error: WatchkeeperError) => void
  /** Calls `take` with each ratchet that became stricter since it was last taken. */
  takeRatchets(take: (id: PositionId, ratchet: Ratchet) => void): void
}

/** Time after a failed write until the next try, ms. */
const RETRY_MS = 1_000

/** Makes state durable: at once for what waits for it, else one commit after the other. */
export class LiveWriter {
  /** Errors of the store since its last write that went well. */
  errors = 0
  private readonly options: LiveWriterOptions
  private ratchets = new Map<PositionId, Ratchet>()
  private lines: KeptLine[] = []
  private exits = new Map<PositionId, ExitRecord>()
  private closed: Registered[] = []
  private writing: Promise<void> | undefined

  constructor(options: LiveWriterOptions) {
    this.options = options
  }

  /** Resolves when the change is durable; rejects, with nothing changed, when it cannot be. */
  async now(change: Change<ExitRecord, KillSwitch>): Promise<void> {
    try {
      const lines = await this.options.keeper.keep(change)
      this.errors = 0
      for (const line of lines) this.options.onLine(line)
    } catch (error) {
      this.errors++
      if (isFenced(error)) this.options.onFenced(error)
      throw error
    }
  }

  /** A line, and what it tells of, become durable soon. */
  soon(what: { line?: KeptLine; exit?: ExitRecord; closed?: Registered }): void {
    if (what.line !== undefined) this.lines.push(what.line)
    if (what.exit !== undefined) this.exits.set(what.exit.positionId, what.exit)
    if (what.closed !== undefined) this.closed.push(what.closed)
    this.drain()
  }

  /** Writes what changed, one commit at a time; what a failed commit held is tried again. */
  drain(): void {
    if (this.writing !== undefined) return
    this.options.takeRatchets((id, ratchet) => this.ratchets.set(id, ratchet))
    const { ratchets, lines, exits, closed } = this
    if (ratchets.size + lines.length + exits.size + closed.length === 0) return
    this.ratchets = new Map()
    this.lines = []
    this.exits = new Map()
    this.closed = []
    this.writing = this.write({ ratchets, lines, exits: [...exits.values()], register: closed })
  }

  /** Resolves when the commit under way is over; undefined when there is none. */
  get busy(): Promise<void> | undefined {
    return this.writing
  }

  private async write(change: Change<ExitRecord, KillSwitch>): Promise<void> {
    try {
      await this.now(change)
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
  private putBack({ ratchets, lines, exits, register }: Change<ExitRecord, KillSwitch>): void {
    this.ratchets = new Map([...(ratchets ?? []), ...this.ratchets])
    this.lines = [...(lines ?? []), ...this.lines]
    const older = (exits ?? []).map(record => [record.positionId, record] as const)
    this.exits = new Map([...older, ...this.exits])
    this.closed = [...(register ?? []), ...this.closed]
  }
}

const isFenced = (error: unknown): error is WatchkeeperError =>
  error instanceof WatchkeeperError && error.code === 'FENCED'
