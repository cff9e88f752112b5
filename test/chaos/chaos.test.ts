import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { Chaos } from '../../src/chaos/chaos.ts'
import { chaosSummary } from '../../src/chaos/summary.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { chaosSchema, type ChaosAct } from '../../src/resilience/chaos-plan.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const first = (): number => 0

describe('Chaos', () => {
  let timers: FakeTimers
  let keeper: MemoryRepository
  let venue: TestVenue
  let chaos: Chaos
  let account: Account

  const now = (): number => 1_000 + timers.now

  beforeEach(async () => {
    timers = new FakeTimers()
    keeper = new MemoryRepository()
    venue = new TestVenue()
    const clock = { now, monotonic: timers.monotonic }
    const acts = [{ kind: 'monitor-throws', everyMs: 1_000 }]
    chaos = new Chaos(chaosSchema.parse({ acts }), { clock, timers })
    account = await openAccount({
      keeper,
      timers,
      clock,
      chaos,
      random: () => 0.5,
      beforeGuard: venue.deposit,
      callTimeoutMs: 5_000,
      venue: quotes => {
        const plain = venue.venue(quotes)
        return { ...plain, ...chaos.calls(plain) }
      },
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    await account.add(
      aPosition({ id: P1, openedAt: now() }),
      { trailingStop: { distancePct: 5 } },
      'test',
    )
    await tick(100)
  })

  afterEach(() => {
    chaos.stop()
    account.engine.actors.stopAll()
  })

  async function turn(): Promise<void> {
    for (let round = 0; round < 20; round++) await new Promise(resolve => setImmediate(resolve))
  }

  async function tick(price: number): Promise<void> {
    timers.pass(1)
    const next = { instrument: ACME, ts: now(), price }
    if (chaos.lets(next)) account.tick(next)
    await turn()
  }

  async function cycle(ms = 500): Promise<void> {
    timers.pass(ms)
    account.cycle()
    await turn()
  }

  async function act(given: Record<string, unknown>): Promise<void> {
    const [parsed] = chaosSchema.parse({ acts: [{ everyMs: 1_000, ...given }] }).acts
    chaos.perform(account, parsed as ChaosAct, first)
    await turn()
  }

  const lines = (kind: string) => keeper.lines.filter(line => line.kind === kind)
  const summary = () => chaosSummary(chaos, account, [...venue.fills.values()])

  it('crashes a monitor, which is replaced, and journals that before', async () => {
    await act({ kind: 'monitor-throws' })
    await cycle()
    expect(account.engine.registry.get(P1)?.epoch).to.equal(2)
    expect(lines('chaos')[0]).to.deep.include({ act: 'monitor-throws', times: 1 })
    expect(lines('monitor-restarted')).to.have.length(1)
    expect(lines('chaos')[0]!.seq).to.be.below(lines('monitor-restarted')[0]!.seq)
  })

  it('quarantines a monitor that throws too often, and its stop still exits it once', async () => {
    await act({ kind: 'monitor-throws', times: 6 })
    for (let round = 0; round < 20; round++) await cycle(1_000)
    expect(account.engine.registry.get(P1)?.status.kind).to.equal('quarantined')
    expect(summary().quarantined).to.equal(1)
    await tick(94)
    for (let round = 0; round < 4; round++) await cycle()
    expect([venue.fills.size, summary().doubled]).to.deep.equal([1, []])
  })

  it('makes a rule throw for a while, whose last level still exits', async () => {
    await act({ kind: 'rule-throws', rules: ['trailingStop'], forMs: 60_000 })
    await tick(130)
    expect(account.engine.registry.get(P1)?.watched.ruleErrors).to.be.greaterThan(0)
    timers.pass(60_000)
    await tick(150)
    expect(account.engine.registry.get(P1)?.watched.ruleErrors).to.equal(0)
    await tick(94)
    await cycle()
    expect(venue.fills.size).to.equal(1)
  })

  it('exits on the last stop of a rule that always throws', async () => {
    await act({ kind: 'rule-throws', rules: ['trailingStop'], forMs: 60_000 })
    await tick(130)
    await tick(140)
    expect(account.engine.registry.get(P1)?.watched.ruleErrors).to.be.greaterThan(0)
    await tick(94)
    await cycle()
    expect(venue.fills.size).to.equal(1)
  })

  it('delays the ticks of an instrument for a while', async () => {
    await act({ kind: 'feed-stalls', instruments: ['ACME'], forMs: 1_000 })
    const before = account.tickPath.count
    await tick(101)
    expect(account.tickPath.count).to.equal(before)
    timers.pass(1_000)
    await tick(101)
    expect(account.tickPath.count).to.equal(before + 1)
  })

  it('refuses orders for a while, and they are sent afterwards', async () => {
    await act({ kind: 'broker-refuses', forMs: 2_000 })
    await tick(94)
    await cycle()
    expect(venue.placed).to.equal(0)
    expect(summary().calls['broker-refuses']).to.be.greaterThan(0)
    for (let round = 0; round < 10; round++) await cycle(1_000)
    expect([venue.placed, venue.fills.size]).to.deep.equal([1, 1])
  })

  it('loses the answers to executed calls, and the order is still sent once', async () => {
    await act({ kind: 'broker-times-out', forMs: 1_000 })
    await tick(94)
    expect(summary().calls['broker-times-out']).to.be.greaterThan(0)
    for (let round = 0; round < 20; round++) await cycle(1_000)
    expect([venue.placed, venue.fills.size]).to.deep.equal([1, 1])
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
  })

  it('hangs the calls of the gateway, which abandons them and exits once', async () => {
    await act({ kind: 'gateway-hangs', forMs: 20_000 })
    await tick(94)
    for (let round = 0; round < 40; round++) await cycle(1_000)
    expect(venue.fills.size).to.equal(1)
    expect(summary().calls['gateway-hangs']).to.be.greaterThan(0)
  })

  it('injects faults by its schedule, the same for the same seed, until it is stopped', async () => {
    chaos.start(account)
    timers.pass(20_000)
    await turn()
    const acts = chaos.acts.get('monitor-throws')!
    expect(acts).to.be.within(8, 30)
    chaos.stop()
    timers.pass(20_000)
    expect(chaos.acts.get('monitor-throws')).to.equal(acts)
    expect(timers.waits.filter(ms => ms < 1_000)).to.deep.equal([])
  })
})
