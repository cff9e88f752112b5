import type { KillSwitch } from '../../src/exits/kill-switch.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Change, RecoveredState, StateRepository } from '../../src/ports/state-repository.ts'
import type { PortfolioDay } from '../../src/risk/portfolio.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'

const FOR_EVER_MS = 1e12

type MemoryChange = Change<ExitRecord, KillSwitch, PortfolioDay>

/** The state repository over a store in memory, whose writes can be refused or delayed. */
export class MemoryRepository implements StateRepository<ExitRecord, KillSwitch, PortfolioDay> {
  readonly store: MemoryStore
  readonly lines: JournalLine[] = []
  /** What the next writes throw, one each. */
  readonly failures: Error[] = []
  /** Every requested change, in order. */
  readonly changes: MemoryChange[] = []
  /** Awaited before a write begins; later writes wait behind it, as in every store. */
  hold: ((change: MemoryChange) => Promise<void> | undefined) | undefined
  private readonly keeper: StoreRepository<ExitRecord, KillSwitch, PortfolioDay>
  private claimed: Promise<void> | undefined
  private last: Promise<unknown> | undefined

  /** `store`: what the repository of another process has left. */
  constructor(store = new MemoryStore()) {
    this.store = store
    this.keeper = new StoreRepository(store)
  }

  async load(): Promise<RecoveredState<ExitRecord, KillSwitch, PortfolioDay>> {
    await this.claim()
    return this.keeper.load()
  }

  async keep(change: MemoryChange): Promise<readonly JournalLine[]> {
    this.changes.push(change)
    const wait = this.last
    const written = wait === undefined ? this.write(change) : wait.then(() => this.write(change))
    const over = written.catch(() => undefined)
    this.last = over
    void over.then(() => {
      if (this.last === over) this.last = undefined
    })
    return written
  }

  private async write(change: MemoryChange): Promise<readonly JournalLine[]> {
    const failure = this.failures.shift()
    await this.hold?.(change)
    if (failure !== undefined) throw failure
    await this.claim()
    const lines = await this.keeper.keep(change)
    this.lines.push(...lines)
    return lines
  }

  private claim(): Promise<void> {
    return (this.claimed ??= this.store.claim('memory', FOR_EVER_MS))
  }
}
