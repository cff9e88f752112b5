import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { KeptTrade } from '../../src/account/trade.ts'
import { send } from '../../src/actors/actor.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { Unauthorized } from '../../src/errors.ts'
import { ExitTimes } from '../../src/observability/exit-times.ts'
import type { ExitFollower } from '../../src/ports/telemetry.ts'
import { supervisionOf } from '../../src/views/supervision.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')

describe('the record of an exit', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let measured: string[]
  let followers: ExitFollower[]
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
    measured = []
    const clock = { now: () => now, monotonic: () => now }
    followers = [new ExitTimes({ ...clock, measure: stretch => measured.push(stretch) })]
    account = await openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock,
      timers: machineTimers,
      callTimeoutMs: 5_000,
      followers,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    await account.add(aPosition({ id: P1 }), { trailingStop: { distancePct: 10 } }, 'test')
  })

  afterEach(() => account.stop())

  async function tick(...prices: number[]): Promise<void> {
    for (const price of prices) {
      account.tick({ instrument: instrumentId('ACME'), ts: ++now, price })
      await account.settled()
    }
  }

  async function cycle(): Promise<void> {
    now += 500
    account.cycle()
    await account.settled()
  }

  const line = (kind: string) => keeper.lines.find(each => each.kind === kind)!

  it('is one line that explains the decision, with an order id that leads to the other lines', async () => {
    await tick(100, 120, 107)
    await cycle()
    const intended = line('exit-intended')
    expect(intended).to.deep.include({
      positionId: P1,
      reason: 'trailing-stop',
      matched: ['trailing-stop'],
      level: 108,
      price: 107,
      ageMs: 0,
      best: 120,
      priceSource: 'trade',
      epoch: 1,
    })
    expect(intended['clientOrderId']).to.be.a('string')
    expect(line('exit-filled')['clientOrderId']).to.equal(intended['clientOrderId'])
  })

  it('contains how long each phase took, once', async () => {
    await tick(100, 80)
    await cycle()
    const stretches = ['decided', 'intended', 'acknowledged', 'filled']
    expect(measured).to.deep.equal(stretches.map(each => `exit.${each}`))
  })

  it('never makes an exit fail', async () => {
    const broken = () => {
      throw new Error('a tracer')
    }
    followers.unshift({ decided: broken, intended: broken, acknowledged: broken, ended: broken })
    await tick(100, 80)
    await cycle()
    expect(venue.fills.size).to.equal(1)
    expect(measured).to.have.length(4)
    expect(account.state.counts.followErrors).to.be.at.least(3)
  })

  it('is journaled once for each cause of failed calls, and counted from then on', async () => {
    venue.fault = 'lost'
    account.engine.broker.orderByClientId = () => Promise.reject(new Unauthorized('no such key'))
    await tick(100, 120, 107)
    for (let each = 0; each < 99; each++) await cycle()
    const failures = keeper.lines.filter(({ kind }) => kind === 'exit-failed')
    expect(failures.map(({ error, times = 1 }) => [error, times])).to.deep.equal([
      // The query before the first send fails as well, and does not hold the exit back.
      ['no such key', 1],
      ['timeout', 1],
      ['no such key', 10],
      ['no such key', 100],
    ])
    expect(account.state.counts.brokerErrors).to.be.greaterThan(50)
  })

  it('keeps the trade of an order that is executed after its position was released', async () => {
    venue.fault = 'filled, then lost'
    venue.isSilent = true
    await tick(100, 120, 107)
    await cycle()
    await account.release(P1, 'test')
    venue.isSilent = false
    for (let each = 0; each < 4; each++) await cycle()
    const over = line('released-order-over')
    expect(over).to.include({ positionId: P1, price: 107 })
    expect(over['trade']).to.deep.include({ instrument: 'ACME', side: 'long', generation: 1 })
    expect((over['trade'] as KeptTrade).exit).to.include({
      reason: 'trailing-stop',
      level: 108,
      clientOrderId: over['clientOrderId'],
    })
  })

  it('names the incarnation that decided', async () => {
    await tick(100)
    await supervisionOf(account).restart(`monitor-${P1}`, 'test')
    await tick(80)
    await cycle()
    expect(line('exit-intended')['epoch']).to.equal(2)
  })

  it('counts restarts by cause, manual ones apart from crashes', async () => {
    await supervisionOf(account).restart('caretaker', 'test')
    await account.settled()
    const counts = (): string[] =>
      [...account.state.counts.eachRestart()]
        .filter(({ count }) => count > 0)
        .map(({ kind, cause, count }) => `${kind} ${cause} ${count}`)
    expect(counts()).to.deep.equal(['caretaker hand 1'])
    expect(account.state.counts.restarts).to.equal(0)
    const { status } = account.engine.registry.service('caretaker')!
    if (status.kind === 'running') send(status.ref, null as never)
    await account.settled()
    expect(counts()).to.deep.equal(['caretaker crash 1', 'caretaker hand 1'])
  })

  it('counts exits by how they ended, including one that a person discarded', async () => {
    await account.killSwitch.set({ state: 'halt', since: now, by: null })
    await tick(100, 80)
    await cycle()
    await account.killSwitch.discardAll('test')
    await account.killSwitch.set({ state: 'off', since: now, by: null })
    await tick(79)
    await cycle()
    const { filled, discarded } = account.state.counts.exitsEnded
    expect([[...discarded], [...filled]]).to.deep.equal([
      [['trailing-stop', 1]],
      [['trailing-stop', 1]],
    ])
  })
})
