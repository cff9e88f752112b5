import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { InstrumentTable } from '../../src/domain/instrument.ts'
import type { AddRequest } from '../../src/ports/control/positions.ts'
import type { JournalLine, JournalQuery } from '../../src/ports/journal-lines.ts'
import { EverythingControl } from '../../src/views/everything-control.ts'
import { ProcessControl } from '../../src/views/process-control.ts'
import type { ProcessControlDeps } from '../../src/views/shared-control.ts'
import { ServedAccount } from './served-account.ts'

/** A request for a position of ACME by 100 in an account, which a stop at 95 exits. */
export const anAddRequest = (
  account: string,
  {
    id = 'p1',
    warnings = [],
  }: { readonly id?: string; readonly warnings?: readonly string[] } = {},
): AddRequest => ({
  position: {
    id: positionId(id),
    account,
    instrument: instrumentId('ACME'),
    side: 'long',
    quantity: 2,
    entryPrice: 100,
    multiplier: 1,
    priceSource: 'trade',
    openedAt: undefined,
  },
  rules: { stopLoss: { pct: 5 } },
  exitNow: false,
  opensLater: false,
  reopen: false,
  warnings,
})

/** The accounts `acme` and `bolt` of one process, in memory. */
export class ServedAccounts {
  readonly acme = new ServedAccount()
  readonly bolt = new ServedAccount()
  readonly each: ReadonlyMap<string, ServedAccount> = new Map([
    ['acme', this.acme],
    ['bolt', this.bolt],
  ])

  async open(): Promise<this> {
    for (const each of this.each.values()) await each.open({ skewMs: 5_000 })
    return this
  }

  async stop(): Promise<void> {
    for (const { account } of this.each.values()) await account.stop()
  }

  async settled(): Promise<void> {
    for (const { account } of this.each.values()) await account.settled()
  }

  /** The control of the process, whose `everything` is that of all its accounts. */
  control(): ProcessControl {
    const deps = this.deps()
    return new ProcessControl(deps, new EverythingControl(deps))
  }

  everything(): EverythingControl {
    return new EverythingControl(this.deps())
  }

  private deps(): ProcessControlDeps {
    const journal = (query: JournalQuery) => Promise.resolve(this.lines(query))
    return {
      accounts: new Map([...this.each].map(([name, each]) => [name, each.control(name, journal)])),
      instruments: new InstrumentTable(),
      store: { journal, knows: account => this.each.has(account) },
      health: () => this.acme.health,
      healthAgeMs: () => 0,
      metrics: () => Promise.resolve(''),
      readiness: () => this.acme.readiness,
      record: () => Promise.resolve(),
      note: () => undefined,
    }
  }

  /** The journal of the process: each line names its account. */
  private lines({ positionId, after, before = Infinity }: JournalQuery): JournalLine[] {
    return [...this.each].flatMap(([account, { earlier, keeper }]) =>
      [...keeper.lines, ...earlier]
        .filter(({ seq }) => seq > after && seq < before)
        .filter(line => positionId === undefined || line.positionId === positionId)
        .map(line => ({ ...line, account })),
    )
  }
}
