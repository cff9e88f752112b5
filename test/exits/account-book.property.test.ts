import { expect } from 'chai'
import fc from 'fast-check'
import type { Capabilities } from '../../src/domain/venue.ts'
import type { AccountBook } from '../../src/exits/account-book.ts'
import type { Notice } from '../../src/exits/notices.ts'
import type { ExitSettings } from '../../src/exits/settings.ts'
import { runs } from '../support/runs.ts'
import { LOOK_UP } from '../support/test-venue.ts'
import { ACTS } from '../support/venue-model/acts.ts'
import { GuardedAccount, plainBook, type Market } from '../support/venue-model/guarded-account.ts'

const capabilities: fc.Arbitrary<Capabilities> = fc.record({
  dedupe: fc.constantFrom('always', 'open-only', 'never'),
  lookup: fc.constantFrom('complete', 'open-only', 'none'),
  reduceOnly: fc.boolean(),
  holdings: fc.constant('net'),
  visibilityMs: fc.constantFrom(0, 10),
  clientOrderIdLength: fc.constantFrom(16, 64),
  styles: fc.constant(['market'] as const),
  limits: fc.constant([]),
})

/** Venues that forget orders, keep deadlines, and take no market orders. */
const realVenues: fc.Arbitrary<Capabilities> = fc
  .tuple(
    capabilities,
    fc.record({
      deadline: fc.constantFrom('kept' as const, 'ignored' as const),
      styles: fc.constantFrom(['market'] as const, ['marketable-limit'] as const),
    }),
    fc.option(fc.record({ ms: fc.constantFrom(30, 100) })),
  )
  .map(([venue, more, lookupKeeps]) => {
    return { ...venue, ...more, ...(lookupKeeps !== null && { lookupKeeps }) }
  })

const LIMITS_ONLY = ['marketable-limit'] as const

/** The sequences that were played so far, for runs with more of them than the daily one. */
const played = { stories: 0, acts: 0 }

/** One act with its dice: the real thing is held to promise P1 after each. */
class Happening implements fc.Command<object, GuardedAccount> {
  private readonly name: string
  private readonly rolls: readonly number[]

  constructor(name: string, rolls: readonly number[]) {
    this.name = name
    this.rolls = rolls
  }

  check(): boolean {
    return true
  }

  run(_model: object, account: GuardedAccount): void {
    let count = 0
    played.acts++
    ACTS[this.name]!(account, () => this.rolls[count++ % this.rolls.length]!)
    account.check()
  }

  toString(): string {
    return `${this.name}(${this.rolls.join(',')})`
  }
}

const happeningOf = (name: string): fc.Arbitrary<Happening> =>
  fc.array(fc.nat(63), { minLength: 1, maxLength: 9 }).map(rolls => new Happening(name, rolls))

const happenings = Object.keys(ACTS).map(happeningOf)

/** Stories of orders that wait for their turn while a person trades. */
const queueStories = fc.commands(
  ['decide', 'settle', 'settle', 'hand-sell', 'hand-sell-unseen', 'leave'].map(happeningOf),
  { maxCommands: 20, size: 'max' },
)

/** Stories of orders whose outcome is unknown while a person sells what they would sell. */
const doubtStories = fc.commands(
  ['decide', 'settle', 'settle', 'hand-sell', 'crash', 'wait'].map(happeningOf),
  { maxCommands: 20, size: 'max' },
)

/** Stories of orders that are executed after their end. */
const lateStories = fc.commands(
  ['decide', 'settle', 'settle', 'fill-late', 'fill-late', 'wait', 'crash'].map(happeningOf),
  { maxCommands: 20, size: 'max' },
)

/** Stories of processes whose clocks differ. */
const clockStories = fc.commands(
  ['decide', 'settle', 'settle', 'clock-step', 'wait'].map(happeningOf),
  { maxCommands: 20, size: 'max' },
)

const stories = fc.commands([...happenings, ...happenings.slice(2, 5), ...happenings.slice(2, 6)], {
  maxCommands: 60,
  size: 'max',
})

const worlds = fc.record({
  capabilities,
  quantities: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  listsOrders: fc.boolean(),
  drifts: fc.boolean(),
  // Refusals may come faster than evidence, or not.
  maxRetryMs: fc.constantFrom(4, 40),
})

type World = (typeof worlds extends fc.Arbitrary<infer Given> ? Given : never) & {
  readonly maxQuantity?: number
  readonly market?: Market
}

type MakeBook = typeof plainBook

/** Plays one story to its end, and holds it to both promises. */
function play(
  { capabilities: given, quantities, ...options }: World,
  story: Iterable<fc.Command<object, GuardedAccount>>,
  makeBook: MakeBook = plainBook,
): void {
  const account = new GuardedAccount(given, quantities, { ...options, makeBook })
  fc.modelRun(() => ({ model: {}, real: account }), story)
  played.stories++
  const isOver = account.calmDown()
  try {
    account.check()
    account.checkNotices()
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${account.describe()}`, { cause: error })
  }
  if (account.isLateArrivalFired && given.dedupe !== 'always') return
  if (account.isPerjured || account.isOversoldByHand) return
  if (account.isAmbiguous && account.isUnprovedReported) return
  expect(isOver, `some exit never ends:\n${account.describe()}`).to.equal(true)
}

/** More of them find more; the default is for every day. */
const RUNS = runs(300)
/** Of worlds that differ in one thing alone. */
const SOME = Math.ceil(RUNS / 3)

/** A world, and acts in it. */
type Story = readonly [world: World, acts: readonly Happening[]]

const act = (name: string, ...rolls: number[]): Happening => new Happening(name, rolls)

/** One position at a venue where every order can be looked up. */
const PLAIN: World = {
  capabilities: {
    dedupe: 'never',
    lookup: 'complete',
    reduceOnly: false,
    holdings: 'net',
    visibilityMs: 0,
    clientOrderIdLength: 64,
    styles: ['market'],
    limits: [],
  },
  quantities: [1],
  listsOrders: false,
  drifts: false,
  maxRetryMs: 40,
}

const at = (world: Partial<World>, venue: Partial<Capabilities> = {}): World => {
  return { ...PLAIN, ...world, capabilities: { ...PLAIN.capabilities, ...venue } }
}

/**
 * Whether a story shows that a book is wrong, at a venue that can do what is given. The known one is tried
 * first, and ends well with the book as it is; where a change of the book has made it harmless for the wrong
 * one too, others of a fixed seed are tried.
 */
function isCaught(
  makeBook: MakeBook,
  [knownWorld, knownActs]: Story,
  {
    venue = {},
    sequences = stories,
  }: { venue?: Partial<Capabilities>; sequences?: typeof stories } = {},
): boolean {
  play(knownWorld, knownActs)
  const there = worlds.map(world => {
    return { ...world, capabilities: { ...world.capabilities, ...venue } }
  })
  return fc.check(
    fc.property(there, sequences, (world, story) => play(world, story, makeBook)),
    { numRuns: 20_000, endOnFailure: true, seed: 1, examples: [[knownWorld, knownActs]] },
  ).failed
}

describe('AccountBook', () => {
  after(() => {
    if (process.env['PROPERTY_RUNS'] === undefined) return
    process.stdout.write(`    ${played.stories} stories, ${played.acts} acts\n`)
  })

  it('exits each position once and never misses one, whatever the venue and the world do', () => {
    fc.assert(
      fc.property(worlds, stories, (world, story) => play(world, story)),
      { numRuns: RUNS },
    )
  }).timeout(60_000 + RUNS * 200)

  it('cancels a limit that works still where a person has sold what it was to sell', () => {
    const venue = { dedupe: 'always', lookup: 'open-only', reduceOnly: true } as const
    const style = { kind: 'marketable-limit', bandPct: 1, escalateMs: 20 } as const
    // The venue's price is below the limit: it works for ever.
    const market = { known: 100, atVenue: 95, style }
    const acts = ['wait', 'decide', 'settle', 'hand-sell', 'cycle'].map(name => act(name, 0))
    play(at({ market }, { ...venue, styles: LIMITS_ONLY }), acts)
  })

  it('cancels a limit that a list shows as working where its answer was lost', () => {
    const venue = { dedupe: 'open-only', lookup: 'none', styles: LIMITS_ONLY } as const
    const style = { kind: 'marketable-limit', bandPct: 1, escalateMs: 20 } as const
    const market = { known: 100, atVenue: 95, style }
    const acts = [act('decide', 0), act('wait', 0), act('settle', 20)]
    play(at({ market, listsOrders: true, maxRetryMs: 4 }, venue), acts)
  })

  it('takes what one of two exits has sold for no fill of the other, where a venue claims less', () => {
    const world = at({ quantities: [1, 1], listsOrders: false, drifts: false, maxRetryMs: 4 })
    const acts = [
      act('decide', 0),
      act('decide', 0),
      act('settle', 25, 0),
      act('claim-less', 22, 0),
    ]
    play(world, acts)
  })

  it('takes an order that arrives after it was proved absent for no loss of the position beside it', () => {
    const venue = { dedupe: 'always', reduceOnly: true, clientOrderIdLength: 16 } as const
    const world = at({ quantities: [1, 1], listsOrders: true, maxRetryMs: 4 }, venue)
    const acts = [
      act('decide', 0),
      act('decide', 0),
      act('settle', 24, 0, 54, 0),
      act('settle', 0, 4, 0, 0, 0),
      act('clock-step', 0),
      act('settle', 0, 10, 5),
      act('settle', 0),
    ]
    play(world, acts)
  })

  it('would be caught if it took a call without an answer for one that was not sent', () => {
    const careless = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const book = plainBook(settings, notify)
      const ended = book.exits.ended.bind(book.exits)
      book.exits.ended = (call, event) => {
        const isUnknown = event?.kind === 'outcome-unknown'
        ended(call, isUnknown ? { ...event, kind: 'not-sent', code: 'TIMEOUT' } : event)
      }
      return book
    }
    const story: Story = [
      at({ listsOrders: true }, { dedupe: 'always', clientOrderIdLength: 16 }),
      [
        act('halt', 0),
        act('decide', 0),
        act('wait', 0),
        act('halt', 0),
        act('settle', 53, 0),
        act('buy-position', 0),
      ],
    ]
    expect(isCaught(careless, story)).to.equal(true)
  }).timeout(600_000)

  it('would be caught if it believed that a venue shows everything at once', () => {
    const hasty = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const capabilities = { ...settings.capabilities, visibilityMs: 0 }
      return plainBook({ ...settings, capabilities }, notify)
    }
    const venue = { ...LOOK_UP, visibilityMs: 10 }
    const settling = act('settle', 5)
    const story: Story = [
      at({}, venue),
      [
        act('wait', 24),
        act('decide', 0),
        settling,
        act('wait', 0),
        settling,
        act('wait', 0),
        settling,
      ],
    ]
    expect(isCaught(hasty, story, { venue })).to.equal(true)
  }).timeout(600_000)

  it('would be caught if an order that has waited left by what was held when it was queued', () => {
    const hasty = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const book = plainBook(settings, notify)
      book.exits.departures.isReady = order => book.exits.departures.isWanted(order)
      return book
    }
    const venue = { ...LOOK_UP, visibilityMs: 0 }
    const story: Story = [
      at({}, venue),
      [act('decide', 0), act('settle', 0, 0, 0, 4), act('hand-sell-unseen', 0), act('leave', 0)],
    ]
    expect(isCaught(hasty, story, { venue, sequences: queueStories })).to.equal(true)
  }).timeout(600_000)

  const DOUBTED: Capabilities = { ...LOOK_UP, dedupe: 'always', reduceOnly: true, visibilityMs: 10 }

  it('ends an order whose outcome is unknown and that is refused as nothing is held any more', () => {
    const there = worlds.map(world => ({ ...world, capabilities: DOUBTED }))
    fc.assert(
      fc.property(there, doubtStories, (world, story) => play(world, story)),
      { numRuns: RUNS },
    )
  }).timeout(60_000 + RUNS * 200)

  it('would be caught if the evidence for an order began anew with each refusal', () => {
    const forgetful = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const book = plainBook(settings, notify)
      const ended = book.exits.ended.bind(book.exits)
      book.exits.ended = (call, event) => {
        const isRefused = event?.kind === 'answered' && event.answer.kind === 'rejected'
        const isAgain = isRefused && book.exits.record(call.id)?.isDoubted === true
        ended(call, isAgain ? { kind: 'outcome-unknown', id: event.id, at: event.at } : event)
      }
      return book
    }
    const story: Story = [
      at({}, DOUBTED),
      [act('decide', 0), act('settle', 3), act('settle', 3), act('hand-sell', 0)],
    ]
    expect(isCaught(forgetful, story, { venue: DOUBTED, sequences: doubtStories })).to.equal(true)
  }).timeout(600_000)

  it('would be caught if it took what an order executes after its end for sold by others', () => {
    const forgetful = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const book = plainBook(settings, notify)
      const happened = book.exits.happened.bind(book.exits)
      book.exits.happened = (id, event) => {
        const record = book.exits.record(id)
        const isOver = record?.state.kind === 'rejected' || event.kind !== 'seen'
        const isPast = event.kind === 'seen' && event.id !== record?.order.clientOrderId
        return isPast || (event.kind === 'seen' && isOver) ? false : happened(id, event)
      }
      return book
    }
    const venue = { ...LOOK_UP, reduceOnly: false, visibilityMs: 0 }
    const story: Story = [
      at({ quantities: [5, 1, 2], drifts: true }, venue),
      [
        act('settle', 17, 12, 50),
        act('crash', 51, 54),
        act('crash', 44, 25, 3),
        act('wait', 19),
        act('decide', 44, 63, 55, 14, 37, 31, 27, 48, 21),
        act('decide', 7, 41, 19, 11),
        act('wait', 20),
        act('crash', 47),
        act('wait', 45),
        act('settle', 18, 21, 31, 47, 46, 54, 10, 61, 7),
        act('settle', 23, 45, 10, 15),
        act('fill-late', 47, 20, 19, 48),
      ],
    ]
    expect(isCaught(forgetful, story, { venue, sequences: lateStories })).to.equal(true)
  }).timeout(600_000)

  it('exits each position once at venues that forget, cut, refuse late and keep deadlines', () => {
    const there = fc
      .tuple(worlds, realVenues, fc.constantFrom(2, 3, Infinity))
      .map(([world, venue, maxQuantity]) => ({ ...world, capabilities: venue, maxQuantity }))
    fc.assert(
      fc.property(there, stories, (world, story) => play(world, story)),
      { numRuns: RUNS },
    )
  }).timeout(60_000 + RUNS * 200)

  it('exits each position once where another side or product of its instrument is held beside it', () => {
    const separate = fc.constantFrom<Partial<Capabilities>>(
      { holdings: 'sides' },
      { products: true },
    )
    const there = fc.tuple(worlds, separate).map(([world, venue]) => {
      return { ...world, capabilities: { ...world.capabilities, ...venue } }
    })
    fc.assert(
      fc.property(there, stories, (world, story) => play(world, story)),
      { numRuns: SOME },
    )
  }).timeout(60_000 + RUNS * 200)

  it('exits each position once by limits where the price never moves, is another one at the venue, or is not known', () => {
    const style = { kind: 'marketable-limit', bandPct: 1, escalateMs: 20 } as const
    const market = fc.record({
      known: fc.constantFrom(100, undefined),
      atVenue: fc.constantFrom(120, 100, 95, 86),
      style: fc.constant(style),
    })
    const there = fc.tuple(worlds, market).map(([world, prices]) => {
      const capabilities = { ...world.capabilities, styles: LIMITS_ONLY }
      return { ...world, market: prices, capabilities }
    })
    fc.assert(
      fc.property(there, stories, (world, story) => play(world, story)),
      { numRuns: SOME },
    )
  }).timeout(60_000 + RUNS * 200)

  it('exits each position once, however the clocks of its processes differ', () => {
    fc.assert(
      fc.property(worlds, clockStories, (world, story) => play(world, story)),
      { numRuns: RUNS },
    )
  }).timeout(60_000 + RUNS * 200)

  it('would be caught if it waited until a time that an earlier clock had named', () => {
    const literal = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const book = plainBook(settings, notify)
      const restore = book.exits.restore.bind(book.exits)
      book.exits.restore = (stored, taken) => {
        restore(stored, taken)
        const { state } = stored
        if (state.kind !== 'rejected') return
        const id = stored.positionId
        // It is asked for again only once the time of the store has come.
        const due = book.exits.takeDue.bind(book.exits)
        book.exits.takeDue = (each, allowed) =>
          each === id && allowed.now < state.retryAt ? [] : due(each, allowed)
      }
      return book
    }
    const venue = { dedupe: 'always', lookup: 'open-only', clientOrderIdLength: 16 } as const
    const story: Story = [
      at({ listsOrders: true, maxRetryMs: 4 }, venue),
      [
        act('settle', 0),
        act('decide', 0),
        act('wait', 0),
        act('settle', 0, 26, 0, 0, 0),
        act('clock-step', 11, 21, 0),
      ],
    ]
    expect(isCaught(literal, story, { sequences: clockStories })).to.equal(true)
  }).timeout(600_000)

  it('would be caught if it took an id that makes no second order while it works for a proof', () => {
    const trusting = (settings: ExitSettings, notify: (notice: Notice) => void): AccountBook => {
      const { dedupe } = settings.capabilities
      const capabilities = {
        ...settings.capabilities,
        dedupe: dedupe === 'open-only' ? ('always' as const) : dedupe,
      }
      return plainBook({ ...settings, capabilities }, notify)
    }
    const story: Story = [
      at({ quantities: [1, 1] }, { dedupe: 'open-only', clientOrderIdLength: 16 }),
      [act('decide', 0), act('decide', 0), act('settle', 31, 0, 61), act('deliver', 0)],
    ]
    expect(isCaught(trusting, story)).to.equal(true)
  }).timeout(600_000)
})
