import { expect } from 'chai'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { checkedBroker } from '../../src/brokers/checked.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { sfc32, type Random } from '../../src/domain/random.ts'
import type { Broker } from '../../src/ports/broker.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const ACME = instrumentId('ACME')
const IDS = ['a', 'b', 'c', 'd', 'e']
const SEEDS = 25
const MOST_CYCLES = 400

/** Contract violations of an adapter, in place of its work or after it. */
const FAULTS: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => 'filled',
  () => [],
  () => ({ kind: 'acknowledged', order: { kind: 'filled' } }),
  () => ({ kind: 'filled', executed: { quantity: -5, price: 89 } }),
  () => ({ kind: 'filled', executed: { quantity: 1e9, price: 89 } }),
  () => ({ kind: 'acknowledged', order: { kind: 'filled', executed: { quantity: 7, price: 89 } } }),
  () => ({ kind: 'working', executed: { quantity: NaN, price: null } }),
  () => ({ kind: 'held', quantity: '5', ageMs: 0 }),
  () => {
    throw new TypeError('cannot read properties of undefined')
  },
  () => Promise.reject(new Error('socket hang up')),
  // oxlint-disable-next-line prefer-promise-reject-errors -- some adapters do.
  () => Promise.reject('a string'),
]

/** The same broker; a third of its calls break the contract, before they act or after. */
function faulty(broker: Broker, random: Random): Broker {
  const pick = (): unknown => FAULTS[Math.floor(random() * FAULTS.length)]!()
  return new Proxy(broker, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        const roll = random()
        if (roll < 0.2) return pick()
        const answer = Reflect.apply(value, target, given) as Promise<unknown>
        return roll < 0.35 ? answer.then(pick) : answer
      }
    },
  })
}

describe('an adapter that breaks its contract', () => {
  it('leads to no crash and no wrong fill: every position is exited once', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) await exitAll(seed)
  }).timeout(120_000)
})

async function exitAll(seed: number): Promise<void> {
  const venue = new TestVenue()
  const keeper = new MemoryRepository()
  let now = 1_000
  const account = await openAccount({
    keeper,
    beforeGuard: venue.deposit,
    timers: machineTimers,
    callTimeoutMs: 5_000,
    reconcileMs: 100,
    venue: quotes => {
      const { priced, ...rest } = venue.venue(quotes)
      const whole = { ...rest, quotes: () => Promise.resolve([]), close: () => Promise.resolve() }
      return { ...checkedBroker(faulty(whole, sfc32(seed)), () => undefined), priced }
    },
    clock: { now: () => now, monotonic: () => now },
    onLine: () => undefined,
    onFatal: error => expect.fail(error.message),
  })
  try {
    for (const id of IDS) {
      const position = aPosition({ id: positionId(id), quantity: 2 })
      await account.add(position, { stopLoss: { pct: 10 } }, 'test')
    }
    for (const price of [100, 89]) account.tick({ instrument: ACME, ts: ++now, price })
    const isOpen = (): boolean => [...account.state.open()].length > 0
    for (let count = 0; isOpen() && count < MOST_CYCLES; count++) {
      await account.settled()
      now += 500
      account.cycle()
    }
    expect(isOpen(), `seed ${seed}: some exit never ended`).to.equal(false)
    const sold = [...venue.fills.values()].map(({ positionId: id, quantity }) => [id, quantity])
    expect(sold.toSorted(), `seed ${seed}`).to.deep.equal(IDS.map(id => [id, 2]))
    expect(account.state.counts.restarts, `seed ${seed}: crashes`).to.equal(0)
  } finally {
    await account.stop()
  }
}
