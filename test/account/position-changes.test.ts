import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { AccountChange } from '../../src/account/write-queue.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const TRAIL = { trailingStop: { distancePct: 10 } }
const DISK = new Error('the disk is gone')

describe('the generations of one id', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
    account = await open()
  })

  afterEach(async () => {
    keeper.hold = undefined
    await account.stop()
  })

  const open = (but: Partial<OpenAccountOptions> = {}): Promise<Account> =>
    openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
      ...but,
    })

  const add = (but: Partial<Position> = {}) =>
    account.add(aPosition({ openedAt: now, ...but }), TRAIL, 'test')

  function price(value: number): void {
    account.tick({ instrument: ACME, ts: ++now, price: value })
  }

  async function tick(...prices: number[]): Promise<void> {
    for (const value of prices) {
      price(value)
      await account.settled()
    }
  }

  async function cycle(): Promise<void> {
    now += 500
    account.cycle()
    await account.settled()
  }

  /** A process that starts after this one was killed finds only what was durable. */
  async function restart(but: Partial<OpenAccountOptions> = {}): Promise<void> {
    account.engine.actors.stopAll()
    keeper.hold = undefined
    account = await open(but)
    await account.settled()
  }

  /** Blocks the writes that contain such a change until the result is called. */
  function holdWrites(isMeant: (change: AccountChange) => boolean): () => void {
    let free!: () => void
    const freed = new Promise<void>(resolve => (free = resolve))
    keeper.hold = change => (isMeant(change) ? freed : undefined)
    return () => {
      keeper.hold = undefined
      free()
    }
  }

  /** Releases a position while the intent to exit it is written. */
  async function releaseInIntent(): Promise<void> {
    await add()
    await tick(100)
    let isHeld = false
    const free = holdWrites(({ exits = [] }) => (isHeld ||= exits.length > 0))
    price(89)
    await until(() => isHeld)
    const released = account.release(P1, 'test')
    free()
    await released
  }

  const isEnd = ({ register = [] }: AccountChange): boolean =>
    register.some(({ state }) => state === 'closed')
  const stored = async () => (await keeper.load()).register.get(P1)
  const kinds = (): string[] => keeper.lines.map(({ kind }) => kind)

  it('leave the next one guarded on disk where the store refused the end of the previous one once', async () => {
    await add()
    await tick(100)
    let refusals = 0
    keeper.hold = change => {
      if (!isEnd(change) || refusals > 0) return undefined
      refusals++
      return Promise.reject(DISK)
    }
    price(89)
    await until(() => refusals === 1)
    expect((await add({ entryPrice: 89 })).generation).to.equal(2)
    await account.settled()
    expect(await stored()).to.include({ generation: 2, state: 'open' })
    expect(kinds().filter(kind => /added|filled/.test(kind))).to.deep.equal([
      'position-added',
      'exit-filled',
      'position-added',
    ])
    await restart()
    expect(account.engine.registry.get(P1)?.generation).to.equal(2)
  })

  it('begin the next one only after the end of the previous one, however slow its commit is', async () => {
    await add()
    await tick(100)
    let isHeld = false
    const free = holdWrites(change => (isHeld ||= isEnd(change)))
    price(89)
    await until(() => isHeld)
    expect(account.state.positions.shown(P1)?.state, 'before it is on disk').to.equal('open')
    const added = add({ entryPrice: 89 })
    await account.engine.actors.idle()
    expect((await stored())?.state).to.equal('open')
    free()
    expect((await added).generation).to.equal(2)
    expect(await stored()).to.include({ generation: 2, state: 'open' })
  })

  it('end permanently once the end is written, and are exited once after a kill before that', async () => {
    await add()
    await tick(100)
    let isHeld = false
    holdWrites(change => (isHeld ||= isEnd(change)))
    price(89)
    await until(() => isHeld)
    // Another process: nothing of the end was written.
    keeper.hold = () => new Promise(() => undefined)
    const { store } = keeper
    keeper = new MemoryRepository(store)
    account.engine.actors.stopAll()
    account = await open()
    expect(account.state.positions.get(P1)?.state).to.equal('open')
    await cycle()
    await cycle()
    expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([1, 'closed'])
  })

  it('show no position as closed while the store refuses its end', async () => {
    await add()
    await tick(100)
    keeper.hold = change => (isEnd(change) ? Promise.reject(DISK) : undefined)
    price(89)
    await until(() => account.state.positions.isEnding(P1))
    expect(account.state.positions.shown(P1)?.state).to.equal('open')
    expect(kinds()).not.to.include('exit-filled')
    keeper.hold = undefined
    await account.flush()
    expect(account.state.positions.shown(P1)?.state).to.equal('closed')
  })

  it('are added again, many at once, after a release that is under way', async () => {
    await account.add(aPosition(), { stopLoss: { pct: 5 } }, 'test')
    const released = account.release(P1, 'test')
    const wanted = [aPosition(), aPosition({ id: positionId('p2') })].map(position => ({
      position,
      rules: { stopLoss: { pct: 5 } },
    }))
    await account.changes.addAll(wanted, 'test')
    await released
    const row = account.state.positions.get(P1)!
    expect([row.state, row.generation]).to.deep.equal(['open', 2])
  })

  it('are each durable and guarded, or neither, where the store refuses some of many', async () => {
    const wanted = Array.from({ length: 1_000 }, (_, index) => ({
      position: aPosition({ id: positionId(`many-${index}`) }),
      rules: { stopLoss: { pct: 5 } },
    }))
    const has = ({ register = [] }: AccountChange, id: string): boolean =>
      register.some(({ position }) => position.id === id)
    keeper.hold = change => (has(change, 'many-100') ? Promise.reject(DISK) : undefined)
    expect(await codeOf(account.changes.addAll(wanted, 'test'))).to.equal('STORE_FAILED')
    const stored = [...(await keeper.load()).register.keys()]
    // Some commits were under way beside the refused one, and none began after it.
    expect(stored).to.include('many-0').and.not.to.include('many-100')
    expect(stored).to.have.lengthOf.below(300)
    expect(
      [...account.engine.registry.all()].map(each => each.watched.position.id),
    ).to.have.members(stored)
    keeper.hold = undefined
    const rest = wanted.filter(({ position: { id } }) => !stored.includes(id))
    await account.changes.addAll(rest, 'test')
    expect((await keeper.load()).register.size).to.equal(1_000)
  })

  it('stay released where a part was closed just before', async () => {
    await add({ quantity: 5 })
    await tick(100)
    venue.trade(ACME, -2)
    keeper.hold = ({ lines = [] }) =>
      lines.some(({ kind }) => kind === 'position-shrunk') ? Promise.reject(DISK) : undefined
    now += 5_000
    for (let count = 0; count < 3; count++) {
      now += 500
      account.cycle()
      await account.engine.actors.idle()
    }
    await until(() => account.state.positions.get(P1)?.position.quantity === 3)
    await account.release(P1, 'test')
    await account.engine.actors.idle()
    await restart()
    await tick(50)
    expect([venue.placed, account.state.positions.get(P1)?.state]).to.deep.equal([0, 'released'])
  })

  it('keep changed rules and a reduced quantity, in whichever order they are written', async () => {
    await add({ quantity: 5 })
    await tick(100)
    let isHeld = false
    const free = holdWrites(({ lines = [] }) => {
      return (isHeld ||= lines.some(({ kind }) => kind === 'rules-changed'))
    })
    const tighter = { trailingStop: { distancePct: 5 } }
    const request = { rules: tighter, force: false, exitNow: false }
    const changed = account.changeRules(P1, request, 'test')
    await until(() => isHeld)
    venue.trade(ACME, -2)
    now += 5_000
    for (let count = 0; count < 3; count++) {
      now += 500
      account.cycle()
      await account.engine.actors.idle()
    }
    expect(account.state.positions.get(P1)?.position.quantity).to.equal(3)
    free()
    await changed
    await account.settled()
    const row = account.state.positions.get(P1)!
    expect([row.rules, row.position.quantity]).to.deep.equal([tighter, 3])
    await restart()
    const kept = account.state.positions.get(P1)!
    expect([kept.rules, kept.position.quantity]).to.deep.equal([tighter, 3])
  })

  it('pass no best price on to the next one', async () => {
    await add()
    await tick(100)
    price(120)
    price(110)
    await account.release(P1, 'test')
    await add({ entryPrice: 110 })
    await account.settled()
    await restart()
    expect(account.engine.registry.get(P1)?.watched.ratchet().best).to.equal(110)
  })

  it('keep the best price of one whose exit a person has discarded', async () => {
    await add()
    await account.killSwitch.set({ state: 'halt', since: now, by: null })
    await tick(100, 150, 130)
    await account.killSwitch.discardAll('test')
    await restart()
    expect(account.engine.registry.get(P1)?.watched.ratchet().best).to.equal(150)
  })

  it('send no exit whose position was released while its intent was written', async () => {
    await releaseInIntent()
    await account.settled()
    await cycle()
    expect(account.state.openExits.size).to.equal(0)
    expect((await keeper.load()).exits).to.deep.equal([])
  })

  it('count for the daily loss, also after a release while the intent was written', async () => {
    const limits = [{ name: 'all', maxLoss: 30, warnAtPct: 80 }]
    const portfolio = { dayStart: { timezone: 'UTC', minutes: 0 }, limits }
    await restart({ portfolio })
    await releaseInIntent()
    await account.add(aPosition({ openedAt: now, quantity: 5 }), { stopLoss: { pct: 90 } }, 'test')
    expect(account.state.openExits.size).to.equal(0)
    await tick(90)
    await cycle()
    for (let count = 0; count < 4; count++) await cycle()
    expect(kinds()).to.include('daily-loss')
    expect(await stored()).to.include({ generation: 2, state: 'closed' })
  })

  it('refuse a release and a change once the end is decided and durable', async () => {
    await add()
    await tick(100, 89)
    await cycle()
    expect(await codeOf(account.release(P1, 'test'))).to.equal('POSITION_UNKNOWN')
  })
})
