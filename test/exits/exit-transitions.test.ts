import { expect } from 'chai'
import type { RejectionCode } from '../../src/domain/order.ts'
import { joined } from '../../src/exits/exit-transitions.ts'
import { MOST_STEPS } from '../../src/exits/history.ts'
import { noticesOf, reservedBy } from '../../src/exits/noticing.ts'
import { recovered } from '../../src/exits/recovery.ts'
import { aDecision, aPosition } from '../support/builders.ts'
import { anOrderState, ExitCase, heldAt, settingsOf } from '../support/exits.ts'

const COMPLETE = settingsOf({ lookup: 'complete' })

describe('the exit ledger', () => {
  it('sends nothing before the intent is durable', () => {
    const exit = new ExitCase(COMPLETE)
    expect(exit.kindsOfSteps(0)).to.deep.equal(['save'])
    expect(exit.happen({ kind: 'sent', at: 0 }).kind).to.equal('intending')
  })

  it('sends nothing while a call is under way, and takes what outlives its process as unknown', () => {
    const exit = new ExitCase(COMPLETE).sent()
    expect(exit.kindsOfSteps(0)).to.deep.equal([])
    const { state } = recovered(exit.record, { now: 7, owned: 5 }, COMPLETE)
    expect(state).to.deep.equal({ kind: 'unknown', since: 7 })
  })

  it('knows of an attempt without a holding before it, where that is the evidence, that it never left', () => {
    const settings = settingsOf()
    const waiting = new ExitCase(settings).happen({ kind: 'recorded', at: 0 })
    const now = 7
    expect(recovered(waiting.record, { now, owned: 5 }, settings).state.kind).to.equal('intended')
    const sent = new ExitCase(settings).sent()
    expect(recovered(sent.record, { now, owned: 5 }, settings).state.kind).to.equal('unknown')
  })

  it('plans an attempt that has not left anew when others change the holding or take a part of it', () => {
    const waiting = (): ExitCase => {
      const recorded = { kind: 'recorded', at: 0 } as const
      const plan = { quantity: 5, heldBefore: 5 }
      const exit = new ExitCase(settingsOf())
      return exit.happen(recorded, { kind: 'planned', plan, at: 0 }, recorded)
    }
    const queued = waiting().happen({ kind: 'queued', at: 1 })
    for (const exit of [waiting(), queued]) {
      exit.happen({ kind: 'drifted', by: { kind: 'released', quantity: 1 }, at: 2 })
      expect([exit.kind, exit.record.heldBefore]).to.deep.equal(['intending', null])
    }
    const smaller = waiting().happen({ kind: 'queued', at: 1 }, { kind: 'shrunk', by: 2, at: 2 })
    const { order, heldBefore } = smaller.record
    expect([smaller.kind, order.quantity, heldBefore]).to.deep.equal(['intending', 3, null])
    const sent = waiting().happen({ kind: 'queued', at: 1 }, { kind: 'sent', at: 1 })
    sent.happen({ kind: 'drifted', by: { kind: 'released', quantity: 1 }, at: 2 })
    expect([sent.kind, sent.record.heldBefore, sent.record.drift.least]).to.deep.equal([
      'sending',
      5,
      -1,
    ])
  })

  it('is intended again, or in doubt as before, when its order is given back by the queue', () => {
    const first = new ExitCase(COMPLETE).sent()
    first.record = { ...first.record, state: { kind: 'queued', since: 3 } }
    const { id } = first
    first.happen({ kind: 'not-sent', id, code: 'NOT_SENT', at: 9 })
    expect([first.record.state, first.record.isDoubted]).to.deep.equal([
      { kind: 'intended', notBefore: 0 },
      false,
    ])
    const again = new ExitCase(settingsOf({ dedupe: 'always' })).sent().lost(5)
    again.happen({ kind: 'queued', at: 7 }, { kind: 'outcome-unknown', id: again.id, at: 9 })
    expect(again.record.state).to.deep.equal({ kind: 'unknown', since: 5, notBefore: 0 })
  })

  describe('of an order whose outcome is unknown, sent again and refused', () => {
    const settings = settingsOf(
      { dedupe: 'always', lookup: 'complete', reduceOnly: true },
      { retryMs: 4, maxRetryMs: 8 },
    )
    const absent = { kind: 'absent' } as const
    const answer = { kind: 'rejected', code: 'insufficient-quantity' } as const
    const again = (exit: ExitCase, at: number): ExitCase =>
      exit.happen({ kind: 'queued', at }, { kind: 'sent', at })
    const refused = (exit: ExitCase, at: number): ExitCase =>
      again(exit, at).happen({ kind: 'answered', id: exit.id, answer, at })
    const lost = (): ExitCase => new ExitCase(settings).sent().lost(5)

    it('keeps the evidence about the earlier sendings: absence twice ends it', () => {
      const exit = lost()
      for (const at of [9, 18]) refused(exit, at).seen(absent, at)
      expect(exit.record.state).to.deep.include({ kind: 'unknown', since: 5, absentAt: 18 })
      for (const at of [20, 27]) refused(exit, at).seen(absent, at)
      expect([exit.kind, exit.record.isDoubted]).to.deep.equal(['unknown', true])
      refused(exit, 28).seen(absent, 28)
      expect([exit.kind, exit.record.isDoubted, exit.record.attempt]).to.deep.equal([
        'intended',
        false,
        1,
      ])
    })

    it('takes what is said of the earlier ones while the next one is on its way', () => {
      const exit = again(lost(), 16).seen(absent, 17)
      exit.happen({ kind: 'answered', id: exit.id, answer, at: 18 })
      expect(exit.record.state).to.deep.include({ kind: 'unknown', since: 5, absentAt: 17 })
      again(exit, 30).seen(absent, 31)
      expect([exit.kind, exit.record.isDoubted], 'the last one may live').to.deep.equal([
        'sending',
        true,
      ])
      const unanswered = again(lost(), 16).seen(absent, 17).seen(absent, 27).lost(28)
      expect(unanswered.record.state).to.deep.equal({ kind: 'unknown', since: 28 })
      exit.happen({ kind: 'answered', id: exit.id, answer, at: 32 })
      expect([exit.kind, exit.record.isDoubted]).to.deep.equal(['rejected', false])
      const back = again(lost(), 16).seen(absent, 17).seen(absent, 27)
      back.happen({ kind: 'not-sent', id: back.id, code: 'NOT_SENT', at: 28 })
      expect([back.kind, back.record.isDoubted]).to.deep.equal(['intended', false])
    })

    it('begins the evidence anew after a sending without an answer, which may still arrive', () => {
      const exit = refused(lost(), 15).seen(absent, 16)
      again(exit, 24).lost(26).seen(absent, 35)
      expect(exit.record.state).to.deep.equal({ kind: 'unknown', since: 26, notBefore: 30 })
    })

    it('waits before the next sending, after a sending without an answer and after a proof, too', () => {
      const exit = refused(lost(), 9)
      expect(exit.kindsOfSteps(12)).to.deep.equal(['ask-order'])
      expect(exit.kindsOfSteps(13)).to.include('send')
      again(exit, 13).lost(14)
      expect(exit.kindsOfSteps(17)).to.deep.equal(['ask-order'])
      expect(exit.kindsOfSteps(18)).to.include('send')
      refused(exit, 40).seen(absent, 34).seen(absent, 44)
      expect([exit.kind, exit.kindsOfSteps(47)]).to.deep.equal(['intended', []])
      expect(exit.kindsOfSteps(48)).to.deep.equal(['send'])
      const held = new ExitCase(settingsOf({ reduceOnly: true })).sent().lost(5)
      held.happen({ kind: 'untouched', isProof: false, at: 20 }, { kind: 'sent', at: 20 })
      held.happen({ kind: 'answered', id: held.id, answer, at: 20 })
      held.happen({ kind: 'untouched', isProof: false, at: 40 })
      expect(held.kindsOfSteps(1_019)).to.deep.equal([])
      expect(held.kindsOfSteps(1_020)).to.deep.equal(['send'])
    })
  })

  it('makes a new attempt for what a cancelled order left, and never more than that', () => {
    const exit = new ExitCase(COMPLETE).sent()
    const first = exit.id
    exit.seen(anOrderState('working', 1), 20)
    expect([exit.kind, exit.record.executed.quantity]).to.deep.equal(['partly-filled', 1])
    exit.seen(anOrderState('ended', 3, 90), 30, 'cancel')
    expect([exit.kind, exit.record.attempt, exit.record.order.quantity]).to.deep.equal([
      'intending',
      2,
      2,
    ])
    expect(exit.id).not.to.equal(first)
    exit.sent(40).seen(anOrderState('filled', 2, 95), 50)
    expect([exit.kind, exit.record.before]).to.deep.equal([
      'filled',
      { quantity: 5, price: (3 * 90 + 2 * 95) / 5 },
    ])
  })

  it('takes answers that cannot be true for no proof of anything, and counts them', () => {
    const lies = [
      anOrderState('filled', 6),
      anOrderState('filled', 4),
      anOrderState('working', -1),
      anOrderState('ended', NaN),
      anOrderState('ended', Infinity),
      anOrderState('working', 2, NaN),
      anOrderState('filled', 5, 1.7e308),
      anOrderState('working', 1e308),
    ]
    for (const lie of lies) {
      const exit = new ExitCase(COMPLETE).sent().seen(lie, 20)
      const { faults, before, executed } = exit.record
      expect([exit.kind, faults, before.quantity, executed.quantity]).to.deep.equal([
        'unknown',
        1,
        0,
        0,
      ])
      expect(exit.seen(anOrderState('filled', 5), 30).kind).to.equal('filled')
    }
  })

  it('ends with what a venue has executed that rounds the order to a step of its own', () => {
    const cases = [
      [0.333333333333, 0.33333333, 'intending'],
      [0.666666666666, 0.66666667, 'filled'],
      [0.8, 0.7999999999999999, 'filled'],
    ] as const
    for (const [quantity, executed, kind] of cases) {
      const exit = new ExitCase(COMPLETE, { quantity })
        .sent()
        .seen(anOrderState('filled', executed), 20)
      expect([exit.kind, exit.record.faults, exit.record.before.quantity]).to.deep.equal([
        kind,
        0,
        executed,
      ])
    }
    const exit = new ExitCase(COMPLETE, { quantity: 0.333333333333 }).sent()
    exit.seen(anOrderState('filled', 0.33333333), 20).happen({ kind: 'recorded', at: 30 })
    expect(exit.steps(30)).to.deep.equal([{ kind: 'flat', by: 'dust' }])
  })

  it('gathers its evidence anew after an answer that cannot be true', () => {
    const absent = { kind: 'absent' } as const
    const exit = new ExitCase(COMPLETE).sent().lost(5).seen(absent, 20)
    exit.seen(anOrderState('filled', 6), 30)
    expect(exit.seen(absent, 35).seen(absent, 45).kind, 'only one of them is late enough').to.equal(
      'unknown',
    )
    expect(exit.seen(absent, 55).kind).to.equal('intended')
  })

  it('believes a rejection of an order that was accepted only twice, far enough apart', () => {
    const rejected = { kind: 'rejected', code: 'refused', text: 'margin' } as const
    const exit = new ExitCase(COMPLETE).sent().seen(anOrderState('working', 0), 5)
    exit.seen(rejected, 20).seen(rejected, 29)
    expect([exit.kind, exit.record.faults]).to.deep.equal(['unknown', 0])
    expect(exit.kindsOfSteps(29, { isWhole: false })).to.include('ask-order')
    const filled = new ExitCase(COMPLETE)
    filled.record = exit.record
    expect(filled.seen(anOrderState('filled', 5), 30).kind).to.equal('filled')
    exit.seen(rejected, 30)
    expect([exit.kind, exit.record.attempt]).to.deep.equal(['rejected', 1])
    exit.happen({ kind: 'retry', at: 2_000 })
    expect(exit.record.pastOrders, 'it may be executed late').to.have.length(1)
  })

  it('takes a rejection after the acceptance that is pushed for one that is asked for again', () => {
    const exit = new ExitCase(COMPLETE).sent().seen(anOrderState('working', 0), 5)
    const order = { kind: 'rejected', code: 'price-band', band: { low: 95 } } as const
    exit.happen({ kind: 'seen', id: exit.id, order, by: 'stream', askedAt: 20, at: 20 })
    expect(exit.kind).to.equal('unknown')
    exit.seen(order, 40)
    expect([exit.kind, exit.record.band]).to.deep.equal(['rejected', { low: 95 }])
  })

  it('believes no rejection of an order with a part executed', () => {
    const rejected = { kind: 'rejected', code: 'refused' } as const
    const exit = new ExitCase(COMPLETE).sent().seen(anOrderState('working', 2), 5)
    for (const at of [20, 40, 60]) exit.seen(rejected, at)
    expect([exit.kind, exit.record.attempt, exit.record.faults]).to.deep.equal(['unknown', 1, 3])
  })

  it('takes no answer to a cancel for a rejection of the order', () => {
    const rejected = { kind: 'rejected', code: 'refused' } as const
    const alive = new ExitCase(COMPLETE).sent().seen(anOrderState('working', 0), 5)
    expect(alive.seen(rejected, 20, 'cancel').kind).to.equal('acknowledged')
    const doubted = new ExitCase(COMPLETE).sent().lost(5)
    for (const at of [20, 40, 60]) doubted.seen(rejected, at, 'cancel')
    expect(doubted.kind).to.equal('unknown')
  })

  it('believes a rejection of an order in doubt only twice, late and far enough apart', () => {
    const rejected = { kind: 'rejected', code: 'refused' } as const
    const exit = new ExitCase(COMPLETE).sent().lost(5)
    exit.seen(rejected, 14).seen(rejected, 15).seen(rejected, 24)
    expect(exit.kind).to.equal('unknown')
    expect(exit.seen(rejected, 25).kind).to.equal('rejected')
    const contradicted = new ExitCase(COMPLETE).sent().lost(5).seen(rejected, 15)
    expect(contradicted.seen(anOrderState('working', 0), 25).seen(rejected, 35).kind).to.equal(
      'unknown',
    )
  })

  describe('of an order for which the venue gives only answers that cannot be true', () => {
    const lie = anOrderState('filled', 2)
    const lied = (): ExitCase => new ExitCase(COMPLETE).sent().seen(lie, 20).seen(lie, 40)

    it('asks for the order and for the holding, and cancels it once', () => {
      const all = ['ask-order', 'ask-holding', 'cancel']
      expect(lied().kindsOfSteps(41)).to.deep.equal(all)
      expect(lied().seen(lie, 45, 'cancel').kindsOfSteps(46)).to.deep.equal(all.slice(0, 2))
      expect(lied().seen({ kind: 'unknown' }, 45, 'cancel').kindsOfSteps(46)).to.deep.equal(all)
    })

    it('ends where two reports show that nothing is left', () => {
      expect(lied().kindsOfSteps(99, { held: heldAt(0, 30, 39) })).to.include('ask-order')
      expect(lied().steps(99, { held: heldAt(0, 30, 40) })).to.deep.equal([
        { kind: 'ended', quantity: 5 },
      ])
    })

    it('goes on where two reports after a cancel show what was sold, and not by a whole holding', () => {
      const lied = (lookup: 'complete' | 'open-only'): ExitCase =>
        new ExitCase(settingsOf({ lookup, dedupe: 'always' }))
          .sent()
          .seen(anOrderState('working', 0), 10)
          .seen(lie, 20)
          .seen(lie, 40)
      const untouched = { held: heldAt(5, 55, 65) }
      expect(lied('open-only').kindsOfSteps(99, untouched)).to.include('cancel')
      const cancelled = lied('open-only').seen(lie, 45, 'cancel')
      expect(cancelled.kindsOfSteps(99, { held: heldAt(5, 54, 99) })).to.include('ask-order')
      expect(cancelled.steps(99, untouched)).to.deep.equal([{ kind: 'ended', quantity: 0 }])
      expect(cancelled.steps(99, { held: heldAt(3, 55, 65) })).to.deep.equal([
        { kind: 'ended', quantity: 2 },
      ])
      // Others may hold as much as was sold: without a holding to compare with nothing is proved.
      expect(lied('complete').seen(lie, 45, 'cancel').kindsOfSteps(99, untouched)).to.deep.equal([
        'ask-order',
        'ask-holding',
      ])
    })
  })

  it('ignores an older answer that comes late, and an end with less than was executed', () => {
    const exit = new ExitCase(COMPLETE).sent().seen(anOrderState('working', 3), 20)
    const { record } = exit
    expect(exit.seen(anOrderState('working', 1), 25).record).to.equal(record)
    expect(exit.seen(anOrderState('ended', 2), 30).kind).to.equal('unknown')
  })

  it('ignores what is reported of another order, and everything after the end', () => {
    const exit = new ExitCase(COMPLETE).sent()
    const { record } = exit
    const order = anOrderState('filled', 5)
    const other = { kind: 'seen', id: 'wk0' as never, order, by: 'stream' } as const
    expect(exit.happen({ ...other, askedAt: 9, at: 9 }).record).to.equal(record)
    exit.seen(order, 20).happen({ kind: 'flat', by: 'fill', at: 30 })
    const over = exit.record
    exit.seen(anOrderState('working', 1), 40).lost(50)
    expect(exit.record).to.equal(over)
  })

  it('does not believe a refusal of an order that was sent before', () => {
    const settings = settingsOf({ dedupe: 'always' })
    const exit = new ExitCase(settings).sent().lost(5).happen({ kind: 'sent', at: 6 })
    const answer = { kind: 'rejected', code: 'insufficient-quantity' } as const
    exit.happen({ kind: 'answered', id: exit.id, answer, at: 7 })
    expect([exit.kind, exit.record.attempt]).to.deep.equal(['unknown', 1])
  })

  describe('after a rejection', () => {
    const rejectedWith = (code: 'market-closed' | 'would-trigger' | 'refused', times = 1) => {
      const exit = new ExitCase(COMPLETE)
      for (let count = 0; count < times; count++) {
        exit.sent(0).happen({
          kind: 'answered',
          id: exit.id,
          at: 0,
          answer: { kind: 'rejected', code },
        })
        if (count < times - 1) exit.happen({ kind: 'retry', at: 0 })
      }
      return exit
    }
    const waitOf = ({ record: { state } }: ExitCase): number | undefined =>
      state.kind === 'rejected' ? state.retryAt : undefined

    it('waits longer each time, up to a bound', () => {
      const waits = [1, 2, 3, 9].map(times => waitOf(rejectedWith('refused', times)))
      expect(waits).to.deep.equal([1_000, 2_000, 4_000, 60_000])
    })

    it('waits for a closed market without counting', () => {
      const exit = rejectedWith('market-closed', 3)
      expect([exit.record.rejections, waitOf(exit)]).to.deep.equal([0, 15_000])
    })

    /** An exit by a limit, which is sent at 0. */
    function limited(): ExitCase {
      const style = { kind: 'marketable-limit', bandPct: 1, escalateMs: 500 } as const
      const styles = ['market', 'marketable-limit'] as const
      const exit = new ExitCase(settingsOf({ lookup: 'complete', styles }, { style }))
      const recorded = { kind: 'recorded', at: 0 } as const
      const plan = { quantity: 5, limit: 99, heldBefore: 5 }
      expect(exit.happen(recorded).steps(0)).to.deep.equal([{ kind: 'plan', plan }])
      return exit.happen({ kind: 'planned', plan, at: 0 }, recorded, { kind: 'sent', at: 0 })
    }

    it('goes to market at once where a limit would trigger', () => {
      const exit = limited()
      const answer = { kind: 'rejected', code: 'would-trigger' } as const
      exit.happen({ kind: 'answered', id: exit.id, answer, at: 3 })
      expect(exit.kindsOfSteps(3)).to.deep.equal(['retry'])
      exit.happen({ kind: 'retry', at: 3 }, { kind: 'recorded', at: 3 })
      expect([exit.record.order.limit, exit.kindsOfSteps(3)]).to.deep.equal([undefined, ['plan']])
    })

    it('goes to market where the venue ends a limit, whether a part of it is executed or none', () => {
      for (const executed of [0, 2]) {
        const exit = limited()
        const order = anOrderState('ended', executed, executed > 0 ? 100 : null)
        exit.happen({ kind: 'seen', id: exit.id, order, by: 'stream', askedAt: 2, at: 2 })
        exit.happen({ kind: 'retry', at: 5_000 }, { kind: 'recorded', at: 5_000 })
        const left = 5 - executed
        const [step] = exit.steps(5_000, { allowance: left })
        expect([exit.record.attempt, exit.record.order.limit, step]).to.deep.equal([
          2,
          undefined,
          { kind: 'plan', plan: { quantity: left, heldBefore: 5 } },
        ])
      }
    })

    it('asks what is held when there is too little, and who reserves it', () => {
      const exit = new ExitCase({ ...COMPLETE, listsOrders: true }).sent(0)
      const answer = { kind: 'rejected', code: 'insufficient-quantity' } as const
      exit.happen({ kind: 'answered', id: exit.id, answer, at: 5 })
      const held = { quantity: 5, at: 4, byName: undefined }
      expect(exit.kindsOfSteps(9_999, { held })).to.deep.equal(['ask-holding', 'list-orders'])
      expect(exit.kindsOfSteps(9_999)).to.deep.equal(['retry'])
    })

    const refused = (code: RejectionCode, listsOrders = true): ExitCase => {
      const exit = new ExitCase({ ...COMPLETE, listsOrders }).sent(0)
      const answer = { kind: 'rejected', code } as const
      return exit.happen({ kind: 'answered', id: exit.id, answer, at: 5 })
    }

    it('asks by name what is held where the venue says that nothing is', () => {
      const exit = refused('nothing-held')
      const list = { quantity: 5, at: 9, byName: { times: [4], at: 4 } }
      expect(exit.kindsOfSteps(9_999, { held: list })).to.deep.equal(['ask-holding'])
      expect(exit.kindsOfSteps(9_999, { held: heldAt(5, 9) })).to.deep.equal(['retry'])
    })

    it('asks which orders reserve it where the venue says that some do', () => {
      const held = { quantity: 5, at: 4, byName: undefined }
      const asked = refused('held-by-orders').kindsOfSteps(9_999, { held })
      expect(asked).to.deep.equal(['ask-holding', 'list-orders'])
      const other = { clientOrderId: 'x', instrument: aPosition().instrument, remaining: -5 }
      expect(reservedBy(refused('held-by-orders').record, [other])).to.include({
        kind: 'exit-reserved',
      })
    })

    it('waits as long as can be for another price where the order is too small, and is reported', () => {
      const exit = refused('below-minimum')
      expect(exit.record.state).to.include({ retryAt: 5 + COMPLETE.maxRetryMs })
      const before = new ExitCase(COMPLETE).sent(0).record
      const kinds = noticesOf(before, exit.record, COMPLETE).map(({ kind }) => kind)
      expect(kinds).to.deep.equal(['exit-rejected', 'exit-stuck'])
    })
  })

  it('sends the same attempt again that did not leave, not before the time that was given', () => {
    const exit = new ExitCase(COMPLETE).sent()
    const { id } = exit
    exit.happen({ kind: 'not-sent', id, code: 'RATE_LIMITED', retryAfterMs: 100, at: 5 })
    expect(exit.kindsOfSteps(104)).to.deep.equal([])
    expect(exit.kindsOfSteps(105)).to.deep.equal(['send'])
    expect(exit.id).to.equal(id)
  })

  it('keeps a history that has a bound: how it began, and what happened last', () => {
    const exit = new ExitCase(COMPLETE)
    for (let count = 0; count < 100; count++) {
      exit.sent(count).happen({ kind: 'not-sent', id: exit.id, code: 'NOT_SENT', at: count })
    }
    const { steps } = exit.record
    expect(steps).to.have.length(MOST_STEPS)
    expect([steps[0]!.what, steps.at(-1)!.at]).to.deep.equal(['decided: stop-loss', 99])
  })

  it('joins a later decision: the first reason stays', () => {
    const later = {
      ...aDecision(),
      reason: 'manual' as const,
      matched: ['manual', 'stop-loss'] as const,
    }
    const { record } = new ExitCase(COMPLETE).sent()
    const { decision } = joined(record, later)
    expect([decision.reason, decision.matched]).to.deep.equal([
      'stop-loss',
      ['stop-loss', 'manual'],
    ])
    expect(joined(record, aDecision())).to.equal(record)
  })
})
