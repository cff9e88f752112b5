import { expect } from 'chai'
import { forgottenAt } from '../../src/exits/horizon.ts'
import { isOutdated, settingsFor, settingsToSend } from '../../src/exits/settings.ts'
import { ExitCase, heldAt, settingsOf } from '../support/exits.ts'

const INDIA = 'Asia/Kolkata'
/** 2026-11-27 10:00 in India. */
const MORNING = Date.UTC(2026, 10, 27, 4, 30)
const HOUR = 3_600_000

describe('how long a venue finds an order', () => {
  it('is for ever where nothing else is stated', () => {
    expect([forgottenAt(undefined, 0), forgottenAt('ever', 0)]).to.deep.equal([Infinity, Infinity])
  })

  it('counts from the time at which the order was made', () => {
    expect(forgottenAt({ ms: 2 * HOUR }, MORNING)).to.equal(MORNING + 2 * HOUR)
  })

  it('is until the next time of day in its zone', () => {
    const keeps = { until: '06:00', timezone: INDIA }
    expect(forgottenAt(keeps, MORNING)).to.equal(MORNING + 20 * HOUR)
    expect(forgottenAt({ ...keeps, until: '15:30' }, MORNING)).to.equal(MORNING + 5.5 * HOUR)
    expect(forgottenAt({ ...keeps, until: '10:00' }, MORNING)).to.equal(MORNING + 24 * HOUR)
  })

  it('is over at once where it is none', () => {
    const times = [
      { ms: 0 },
      { ms: NaN },
      { ms: -5 },
      { until: '25:00', timezone: INDIA },
      { until: 'noon', timezone: INDIA },
    ].map(keeps => forgottenAt(keeps, MORNING))
    expect(new Set(times)).to.deep.equal(new Set([MORNING]))
  })
})

describe('an order that the venue has forgotten', () => {
  const absent = { kind: 'absent' } as const
  const venue = { lookup: 'complete', reduceOnly: true } as const
  const at = (keeps: { ms: number }) =>
    new ExitCase(settingsOf({ ...venue, lookupKeeps: keeps })).sent().lost(5)

  it('is not proved absent by a look-up', () => {
    expect(at({ ms: 1_000 }).seen(absent, 20).seen(absent, 40).kind).to.equal('intended')
    const late = at({ ms: 30 }).seen(absent, 20).seen(absent, 40).seen(absent, 60)
    expect([late.kind, late.record.isDoubted]).to.deep.equal(['unknown', true])
  })

  it('is decided by the holding: where all of it is held still, it is sent again', () => {
    const exit = at({ ms: 30 })
    expect(exit.kindsOfSteps(40), 'no look-up can prove anything').not.to.include('ask-order')
    const { drift } = exit.record
    exit.record = { ...exit.record, drift: { ...drift, spare: 0, others: 0 } }
    const [step] = exit.steps(60, { held: heldAt(5, 45, 60) })
    expect(step).to.deep.equal({ kind: 'untouched', isProof: false })
  })

  it('is what it was where the venue shows it all the same', () => {
    const executed = { quantity: 5, price: 100 }
    expect(at({ ms: 30 }).seen({ kind: 'filled', executed }, 60).kind).to.equal('filled')
  })
})

describe('an order that has not left before the venue forgets', () => {
  const settings = settingsOf({ lookup: 'complete', reduceOnly: true, lookupKeeps: { ms: 30 } })
  const planned = { kind: 'planned', plan: { quantity: 5, heldBefore: null } } as const
  const intended = () => {
    const recorded = { kind: 'recorded', at: 0 } as const
    return new ExitCase(settings).happen(recorded, { ...planned, at: 0 }, recorded)
  }

  it('is planned anew, and sent by what the venue proves from then on', () => {
    const exit = intended()
    expect(exit.kindsOfSteps(29)).to.deep.equal(['send'])
    expect(exit.kindsOfSteps(30)).to.deep.equal(['plan'])
    exit.happen({ ...planned, at: 30 }, { kind: 'recorded', at: 31 })
    expect(exit.kindsOfSteps(40)).to.deep.equal(['send'])
    expect(settingsFor(exit.record, settings, 40).capabilities.lookup).to.equal('complete')
  })

  it('does not leave once the venue would have forgotten it, and is planned anew', () => {
    const exit = intended().happen({ kind: 'queued', at: 29 })
    expect([29, 30].map(at => isOutdated(exit.record, settings, at))).to.deep.equal([false, true])
    expect(settingsToSend(exit.record, settings, 30)).to.equal(settings)
    exit.happen({ kind: 'not-sent', id: exit.id, code: 'NOT_SENT', at: 30 })
    expect(exit.kindsOfSteps(40)).to.deep.equal(['plan'])
  })

  it('is judged by what the venue forgets once it has left', () => {
    const exit = intended().happen({ kind: 'queued', at: 1 }, { kind: 'sent', at: 1 }).lost(5)
    expect(isOutdated(exit.record, settings, 40)).to.equal(false)
    expect(settingsToSend(exit.record, settings, 40).capabilities.lookup).to.equal('none')
  })

  it('is planned once by the holding, where its first sending is proved to have made nothing', () => {
    const exit = intended().happen({ kind: 'queued', at: 1 }, { kind: 'sent', at: 1 }).lost(5)
    exit.happen({ kind: 'untouched', isProof: true, at: 60 })
    const held = heldAt(5, 60, 60)
    expect(exit.kindsOfSteps(61, { held })).to.deep.equal(['plan'])
    const plan = { quantity: 5, heldBefore: 5 }
    exit.happen({ kind: 'planned', plan, at: 61 }, { kind: 'recorded', at: 62 })
    expect(exit.kindsOfSteps(63, { held })).to.deep.equal(['send'])
  })
})
