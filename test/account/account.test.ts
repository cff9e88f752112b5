import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { instrumentsHeld, instrumentsToPoll } from '../../src/engine/held-instruments.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { OFF } from '../../src/exits/kill-switch.ts'
import { accountFacts } from '../../src/views/exit-view.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { LOOK_UP, TestVenue } from '../support/test-venue.ts'

const TRAIL = { trailingStop: { distancePct: 10 } }
const P1 = positionId('p1')

describe('an account', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let fatal: WatchkeeperError[]
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
    fatal = []
    account = await open()
  })

  afterEach(() => account.stop())

  const optionsOf = (): OpenAccountOptions => ({
    keeper,
    venue: venue.venue,
    beforeGuard: venue.deposit,
    clock: { now: () => now, monotonic: () => now },
    timers: machineTimers,
    callTimeoutMs: 5_000,
    onLine: () => undefined,
    onFatal: error => fatal.push(error),
  })

  const open = (but: Partial<OpenAccountOptions> = {}): Promise<Account> =>
    openAccount({ ...optionsOf(), ...but })

  const add = (but: Partial<Position> = {}) => account.add(aPosition(but), TRAIL, 'test')

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

  /**
   * The state that a process finds which starts after this one was killed: only what was durable.
   */
  async function restart(but: Partial<OpenAccountOptions> = {}): Promise<void> {
    account.engine.actors.stopAll()
    account = await open(but)
    await account.settled()
  }

  const kinds = (): string[] => keeper.lines.map(({ kind }) => kind)

  it('queries an order whose answer was lost, and never makes a second fill', async () => {
    await add()
    venue.fault = 'filled, then lost'
    await tick(100, 89)
    expect(kinds()).to.include('exit-unknown')
    await cycle()
    expect([venue.placed, venue.fills.size]).to.deep.equal([1, 1])
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
  })

  it('sends an exit again when the broker proves that it never saw the order', async () => {
    await add()
    venue.fault = 'lost'
    await tick(100, 89)
    await cycle()
    expect(venue.placed).to.equal(1)
    await cycle()
    expect([venue.placed, venue.fills.size]).to.deep.equal([2, 1])
  })

  it('finishes an exit whose process died between the order and its answer', async () => {
    await add()
    venue.fault = 'filled, then lost'
    await tick(100, 89)
    await restart()
    await cycle()
    expect([venue.placed, venue.fills.size]).to.deep.equal([1, 1])
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
  })

  it('finishes a position whose process died after the end of its exit and before its own', async () => {
    await add()
    venue.fault = 'lost'
    await tick(100, 89)
    const record = account.state.openExits.get(P1)!
    const before = { quantity: 1, price: 89 }
    const flat = { ...record, before, state: { kind: 'flat', at: now, by: 'fill' } } as const
    await keeper.keep({ exits: [flat] })
    await restart()
    await cycle()
    expect(venue.placed).to.equal(1)
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
    expect(kinds()).to.include('exit-filled')
  })

  describe('whose venue proves less after a restart', () => {
    const lesser: OpenAccountOptions['venue'] = quotes => ({
      ...venue.venue(quotes),
      capabilities: { ...LOOK_UP, lookup: 'none' },
      orderByClientId: () => Promise.resolve({ kind: 'unknown' }),
    })

    for (const fault of ['filled, then lost', 'lost'] as const) {
      it(`makes one exit of an order that was ${fault}`, async () => {
        await add({ quantity: 2 })
        venue.fault = fault
        await tick(100, 89)
        await restart({ venue: lesser })
        for (let count = 0; count < 12; count++) await cycle()
        const placed = fault === 'lost' ? 2 : 1
        expect([venue.placed, venue.fills.size]).to.deep.equal([placed, 1])
        expect(account.state.positions.get(P1)?.state).to.equal('closed')
      })
    }
  })

  it('keeps a trailed stop across a restart, also of a position whose monitor was asleep', async () => {
    await add()
    await tick(100, 150, 151)
    await restart()
    expect(venue.placed).to.equal(0)
    await tick(135.9)
    expect(keeper.lines.find(({ kind }) => kind === 'exit-intended')?.['level']).to.equal(135.9)
  })

  it('keeps a best price that its monitor has not processed when the ratchets are written', async () => {
    await add()
    await tick(100)
    account.tick({ instrument: instrumentId('ACME'), ts: ++now, price: 130 })
    account.cycle()
    await account.settled()
    await restart()
    await tick(117)
    expect(keeper.lines.find(({ kind }) => kind === 'exit-intended')?.['level']).to.equal(117)
  })

  it('counts a price that only the row of its instrument has, over every kill', async () => {
    await add()
    await add({ id: positionId('p2'), entryPrice: 90 })
    await tick(100, 109, 105)
    // The rows of the positions are older than this price.
    await tick(150, 140)
    const rows = await keeper.store.rows<{ best: number }>('ratchets')
    expect([...rows.values()].map(({ best }) => best)).to.deep.equal([100, 100])
    for (let kill = 0; kill < 3; kill++) {
      await restart()
      expect(account.durableBest(aPosition())).to.equal(150)
      await tick(136)
    }
    await tick(134.9)
    const levels = keeper.lines.filter(({ kind }) => kind === 'exit-intended')
    expect(levels.map(line => line['level'])).to.deep.equal([135, 135])
  })

  it('deletes the extremes of an earlier process when no position refers to them any more', async () => {
    await add()
    await tick(100, 150)
    const series = async () => [...(await keeper.store.rows('extremes')).keys()]
    expect(await series()).to.deep.equal(['1'])
    await restart()
    await tick(149, 151)
    await cycle()
    expect(await series()).to.deep.equal(['2'])
    await restart()
    await tick(130)
    await cycle()
    expect(await series()).to.deep.equal([])
  })

  it('shows the age of a best price that the store does not take', async () => {
    await add()
    await tick(100)
    expect(account.storeStanding.ratchetAgeMs).to.equal(0)
    keeper.hold = () => new Promise(resolve => (release = resolve))
    let release = (): void => undefined
    account.tick({ instrument: instrumentId('ACME'), ts: ++now, price: 120 })
    account.cycle()
    now += 70
    expect(account.storeStanding.ratchetAgeMs).to.equal(70)
    keeper.hold = undefined
    release()
    await account.settled()
    expect(account.storeStanding.ratchetAgeMs).to.equal(0)
  })

  it('repeats a decision until the store accepts it, and sends nothing before', async () => {
    await add()
    await tick(100)
    // Enough for a machine on which the store is tried again meanwhile.
    keeper.failures.push(...Array.from({ length: 100 }, () => new Error('disk full')))
    await tick(89)
    expect(venue.placed).to.equal(0)
    keeper.failures.length = 0
    await cycle()
    expect([venue.placed, kinds().filter(kind => kind === 'exit-intended')]).to.deep.equal([
      1,
      ['exit-intended'],
    ])
  })

  it('ends when another process has taken the store over', async () => {
    await add()
    keeper.failures.push(new WatchkeeperError('FENCED', 'taken over'))
    await tick(150)
    expect(fatal.map(({ code }) => code)).to.deep.equal(['FENCED'])
  })

  it('holds every exit back in halt, and sends them after halt ends', async () => {
    await add()
    await account.killSwitch.set({ ...OFF, state: 'halt' })
    await tick(100, 89)
    await restart()
    await cycle()
    expect(venue.placed).to.equal(0)
    await account.killSwitch.set(OFF)
    await account.settled()
    await cycle()
    expect(venue.placed).to.equal(1)
  })

  it('flattens all guarded positions, and those that are added later', async () => {
    await add()
    await tick(100)
    await account.killSwitch.set({ ...OFF, state: 'flatten' })
    await account.settled()
    await add({ id: positionId('p2') })
    await account.settled()
    expect([...venue.fills.values()].map(fill => fill.positionId)).to.deep.equal(['p1', 'p2'])
  })

  it('starts a new generation when a closed id is added again', async () => {
    await add()
    await tick(100, 89)
    expect((await add()).generation).to.equal(2)
    await tick(100, 89)
    expect(venue.fills.size).to.equal(2)
    await restart()
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
  })

  it('leaves no row of a finished exit that would affect the next generation of its id', async () => {
    await add()
    await tick(100, 89)
    await restart()
    expect((await keeper.load()).exits).to.deep.equal([])
    expect(account.state.openExits.size).to.equal(0)
    await add()
    await tick(100)
    expect(account.engine.registry.get(P1)?.generation).to.equal(2)
  })

  it('refuses an id that is already guarded, and unknown ids', async () => {
    await add()
    expect(await codeOf(add())).to.equal('POSITION_EXISTS')
    expect(await codeOf(account.release(positionId('unknown'), 'test'))).to.equal(
      'POSITION_UNKNOWN',
    )
  })

  it('leaves a released position alone, also after a restart', async () => {
    await add()
    await tick(100)
    await account.release(P1, 'test')
    await tick(50)
    await restart()
    await tick(40)
    expect(venue.placed).to.equal(0)
    expect(kinds()).to.deep.equal(['position-added', 'position-released'])
  })

  it('registers an id once when it is added twice at the same time', async () => {
    const codes = await Promise.all([codeOf(add()), codeOf(add())])
    expect(codes.toSorted()).to.deep.equal(['POSITION_EXISTS', 'no error'])
    expect(kinds()).to.deep.equal(['position-added'])
  })

  it('evaluates an added position against a fresh price at once, and not against an old one', async () => {
    await add({ id: positionId('first') })
    await tick(100)
    await add({ entryPrice: 120, openedAt: now })
    await account.settled()
    expect(kinds()).to.include('exit-intended')
    now += 60_000
    await add({ id: positionId('late'), entryPrice: 120, openedAt: now })
    await account.settled()
    expect(venue.fills.size).to.equal(1)
  })

  describe('in mode observe', () => {
    beforeEach(() => restart({ mode: 'observe' }))

    it('journals each exit that it would send once, and sends nothing', async () => {
      await add()
      await tick(100, 89, 80)
      await cycle()
      await restart({ mode: 'observe' })
      await tick(70)
      await cycle()
      expect(venue.placed).to.equal(0)
      expect(kinds()).to.deep.equal(['position-added', 'exit-observed'])
      expect(account.state.positions.get(P1)?.observed).to.include({ reason: 'trailing-stop' })
    })

    it('treats a manual exit and a flatten the same way', async () => {
      await add()
      account.manualExits.exit(P1, 'manual')
      await account.manualExits.whenDurable(P1)
      await account.killSwitch.set({ ...OFF, state: 'flatten' })
      await account.settled()
      expect([venue.placed, account.state.positions.get(P1)?.observed?.reason]).to.deep.equal([
        0,
        'manual',
      ])
    })

    it('sends nothing that was decided while sends were observed only, and everything decided afterwards', async () => {
      await restart()
      await add()
      account.holdSends()
      await tick(100, 89)
      await restart({ mode: 'observe' })
      for (let count = 0; count < 4; count++) await cycle()
      expect([venue.placed, account.state.openExits.size]).to.deep.equal([0, 1])
      await restart()
      for (let count = 0; count < 4; count++) await cycle()
      expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
    })

    it('guards a position again, whose exit was only observed, when sends are allowed again', async () => {
      await add()
      await tick(100, 89)
      await restart()
      expect(venue.placed).to.equal(0)
      await tick(100)
      expect(venue.placed).to.equal(0)
      await tick(89)
      expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
    })
  })

  describe('with a daily loss limit', () => {
    const limits = [{ name: 'all', maxLoss: 30, warnAtPct: 80 }]
    const portfolio = { dayStart: { timezone: 'UTC', minutes: 0 }, limits }
    const P2 = positionId('p2')
    const WIDE = { stopLoss: { pct: 90 } }

    beforeEach(() => restart({ portfolio }))

    it('exits everything when realised and unrealised losses reach it together', async () => {
      await add({ id: P2, quantity: 2 })
      await tick(100, 90)
      await account.add(aPosition({ entryPrice: 99 }), WIDE, 'test')
      await cycle()
      expect(kinds()).not.to.include('daily-loss')
      await tick(89)
      await cycle()
      expect(kinds()).to.include('daily-loss')
      const exits = keeper.lines.filter(({ kind }) => kind === 'exit-intended')
      expect(exits.map(({ reason }) => reason)).to.deep.equal(['trailing-stop', 'daily-loss'])
      expect(account.state.positions.get(P1)?.state).to.equal('closed')
    })

    it('keeps the loss, and that the limit has tripped, across a restart and a new day', async () => {
      await add({ quantity: 4 })
      await tick(100, 90)
      await cycle()
      expect(account.state.limits.tripped).to.deep.equal(['all'])
      now += 2 * 86_400_000
      await restart({ portfolio })
      await account.add(aPosition({ id: P2, openedAt: now }), WIDE, 'test')
      await tick(100)
      await cycle()
      expect(account.state.positions.get(P2)?.state).to.equal('closed')
    })

    it('counts a loss that another program reports, once it is durable', async () => {
      await account.add(aPosition(), WIDE, 'test')
      await tick(100)
      await account.portfolio.report({ amount: -29 }, 'test')
      await cycle()
      expect([account.state.limits, venue.placed]).to.deep.equal([
        { tripped: [], warned: ['all'] },
        0,
      ])
      expect(kinds()).to.include.members(['profit-reported', 'daily-loss-near'])
      await restart({ portfolio })
      await tick(99)
      await cycle()
      expect(venue.placed).to.equal(1)
    })

    it('exits no further position once the limit is reset', async () => {
      await add({ quantity: 4 })
      await tick(100, 90)
      await cycle()
      const unknown: unknown = await account.portfolio
        .resetLimit('al', 'test')
        .catch((error: unknown) => error)
      expect(unknown).to.have.property(
        'message',
        'found the limit "al", expected one of all: did you mean all?',
      )
      await account.portfolio.resetLimit('all', 'test')
      expect(kinds()).to.include('limit-reset')
      await account.add(aPosition({ id: P2 }), WIDE, 'test')
      await tick(95)
      await cycle()
      expect([venue.placed, account.state.limits.tripped]).to.deep.equal([1, []])
    })
  })

  it('discards exits that halt held, and guards their positions again', async () => {
    await add()
    await account.killSwitch.set({ ...OFF, state: 'halt' })
    await tick(100, 120, 89, 115)
    expect(account.state.openExits.size).to.equal(1)
    await account.killSwitch.discardAll('test')
    await restart()
    expect([account.state.openExits.size, account.engine.registry.size]).to.deep.equal([0, 1])
    await account.killSwitch.set(OFF)
    await tick(108.1)
    expect(venue.placed).to.equal(0)
    await tick(108)
    expect(venue.placed).to.equal(1)
  })

  it('continues with an exit that the store does not let it discard', async () => {
    await add()
    await account.killSwitch.set({ ...OFF, state: 'halt' })
    await tick(100, 89)
    keeper.failures.push(new WatchkeeperError('STORE_FAILED', 'no room'))
    expect(await codeOf(account.killSwitch.discardAll('test'))).to.equal('STORE_FAILED')
    await account.killSwitch.set(OFF)
    for (let count = 0; count < 3; count++) await cycle()
    expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
  })

  it('sends no order under the id of a discarded exit', async () => {
    await add()
    await account.killSwitch.set({ ...OFF, state: 'halt' })
    await tick(100, 89)
    const { order } = account.state.openExits.get(P1)!
    await account.killSwitch.discardAll('test')
    await account.killSwitch.set(OFF)
    await tick(88)
    expect(venue.placed).to.equal(1)
    expect([...venue.fills.keys()]).not.to.include(order.clientOrderId)
  })

  it('does not discard an exit whose order may be at the broker', async () => {
    await add()
    venue.fault = 'filled, then lost'
    await tick(100, 89)
    await account.killSwitch.set({ ...OFF, state: 'halt' })
    await account.killSwitch.discardAll('test')
    await cycle()
    expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
  })

  it('delays price exits beyond the allowed mass until their time', async () => {
    await restart({ massExit: { max: 1, withinMs: 1_000, confirmMs: 2_000 } })
    for (const id of ['a', 'b', 'c']) await add({ id: positionId(id) })
    await tick(100, 89)
    expect(venue.placed).to.equal(1)
    const intended = keeper.lines.filter(({ kind }) => kind === 'exit-intended')
    expect(intended.map(line => line['waitMs'])).to.deep.equal([undefined, 2_000, 2_000])
    account.manualExits.exit(positionId('b'), 'manual')
    await cycle()
    expect(venue.placed).to.equal(2)
    now += 2_000
    await cycle()
    expect(venue.placed).to.equal(3)
  })

  it('sends nothing new once sends are held, and follows orders that were sent', async () => {
    await add()
    await add({ id: positionId('p2') })
    venue.fault = 'filled, then lost'
    await tick(100)
    account.manualExits.exit(P1, 'manual')
    await account.settled()
    account.holdSends()
    await tick(89)
    await cycle()
    expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
    expect(account.state.openExits.has(positionId('p2'))).to.equal(true)
  })

  it('exits nothing because of missing prices that only an earlier process had', async () => {
    const quiet = { staleQuote: { afterMs: 60_000, action: 'exit' } }
    await account.add(aPosition({ openedAt: now }), quiet, 'test')
    await tick(100)
    now += 50_000
    await tick(100)
    now += 30_000
    await restart()
    await cycle()
    now += 59_000
    await cycle()
    expect(kinds()).to.not.include('exit-intended')
    now += 1_001
    await cycle()
    expect(kinds()).to.include('exit-intended')
  })

  it('names the instruments whose rules need a price that has not arrived', async () => {
    const quiet = { staleQuote: { afterMs: 1_000, action: 'poll' }, stopLoss: { pct: 50 } }
    await account.add(aPosition({ openedAt: now }), quiet, 'test')
    await tick(100)
    expect([...instrumentsToPoll(account.engine.registry, now)]).to.deep.equal([])
    now += 1_001
    expect([...instrumentsToPoll(account.engine.registry, now)]).to.deep.equal(['ACME'])
    expect([...instrumentsHeld(account.engine.registry)]).to.deep.equal(['ACME'])
  })

  it('polls an instrument that was quiet for longer than its own gaps allow, with `afterMs: auto`', async () => {
    const quiet = { staleQuote: { afterMs: 'auto', action: 'poll' }, stopLoss: { pct: 50 } }
    await account.add(aPosition({ openedAt: now }), quiet, 'test')
    for (let ticks = 0; ticks < 3; ticks++) {
      now += 20_000
      await tick(100)
    }
    now += 3 * 20_001
    expect([...instrumentsToPoll(account.engine.registry, now)]).to.deep.equal([])
    now += 1
    expect([...instrumentsToPoll(account.engine.registry, now)]).to.deep.equal(['ACME'])
  })

  it('reports when the wall clock was set, and when it was set back', async () => {
    let mono = 0
    const clock = { now: () => now, monotonic: () => mono }
    await restart()
    account.engine.actors.stopAll()
    account = await openAccount({ ...optionsOf(), clock })
    now += 5_000
    mono += 500
    await cycle()
    expect(keeper.lines.at(-1)).to.include({ kind: 'clock-moved', movedMs: 5_000 })
    now -= 5_000
    mono += 500
    await cycle()
    expect(keeper.lines.at(-1)).to.include({ kind: 'clock-returned', movedMs: -5_000 })
  })

  describe('with other traders on its account', () => {
    const sold = (quantity: number): void => venue.trade(instrumentId('ACME'), -quantity)

    it('closes a position whose holding is proved gone, and sends nothing for it', async () => {
      await add({ quantity: 2 })
      await tick(100)
      sold(2)
      now += 5_000
      for (let count = 0; count < 3; count++) await cycle()
      expect(kinds()).to.include('position-gone')
      await restart()
      await tick(50)
      expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([0, 'closed'])
    })

    it('sends nothing for a position that was closed by hand 2 s before its stop was crossed', async () => {
      await add({ quantity: 2 })
      await tick(100)
      await cycle()
      sold(2)
      now += 2_000
      await tick(89)
      for (let count = 0; count < 3; count++) await cycle()
      expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([0, 'closed'])
    })

    it('sends the remaining quantity of a position that was partly closed before its stop was crossed', async () => {
      await add({ quantity: 2 })
      await tick(100)
      await cycle()
      sold(1)
      now += 2_000
      await tick(89)
      await cycle()
      expect([...venue.fills.values()].map(({ quantity }) => quantity)).to.deep.equal([1])
    })

    it('sends nothing while holding queries are unanswered, and closes what was closed by hand', async () => {
      await add({ quantity: 2 })
      await tick(100)
      venue.isDown = true
      sold(2)
      await tick(89)
      for (let count = 0; count < 70; count++) await cycle()
      expect([
        venue.placed,
        kinds().filter(kind => kind === 'exit-unverified').length,
      ]).to.deep.equal([0, 1])
      venue.isDown = false
      for (let count = 0; count < 3; count++) await cycle()
      expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([0, 'closed'])
    })

    it('sends by the last known holding after the configured time, and journals that', async () => {
      await restart({ exits: { sendUnverifiedAfterMs: 3_000 } })
      await add({ quantity: 2 })
      await tick(100)
      await cycle()
      venue.isDown = true
      await tick(89)
      for (let count = 0; count < 5; count++) await cycle()
      expect(venue.placed).to.equal(0)
      for (let count = 0; count < 2; count++) await cycle()
      expect(venue.placed).to.equal(1)
      const lines = keeper.lines.find(({ kind }) => kind === 'exit-unverified')
      expect(lines?.['isSent']).to.equal(true)
      expect(account.state.counts.unverified).to.equal(1)
    })

    it('does not treat an exit as unknown whose process died before its holding was read: no order was sent', async () => {
      await add({ quantity: 2 })
      await tick(100)
      venue.isDown = true
      await tick(89)
      await restart()
      venue.isDown = false
      await cycle()
      expect(kinds()).not.to.include('exit-unknown')
      expect([venue.placed, venue.fills.size]).to.deep.equal([1, 1])
    })

    it('refuses a position on the opposite side of a netted holding, also when both are added at once', async () => {
      await add()
      const short = { side: 'short', id: positionId('p2') } as const
      expect(await codeOf(add(short))).to.equal('WRONG_SIDE')
      const elsewhere = { ...short, instrument: instrumentId('GLOBEX') }
      const long = { ...elsewhere, side: 'long', id: positionId('p3') } as const
      const codes = await Promise.all([codeOf(add(elsewhere)), codeOf(add(long))])
      expect(codes).to.deep.equal(['no error', 'WRONG_SIDE'])
      await tick(100, 89)
      await cycle()
      const later = { ...short, id: positionId('p4') } as const
      expect(await codeOf(add(later)), 'once the long is closed').to.equal('no error')
    })

    it('refuses a position that names its account beside one that does not, also when both are added at once', async () => {
      await add()
      const named = { account: 'A1', id: positionId('p2') } as const
      expect(await codeOf(add(named))).to.equal('ACCOUNT_MIXED')
      await tick(100, 89)
      await cycle()
      const unnamed = { id: positionId('p3') } as const
      const codes = await Promise.all([codeOf(add(named)), codeOf(add(unnamed))])
      expect(codes).to.deep.equal(['no error', 'ACCOUNT_MIXED'])
    })

    it('fails in health for positions of an earlier version where only some name their account', async () => {
      await add()
      const row = account.state.positions.get(P1)!
      const position = { ...row.position, account: 'A1', id: positionId('p2') }
      await keeper.keep({ register: [{ ...row, position }] })
      await restart()
      const { withoutAccount } = accountFacts(account, now)
      expect(withoutAccount.map(({ what }) => what)).to.deep.equal(['p1 names no account'])
    })

    it('takes a missing quantity from the newest position, permanently', async () => {
      await add({ quantity: 2 })
      await add({ id: positionId('p2'), quantity: 3, openedAt: 500 })
      await tick(100)
      sold(2)
      now += 5_000
      for (let count = 0; count < 3; count++) await cycle()
      await restart()
      await cycle()
      await tick(89)
      const quantities = [...venue.fills.values()].map(({ quantity }) => quantity)
      expect(quantities).to.deep.equal([2, 1])
    })

    it('closes nothing when the venue gives no answer', async () => {
      await add()
      await tick(100)
      venue.isDown = true
      now += 5_000
      for (let count = 0; count < 5; count++) await cycle()
      expect(account.state.positions.get(P1)?.state).to.equal('open')
    })

    it('reports nothing as unowned that is held before the positions are read', async () => {
      await restart({ beforeGuard: () => Promise.resolve() })
      sold(-1)
      // What a stream of the account asks for once it is connected.
      send(account.engine.registry.refOf('reconciler'), { kind: 'list' })
      await account.settled()
      await add()
      await cycle()
      expect(kinds()).not.to.include('holding-unowned')
    })

    it('reports unowned holdings, except released positions', async () => {
      await add()
      await account.release(P1, 'test')
      await restart()
      await cycle()
      expect(kinds()).not.to.include('holding-unowned')
      sold(-4)
      now += 5_000
      await cycle()
      const lines = keeper.lines.filter(({ kind }) => kind === 'holding-unowned')
      expect(lines.map(({ quantity }) => quantity)).to.deep.equal([4])
    })

    it('reports an unowned holding until the venue says that it is gone', async () => {
      await add()
      await cycle()
      sold(-4)
      now += 5_000
      await cycle()
      const unowned = (): number[] =>
        account.engine.book.holdings.outside.unowned().map(({ quantity }) => quantity)
      expect(unowned()).to.deep.equal([4])
      sold(4)
      now += 5_000
      await cycle()
      expect(unowned()).to.deep.equal([])
    })

    it('reports an order that filled after its position had closed, also after a restart', async () => {
      await add()
      venue.fault = 'filled, then lost'
      await tick(100, 89)
      await cycle()
      expect(account.state.positions.get(P1)?.state).to.equal('closed')
      await restart()
      sold(1)
      now += 5_000
      await cycle()
      const lines = keeper.lines.filter(({ kind }) => kind.startsWith('holding-'))
      expect(lines.map(({ kind, quantity }) => [kind, quantity])).to.deep.equal([
        ['holding-oversold', -1],
      ])
      expect(account.engine.book.holdings.oversold()).to.have.length(1)
      sold(-1)
      now += 5_000
      await cycle()
      expect(account.engine.book.holdings.oversold()).to.deep.equal([])
    })

    it('reports a short after an exit, and an hour later counts it as a trade of others', async () => {
      await add()
      await tick(100, 89)
      await cycle()
      await restart()
      sold(1)
      now += 5_000
      await cycle()
      expect(kinds()).to.include('holding-oversold').and.not.to.include('holding-unowned')
      sold(-1)
      now += 3_600_000
      await cycle()
      sold(1)
      now += 5_000
      await cycle()
      expect(kinds()).to.include('holding-unowned')
      expect(account.engine.book.holdings.oversold()).to.deep.equal([])
    })

    it('reports an order whose outcome has been unknown for long, with the evidence', async () => {
      await add()
      venue.fault = 'filled, then lost'
      venue.isSilent = true
      await tick(100, 89)
      for (let count = 0; count < 100; count++) await cycle()
      const lines = keeper.lines.filter(({ kind }) => kind === 'exit-unproved')
      expect(lines).to.have.length(1)
      const steps = lines[0]!['steps'] as { what: string }[]
      expect(steps.map(({ what }) => what)).to.include('unknown: no answer')
      venue.isSilent = false
      await cycle()
      expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
    })

    it('reports a holding that has been unknown for long, once each time', async () => {
      await add()
      await cycle()
      for (const expected of [1, 2]) {
        venue.isDown = true
        for (let count = 0; count < 100; count++) await cycle()
        const lines = keeper.lines.filter(({ kind }) => kind === 'holding-unknown')
        expect(lines).to.have.length(expected)
        venue.isDown = false
        now += 5_000
        await cycle()
      }
    })

    it('sends nothing from an empty store before a person has confirmed the holdings', async () => {
      sold(-4)
      await restart({ confirmsHoldings: true })
      await add()
      await tick(100, 89)
      expect([venue.placed, account.confirmation.isMissing]).to.deep.equal([0, true])
      await account.confirmation.give('test')
      await account.settled()
      expect(venue.placed).to.equal(1)
    })

    it('asks for no confirmation where the venue lists only holdings of 0', async () => {
      const holdings = [{ instrument: instrumentId('OTHER'), quantity: 0, ageMs: 0 }]
      const listing: OpenAccountOptions['venue'] = quotes => {
        return { ...venue.venue(quotes), holdings: () => Promise.resolve(holdings) }
      }
      await restart({ confirmsHoldings: true, venue: listing })
      expect(account.confirmation.isMissing).to.equal(false)
    })

    it('waits for the confirmation also in the next process, and asks for it once', async () => {
      venue.trade(instrumentId('OTHER'), 5)
      await restart({ confirmsHoldings: true })
      await add()
      await restart({ confirmsHoldings: true })
      expect(account.confirmation.isMissing).to.equal(true)
      await tick(100, 89)
      expect(venue.placed).to.equal(0)
      await account.confirmation.give('test')
      await restart({ confirmsHoldings: true })
      expect(account.confirmation.isMissing).to.equal(false)
      await cycle()
      await cycle()
      expect(venue.placed).to.equal(1)
      expect(kinds().filter(kind => kind === 'holdings-unconfirmed')).to.have.length(1)
    })
  })
})
