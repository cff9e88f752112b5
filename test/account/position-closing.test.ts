import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ExitFollower } from '../../src/ports/telemetry.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

const P1 = positionId('p1')

describe('a position whose exit is filled', () => {
  let keeper: MemoryRepository
  let account: Account
  let now: number
  /** Called when an exit has ended, before the portfolio gets its fill. */
  let ended: () => void

  beforeEach(async () => {
    keeper = new MemoryRepository()
    const venue = new TestVenue()
    now = 1_000
    ended = () => undefined
    const none = (): void => undefined
    const follower: ExitFollower = {
      decided: none,
      intended: none,
      acknowledged: none,
      ended: () => ended(),
    }
    account = await openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      followers: [follower],
      onLine: none,
      onFatal: none,
    })
    await account.add(aPosition({ openedAt: now }), { stopLoss: { pct: 10 } }, 'test')
  })

  afterEach(() => account.stop())

  async function exit(): Promise<void> {
    for (const price of [100, 89]) {
      account.tick({ instrument: instrumentId('ACME'), ts: ++now, price })
      await account.settled()
    }
  }

  const isOpen = (): boolean => account.state.positions.isOpen(P1, 1)
  const portfolio = () => account.engine.registry.refOf('portfolio')

  it('closes in one commit with the sum of its day', async () => {
    await exit()
    expect(isOpen()).to.equal(false)
    const closing = keeper.changes.filter(({ lines }) =>
      lines?.some(({ kind }) => kind === 'exit-filled'),
    )
    expect(closing).to.have.length(1)
    const [{ register, day }] = closing as [(typeof closing)[0]]
    expect(register?.map(({ state }) => state)).to.deep.equal(['closed'])
    expect(day?.realised.map(({ amount }) => amount)).to.deep.equal([-11])
  })

  it('stays open until the fill is counted, also where an incarnation of the portfolio has lost it', async () => {
    const seen: boolean[] = []
    ended = () => {
      const first = portfolio()
      send(first, {
        kind: 'ask',
        answer: () => {
          throw new Error('planted')
        },
      })
      setImmediate(() => seen.push(isOpen()))
    }
    await exit()
    await until(() => !isOpen())
    const { day } = await account.portfolio.standing()
    expect(seen).to.deep.equal([true])
    expect(day.realised.map(({ amount }) => amount)).to.deep.equal([-11])
  })
})
