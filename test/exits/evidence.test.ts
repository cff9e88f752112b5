import { expect } from 'chai'
import type { Circumstances } from '../../src/exits/circumstances.ts'
import type { HoldingChange } from '../../src/exits/events.ts'
import { NO_DRIFT, type Drift } from '../../src/exits/exit-state.ts'
import { anOrderState, ExitCase, heldAt, settingsOf } from '../support/exits.ts'

const unknownAt = (since: number, ...given: Parameters<typeof settingsOf>): ExitCase =>
  new ExitCase(settingsOf(...given)).sent().lost(since)

/** Units of the holding that belonged to no position, and to others, when the order was planned. */
const besides = (spare: number, others: number): Drift => ({ ...NO_DRIFT, spare, others })

describe('the evidence for an order that was not answered', () => {
  it('is the same id again, where an id makes one order for good', () => {
    const exit = unknownAt(5, { dedupe: 'always' })
    expect(exit.kindsOfSteps(6)).to.deep.equal(['send'])
    exit.happen(
      { kind: 'sent', at: 6 },
      { kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 7 },
    )
    expect(exit.kind).to.equal('acknowledged')
  })

  it('is the holding first, where the same id would sell what is not there any more', () => {
    const exit = unknownAt(5, { dedupe: 'always', lookup: 'complete' })
    expect(exit.kindsOfSteps(6, { held: undefined })).to.deep.equal(['ask-holding'])
    const held = { quantity: 2, at: 6, byName: undefined }
    expect(exit.kindsOfSteps(6, { held, isWhole: false })).to.deep.equal(['ask-order'])
  })

  it('is absence twice, late and far enough apart, where every order is found', () => {
    const exit = unknownAt(5, { lookup: 'complete' })
    const absent = { kind: 'absent' } as const
    exit.seen(absent, 14)
    expect(exit.record.steps.at(-1)!.what).to.equal('unknown: no answer')
    exit.seen(absent, 15).seen(absent, 24)
    expect(exit.kind).to.equal('unknown')
    exit.seen(absent, 25)
    expect([exit.kind, exit.record.attempt, exit.record.isDoubted]).to.deep.equal([
      'intended',
      1,
      false,
    ])
  })

  describe('after the venue has accepted it and finds it no more', () => {
    const absent = { kind: 'absent' } as const
    const ask = { by: 'cancel' } as const
    const lostAt45 = (but: Parameters<typeof settingsOf>[0] = {}): ExitCase => {
      const exit = new ExitCase(settingsOf({ lookup: 'complete', ...but })).sent()
      const answer = { kind: 'acknowledged' } as const
      exit.happen({ kind: 'answered', id: exit.id, answer, at: 5 })
      return exit.seen(absent, 20).seen(absent, 35).seen(absent, 50).seen(absent, 99)
    }
    const cancelledAt60 = (but: Parameters<typeof settingsOf>[0] = {}): ExitCase => {
      const exit = lostAt45(but)
      const { id } = exit
      return exit.happen({ kind: 'seen', id, order: absent, ...ask, askedAt: 60, at: 60 })
    }

    it('is never its absence, however often that is reported', () => {
      const exit = lostAt45()
      expect([exit.kind, exit.record.exists, exit.record.attempt]).to.deep.equal([
        'unknown',
        true,
        1,
      ])
      const asked = exit.kindsOfSteps(100, { held: heldAt(5, 40, 50) })
      expect(asked).to.include.members(['ask-order', 'ask-holding', 'cancel'])
    })

    it('is two reports after its cancel that nothing is missing: only then a new order is made', () => {
      const exit = cancelledAt60()
      expect(exit.kindsOfSteps(100, { held: heldAt(5, 65, 99) })).not.to.include('ended')
      const held = heldAt(5, 70, 80)
      expect(exit.kindsOfSteps(100, { held, isWhole: false })).not.to.include('ended')
      expect(exit.kindsOfSteps(100, { held, quietSince: 61 })).not.to.include('ended')
      const steps = exit.steps(100, { held })
      expect(steps).to.deep.equal([{ kind: 'ended', quantity: 0 }])
      exit.happen({ kind: 'ended', quantity: 0, at: 100 })
      expect([exit.kind, exit.record.attempt]).to.deep.equal(['rejected', 1])
    })

    it('is what two reports after its cancel show to be gone', () => {
      const held = heldAt(2, 70, 80)
      const exit = cancelledAt60()
      expect(exit.steps(100, { held, isWhole: false })).to.deep.equal([
        { kind: 'ended', quantity: 3 },
      ])
      expect(exit.steps(100, { held: heldAt(0, 70, 80), isWhole: false })).to.deep.equal([
        { kind: 'ended', quantity: 5 },
      ])
      const shared = exit.kindsOfSteps(100, { held, isShared: true, isWhole: false })
      expect(shared, 'another position may have sold it').not.to.include('ended')
    })

    it('is not what is gone of a holding in which others had a part: they may have sold it', () => {
      const exit = cancelledAt60()
      exit.record = { ...exit.record, heldBefore: 10, drift: besides(0, 5) }
      const held = heldAt(5, 70, 80)
      expect(exit.steps(100, { held })).to.deep.equal([{ kind: 'ended', quantity: 0 }])
      expect(exit.kindsOfSteps(100, { held, isWhole: false })).not.to.include('ended')
    })

    describe('where units of the holding belong to no position', () => {
      const UNKNOWN: [string, Drift, Partial<Circumstances>][] = [
        ['how many did before is not known', NO_DRIFT, {}],
        ['as many are gone, and others have a part', besides(5, 0), { isShared: true }],
        ['more is held than before', besides(0, 0), {}],
        ['positions have come or gone', besides(0, 3), { areOwnersUnchanged: false }],
      ]

      it('is not that enough is held still: what it sold may be replaced by those', () => {
        for (const [what, drift, but] of UNKNOWN) {
          const exit = cancelledAt60()
          exit.record = { ...exit.record, heldBefore: null, drift }
          const quantity = what.startsWith('as many') ? 5 : 7
          const steps = exit.kindsOfSteps(100, { held: heldAt(quantity, 70, 80), ...but })
          expect(steps, what).not.to.include('ended')
        }
      })

      it('is what is gone of all', () => {
        for (const [held, quantity] of [
          [10, 0],
          [7, 3],
          [5, 5],
        ] as const) {
          const exit = cancelledAt60({ reduceOnly: true })
          exit.record = { ...exit.record, drift: besides(5, 0) }
          const steps = exit.steps(100, { held: heldAt(held, 70, 80) })
          expect(steps, String(held)).to.deep.equal([{ kind: 'ended', quantity }])
        }
      })

      it('is the same in a process that knows by the positions that none has come or gone', () => {
        const exit = cancelledAt60({ reduceOnly: true })
        exit.record = { ...exit.record, drift: besides(5, 3) }
        const around = { held: heldAt(13, 70, 80), areOwnersUnchanged: false, isShared: true }
        expect(exit.steps(100, { ...around, owned: 8 })).to.deep.equal([
          { kind: 'ended', quantity: 0 },
        ])
        expect(exit.kindsOfSteps(100, { ...around, owned: 6 })).not.to.include('ended')
      })
    })

    it('is a new id, where the venue refuses the one that it has forgotten', () => {
      const exit = cancelledAt60({ dedupe: 'always' })
      expect(exit.kindsOfSteps(100, { held: heldAt(5, 40, 50) })).not.to.include('send')
      const { id } = exit
      exit.happen({ kind: 'ended', quantity: 0, at: 100 }, { kind: 'retry', at: 1_100 })
      expect([exit.record.attempt, exit.id === id]).to.deep.equal([2, false])
    })
  })

  it('is no open-only de-duplication: an id that works no more would make a second order', () => {
    const exit = unknownAt(5, { dedupe: 'open-only', lookup: 'complete' })
    expect(exit.kindsOfSteps(1_000)).to.deep.equal(['ask-order'])
  })

  it('is one report of an untouched holding, where no order goes through it', () => {
    const exit = unknownAt(5, { reduceOnly: true })
    expect(exit.kindsOfSteps(14)).not.to.include('untouched')
    expect(exit.steps(15)).to.deep.equal([{ kind: 'untouched', isProof: false }])
  })

  it('is no report of a holding that others share: a second fill would be theirs', () => {
    const exit = unknownAt(5, { reduceOnly: true })
    exit.record = { ...exit.record, heldBefore: 9 }
    expect(exit.kindsOfSteps(99, { held: heldAt(9, 15) })).to.include('ask-holding')
  })

  it('is two reports of the whole and no open order, where nothing else is', () => {
    const exit = unknownAt(5, {}, { listsOrders: true })
    expect(exit.kindsOfSteps(99, { held: heldAt(5, 15) })).to.deep.equal([
      'ask-holding',
      'list-orders',
    ])
    expect(exit.kindsOfSteps(99, { held: heldAt(5, 15, 40) })).not.to.include('untouched')
    exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 25, at: 26 })
    expect(exit.kindsOfSteps(99, { held: heldAt(5, 25, 34) })).not.to.include('untouched')
    expect(exit.steps(99, { held: heldAt(5, 25, 35) })).to.deep.equal([
      { kind: 'untouched', isProof: true },
    ])
  })

  it('is a cancel, where the venue does not even list what works', () => {
    expect(unknownAt(5).kindsOfSteps(99)).to.include('cancel')
    expect(unknownAt(5).kindsOfSteps(99, { mayCancel: false })).not.to.include('cancel')
  })

  it('is the holding without the whole order, reported twice: then it was executed', () => {
    const exit = unknownAt(5, { reduceOnly: true })
    expect(exit.kindsOfSteps(99, { held: heldAt(0, 15) })).not.to.include('ended')
    expect(exit.steps(99, { held: heldAt(0, 15, 25) })).to.deep.equal([
      { kind: 'ended', quantity: 5 },
    ])
    exit.happen({ kind: 'ended', quantity: 5, at: 99 })
    expect(exit.record.state).to.deep.include({ kind: 'flat', by: 'gone' })
  })
})

describe('the holding as evidence, where others change it', () => {
  const came = { kind: 'came', quantity: 5 } as const
  const drifted = (exit: ExitCase, by: HoldingChange, spare = 0): ExitCase => {
    exit.record = { ...exit.record, drift: { least: 0, most: 0, spare, others: 0 } }
    return exit.happen({ kind: 'drifted', by, at: 12 })
  }
  const notListed = (exit: ExitCase): ExitCase =>
    exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 26, at: 26 })
  const reduceOnly = (): ExitCase => unknownAt(5, { reduceOnly: true }, { listsOrders: true })

  it('is not untouched when it is as large as before because a position came', () => {
    const exit = notListed(drifted(reduceOnly(), came))
    const around = { held: heldAt(5, 40, 60), quietSince: 12 }
    expect(exit.steps(99, around)).to.deep.equal([{ kind: 'ended', quantity: 5 }])
    expect(exit.kindsOfSteps(99, { ...around, quietSince: 31 })).not.to.include('ended')
    expect(exit.steps(99, { ...around, held: heldAt(10, 40, 60) })).to.deep.equal([
      { kind: 'untouched', isProof: true },
    ])
  })

  it('proves nothing where the position may be what was beyond all positions', () => {
    const exit = notListed(drifted(reduceOnly(), came, 5))
    const around = { held: heldAt(5, 40, 60), quietSince: 12 }
    expect(exit.kindsOfSteps(99, around)).to.deep.equal(['ask-holding', 'list-orders', 'cancel'])
    expect(exit.steps(99, { ...around, held: heldAt(0, 40, 60) })).to.deep.equal([
      { kind: 'ended', quantity: 5 },
    ])
  })

  it('does not take for a fill what a person may have sold of a position that was released', () => {
    const exit = reduceOnly()
    exit.record = { ...exit.record, heldBefore: 10 }
    notListed(drifted(exit, { kind: 'released', quantity: 5 }))
    const around = { quietSince: 12, isShared: true }
    expect(exit.kindsOfSteps(99, { ...around, held: heldAt(5, 40, 60) })).to.include('cancel')
    expect(exit.steps(99, { ...around, held: heldAt(10, 40, 60) })).to.deep.equal([
      { kind: 'untouched', isProof: true },
    ])
  })

  it('is never untouched after a rise that no position explains', () => {
    const exit = notListed(drifted(reduceOnly(), { kind: 'risen' }))
    expect(exit.kindsOfSteps(99, { held: heldAt(5, 40, 60) })).not.to.include('untouched')
    expect(exit.steps(99, { held: heldAt(0, 40, 60) })).to.deep.equal([
      { kind: 'ended', quantity: 5 },
    ])
  })

  it('ends no order with nothing executed where a purchase may hide that, also by its own id', () => {
    const exit = unknownAt(5, { dedupe: 'always' }).happen({ kind: 'sent', at: 6 })
    exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 7 })
    notListed(drifted(exit, came))
    const around = { held: heldAt(5, 40, 60), quietSince: 12 }
    expect(exit.steps(99, around)).to.deep.equal([{ kind: 'ended', quantity: 5 }])
    exit.happen({ kind: 'drifted', by: { kind: 'released', quantity: 1 }, at: 13 })
    expect(exit.kindsOfSteps(99, around)).to.deep.equal(['ask-holding'])
  })
})

describe('what is done for an exit', () => {
  const settings = settingsOf({ lookup: 'complete' })
  const intended = (but = settings): ExitCase =>
    new ExitCase(but).happen({ kind: 'recorded', at: 0 })

  it('is a question while it is not known what is held, or what of it is its own', () => {
    expect(intended().kindsOfSteps(0, { held: undefined })).to.deep.equal(['ask-holding'])
    expect(intended().kindsOfSteps(0, { allowance: undefined })).to.deep.equal(['ask-holding'])
    expect(intended().kindsOfSteps(0, { allowance: 0 })).to.deep.equal(['ask-holding'])
  })

  it('is an attempt of no more than what is left of the position', () => {
    const plan = { quantity: 3, heldBefore: 5 }
    expect(intended().steps(0, { allowance: 3 })).to.deep.equal([{ kind: 'plan', plan }])
  })

  it('is nothing more where dust is left', () => {
    const spec = { lot: undefined, minQuantity: 6, tickSize: undefined }
    expect(intended().steps(0, { spec })).to.deep.equal([{ kind: 'flat', by: 'dust' }])
  })

  it('is nothing while another exit has the holding for its evidence, or sends are held', () => {
    expect(intended().kindsOfSteps(0, { hasLock: false })).to.deep.equal([])
    expect(intended().kindsOfSteps(0, { maySend: false })).to.deep.equal([])
  })

  it('waits for a holding that shows our last order, where it is the evidence', () => {
    const exit = intended(settingsOf())
    const held = heldAt(5, 100)
    expect(exit.kindsOfSteps(100, { held, quietSince: 91 })).to.deep.equal(['ask-holding'])
    expect(exit.steps(100, { held, quietSince: 90 })).to.deep.equal([
      { kind: 'plan', plan: { quantity: 5, heldBefore: 5 } },
    ])
  })

  it('is a cancel of what works for too long', () => {
    const exit = new ExitCase(settings).sent().seen(anOrderState('working', 2), 1)
    expect(exit.kindsOfSteps(30_001)).to.deep.equal(['ask-order'])
    expect(exit.kindsOfSteps(30_002)).to.deep.equal(['ask-order', 'cancel'])
  })

  it('ends with a report that is late enough to show the fill, unless others share it', () => {
    const exit = new ExitCase(settings).sent().seen(anOrderState('filled', 5), 50)
    expect(exit.kindsOfSteps(99, { held: heldAt(0, 59) })).to.deep.equal(['ask-holding'])
    expect(exit.kindsOfSteps(99, { held: heldAt(0, 60) })).to.deep.equal(['flat'])
    expect(exit.kindsOfSteps(50, { held: undefined, isShared: true })).to.deep.equal(['flat'])
  })
})
