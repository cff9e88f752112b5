import { expect } from 'chai'
import { noteDeadRules } from '../../src/account/dead-rules.ts'
import { positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

describe('noteDeadRules', () => {
  it('names a rule that cannot fire once, however many positions have it', async () => {
    const timers = new FakeTimers()
    const venue = new TestVenue()
    const keeper = new MemoryRepository()
    const account = await openAccount({
      keeper,
      timers,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => 1_000 + timers.now, monotonic: timers.monotonic },
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    const dead = { trailingStop: { distance: 1, activateAtPrice: 1e9 } }
    for (const id of ['p1', 'p2'])
      await account.add(aPosition({ id: positionId(id) }), dead, 'test')
    await account.add(aPosition({ id: positionId('p3') }), { stopLoss: { pct: 5 } }, 'test')
    await account.settled()
    noteDeadRules(account)
    await account.stop()
    const noted = keeper.lines.filter(({ kind }) => kind === 'rule-cannot-fire')
    const why = 'no price above 0 and no time makes it exit'
    expect(noted.map(({ seq: _seq, at: _at, ...line }) => line)).to.deep.equal([
      { kind: 'rule-cannot-fire', rule: 'trailingStop', for: 'p1', why },
    ])
  })
})
