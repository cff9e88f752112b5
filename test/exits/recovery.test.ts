import { expect } from 'chai'
import { completed, type ExitRecord } from '../../src/exits/record.ts'
import { recovered as recoveredBy } from '../../src/exits/recovery.ts'
import { settingsFor } from '../../src/exits/settings.ts'
import { ExitCase, settingsOf } from '../support/exits.ts'

const LOOK_UP = { lookup: 'complete' } as const
const BOUNDED = { ...LOOK_UP, reduceOnly: true } as const
const at = { now: 7, owned: 5 }
const recovered = (record: ExitRecord, when: typeof at): ExitRecord =>
  recoveredBy(record, when, settingsOf())

/** An exit whose intent alone is durable. */
const intended = (capabilities: Parameters<typeof settingsOf>[0]): ExitCase =>
  new ExitCase(settingsOf(capabilities)).happen({ kind: 'recorded', at: 0 })

describe('an exit that a new process takes up', () => {
  it('is in doubt where its order was planned, as it may have left', () => {
    for (const capabilities of [{}, LOOK_UP, BOUNDED]) {
      const { record } = new ExitCase(settingsOf(capabilities)).sent()
      expect(recovered(record, at).state).to.deep.equal({ kind: 'unknown', since: 7 })
    }
  })

  it('has not left where its order was not planned by an answer about the holding', () => {
    for (const capabilities of [{}, LOOK_UP]) {
      const { state, isDoubted } = recovered(intended(capabilities).record, at)
      expect([state.kind, isDoubted]).to.deep.equal(['intended', false])
    }
    expect(recovered(intended(BOUNDED).record, at).state.kind).to.equal('unknown')
  })

  it('has not left where it has no limit, and its venue took no other order', () => {
    const limitOnly = { ...BOUNDED, dedupe: 'always', styles: ['marketable-limit'] } as const
    const exit = intended(limitOnly)
    const { state, isDoubted } = recovered(exit.record, at)
    expect([state.kind, isDoubted]).to.deep.equal(['intended', false])
    const planned = { ...exit.record, order: { ...exit.record.order, limit: 99 } }
    expect(recovered(planned, at).state.kind).to.equal('unknown')
  })

  it('is never sent again as a market order, where its venue takes none any more', () => {
    const market = new ExitCase(settingsOf({ ...BOUNDED, dedupe: 'always' })).sent().lost(5)
    expect(market.kindsOfSteps(6)).to.deep.equal(['send'])
    const { settings } = intended({ ...BOUNDED, dedupe: 'always', styles: ['marketable-limit'] })
    expect(market.kindsOfSteps(6, { settings })).to.deep.equal(['ask-order'])
  })

  it('is judged by what the venue could do when it was made, not by what it can do now', () => {
    const record = { ...new ExitCase(settingsOf(BOUNDED)).sent().record, heldBefore: null }
    expect(recovered(record, at).state.kind).to.equal('unknown')
  })

  it('is in doubt where an earlier version has kept it, which did not say what the venue could do', () => {
    const { provable: _missing, ...old } = intended({}).record
    expect(recovered(completed(old), at).state.kind).to.equal('unknown')
  })

  it('is in doubt where it waited for its turn when it was written', () => {
    const { record } = new ExitCase(settingsOf(LOOK_UP)).sent()
    const queued = { ...record, state: { kind: 'queued', since: 3 } } as const
    expect(recovered(queued, at).state.kind).to.equal('unknown')
  })
})

/** Long after the epoch: what was made at 0 is forgotten. */
const DAYS_MS = 10 * 86_400_000

describe('an exit of a process whose clock was ahead', () => {
  it('is not proved absent by a look-up at a venue that forgets: how old its order is, is not known', () => {
    const settings = settingsOf({ ...LOOK_UP, lookupKeeps: { ms: 1_000 } })
    const { record } = new ExitCase(settings).sent(50_000)
    const lookupAt = (now: number): string => {
      const taken = recoveredBy(record, { now, owned: 5 }, settings)
      return settingsFor(taken, settings, now).capabilities.lookup
    }
    expect([lookupAt(50_500), lookupAt(7_000)]).to.deep.equal(['complete', 'none'])
  })

  it('is proved absent where the venue finds orders for a hundred times as long as the clock was ahead', () => {
    const settings = settingsOf({ ...LOOK_UP, lookupKeeps: { ms: 2_000_000 } })
    const { record } = new ExitCase(settings).sent(DAYS_MS)
    const lookupAt = (aheadMs: number, laterMs = 0): string => {
      const now = record.madeAt - aheadMs
      const taken = recoveredBy(record, { now, owned: 5 }, settings)
      return settingsFor(taken, settings, now + laterMs).capabilities.lookup
    }
    expect([lookupAt(20_000), lookupAt(20_001)]).to.deep.equal(['complete', 'none'])
    const later = [lookupAt(20_000, 1_979_999), lookupAt(20_000, 1_980_000)]
    expect(later).to.deep.equal(['complete', 'none'])
  })

  it('is not proved absent where the venue forgets at a time of day', () => {
    const keeps = { until: '00:00', timezone: 'UTC' } as const
    const settings = settingsOf({ ...LOOK_UP, lookupKeeps: keeps })
    const { record } = new ExitCase(settings).sent(DAYS_MS)
    const now = record.madeAt - 1
    const taken = recoveredBy(record, { now, owned: 5 }, settings)
    expect(settingsFor(taken, settings, now).capabilities.lookup).to.equal('none')
  })
})

describe('an order in doubt after the venue has changed what it can do', () => {
  const after = (made: Parameters<typeof settingsOf>[0], now: Parameters<typeof settingsOf>[0]) => {
    const exit = new ExitCase(settingsOf(made)).sent()
    const later = new ExitCase(settingsOf(now))
    later.record = recovered(exit.record, at)
    return later
  }

  it('is not sent again because the venue refuses used ids now, and did not then', () => {
    expect(after({}, { dedupe: 'always' }).kindsOfSteps(8)).not.to.include('send')
  })

  it('is not proved absent by a look-up that finds every order now, and did not then', () => {
    const exit = after({}, LOOK_UP)
    for (const time of [20, 40, 60]) exit.seen({ kind: 'absent' }, time)
    expect(exit.kind).to.equal('unknown')
  })

  it('is not taken for reduce-only because new orders are', () => {
    const exit = after({}, { reduceOnly: true })
    expect(exit.kindsOfSteps(99)).not.to.include('untouched')
  })

  it('is not sent again because an id makes one order no more', () => {
    expect(after({ dedupe: 'always' }, {}).kindsOfSteps(8)).not.to.include('send')
  })

  it('is over where nothing is left of a holding that was not noted before it', () => {
    const exit = after(BOUNDED, {})
    const held = (quantity: number) => ({ quantity, at: 40, byName: { times: [20, 40], at: 40 } })
    expect(exit.kindsOfSteps(99, { held: held(5) })).not.to.include('ended')
    expect(exit.kindsOfSteps(99, { held: held(0), isShared: true })).not.to.include('ended')
    expect(exit.steps(99, { held: held(0) })).to.deep.equal([{ kind: 'ended', quantity: 5 }])
  })

  it('proves nothing by a holding that other exits may have sold from at the same time', () => {
    const exit = after(LOOK_UP, {})
    const held = { quantity: 0, at: 40, byName: { times: [20, 40], at: 40 } }
    expect(exit.kindsOfSteps(99, { held, isShared: true })).not.to.include('ended')
    expect(exit.steps(99, { held })).to.deep.equal([{ kind: 'ended', quantity: 5 }])
  })

  describe('whose holding was not noted before it', () => {
    const REDUCING = { reduceOnly: true } as const
    const noted = (spare: number | null): ExitCase => {
      const exit = after({ ...LOOK_UP, ...REDUCING }, REDUCING)
      const drift = { ...exit.record.drift, spare, others: 0 }
      exit.record = { ...exit.record, drift }
      return exit
    }
    const held = (quantity: number, ...times: number[]) => ({
      quantity,
      at: times.at(-1)!,
      byName: { times, at: times.at(-1)! },
    })

    it('is sent again where all is held, and no second fill can exceed it', () => {
      expect(noted(0).steps(99, { held: held(5, 40) })).to.deep.equal([
        { kind: 'untouched', isProof: false },
      ])
    })

    it('is not where units of no position may stand for what it sold', () => {
      for (const [spare, units] of [
        [null, 5],
        [5, 5],
        [5, 10],
      ] as const) {
        const around = { held: held(units, 20, 40), isWhole: true }
        expect(noted(spare).kindsOfSteps(99, around)).not.to.include('untouched')
      }
    })

    it('is over by what is gone, once it works no more', () => {
      const exit = noted(0)
      expect(exit.kindsOfSteps(99, { held: held(2, 20, 40), isWhole: false })).not.to.include(
        'ended',
      )
      exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 27, at: 28 })
      const around = { held: held(2, 20, 40), isWhole: false }
      expect(exit.steps(99, around)).to.deep.equal([{ kind: 'ended', quantity: 3 }])
      const shared = { ...around, isShared: true }
      expect(exit.steps(99, shared)).to.deep.equal([{ kind: 'ended', quantity: 3 }])
      const besideOthers = { ...shared, mayOthersExecute: true }
      expect(exit.kindsOfSteps(99, besideOthers)).not.to.include('ended')
    })

    it('is judged likewise where others had a part of what was noted before it', () => {
      const exit = after(LOOK_UP, {})
      const drift = { ...exit.record.drift, spare: 0, others: 4 }
      exit.record = { ...exit.record, heldBefore: 9, drift }
      exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 27, at: 28 })
      const shared = { isShared: true, owned: 9 }
      const whole = { ...shared, held: held(9, 20, 40), mayOthersExecute: true }
      expect(exit.steps(99, whole)).to.deep.equal([{ kind: 'untouched', isProof: true }])
      const less = { ...shared, held: held(5, 20, 40), isWhole: false }
      expect(exit.steps(99, less)).to.deep.equal([{ kind: 'ended', quantity: 4 }])
      expect(exit.kindsOfSteps(99, { ...less, mayOthersExecute: true })).not.to.include('ended')
    })

    it('is over by what is gone beyond what is known, where the venue has accepted it', () => {
      const exit = noted(0)
      exit.record = { ...exit.record, exists: true, executed: { quantity: 1, price: 100 } }
      const around = { held: held(2, 20, 40), owned: 4, isWhole: false }
      expect(exit.kindsOfSteps(99, around)).not.to.include('ended')
      exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 27, at: 28 })
      expect(exit.steps(99, around)).to.deep.equal([{ kind: 'ended', quantity: 3 }])
    })

    it('is untouched in a shared holding once it works no more and all is held', () => {
      const exit = noted(0)
      exit.record = { ...exit.record, drift: { ...exit.record.drift, others: 4 } }
      const around = { held: held(9, 20, 40), isShared: true, owned: 9, isWhole: true }
      expect(exit.kindsOfSteps(99, around)).not.to.include('untouched')
      exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 27, at: 28 })
      expect(exit.steps(99, around)).to.deep.equal([{ kind: 'untouched', isProof: true }])
    })
  })

  it('is planned anew, by what the venue can do now, once it is proved that it has not left', () => {
    const exit = after(BOUNDED, {})
    exit.record = { ...exit.record, isDoubted: false, state: { kind: 'intended', notBefore: 0 } }
    const [step] = exit.steps(99)
    expect(step?.kind).to.equal('plan')
    if (step?.kind === 'plan') exit.happen({ ...step, kind: 'planned', at: 99 })
    expect([exit.record.order.reduceOnly, exit.record.provable]).to.deep.equal([
      false,
      { dedupe: 'never', lookup: 'none', reduceOnly: false, market: true },
    ])
  })
})
