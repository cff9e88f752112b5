import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { CallDesk } from '../../src/calls/call-desk.ts'
import { pacedBroker } from '../../src/calls/paced-broker.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import { NotSent, OutcomeUnknown, RateLimited, Unauthorized } from '../../src/errors.ts'
import { clientOrderId } from '../../src/exits/client-order-id.ts'
import { healthStatus, type HealthFacts } from '../../src/observability/health.ts'
import type { Broker } from '../../src/ports/broker.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { supervisionSchema } from '../../src/resilience/supervision-policy.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { gatewayTroubles } from '../../src/views/gateway-view.ts'
import { healthFacts } from '../../src/views/health-facts.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { LOOK_UP, TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const START = 1_000_000
const OVERDUE_MS = 30_000
const STALE_MS = 60_000
const GRACE_MS = 10_000

describe('health of a running service', () => {
  let timers: FakeTimers
  let keeper: MemoryRepository
  let venue: TestVenue
  let desk: CallDesk
  let account: Account
  /** Replaces the answer of the venue. */
  let venueDoes: Partial<Broker>
  let jumpedMs: number

  const now = (): number => START + timers.now + jumpedMs

  beforeEach(() => {
    timers = new FakeTimers()
    keeper = new MemoryRepository()
    venue = new TestVenue()
    venueDoes = {}
    jumpedMs = 0
    desk = new CallDesk({
      limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'], perSecond: 10 }],
      breakers: {
        orders: breakerOptions.parse({}),
        account: breakerOptions.parse({}),
        quotes: breakerOptions.parse({}),
      },
      throttle: throttleOptions.parse({ startRate: 10, maxRate: 10 }),
      laneBound: 100,
      callTimeoutMs: Infinity,
      timers,
      monotonic: timers.monotonic,
      now,
      random: () => 0.5,
      load: () => ({ averageCycleMs: 0, loopDelayMs: 0, errors: 0 }),
    })
  })

  afterEach(() => account.engine.actors.stopAll())

  async function open(but: Partial<OpenAccountOptions> = {}): Promise<void> {
    account = await openAccount({
      keeper,
      timers,
      random: () => 0.5,
      staleMs: STALE_MS,
      venue: quotes => {
        const made = venue.venue(quotes)
        const broker = {
          ...made,
          close: () => Promise.resolve(),
          quotes: () => Promise.resolve([]),
        }
        const ours = { ...broker, ...venueDoes }
        const paced = pacedBroker(ours, {
          desk,
          maySendNow: () => true,
          urgencyOf: () => 0,
          isAwaited: () => true,
          areOrdersAwaited: () => false,
        })
        return { ...paced, priced: () => Promise.resolve() }
      },
      beforeGuard: venue.deposit,
      clock: { now, monotonic: timers.monotonic },
      callTimeoutMs: Infinity,
      onLine: () => undefined,
      onFatal: () => undefined,
      ...but,
    })
  }

  const guard = (rules: Record<string, unknown> = { stopLoss: { pct: 5 } }) =>
    account.add(aPosition({ id: P1, openedAt: now() }), rules, 'test')

  async function turn(): Promise<void> {
    for (let round = 0; round < 20; round++) await new Promise(resolve => setImmediate(resolve))
  }

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      timers.pass(1)
      account.tick({ instrument: ACME, ts: now(), price })
      await turn()
    }
  }

  async function cycles(count: number, everyMs = 500): Promise<void> {
    for (let cycle = 0; cycle < count; cycle++) {
      timers.pass(everyMs)
      await turn()
      account.cycle()
      desk.cycle()
      await turn()
    }
  }

  /** Guards a position whose exit the venue then receives. */
  async function crossing(
    does: Partial<Broker>,
    but: Partial<OpenAccountOptions> = {},
  ): Promise<void> {
    venueDoes = does
    await open(but)
    await guard()
    await tick(100, 90)
  }

  const healthOf = (but: Partial<HealthFacts> = {}) =>
    healthStatus({
      ...healthFacts(account, {
        now: now(),
        startedAt: START,
        exitOverdueMs: OVERDUE_MS,
        graceMs: GRACE_MS,
      }),
      ...gatewayTroubles(desk, timers.now),
      ...but,
    })
  const checkOf = (name: string): [string, string | undefined] => {
    const [check] = healthOf().checks[name]!
    return [check!.status, check!.output]
  }
  const statusOf = (name: string): string => checkOf(name)[0]

  it('passes while nothing is wrong', async () => {
    await open()
    await guard()
    await tick(100)
    await cycles(3)
    expect([healthOf().status, healthOf().output]).to.deep.equal(['pass', []])
  })

  it('fails for an exit that waits longer than allowed, and names it', async () => {
    await crossing({ placeExit: () => Promise.reject(new NotSent('refused')) })
    await cycles(3)
    expect(statusOf('exits:overdue')).to.equal('pass')
    await cycles(4, OVERDUE_MS / 3)
    expect(statusOf('exits:overdue')).to.equal('fail')
    expect(checkOf('exits:overdue')[1]).to.match(/^1: p1 \(\w+\) for \d+/)
  })

  it('fails as long as the store refuses writes', async () => {
    await open()
    await guard()
    keeper.failures.push(new Error('disk'))
    const written = account.record('guard-stopped', {})
    await turn()
    expect([statusOf('store:errors'), statusOf('positions:unguarded')]).to.deep.equal([
      'fail',
      'fail',
    ])
    await written
    expect(statusOf('store:errors')).to.equal('pass')
  })

  it('fails for a halt, and warns about any other state of the kill switch', async () => {
    await open()
    for (const [state, wanted] of [
      ['halt', 'fail'],
      ['block', 'warn'],
      ['flatten', 'warn'],
      ['off', 'pass'],
    ] as const) {
      await account.killSwitch.set({ state, since: now(), by: null })
      expect(statusOf('gateway:kill-switch'), state).to.equal(wanted)
    }
  })

  it('fails when the broker refuses the credentials', async () => {
    await crossing({ placeExit: () => Promise.reject(new Unauthorized('401')) })
    expect(checkOf('broker:unauthorized')).to.deep.equal([
      'fail',
      '1: calls of orders were refused: is the key or token right, one of this environment, and allowed from this address?',
    ])
    // Answers of other groups prove nothing about calls for exits.
    await cycles(12)
    expect(desk.history.last.at(-1)?.outcome).to.equal('ok')
    expect(checkOf('broker:unauthorized')[0]).to.equal('fail')
  })

  it('warns about a breaker that unanswered calls have opened', async () => {
    await crossing({
      placeExit: () => Promise.reject(new OutcomeUnknown('timeout')),
      orderByClientId: () => Promise.reject(new OutcomeUnknown('timeout')),
      holdings: () => Promise.reject(new OutcomeUnknown('timeout')),
    })
    await cycles(40)
    expect(checkOf('gateway:breakers')).to.deep.equal(['warn', '1: account is open'])
  })

  it('warns about a throttle far below the venue’s published limit', async () => {
    await crossing({
      placeExit: () => Promise.reject(new RateLimited('429')),
      holdings: () => Promise.reject(new RateLimited('429')),
    })
    await cycles(100, 1_000)
    expect(statusOf('gateway:throttles')).to.equal('warn')
    expect(checkOf('gateway:throttles')[1]).to.match(/^1: all allows \d\.\d calls a second of 10$/)
  })

  it('fails for an exit that the venue refuses again and again', async () => {
    await crossing({ placeExit: () => Promise.resolve({ kind: 'rejected', code: 'refused' }) })
    await cycles(40, 5_000)
    expect(statusOf('exits:stuck')).to.equal('fail')
  })

  it('warns about an exit that waits for a market to open', async () => {
    await crossing({
      placeExit: () => Promise.resolve({ kind: 'rejected', code: 'market-closed' }),
    })
    expect(checkOf('exits:waiting-for-market')).to.deep.equal(['warn', '1: p1'])
    expect(statusOf('exits:stuck')).to.equal('pass')
  })

  it('warns about an exit that is worth less than the smallest order, which is then not overdue', async () => {
    const instruments = new InstrumentTable([['*', { ...PLAIN_INSTRUMENT, minOrderValue: 1e9 }]])
    await crossing({}, { instruments })
    await cycles(4, OVERDUE_MS)
    const [status, output] = checkOf('exits:below-minimum')
    expect(status).to.equal('warn')
    expect(output).to.match(/^1: p1, worth \d+ of at least 1000000000$/)
    expect(statusOf('exits:overdue')).to.equal('pass')
    const lines = keeper.lines.filter(({ kind }) => kind === 'exit-below-minimum')
    expect(lines).to.have.length(1)
  })

  it('fails for an exit about which the venue reports something impossible', async () => {
    const executed = { quantity: 1_000, price: 90 }
    await crossing({
      placeExit: () =>
        Promise.resolve({ kind: 'acknowledged', order: { kind: 'filled', executed } }),
    })
    await cycles(2)
    expect(statusOf('exits:faulty-answers')).to.equal('fail')
  })

  it('fails for an order whose outcome has been unknown for long', async () => {
    venue.isSilent = true
    venue.fault = 'lost'
    await crossing({})
    await cycles(10, 5_000)
    expect(statusOf('exits:unproved')).to.equal('fail')
  })

  it('fails while another process guards the same account', async () => {
    const instrument = ACME
    const strange = clientOrderId(
      { storeId: 'other', account: 'x', positionId: P1, generation: 9, attempt: 9 },
      64,
    )
    venueDoes = {
      openOrders: () => Promise.resolve([{ clientOrderId: strange, instrument, remaining: -1 }]),
    }
    await open()
    await guard()
    await cycles(12, 1_000)
    expect(checkOf('broker:second-guard')).to.deep.equal(['fail', `1: ${strange}`])
  })

  it('fails for a holding on the wrong side, and warns about an unowned one', async () => {
    await open()
    await guard()
    venue.trade(instrumentId('OTHER'), 3)
    await cycles(12, 1_000)
    expect(checkOf('holdings:unowned')).to.deep.equal(['warn', '1: 3 OTHER'])
    venue.trade(ACME, -1_000)
    await cycles(12, 1_000)
    expect(checkOf('holdings:oversold')).to.deep.equal(['fail', '1: ACME'])
  })

  it('warns about a holding that has been unknown for long', async () => {
    venue.isDown = true
    await open()
    await guard()
    await cycles(20, 5_000)
    expect(statusOf('holdings:unknown')).to.equal('warn')
  })

  it('fails until a person has confirmed holdings that the store does not know', async () => {
    venue.trade(ACME, 5)
    await open({ confirmsHoldings: true })
    expect(checkOf('holdings:unconfirmed')).to.deep.equal([
      'fail',
      'nothing is sent before a person has confirmed them',
    ])
    expect(healthOf().status).to.equal('fail')
    await account.confirmation.give('test')
    await turn()
    expect(statusOf('holdings:unconfirmed')).to.equal('pass')
  })

  it('always warns about a venue that can prove no single exit', async () => {
    venueDoes = { capabilities: { ...LOOK_UP, lookup: 'none' } }
    await open()
    expect(statusOf('broker:unprovable')).to.equal('warn')
  })

  it('warns about a jump that no second price has confirmed', async () => {
    await open({ ticks: { maxJumpPct: 10, confirmMs: 5_000 } })
    await guard()
    await tick(100, 50)
    await cycles(3, 2_000)
    expect(checkOf('prices:unconfirmed')[1]).to.match(/^1: ACME for 6\.\d s$/)
  })

  it('warns about prices outside the hours of their market', async () => {
    const hours = {
      timezone: 'UTC',
      sessions: [{ open: 0, close: 1 }],
      days: new Set<number>(),
      exceptions: new Map(),
    }
    const spec = { ...PLAIN_INSTRUMENT, hours } as never
    await open({ instruments: new InstrumentTable([['ACME', spec]]) })
    await guard()
    await tick(100)
    expect(checkOf('prices:outside-hours')).to.deep.equal(['warn', '1: ACME'])
  })

  it('warns about stale prices', async () => {
    await open()
    await guard()
    await tick(100)
    await cycles(2, STALE_MS)
    expect(statusOf('prices:stale')).to.equal('warn')
  })

  it('warns about a stale price sooner where the rules of a position want that', async () => {
    await open()
    await guard({ stopLoss: { pct: 5 }, staleQuote: { afterMs: STALE_MS / 4, action: 'alert' } })
    await tick(100)
    await cycles(1, STALE_MS / 4)
    expect(statusOf('prices:stale')).to.equal('pass')
    await cycles(1, 1)
    expect(checkOf('prices:stale')).to.deep.equal(['warn', `1: ACME for 15.0 s`])
  })

  it('warns when the wall clock was set', async () => {
    await open()
    await cycles(1)
    jumpedMs = 60_000
    await cycles(1)
    expect(statusOf('clock:jumps')).to.equal('warn')
  })

  it('warns about a day that is near its limit, and about one that has reached it', async () => {
    const limit = { name: 'all', maxLoss: 100, warnAtPct: 80 }
    await open({ portfolio: { dayStart: { timezone: 'UTC', minutes: 0 }, limits: [limit] } })
    await account.portfolio.report({ amount: -85 }, 'test')
    await cycles(2)
    expect(checkOf('portfolio:limits-near')).to.deep.equal(['warn', '1: all'])
    await account.portfolio.report({ amount: -20 }, 'test')
    await cycles(2)
    expect(checkOf('portfolio:limits-tripped')).to.deep.equal(['warn', '1: all'])
  })

  it('warns about a rule that throws, and fails when it keeps throwing', async () => {
    let isBroken = false
    const rules: NonNullable<OpenAccountOptions['chaos']>['rules'] = ({ names, rules: given }) => ({
      names,
      rules: given.map(rule =>
        rule.kind !== 'levels'
          ? rule
          : {
              ...rule,
              arm: (...asked) => {
                if (isBroken) throw new Error('broken')
                return rule.arm(...asked)
              },
            },
      ),
    })
    const supervision = supervisionSchema.parse({ ruleErrors: 3 })
    await open({ supervision, chaos: { beforeMonitor: () => undefined, rules } })
    await guard({ trailingStop: { distancePct: 5 } })
    await tick(100)
    isBroken = true
    await tick(110)
    expect(statusOf('rules:errors')).to.equal('warn')
    for (let price = 111; price < 400; price *= 1.1) await tick(price)
    expect([statusOf('rules:errors'), statusOf('rules:failing')]).to.deep.equal(['pass', 'fail'])
  })

  it('warns about mode observe, about chaos, and about a slow event loop', async () => {
    await open({ mode: 'observe' })
    expect(statusOf('service:mode')).to.equal('warn')
    const [slow] = healthOf({ loopDelayMs: 300, slowLoopMs: 250 }).checks['service:loop-delay']!
    expect([slow!.status, slow!.output]).to.deep.equal([
      'warn',
      'the event loop is late by 300 ms: what holds it up?',
    ])
    expect(healthOf({ isChaosOn: true }).output.join()).to.include('chaos is on')
  })
})
