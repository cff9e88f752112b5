import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { seed } from '../../src/app/sync-positions.ts'
import type { PositionEntry } from '../../src/config/position-reader.ts'
import { positionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import type { Position } from '../../src/domain/position.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const STOP_5 = { stopLoss: { pct: 5 } }
const STOP_3 = { stopLoss: { pct: 3 } }

const NO_FLAGS = { exitNow: false, opensLater: false, reopen: false }

describe('seed', () => {
  let keeper: MemoryRepository
  let account: Account
  let broker: TestVenue

  beforeEach(async () => {
    keeper = new MemoryRepository()
    broker = new TestVenue()
    await start()
  })

  afterEach(() => account.stop())

  async function start(): Promise<void> {
    account = await openAccount({
      keeper,
      venue: broker.venue,
      clock: { now: () => 1_000, monotonic: () => 1_000 },
      timers: machineTimers,
      callTimeoutMs: 1_000,
      instruments: new InstrumentTable([['ACME', { ...PLAIN_INSTRUMENT, multiplier: 0.01 }]]),
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })
  }

  const entry = (
    id: string,
    rules: object = STOP_5,
    but: Partial<Position> = {},
    flags: Partial<PositionEntry['flags']> = {},
  ): PositionEntry => {
    const options = rules as Record<string, unknown>
    const position = { ...aPosition({ id: positionId(id), ...but }), openedAt: undefined }
    return {
      position,
      rules: options,
      ruleSet: aRuleSet(options),
      filledIn: [],
      flags: { ...NO_FLAGS, ...flags },
    }
  }

  async function restartedWith(...entries: PositionEntry[]) {
    await account.stop()
    await start()
    return seed(account, entries)
  }

  const rulesOf = (id: string): unknown => account.state.positions.get(positionId(id))?.rules

  it('guards ids that the position table has never had, open from now on', async () => {
    const seeded = await seed(account, [entry('a'), entry('b')])
    expect(seeded).to.deep.equal({
      over: [],
      vanished: [],
      ruled: [],
      noted: [],
      refused: [],
    })
    expect(account.state.positions.get(positionId('a'))?.position.openedAt).to.equal(1_000)
    expect(account.engine.registry.size).to.equal(2)
  })

  it('takes the multiplier that the file does not state from the instruments of the account', async () => {
    await seed(account, [
      entry('a', STOP_5, { multiplier: 7 }),
      { ...entry('b'), filledIn: ['multiplier'] },
    ])
    const multiplierOf = (id: string) =>
      account.state.positions.get(positionId(id))?.position.multiplier
    expect([multiplierOf('a'), multiplierOf('b')]).to.deep.equal([7, 0.01])
  })

  it('repeats a first write that the store refused', async () => {
    keeper.failures.push(new WatchkeeperError('STORE_FAILED', 'no'), new Error('no'))
    await seed(account, [entry('a'), entry('b')])
    expect(account.engine.registry.size).to.equal(2)
    expect([...(await keeper.load()).register.keys()]).to.have.members(['a', 'b'])
  })

  it('fails at once where the store has no room', async () => {
    keeper.failures.push(new WatchkeeperError('STORE_FULL', 'no'))
    const error = await seed(account, [entry('a')]).catch((failure: unknown) => failure)
    expect(error).to.have.property('code', 'STORE_FULL')
    expect(account.engine.registry.size).to.equal(0)
  })

  it('applies rules that the file has tightened, and keeps those that it would loosen', async () => {
    await seed(account, [entry('a'), entry('b', STOP_3)])
    const { ruled, refused } = await restartedWith(entry('a', STOP_3), entry('b', STOP_5))
    expect(ruled).to.deep.equal(['a'])
    expect(refused).to.have.length(1)
    expect(refused[0]).to.match(/^b keeps its rules: the new rules loosen/)
    expect([rulesOf('a'), rulesOf('b')]).to.deep.equal([STOP_3, STOP_3])
  })

  it('reports no refused rules of a position that is being exited, unless the file changes them', async () => {
    await seed(account, [entry('a')])
    broker.isDown = true
    broker.isSilent = true
    broker.fault = 'lost'
    account.manualExits.exit(positionId('a'), 'manual')
    await account.manualExits.whenDurable(positionId('a'))
    const same = await restartedWith(entry('a'))
    expect(same.refused).to.deep.equal([])
    const changed = await restartedWith(entry('a', STOP_3))
    expect(changed.refused).to.deep.equal(['a keeps its rules: position a is being exited'])
  })

  it('keeps a rule that the file has dropped, and journals that', async () => {
    await seed(account, [entry('a', { ...STOP_5, maxHold: { ms: 60_000 } })])
    const { ruled, refused } = await restartedWith(entry('a', STOP_5))
    await account.settled()
    expect([ruled, rulesOf('a')]).to.deep.equal([[], { ...STOP_5, maxHold: { ms: 60_000 } }])
    expect(refused[0]).to.contain('found maxHold: it goes;')
    const line = keeper.lines.find(({ kind }) => kind === 'rules-refused')
    expect(line).to.deep.include({ for: 'a', code: 'LOOSENS', by: 'positions file' })
  })

  it('guards positions that the file no longer contains, and leaves closed ones alone', async () => {
    await seed(account, [entry('a'), entry('b')])
    await account.release(positionId('b'), 'test')
    const seeded = await restartedWith(entry('b'), entry('c'))
    expect(seeded).to.deep.include({ over: ['b'], vanished: ['a'] })
    expect(account.engine.registry.size).to.equal(2)
  })

  it('reports that another quantity in the file changes nothing', async () => {
    await seed(account, [entry('a')])
    const { refused } = await restartedWith(entry('a', STOP_5, { quantity: 7 }))
    expect(refused).to.deep.equal([
      'a: quantity is 1, the file says 7: release it and add it again to change that',
    ])
    expect(account.state.positions.get(positionId('a'))?.position.quantity).to.equal(1)
  })
})
