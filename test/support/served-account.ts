import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { LastAnswers } from '../../src/calls/last-answers.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { Meters } from '../../src/observability/meters.ts'
import type { HealthSnapshot, Readiness } from '../../src/ports/control/health.ts'
import type { JournalLine, JournalQuery } from '../../src/ports/journal-lines.ts'
import type { ControlDeps } from '../../src/views/control-deps.ts'
import { AccountControl } from '../../src/views/control.ts'
import { aDesk } from './desk.ts'
import { MemoryRepository } from './memory-repository.ts'
import { openAccount, type OpenAccountOptions } from './open-account.ts'
import { TestVenue } from './test-venue.ts'

/** An account in memory with the control that HTTP and the command line use. */
export class ServedAccount {
  readonly keeper = new MemoryRepository()
  readonly venue = new TestVenue()
  readonly answers = new LastAnswers(() => this.now)
  /** Lines that the journal has beside those of the account; they come first. */
  readonly earlier: JournalLine[] = []
  health: HealthSnapshot = { status: 'pass', at: Date.now(), output: [], checks: {} }
  readiness: Readiness = { ready: true }
  now = 1_000
  /** Runs before the first line of a backup. */
  beforeBackup: () => Promise<void> = () => Promise.resolve()
  private opened: Account | undefined
  private readonly levels: Record<string, string> = { exits: 'info' }
  private readonly clock = { now: () => this.now, monotonic: () => this.now }

  get account(): Account {
    return this.opened!
  }

  async open(options: Partial<OpenAccountOptions> = {}): Promise<void> {
    this.opened = await openAccount({
      keeper: this.keeper,
      beforeGuard: this.venue.deposit,
      venue: quotes => {
        const venue = this.venue.venue(quotes)
        return { ...venue, ...this.answers.listsOf(venue) }
      },
      clock: this.clock,
      timers: machineTimers,
      callTimeoutMs: 1_000,
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
      ...options,
    })
  }

  async tick(price: number): Promise<void> {
    this.account.tick({ instrument: instrumentId('ACME'), ts: ++this.now, price })
    await this.account.settled()
  }

  /** `name`: its name among several accounts of a process, which has a journal for all of them. */
  control(name?: string, processJournal?: ControlDeps['processJournal']): AccountControl {
    const beforeBackup = (): Promise<void> => this.beforeBackup()
    return new AccountControl({
      account: this.account,
      name,
      ...(processJournal !== undefined && { processJournal }),
      desk: aDesk(),
      answers: this.answers,
      store: { journal: query => Promise.resolve(this.lines(query)) },
      backup: async function* () {
        await beforeBackup()
        yield 'a backup\n'
      },
      clock: this.clock,
      version: '1.2.3',
      isStrict: false,
      ruleSets: new Map([['tight', { stopLoss: { pct: 1 } }]]),
      healthMaxAgeMs: 10_000,
      healthAgeMs: () => 0,
      log: {
        levels: this.levels as never,
        setLevel: (name, level) => (this.levels[name] = level),
      },
      performance: new Meters(this.clock),
      metrics: () => Promise.resolve('watchkeeper_positions 1\n'),
      health: () => this.health,
      refreshHealth: () => undefined,
      readiness: () => this.readiness,
    })
  }

  private lines(query: JournalQuery): readonly JournalLine[] {
    const { after, limit, last, before = Infinity, positionId } = query
    const found = [...this.earlier, ...this.keeper.lines].filter(
      line =>
        line.seq > after &&
        line.seq < before &&
        (positionId === undefined || line.positionId === positionId),
    )
    return last === undefined ? found.slice(0, limit) : found.slice(-last)
  }
}
