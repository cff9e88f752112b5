import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { TakeBack } from '../../src/account/registration.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { positionId, type PositionId } from '../../src/domain/ids.ts'
import { NotSent, OutcomeUnknown, WatchkeeperError } from '../../src/errors.ts'
import type { Registered } from '../../src/ports/state-repository.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const [A, B] = [positionId('a'), positionId('b')]
const FULL = new WatchkeeperError('STORE_FULL', 'no room')

describe('units that a paper account was given', () => {
  let keeper: MemoryRepository
  let account: Account
  let given: Map<PositionId, number>
  /** What the deposit of a position throws. */
  let refused: Map<PositionId, Error>
  /** Whether nothing can be taken back. */
  let isStuck: boolean

  /** Puts the units of a position in, once, as the paper account of a service does. */
  async function deposit({ position: { id, quantity } }: Registered): Promise<TakeBack> {
    const error = refused.get(id)
    if (error !== undefined) throw error
    const isNew = !given.has(id)
    given.set(id, quantity)
    return () => {
      if (isStuck) return Promise.reject(new NotSent('no room'))
      if (isNew) given.delete(id)
      return Promise.resolve()
    }
  }

  beforeEach(async () => {
    keeper = new MemoryRepository()
    given = new Map()
    refused = new Map()
    isStuck = false
    account = await openAccount({
      keeper,
      venue: new TestVenue().venue,
      beforeGuard: deposit,
      clock: { now: () => 1_000, monotonic: () => 1_000 },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
  })

  afterEach(() => account.stop())

  const add = (...ids: readonly PositionId[]): Promise<void> => {
    const rules = { stopLoss: { pct: 50 } }
    const wanted = ids.map(id => ({ position: aPosition({ id, openedAt: 1_000 }), rules }))
    return account.changes.addAll(wanted, 'test')
  }

  it('are taken back where those of another position could not be given, whatever the reason', async () => {
    for (const error of [new NotSent('no room'), new OutcomeUnknown('lost')]) {
      refused.set(B, error)
      expect(await codeOf(add(A, B))).to.equal(error.code)
      expect([...given.keys()], error.code).to.deep.equal([])
    }
    refused.clear()
    await add(A, B)
    expect([...given.keys()]).to.deep.equal([A, B])
  })

  it('stay where it is unknown whether the store has the position', async () => {
    keeper.failures.push(new Error('unplugged'))
    expect(await codeOf(add(A))).to.equal('STORE_FAILED')
    expect([...given.keys()]).to.deep.equal([A])
  })

  it('stay once their position is registered, also where they were to be taken back before', async () => {
    isStuck = true
    keeper.failures.push(FULL)
    expect(await codeOf(add(A))).to.equal('STORE_FULL')
    await add(A)
    isStuck = false
    await add(B)
    expect([...given.keys()]).to.deep.equal([A, B])
  })
})
