import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

const P1 = positionId('p1')
const FLAGS = { force: true, exitNow: true }

describe('A position that is being exited takes no other rules, quantity or entry price', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let account: Account

  beforeEach(() => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
  })

  afterEach(async () => {
    keeper.hold = undefined
    await account.stop()
  })

  const open = async (mode: 'guard' | 'observe'): Promise<void> => {
    account = await openAccount({
      keeper,
      mode,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
  }

  const guard = async (): Promise<void> => {
    await account.add(aPosition({ openedAt: now }), { stopLoss: { pct: 5 } }, 'test')
  }

  const cross = (): void => account.tick({ instrument: instrumentId('ACME'), ts: ++now, price: 90 })

  /** What a change of rules, its preview and a change of facts are answered. */
  const answers = async (): Promise<unknown[]> => {
    const request = { rules: { stopLoss: { pct: 4 } }, ...FLAGS }
    return [
      await codeOf(() => account.changeRules(P1, request, 'test')),
      await codeOf(() => account.changes.previewRules(P1, request)),
      await codeOf(() => account.amend(P1, { quantity: 7, ...FLAGS }, 'test')),
    ]
  }

  const RUNNING = Array.from({ length: 3 }, () => 'EXIT_RUNNING')

  it('once its exit is decided, before that is durable', async () => {
    await open('guard')
    await guard()
    keeper.hold = ({ exits = [] }) => (exits.length > 0 ? new Promise(() => {}) : undefined)
    cross()
    await until(() => account.engine.book.exits.record(P1) !== undefined)
    expect(await answers()).to.deep.equal(RUNNING)
  })

  it('after a restart in the middle of its exit, which goes on without a monitor', async () => {
    await open('guard')
    await guard()
    venue.fault = 'lost'
    venue.isSilent = true
    cross()
    await until(() => keeper.lines.some(({ kind }) => kind === 'exit-unknown'))
    account.engine.actors.stopAll()
    await open('guard')
    expect(account.engine.registry.get(P1)).to.equal(undefined)
    expect(await answers()).to.deep.equal(RUNNING)
  })

  it('once its exit is noted in mode observe', async () => {
    await open('observe')
    await guard()
    cross()
    await until(() => account.state.positions.get(P1)?.observed !== undefined)
    expect(await answers()).to.deep.equal(RUNNING)
  })
})
