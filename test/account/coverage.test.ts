import { expect } from 'chai'
import fc from 'fast-check'
import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import { POSITION_STATES } from '../../src/domain/position.ts'
import { healthStatus } from '../../src/observability/health.ts'
import { supervisionSchema } from '../../src/resilience/supervision-policy.ts'
import { healthFacts } from '../../src/views/health-facts.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const START = 1_000
const STALE_MS = 10_000
const GRACE_MS = 2_000
/** Hours that are never open: the market has no session. */
const CLOSED = new InstrumentTable([
  [
    'ACME',
    {
      ...PLAIN_INSTRUMENT,
      hours: {
        timezone: 'UTC',
        sessions: [{ open: 0, close: 1 }],
        days: new Set<number>(),
        exceptions: new Map(),
      },
    },
  ],
])

const ACTS = ['add', 'release', 'exit', 'tick', 'fall', 'halt', 'off'] as const

describe('Coverage', () => {
  let timers: FakeTimers
  let keeper: MemoryRepository
  let venue: TestVenue
  let account: Account

  const now = (): number => START + timers.now

  async function open(instruments = new InstrumentTable()): Promise<void> {
    account = await openAccount({
      keeper,
      timers,
      instruments,
      random: () => 0.5,
      staleMs: STALE_MS,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now, monotonic: timers.monotonic },
      callTimeoutMs: 5_000,
      supervision: supervisionSchema.parse({ monitor: { backoff: { jitter: 0 } } }),
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    await account.add(aPosition({ id: P1, openedAt: START }), { stopLoss: { pct: 5 } }, 'test')
    await turn()
  }

  beforeEach(() => {
    timers = new FakeTimers()
    keeper = new MemoryRepository()
    venue = new TestVenue()
  })

  afterEach(() => {
    account.engine.actors.stopAll()
  })

  async function turn(): Promise<void> {
    for (let round = 0; round < 10; round++) await new Promise(resolve => setImmediate(resolve))
  }

  async function tick(price = 100): Promise<void> {
    account.tick({ instrument: instrumentId('ACME'), ts: now(), price })
    await turn()
  }

  async function cycle(ms: number): Promise<void> {
    timers.pass(ms)
    await turn()
    account.cycle()
    await turn()
  }

  async function crash(): Promise<void> {
    const { status, epoch } = account.engine.registry.get(P1)!
    if (status.kind === 'running') account.engine.actors.stop(status.ref)
    const actor = { kind: 'monitor', positionId: P1 } as const
    send(account.engine.supervisor, { kind: 'down', actor, epoch, reason: new Error('crashed') })
    await turn()
  }

  const registered = () => account.state.positions.get(P1)!
  const cause = () => account.coverage.causeOf(registered())
  const ms = () => account.coverage.unguardedMs(registered())
  const status = () => {
    const limits = { startedAt: START, exitOverdueMs: 60_000, graceMs: GRACE_MS }
    const { checks } = healthStatus(healthFacts(account, { now: now(), ...limits }))
    return {
      unguarded: checks['positions:unguarded']![0]!,
      stale: checks['prices:stale']![0]!,
      missing: checks['prices:missing']![0]!,
      guarded: checks['positions:guarded']![0]!.observedValue,
    }
  }

  it('counts a position without a price as unguarded, and stops once there is one', async () => {
    await open()
    await cycle(500)
    await cycle(500)
    expect([cause(), ms()]).to.deep.equal(['unpriced', 500])
    await tick()
    expect(cause()).to.equal(undefined)
    await cycle(500)
    await cycle(500)
    // The half second in which the price arrived counts as a whole.
    expect(ms()).to.equal(1_000)
  })

  it('fails for a position without a first price, once the grace is over', async () => {
    await open()
    await cycle(500)
    expect([status().unguarded.status, status().unguarded.observedValue]).to.deep.equal(['pass', 1])
    await cycle(GRACE_MS + 500)
    const { unguarded, missing, stale } = status()
    expect([unguarded.status, missing.status, stale.status]).to.deep.equal(['fail', 'warn', 'pass'])
    expect(unguarded.output).to.match(/^1: p1: its instrument never had a fresh price for 2.\d s$/)
    await tick()
    await cycle(500)
    expect([status().unguarded.status, status().missing.status]).to.deep.equal(['pass', 'pass'])
  })

  it('suggests the instrument that an instrument without a price was meant to be', async () => {
    await open()
    account.tick({ instrument: instrumentId('AC/ME'), ts: now(), price: 100 })
    await cycle(GRACE_MS + 500)
    expect(status().missing.output).to.equal('1: ACME (did you mean AC/ME?)')
    account.missingPrices.noteUnpriced(account.coverage.last.unpriced)
    account.missingPrices.noteUnpriced(account.coverage.last.unpriced)
    await cycle(500)
    const lines = keeper.lines.filter(({ kind }) => kind === 'instrument-unpriced')
    expect(lines).to.have.length(1)
    expect(lines[0]).to.deep.include({ instrument: 'ACME', positions: ['p1'], meant: 'AC/ME' })
  })

  it('names an underlying that never had a price, though the position itself is guarded', async () => {
    await open()
    const rules = { stopLoss: { pct: 5 }, underlying: { instrument: 'NIFTY50', below: 90 } }
    await account.add(aPosition({ id: positionId('p2'), openedAt: START }), rules, 'test')
    await tick()
    await cycle(GRACE_MS + 500)
    expect([cause(), status().missing.output]).to.deep.equal([undefined, '1: NIFTY50'])
  })

  it('fails for a position that is not open yet, and counts it as unguarded', async () => {
    await open()
    const later = aPosition({ id: positionId('p2'), openedAt: START + 3_600_000 })
    await account.add(later, { stopLoss: { pct: 5 } }, 'test')
    await tick()
    await cycle(500)
    await tick()
    await cycle(GRACE_MS + 500)
    const { unguarded, guarded } = status()
    expect([unguarded.status, unguarded.observedValue, guarded]).to.deep.equal(['fail', 1, 1])
    expect(unguarded.output).to.match(/^1: p2: it is not open yet/)
  })

  it('fails at once for a position that no rule can exit', async () => {
    await open()
    await account.add(aPosition({ id: positionId('p2') }), { staleQuote: { afterMs: 9 } }, 'test')
    await tick()
    await cycle(500)
    expect(status().unguarded.output).to.match(/^1: p2: none of its rules ever exits it/)
    await account.add(aPosition({ id: positionId('p3') }), { net: {} }, 'test')
    await cycle(500)
    expect(status().unguarded.output).to.match(/^2: .*p3: none of its rules ever exits it/)
  })

  it('counts each open position in exactly one state, whatever happens', async () => {
    const act = fc.tuple(fc.nat(3), fc.constantFrom(...ACTS), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async acts => {
        timers = new FakeTimers()
        keeper = new MemoryRepository()
        venue = new TestVenue()
        await open()
        for (const [which, what, hasCycle] of acts) {
          const id = positionId(`p${which}`)
          const isOpen = account.state.positions.open.has(id)
          if (what === 'add' && !isOpen) {
            const openedAt = now() + (hasCycle ? 3_600_000 : 0)
            await account.add(aPosition({ id, openedAt }), { stopLoss: { pct: 5 } }, 'test')
          }
          if (what === 'release' && isOpen) await account.release(id, 'test')
          if (what === 'exit' && isOpen) account.manualExits.exit(id, 'manual')
          if (what === 'tick') await tick(100)
          if (what === 'fall') await tick(90)
          if (what === 'halt' || what === 'off') {
            const by = { who: 'test', from: 'test' }
            await account.killSwitch.set({ state: what, since: now(), by })
          }
          await (hasCycle ? cycle(500) : turn())
          const { counts } = account.coverage.sweep()
          const sum = Object.values(counts).reduce((a, b) => a + b, 0)
          const shown = [...account.state.positions.shownOpen()]
          expect(sum).to.equal(shown.length)
          const states = shown.map(row => account.coverage.standingOf(row).state)
          for (const state of POSITION_STATES) {
            expect(states.filter(each => each === state)).to.have.length(counts[state])
          }
        }
        account.engine.actors.stopAll()
      }),
      { numRuns: 25 },
    )
  })

  it('counts a price that is too old; health only warns about it', async () => {
    await open()
    await tick()
    await cycle(500)
    await cycle(STALE_MS)
    expect(cause()).to.equal('price')
    const { unguarded, stale, guarded } = status()
    expect([unguarded.status, stale.status, guarded]).to.deep.equal(['pass', 'warn', 0])
    expect(account.coverage.totals.get('price')).to.be.greaterThan(0)
  })

  it('evaluates the present positions: added, removed, or with another monitor', async () => {
    await open()
    await tick()
    await cycle(500)
    const found = (): number[] => [
      account.coverage.last.expected,
      account.coverage.last.counts.guarded,
    ]
    expect(found()).to.deep.equal([1, 1])
    await account.add(aPosition({ id: positionId('p2') }), { stopLoss: { pct: 5 } }, 'test')
    await cycle(500)
    expect(found()).to.deep.equal([2, 2])
    await crash()
    await crash()
    await cycle(1)
    expect(found()).to.deep.equal([2, 1])
    await account.release(P1, 'test')
    await cycle(500)
    expect(found()).to.deep.equal([1, 1])
  })

  it('evaluates a part of many positions in each turn, whatever their state, and counts each once', async () => {
    await open()
    const wanted = Array.from({ length: 5_999 }, (_, index) => ({
      position: aPosition({ id: positionId(`q${index}`), openedAt: START }),
      rules: { stopLoss: { pct: 5 } },
    }))
    await account.changes.addAll(wanted, 'test')
    await turn()
    const evaluated: number[] = []
    const all = { of: 0 }
    const { instruments } = account
    const of = instruments.of.bind(instruments)
    instruments.of = name => {
      all.of++
      return of(name)
    }
    timers.pass(500)
    for (const state of ['unguarded', 'guarded'] as const) {
      if (state === 'guarded') await tick()
      account.coverage.sweep()
      timers.pass(500)
      let isSwept = false
      all.of = 0
      account.cycle()
      account.coverage.whenSwept(() => (isSwept = true))
      const turns: boolean[] = []
      while (!isSwept) {
        turns.push(isSwept)
        evaluated.push(all.of)
        all.of = 0
        await new Promise(resolve => setImmediate(resolve))
      }
      expect(turns.length, state).to.be.at.least(2)
      expect(account.coverage.last.counts[state], state).to.equal(6_000)
    }
    // Without a price each position asks for the hours of its market.
    expect(Math.max(...evaluated)).to.be.at.most(510)
    expect(evaluated[0]).to.be.greaterThan(250)
  })

  it('takes over the changes of a part of many positions in each turn, as at a start', async () => {
    await open()
    const wanted = Array.from({ length: 3_000 }, (_, index) => ({
      position: aPosition({ id: positionId(`q${index}`), openedAt: START }),
      rules: { stopLoss: { pct: 5 } },
    }))
    await account.changes.addAll(wanted, 'test')
    await turn()
    const { touched } = account.state.positions
    const left = [touched.size]
    let isSwept = false
    account.cycle()
    account.coverage.whenSwept(() => (isSwept = true))
    while (!isSwept) {
      left.push(touched.size)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(left.slice(0, 4)).to.deep.equal([3_001, 2_501, 2_001, 1_501])
    expect(account.coverage.last.expected).to.equal(3_001)
  })

  it('reads nothing of instruments for positions that are guarded as before', async () => {
    await open()
    await tick()
    await cycle(500)
    const { instruments } = account
    instruments.of = () => {
      throw new Error('found a question, expected none')
    }
    account.coverage.sweep()
    expect(account.coverage.last.counts.guarded).to.equal(1)
  })

  it('needs no price while the market is closed', async () => {
    await open(CLOSED)
    await cycle(500)
    await cycle(500)
    expect([cause(), ms()]).to.deep.equal([undefined, 0])
  })

  it('counts restart backoffs of a monitor to the millisecond, also those between two evaluations', async () => {
    await open()
    await tick()
    await cycle(500)
    await cycle(500)
    const before = ms()
    await crash()
    expect(cause()).to.equal(undefined)
    await crash()
    // The first restart is immediate, the second one comes after 200 ms.
    expect(cause()).to.equal('monitor')
    timers.pass(200)
    await turn()
    expect(cause()).to.equal(undefined)
    await cycle(300)
    expect(ms() - before).to.equal(200)
  })

  it('counts no position as guarded while the kill switch is at halt, and names each', async () => {
    await open()
    await tick()
    await cycle(500)
    const before = ms()
    await account.killSwitch.set({
      state: 'halt',
      since: now(),
      by: { who: 'test', from: 'test' },
    })
    await cycle(500)
    await cycle(500)
    expect([cause(), ms() - before]).to.deep.equal(['halt', 1_000])
    expect(status().unguarded.output).to.include('p1: the kill switch is halt')
    expect(status().guarded).to.equal(0)
  })

  it('counts the time in which no process was running', async () => {
    await open()
    await tick()
    await cycle(500)
    const before = ms()
    timers.pass(60_000)
    const lines = await account.coverage.countDown(now() - 60_000)
    expect(lines).to.deep.equal({ positions: 1, downMs: 60_000 })
    expect(account.coverage.totals.get('down')).to.equal(60_000)
    expect(ms() - before).to.be.at.least(60_000)
  })
})
