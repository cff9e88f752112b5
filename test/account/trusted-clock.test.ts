import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { TrustedClock, type ClockEvent } from '../../src/account/trusted-clock.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { type Position } from '../../src/domain/position.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const HOUR = 3_600_000
const DAY = 86_400_000
const START = 1_700_000_000_000
const P1 = positionId('p1')

/** A machine whose clocks a test sets. */
class Machine {
  wall = START
  mono = 5
  slept = 0
  readonly clock = { now: () => this.wall, monotonic: () => this.mono }
  readonly options = {
    confirmMs: 10_000,
    maxStepMs: 7 * DAY,
    bootMs: () => this.mono + this.slept,
  }

  pass(ms: number): void {
    this.wall += ms
    this.mono += ms
  }

  set(byMs: number): void {
    this.wall += byMs
  }

  sleep(ms: number): void {
    this.wall += ms
    this.slept += ms
  }
}

describe('TrustedClock', () => {
  let machine: Machine
  let clock: TrustedClock

  beforeEach(() => {
    machine = new Machine()
    clock = new TrustedClock(machine.clock, machine.options)
  })

  const after = (ms: number): ClockEvent | undefined => {
    machine.pass(ms)
    return clock.check()
  }

  it('follows small corrections immediately, without a journal line', () => {
    machine.set(1_500)
    expect(after(500)).to.equal(undefined)
    expect([clock.now(), clock.jumps]).to.deep.equal([machine.wall, 0])
  })

  it('returns whole milliseconds, though the monotonic clock has fractions of them', () => {
    machine.mono += 0.3
    expect(after(0.4)).to.equal(undefined)
    machine.mono += 0.2
    expect([clock.now(), clock.steady()].every(Number.isInteger)).to.equal(true)
  })

  it('continues as before after a jump, and follows it once the new time has lasted', () => {
    machine.set(HOUR)
    expect(after(500)).to.deep.equal({ kind: 'moved', movedMs: HOUR })
    expect(clock.now()).to.equal(START + 500)
    expect(clock.pending()).to.deep.equal({ movedMs: HOUR, forMs: 0, needsPerson: false })
    expect([clock.machineNow(), after(9_999)]).to.deep.equal([START + HOUR + 500, undefined])
    expect(after(1)).to.deep.equal({ kind: 'followed', movedMs: HOUR, why: 'confirmed' })
    expect([clock.now(), clock.machineNow()]).to.deep.equal([machine.wall, undefined])
    expect([clock.jumps, clock.recent(20_000), clock.recent(1_000)]).to.deep.equal([1, 1, 0])
  })

  it('returns whole milliseconds, whatever the monotonic clock returns', () => {
    machine.mono += 0.4
    expect(clock.now()).to.equal(START)
  })

  it('never follows a jump that is reverted', () => {
    machine.set(-HOUR)
    expect(after(500)).to.deep.equal({ kind: 'moved', movedMs: -HOUR })
    machine.set(HOUR)
    expect(after(500)).to.deep.equal({ kind: 'returned', movedMs: HOUR })
    expect([after(20_000), clock.now()]).to.deep.equal([undefined, machine.wall])
  })

  it('waits again when the clock is set again during the wait', () => {
    machine.set(HOUR)
    after(500)
    machine.set(HOUR)
    expect(after(9_000)).to.deep.equal({ kind: 'moved', movedMs: 2 * HOUR })
    expect(after(9_999)).to.equal(undefined)
    expect(after(1)).to.deep.equal({ kind: 'followed', movedMs: 2 * HOUR, why: 'confirmed' })
  })

  it('follows a jump beyond the largest step only when a person accepts it', () => {
    machine.set(365 * DAY)
    after(500)
    expect(after(HOUR)).to.equal(undefined)
    expect(clock.pending()).to.include({ needsPerson: true })
    expect(clock.accept()).to.deep.equal({ kind: 'followed', movedMs: 365 * DAY, why: 'person' })
    expect([clock.now(), clock.accept()]).to.deep.equal([machine.wall, undefined])
  })

  it('follows a jump at once where the machine was suspended for as long', () => {
    machine.sleep(60 * HOUR)
    expect(after(500)).to.deep.equal({ kind: 'followed', movedMs: 60 * HOUR, why: 'slept' })
    expect(clock.now()).to.equal(machine.wall)
  })

  it('has a steady time that never jumps', () => {
    machine.set(HOUR)
    after(500)
    after(20_000)
    expect(clock.steady()).to.equal(START + 20_500)
  })
})

describe('A guarded position, when the wall clock is set', () => {
  let machine: Machine
  let keeper: MemoryRepository
  let venue: TestVenue
  let account: Account

  beforeEach(async () => {
    machine = new Machine()
    keeper = new MemoryRepository()
    venue = new TestVenue()
    account = await open()
  })

  afterEach(() => account.stop())

  const open = (): Promise<Account> =>
    openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: new TrustedClock(machine.clock, machine.options),
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
      ticks: { confirmMs: 1_000, maxTickAgeMs: 30_000 },
      pauseMs: 1_500,
    })

  const add = (rules: Record<string, unknown>, but: Partial<Position> = {}) =>
    account.add(aPosition({ openedAt: machine.wall, ...but }), rules, 'test')

  async function pass(ms: number, { price, ts }: { price?: number; ts?: number } = {}) {
    for (let left = ms; left > 0; left -= 500) {
      machine.pass(Math.min(500, left))
      if (price !== undefined) {
        account.tick({ instrument: instrumentId('ACME'), ts: ts ?? machine.wall, price })
      }
      account.cycle()
      await account.settled()
    }
  }

  const state = (): unknown => account.state.positions.get(P1)?.state
  const intended = (): unknown[] =>
    keeper.lines.filter(({ kind }) => kind === 'exit-intended').map(line => line.positionId)
  const kinds = (): string[] => keeper.lines.map(({ kind }) => kind)

  for (const [what, byMs] of [
    ['back', -HOUR],
    ['forward', HOUR],
  ] as const) {
    it(`is exited by a price right after it was set ${what}, and after that is followed`, async () => {
      await add({ stopLoss: { pct: 5 } })
      await add({ stopLoss: { pct: 10 } }, { id: positionId('p2') })
      await pass(1_000, { price: 100 })
      machine.set(byMs)
      await pass(500, { price: 94 })
      expect(intended()).to.deep.equal(['p1'])
      await pass(20_000, { price: 100 })
      expect(kinds()).to.include.members(['clock-moved', 'clock-followed'])
      await pass(500, { price: 89 })
      expect(intended()).to.deep.equal(['p1', 'p2'])
    })

    it(`keeps the ages of its prices when the clock was set ${what}`, async () => {
      await add({ staleQuote: { afterMs: 30_000, action: 'exit' }, stopLoss: { pct: 50 } })
      await pass(1_000, { price: 100 })
      machine.set(byMs)
      await pass(29_500)
      expect(state()).to.equal('open')
      await pass(1_500)
      expect(state()).to.equal('closed')
    })
  }

  it('is not exited by a deadline of a clock that is wrong for a moment', async () => {
    await add({ maxHold: { ms: HOUR } })
    machine.set(2 * HOUR)
    await pass(5_000, { price: 100 })
    machine.set(-2 * HOUR)
    await pass(20_000, { price: 100 })
    expect(state()).to.equal('open')
  })

  it('is exited by a deadline that passed while the machine was suspended', async () => {
    await add({ maxHold: { ms: HOUR } })
    await pass(1_000, { price: 100 })
    machine.sleep(2 * HOUR)
    await pass(1_000, { price: 100 })
    expect(state()).to.equal('closed')
    expect(account.coverage.totals.get('pause')).to.equal(2 * HOUR)
  })

  it('counts a pause of the process as unguarded time, once', async () => {
    await add({ stopLoss: { pct: 5 } })
    await pass(1_000, { price: 100 })
    machine.pass(60_000)
    await pass(500, { price: 100 })
    const counted = [...account.coverage.totals.values()].reduce((sum, ms) => sum + ms, 0)
    expect([account.coverage.totals.get('pause'), counted]).to.deep.equal([60_500, 60_500])
  })

  it('is exited again in time when the clock of the previous process was an hour ahead', async () => {
    await add({ stopLoss: { pct: 5 } })
    venue.fault = 'lost'
    machine.pass(500)
    account.tick({ instrument: instrumentId('ACME'), ts: machine.wall, price: 90 })
    await account.settled()
    expect([intended(), state()]).to.deep.equal([['p1'], 'open'])
    account.engine.actors.stopAll()
    machine.set(-HOUR)
    account = await open()
    await pass(65_000, { price: 100 })
    expect([venue.fills.size, state()]).to.deep.equal([1, 'closed'])
  })
})
