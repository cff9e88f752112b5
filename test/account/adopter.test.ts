import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { Adopter, adopterOf } from '../../src/account/adopter.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const ACME = instrumentId('ACME')
const GLOBEX = instrumentId('GLOBEX')

const holdings = (but: object = {}) =>
  serviceSchema.parse({
    positions: 'positions.yaml',
    holdings: {
      adopt: 'rules',
      defaultRules: { stopLoss: { pct: 10 } },
      instruments: ['AC*'],
      ...but,
    },
  }).holdings

describe('Adopter, before the gateway knows of what was adopted', () => {
  it('adopts a holding once, and later the units that are unowned since then', async () => {
    const key = { instrument: ACME }
    let [unowned, now] = [[{ key, quantity: 4, since: 0 }], 1_000]
    const added: string[] = []
    const early = new Adopter({
      options: { rules: {}, instruments: ['*'], afterMs: 500 },
      instruments: { of: () => ({ lot: 1, multiplier: 1 }) } as never,
      now: () => now,
      openedAt: () => now,
      unowned: () => unowned,
      isOpen: id => added.includes(id),
      isComing: () => false,
      quotes: () => Promise.resolve([{ instrument: ACME, ts: 1, price: 100 }]),
      add: ({ position }) => Promise.resolve(added.push(position.id)),
      note: kind => expect.fail(kind),
    })
    for (let poll = 0; poll < 3; poll++, now += 50) await early.poll()
    expect(added).to.deep.equal(['adopted-ACME'])
    unowned = [{ key, quantity: 4, since: now }]
    await early.poll()
    now += 500
    await early.poll()
    expect(added).to.deep.equal(['adopted-ACME', 'adopted-ACME-2'])
  })
})

describe('Adopter', () => {
  let venue: TestVenue
  let keeper: MemoryRepository
  let quotes: readonly Tick[]
  /** Runs while quotes are being read. */
  let onQuotes: () => Promise<unknown>
  let now: number
  let account: Account
  let adopter: Adopter

  beforeEach(async () => {
    venue = new TestVenue()
    keeper = new MemoryRepository()
    now = 1_000
    quotes = [{ instrument: ACME, ts: 1, price: 100 }]
    onQuotes = () => Promise.resolve()
    await open()
  })

  afterEach(() => account.stop())

  async function open(but: object = {}): Promise<void> {
    account = await openAccount({
      keeper,
      timers: machineTimers,
      callTimeoutMs: 5_000,
      reconcileMs: 1_000,
      adopt: 'rules',
      venue: prices => ({
        ...venue.venue(prices),
        quotes: async () => {
          await onQuotes()
          return quotes
        },
      }),
      beforeGuard: venue.deposit,
      clock: { now: () => now, monotonic: () => now },
      onLine: () => undefined,
      onFatal: error => expect.fail(error.message),
    })
    adopter = adopterOf(holdings(but), account, { now: () => now, steady: () => now })!
  }

  /** Runs so many cycles of half a second. */
  async function pass(cycles: number): Promise<void> {
    for (let count = 0; count < cycles; count++) {
      now += 500
      account.cycle()
      await account.settled()
      await adopter.poll()
      await account.settled()
    }
  }

  const guarded = (): unknown[] =>
    [...account.state.open()].map(({ id, side, quantity, entryPrice }) => {
      return [id, side, quantity, entryPrice]
    })
  const refusals = (): unknown[] =>
    keeper.lines.filter(({ kind }) => kind === 'adoption-refused').map(({ code }) => code)

  it('adopts an unowned holding once it has been unowned for the configured time, and exits it once', async () => {
    venue.trade(ACME, 3)
    await pass(10)
    expect(guarded(), 'its buyer may be about to add it').to.deep.equal([])
    await pass(15)
    expect(guarded()).to.deep.equal([['adopted-ACME', 'long', 3, 100]])
    await pass(30)
    expect(guarded(), 'once').to.have.length(1)
    for (const price of [95, 89]) account.tick({ instrument: ACME, ts: ++now, price })
    await pass(5)
    const fills = [...venue.fills.values()].map(({ quantity, price }) => [quantity, price])
    expect([guarded(), fills]).to.deep.equal([[], [[3, 89]]])
  })

  const bought = () => {
    const position = aPosition({ quantity: 3, openedAt: now })
    return account.changes.add({ position, rules: { stopLoss: { pct: 10 } }, isHeld: true }, 'bot')
  }

  it('does not adopt a holding whose position is added while the adoption is under way', async () => {
    venue.trade(ACME, 3)
    onQuotes = bought
    await pass(60)
    expect(guarded()).to.deep.equal([['p1', 'long', 3, 100]])
    expect(keeper.lines.map(({ kind }) => kind)).not.to.include('position-gone')
  })

  it('does not adopt a holding whose position is about to be added', async () => {
    venue.trade(ACME, 3)
    let adding: Promise<unknown> | undefined
    onQuotes = () => {
      adding ??= bought()
      return Promise.resolve()
    }
    await pass(30)
    await adding
    expect(guarded()).to.deep.equal([['p1', 'long', 3, 100]])
  })

  it('guards a short as a short, and a later purchase apart from it', async () => {
    venue.trade(ACME, -3)
    await pass(30)
    venue.trade(ACME, -2)
    await pass(30)
    expect(guarded()).to.deep.equal([
      ['adopted-ACME', 'short', 3, 100],
      ['adopted-ACME-2', 'short', 2, 100],
    ])
  })

  it('leaves other instruments, and holdings that a person has released, alone', async () => {
    venue.trade(ACME, 3)
    venue.trade(GLOBEX, 4)
    await pass(30)
    const [id] = [...account.state.open()].map(position => position.id)
    await account.release(id!, 'test')
    await pass(60)
    expect(guarded()).to.deep.equal([])
    await account.stop()
    await open()
    await pass(60)
    expect(guarded(), 'after a restart').to.deep.equal([])
  })

  it('adopts nothing that would be exited at once, and journals that once', async () => {
    await account.stop()
    await open({ defaultRules: { stopLoss: { price: 120 } } })
    venue.trade(ACME, 3)
    await pass(300)
    expect([guarded(), refusals()]).to.deep.equal([[], ['EXITS_AT_ONCE']])
  })

  it('adopts nothing without a known price, until there is one', async () => {
    quotes = []
    venue.trade(ACME, 3)
    await pass(30)
    expect([guarded(), refusals()]).to.deep.equal([[], ['NO_PRICE']])
    quotes = [{ instrument: ACME, ts: 1, price: 100 }]
    await pass(150)
    expect(guarded()).to.have.length(1)
  })

  it('runs only where the configuration enables it', () => {
    const { holdings: plain } = serviceSchema.parse({ positions: 'p.yaml' })
    expect(adopterOf(plain, account, { now: () => now, steady: () => now })).to.equal(undefined)
  })
})
