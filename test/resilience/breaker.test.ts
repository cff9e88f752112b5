import { expect } from 'chai'
import fc from 'fast-check'
import {
  closeUnprobed,
  disable,
  forceOpen,
  metricsOnly,
  openUntil,
  probeNow,
  probeSooner,
  reset,
  restore,
  snapshot,
} from '../../src/resilience/breaker-hand.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import type { Breaker, Permit } from '../../src/resilience/breaker-state.ts'
import {
  acquire,
  advanceTo,
  breaker,
  isOpen,
  isPermit,
  recordFailure,
  recordSuccess,
  settle,
  state,
  type Outcome,
  type Refusal,
} from '../../src/resilience/breaker.ts'

const optionsOf = (given: object = {}) => breakerOptions.parse({ jitter: 0, ...given })
const fresh = (given: object = {}): Breaker => breaker(optionsOf(given))

/** A permit that must be there. */
function permitOf([next, answer]: [Breaker, Permit | Refusal]): [Breaker, Permit] {
  if (!isPermit(answer)) throw new Error(`refused: ${JSON.stringify(answer)}`)
  return [next, answer]
}

/** One call that takes `ms` and ends so. */
function call(
  before: Breaker,
  outcome: Outcome,
  { at, ms = 0 }: { at: number; ms?: number },
): Breaker {
  const [next, permit] = permitOf(acquire(before, at))
  return settle(next, permit, outcome, at + ms)
}

/** When an exit may probe, ms from `now`. */
const exitRetryInMs = (b: Breaker, now: number): number => {
  const [, answer] = acquire(b, now, { isExitWaiting: true })
  return isPermit(answer) ? 0 : answer.retryInMs
}

/** One call of an exit that ends at once. */
function exitCall(before: Breaker, outcome: Outcome, at: number): Breaker {
  const [next, permit] = permitOf(acquire(before, at, { isExitWaiting: true }))
  return settle(next, permit, outcome, at, { isExitWaiting: true })
}

const calls = (before: Breaker, outcomes: readonly Outcome[], at = 0): Breaker =>
  outcomes.reduce((each, outcome) => call(each, outcome, { at }), before)

const failed = (count: number): Outcome[] => Array.from({ length: count }, () => 'failure')
const tripped = (given: object = {}, at = 0): Breaker => calls(fresh(given), failed(5), at)
const retryInMs = (b: Breaker, now: number): number => {
  const [, answer] = acquire(b, now)
  return isPermit(answer) ? 0 : answer.retryInMs
}

describe('a circuit breaker', () => {
  describe('with a consecutive window', () => {
    it('opens at so many failures in a row, and not at one less', () => {
      expect(state(calls(fresh(), failed(4)), 0)).to.equal('closed')
      expect(state(tripped(), 0)).to.equal('open')
    })

    it('starts the count again at a success, and leaves it alone at an ignored call', () => {
      expect(state(calls(fresh(), [...failed(4), 'success', ...failed(4)]), 0)).to.equal('closed')
      expect(state(calls(fresh(), [...failed(4), 'ignored', 'failure']), 0)).to.equal('open')
    })
  })

  describe('with rates', () => {
    const count = (given: object): object => ({ window: { kind: 'count', size: 10, ...given } })

    it('decides nothing before it has seen enough calls', () => {
      const options = count({ minimumCalls: 4, failureRatePct: 50 })
      expect(state(calls(fresh(options), failed(3)), 0)).to.equal('closed')
      expect(state(calls(fresh(options), failed(4)), 0)).to.equal('open')
    })

    it('opens at the rate itself, evaluated at every outcome', () => {
      const options = count({ minimumCalls: 4, failureRatePct: 50 })
      const half = calls(fresh(options), ['failure', 'failure', 'success', 'success'])
      expect(state(half, 0)).to.equal('open')
      const less = calls(fresh(options), ['failure', 'success', 'success', 'success'])
      expect(state(less, 0)).to.equal('closed')
    })

    it('never requires more calls than a count window holds', () => {
      const options = count({ size: 3, minimumCalls: 100, failureRatePct: 100 })
      expect(state(calls(fresh(options), failed(3)), 0)).to.equal('open')
    })

    it('counts a call as slow that took longer than the limit, and not one that took as long', () => {
      const options = count({ minimumCalls: 2, slowMs: 100, slowRatePct: 100 })
      const run = (ms: number): Breaker =>
        [0, 1].reduce(each => call(each, 'success', { at: 0, ms }), fresh(options))
      expect([state(run(100), 100), state(run(101), 101)]).to.deep.equal(['closed', 'open'])
    })

    it('forgets by time, also when there were no calls for long', () => {
      const options = { window: { kind: 'time', windowMs: 1_000, minimumCalls: 4 } }
      const before = calls(fresh(options), failed(3))
      expect(state(call(before, 'failure', { at: 1_000 }), 1_000)).to.equal('closed')
      expect(state(call(before, 'failure', { at: 800 }), 800)).to.equal('open')
    })
  })

  it('stays open for a time that doubles with each failed probe, up to the longest', () => {
    let now = 0
    let each = tripped()
    const lengths: number[] = []
    for (let probe = 0; probe < 6; probe++) {
      const wait = retryInMs(each, now)
      lengths.push(wait)
      now += wait
      each = call(each, 'failure', { at: now })
    }
    expect(lengths).to.deep.equal([10_000, 20_000, 40_000, 60_000, 60_000, 60_000])
  })

  it('rests for only a second at first while an exit waits', () => {
    let each = fresh()
    for (let index = 0; index < 5; index++) {
      const [next, permit] = permitOf(acquire(each, 0))
      each = settle(next, permit, 'failure', 0, { isExitWaiting: true })
    }
    expect(retryInMs(each, 0)).to.equal(1_000)
  })

  it('varies the time by at most a fifth', () => {
    const lengthOf = (random: number): number => {
      let each = breaker(breakerOptions.parse({}))
      for (let index = 0; index < 5; index++) {
        const [next, permit] = permitOf(acquire(each, 0))
        each = settle(next, permit, 'failure', 0, { random })
      }
      return retryInMs(each, 0)
    }
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), random => {
        expect(lengthOf(random)).to.be.within(8_000, 12_000)
      }),
    )
  })

  it('opens once for many failures at the same time, and does not push the end', () => {
    let each = fresh()
    const permits: Permit[] = []
    for (let index = 0; index < 20; index++) {
      const [next, permit] = permitOf(acquire(each, 0))
      each = next
      permits.push(permit)
    }
    permits.forEach((permit, index) => (each = settle(each, permit, 'failure', index * 100)))
    expect(each.transitions).to.have.length(1)
    expect(retryInMs(each, 2_000)).to.equal(10_400 - 2_000)
  })

  it('turns half-open by time alone, and lets exactly so many probes through', () => {
    const half = advanceTo(tripped({ halfOpenPermits: 2 }), 10_000)
    expect(half.kind).to.equal('half-open')
    const [one, first] = permitOf(acquire(half, 10_000))
    const [two] = permitOf(acquire(one, 10_000))
    expect(isPermit(acquire(two, 10_000)[1])).to.equal(false)
    const given = settle(two, first, 'ignored', 10_001)
    expect(isPermit(acquire(given, 10_001)[1])).to.equal(true)
  })

  describe('with several probes', () => {
    const options = {
      halfOpenPermits: 4,
      window: { kind: 'count', size: 5, minimumCalls: 5, failureRatePct: 50 },
    }
    /** Half-open with all its probes out. */
    const probing = (): [Breaker, readonly Permit[]] => {
      let each = tripped(options)
      const probes = [1, 2, 3, 4].map(() => {
        const [next, permit] = permitOf(acquire(each, 10_000))
        each = next
        return permit
      })
      return [each, probes]
    }

    it('reopens as soon as the remaining probes cannot save it', () => {
      const [half, probes] = probing()
      const one = settle(half, probes[0]!, 'failure', 10_001)
      expect(state(one, 10_001)).to.equal('half-open')
      expect(state(settle(one, probes[1]!, 'failure', 10_002), 10_002)).to.equal('open')
    })

    it('closes once all of them have ended, one failure or not', () => {
      const [half, probes] = probing()
      let each = settle(half, probes[0]!, 'failure', 10_001)
      for (const probe of probes.slice(1, 3)) each = settle(each, probe, 'success', 10_002)
      expect(state(each, 10_002)).to.equal('half-open')
      expect(state(settle(each, probes[3]!, 'success', 10_003), 10_003)).to.equal('closed')
    })
  })

  it('closes with an empty window and no growth when the sample is good', () => {
    const closed = call(tripped(), 'success', { at: 10_000 })
    expect(state(closed, 10_000)).to.equal('closed')
    const again = calls(closed, failed(5), 10_000)
    expect(retryInMs(again, 10_000)).to.equal(10_000)
    expect(state(calls(closed, failed(4), 10_000), 10_000)).to.equal('closed')
  })

  it('reopens when a probe has no answer in time', () => {
    const [probing] = permitOf(acquire(tripped(), 10_000))
    expect(state(probing, 19_999)).to.equal('half-open')
    expect(state(probing, 20_000)).to.equal('open')
  })

  it('counts an outcome once, and none of an earlier state', () => {
    const [out, permit] = permitOf(acquire(fresh(), 0))
    const opened = calls(out, failed(5))
    expect(settle(opened, permit, 'success', 1)).to.equal(opened)
    const [half, probe] = permitOf(acquire(opened, 10_000))
    const closed = settle(half, probe, 'success', 10_001)
    expect(settle(closed, probe, 'failure', 10_002)).to.equal(closed)
  })

  it('counts refused calls separately, and in no rate', () => {
    let each = tripped()
    for (let index = 0; index < 50; index++) each = acquire(each, 1)[0]
    expect([each.refused, retryInMs(each, 1)]).to.deep.equal([50, 9_999])
  })

  it('is banned until a time that never shortens a running open', () => {
    const open = tripped()
    expect(retryInMs(openUntil(open, 5_000, 0), 0)).to.equal(10_000)
    expect(retryInMs(openUntil(open, 70_000, 0), 0)).to.equal(70_000)
    expect(retryInMs(openUntil(fresh(), 30_000, 0), 0)).to.equal(30_000)
  })

  describe('while an exit waits', () => {
    it('lets it probe after a second, then after two, however long others must wait', () => {
      const open = tripped()
      expect([exitRetryInMs(open, 0), retryInMs(open, 0)]).to.deep.equal([1_000, 10_000])
      let each = open
      let at = 1_000
      for (let probe = 0; probe < 8; probe++) {
        each = exitCall(each, 'failure', at)
        expect(exitRetryInMs(each, at)).to.equal(2_000)
        at += 2_000
      }
      expect(retryInMs(each, at - 2_000)).to.equal(60_000)
      expect(state(exitCall(each, 'success', at), at)).to.equal('closed')
    })

    it('lets one probe at a time through, and one more where that has hung for two seconds', () => {
      const [probing] = permitOf(acquire(tripped(), 1_000, { isExitWaiting: true }))
      expect([exitRetryInMs(probing, 1_000), exitRetryInMs(probing, 2_999)]).to.deep.equal([
        2_000, 1,
      ])
      expect(retryInMs(probing, 3_000)).to.equal(8_000)
      const [two, second] = permitOf(acquire(probing, 3_000, { isExitWaiting: true }))
      expect(exitRetryInMs(two, 3_000)).to.equal(2_000)
      expect(state(settle(two, second, 'success', 3_100), 3_100)).to.equal('closed')
    })

    it('lets it probe in a ban, later each time that the venue bans again', () => {
      let each = openUntil(fresh(), 3_600_000, 0)
      const waits: number[] = []
      let at = 0
      for (let probe = 0; probe < 6; probe++) {
        waits.push(exitRetryInMs(each, at))
        at += waits.at(-1)!
        const [next, permit] = permitOf(acquire(each, at, { isExitWaiting: true }))
        expect(retryInMs(next, at)).to.be.greaterThan(0)
        each = settle(openUntil(next, 3_600_000, at), permit, 'ignored', at)
      }
      expect(waits).to.deep.equal([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
      expect(retryInMs(each, at)).to.equal(3_600_000 - at)
      expect(state(exitCall(each, 'success', at + 60_000), at + 60_000)).to.equal('closed')
    })

    it('keeps a ban for all others when the probe fails, or gives its permit back', () => {
      const banned = openUntil(fresh(), 600_000, 0)
      const again = exitCall(banned, 'failure', 5_000)
      expect(retryInMs(again, 5_000)).to.equal(595_000)
      const neutral = exitCall(banned, 'ignored', 5_000)
      expect([retryInMs(neutral, 5_000), exitRetryInMs(neutral, 5_000)]).to.deep.equal([595_000, 0])
    })

    it('never makes it wait longer than others', () => {
      const options = { openMs: 500, exitOpenMs: 1_000, maxOpenMs: 1_000 }
      expect(exitRetryInMs(tripped(options), 0)).to.equal(500)
      expect(exitRetryInMs(openUntil(fresh(), 300, 0), 0)).to.equal(300)
    })
  })

  it('opens at the first refusal of the credentials, for a time that grows', () => {
    const waits: number[] = []
    let each = exitCall(fresh(), 'denied', 0)
    let at = 0
    for (let probe = 0; probe < 5; probe++) {
      waits.push(exitRetryInMs(each, at))
      at += waits.at(-1)!
      each = exitCall(each, 'denied', at)
    }
    expect(waits).to.deep.equal([1_000, 2_000, 4_000, 5_000, 5_000])
    expect(each.transitions.at(-1)?.cause).to.equal('unauthorized')
    expect(state(call(metricsOnly(fresh(), 0), 'denied', { at: 0 }), 0)).to.equal('metrics-only')
  })

  it('counts simultaneous refusals as one', () => {
    const [one, a] = permitOf(acquire(fresh(), 0))
    const [two, b] = permitOf(acquire(one, 0))
    const open = settle(two, a, 'denied', 10)
    expect(settle(open, b, 'denied', 20)).to.equal(open)
  })

  it('ignores a rejection while it is closed, and counts it as a good probe when half-open', () => {
    expect(state(calls(fresh(), [...failed(4), 'rejected', 'failure']), 0)).to.equal('open')
    expect(state(call(tripped(), 'rejected', { at: 10_000 }), 10_000)).to.equal('closed')
    // It proves only that calls are answered again: the next ban counts anew.
    const [open, permit] = permitOf(acquire(fresh(), 0))
    expect(settle(openUntil(open, 60_000, 0), permit, 'rejected', 1).kind).to.equal('open')
  })

  it('closes unprobed after the longest open, as the venue answers other calls', () => {
    const half = advanceTo(tripped(), 10_000)
    expect(state(closeUnprobed(half, 69_999), 69_999)).to.equal('half-open')
    expect(closeUnprobed(half, 70_000).transitions.at(-1)).to.deep.equal({
      from: 'half-open',
      to: 'closed',
      at: 70_000,
      cause: 'answered-elsewhere',
    })
  })

  it('does not close unprobed during a probe, in a ban, after refused credentials, or when set by hand', () => {
    const [probed] = permitOf(acquire(tripped({ halfOpenMaxMs: 900_000 }), 10_000))
    const banned = advanceTo(openUntil(fresh(), 600_000, 0), 10_000, { isExitWaiting: true })
    const denied = advanceTo(call(fresh(), 'denied', { at: 0 }), 10_000)
    expect([banned.kind, denied.kind]).to.deep.equal(['half-open', 'half-open'])
    for (const each of [probed, banned, denied, forceOpen(fresh(), 0), fresh()]) {
      expect(closeUnprobed(each, 100_000)).to.equal(each)
    }
  })

  it('probes at once, or as soon as an exit could, when the venue answers other calls', () => {
    const when = { at: 100, cause: 'answered-elsewhere' } as const
    const open = tripped()
    expect(retryInMs(probeNow(open, when, { isBanOver: false }), 100)).to.equal(0)
    expect(retryInMs(probeSooner(open, 100), 100)).to.equal(900)
    expect(state(probeSooner(open, 1_000), 1_000)).to.equal('half-open')
  })

  it('leaves a ban, and a state set by a person, as it is when the venue answers other calls', () => {
    const when = { at: 100, cause: 'answered-elsewhere' } as const
    const banned = openUntil(fresh(), 60_000, 0)
    expect(probeNow(banned, when, { isBanOver: false })).to.equal(banned)
    expect(probeSooner(banned, 100)).to.equal(banned)
    expect(state(probeNow(banned, when, { isBanOver: true }), 100)).to.equal('half-open')
    for (const each of [forceOpen(fresh(), 0), disable(fresh(), 0), fresh()]) {
      expect(probeNow(each, when, { isBanOver: true })).to.equal(each)
      expect(probeSooner(each, 100)).to.equal(each)
    }
  })

  it('takes no state twice: to force the one that it is in is no transition', () => {
    for (const act of [forceOpen, disable, metricsOnly]) {
      const once = act(tripped(), 0)
      expect(act(once, 5)).to.equal(once)
    }
    const again = reset(reset(tripped(), 1), 2)
    expect(again.transitions.map(({ to }) => to)).to.deep.equal(['open', 'closed'])
  })

  it('forgets failures, refusals and calls in flight when it is reset', () => {
    const open = acquire(tripped(), 1)[0]
    expect([open.refused, reset(open, 1).refused]).to.deep.equal([1, 0])
    const [failing, permit] = permitOf(acquire(calls(fresh(), failed(4)), 0))
    const closed = reset(failing, 1)
    expect(settle(closed, permit, 'failure', 2)).to.equal(closed)
    expect(state(calls(closed, failed(4), 2), 2)).to.equal('closed')
  })

  it('keeps a state set by a person until a person changes it', () => {
    const forced = forceOpen(fresh(), 0)
    expect([state(forced, 1e9), retryInMs(forced, 1e9), isOpen(forced, 1e9)]).to.deep.equal([
      'forced-open',
      Infinity,
      true,
    ])
    expect(state(calls(disable(tripped(), 0), failed(50)), 0)).to.equal('disabled')
    expect(state(calls(metricsOnly(tripped(), 0), failed(50)), 0)).to.equal('metrics-only')
    expect(state(reset(tripped(), 0), 0)).to.equal('closed')
  })

  it('remembers its last hundred transitions with their cause', () => {
    let each = tripped()
    for (let index = 0; index < 200; index++) each = reset(forceOpen(each, index), index)
    expect(each.transitions).to.have.length(100)
    expect(tripped().transitions).to.deep.equal([
      { from: 'closed', to: 'open', at: 0, cause: 'consecutive-failures' },
    ])
    expect(
      call(tripped(), 'failure', { at: 10_000 }).transitions.map(({ cause }) => cause),
    ).to.deep.equal(['consecutive-failures', 'open-elapsed', 'probe-failed'])
  })

  it('counts outcomes of calls without a permit', () => {
    let each = fresh()
    for (let index = 0; index < 4; index++) each = recordFailure(each, 0)
    each = recordSuccess(each, 0)
    for (let index = 0; index < 5; index++) each = recordFailure(each, 0)
    expect([isOpen(each, 0), state(each, 0)]).to.deep.equal([true, 'open'])
    expect(recordFailure(each, 0).refused).to.equal(0)
  })

  it('is open after a restart of the process for the remaining time', () => {
    const options = optionsOf()
    const kept = snapshot(tripped(), 4_000)
    const again = restore(options, kept, 1_000_000)
    expect(retryInMs(again, 1_000_000)).to.equal(6_000)
    expect(state(restore(options, snapshot(forceOpen(fresh(), 0), 0), 9), 9)).to.equal(
      'forced-open',
    )
  })

  it('keeps a ban over a restart of the process, and still lets an exit probe', () => {
    const options = optionsOf()
    const banned = openUntil(fresh(), 600_000, 0)
    const again = restore(options, snapshot(banned, 100_000), 7)
    expect([retryInMs(again, 7), exitRetryInMs(again, 7)]).to.deep.equal([500_000, 5_000])
    const [probing] = permitOf(acquire(banned, 5_000, { isExitWaiting: true }))
    const half = restore(options, snapshot(probing, 6_000), 7)
    expect([half.kind, retryInMs(half, 7), exitRetryInMs(half, 7)]).to.deep.equal([
      'half-open',
      594_000,
      0,
    ])
    expect(exitRetryInMs(restore(options, snapshot(tripped(), 0), 7), 7)).to.equal(2_000)
  })

  describe('in any sequence of events', () => {
    type Act =
      | { readonly kind: 'ask'; readonly isExit: boolean }
      | { readonly kind: 'end'; readonly which: number; readonly outcome: Outcome }
      | { readonly kind: 'wait'; readonly ms: number }
    const act: fc.Arbitrary<Act> = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('ask' as const), isExit: fc.boolean() }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('end' as const),
          which: fc.nat(30),
          outcome: fc.constantFrom<Outcome[]>(
            ...(['success', 'failure', 'failure', 'ignored', 'denied', 'rejected'] as const),
          ),
        }),
      },
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(15_000) }),
    )
    const windows = fc.constantFrom<object[]>(
      { kind: 'consecutive', threshold: 2 },
      { kind: 'count', size: 5, minimumCalls: 3, failureRatePct: 50, slowMs: 500, slowRatePct: 80 },
      { kind: 'time', windowMs: 5_000, minimumCalls: 3, failureRatePct: 60 },
    )

    it('keeps its promises about probes, opens, refusals and late outcomes', () => {
      const story = fc.array(act, { maxLength: 80 })
      fc.assert(
        fc.property(windows, fc.integer({ min: 1, max: 3 }), story, (window, permits, acts) => {
          let each = fresh({ window, halfOpenPermits: permits })
          let now = 0
          let failures = 0
          const out: { readonly permit: Permit; isOver: boolean }[] = []
          let refusedAt:
            | { readonly at: number; readonly epoch: number; readonly retry: number }
            | undefined
          for (const step of acts) {
            if (step.kind === 'wait') now += step.ms
            if (step.kind === 'ask' && step.isExit) {
              const [next, answer] = acquire(each, now, { isExitWaiting: true })
              each = next
              if (isPermit(answer)) out.push({ permit: answer, isOver: false })
              else expect(answer.retryInMs).to.be.at.most(5_000 * 1.2)
            }
            if (step.kind === 'ask' && !step.isExit) {
              const [next, answer] = acquire(each, now)
              each = next
              if (isPermit(answer)) out.push({ permit: answer, isOver: false })
              else {
                if (
                  refusedAt !== undefined &&
                  refusedAt.epoch === each.epoch &&
                  each.kind === 'open'
                ) {
                  const leftMs = refusedAt.retry - (now - refusedAt.at)
                  expect(answer.retryInMs).to.be.at.most(leftMs)
                }
                refusedAt = { at: now, epoch: each.epoch, retry: answer.retryInMs }
              }
              const probes = out.filter(o => !o.isOver && o.permit.epoch === each.epoch)
              const hungMs = now - (probes[0]?.permit.at ?? now)
              const most = permits + Math.ceil(hungMs / 2_000)
              if (each.kind === 'half-open') expect(probes.length).to.be.at.most(most)
            }
            if (step.kind === 'end' && out.length > 0) {
              const chosen = out[step.which % out.length]!
              const before = each
              each = settle(each, chosen.permit, step.outcome, now)
              const isLate = chosen.isOver || chosen.permit.epoch !== before.epoch
              if (isLate) expect(each).to.equal(before)
              else if (step.outcome === 'failure' || step.outcome === 'denied') failures++
              chosen.isOver = true
            }
            const opens = each.transitions.filter(
              ({ to, cause }) =>
                to === 'open' &&
                cause !== 'probe-hung' &&
                cause !== 'probe-slow' &&
                cause !== 'slow-rate',
            )
            expect(opens.length).to.be.at.most(failures)
          }
        }),
        { numRuns: 300 },
      )
    })

    it('is never closed by a restore of what was not', () => {
      fc.assert(
        fc.property(fc.array(act, { maxLength: 30 }), acts => {
          let each = fresh()
          let now = 0
          for (const step of acts) {
            if (step.kind === 'wait') now += step.ms
            const [next, answer] = acquire(each, now)
            each = next
            if (isPermit(answer) && step.kind === 'end')
              each = settle(each, answer, step.outcome, now)
          }
          const again = restore(optionsOf(), snapshot(each, now), 77)
          expect(again.kind).to.equal(state(each, now))
          expect(again.epoch).to.be.greaterThan(each.epoch - 1)
        }),
      )
    })
  })
})

describe('the options of a breaker', () => {
  const faults = (given: object): string[] =>
    (breakerOptions.safeParse(given).error?.issues ?? []).map(({ path }) => path.join('.'))

  it('refuse contradictions, each with its path', () => {
    expect(faults({ openMs: 5_000, maxOpenMs: 1_000 })).to.include('maxOpenMs')
    expect(faults({ exitOpenMs: 3_000 })).to.deep.equal(['exitMaxOpenMs'])
    expect(faults({ window: { kind: 'consecutive', threshold: 0 } })).to.deep.equal([
      'window.threshold',
    ])
    expect(faults({ window: { kind: 'count', minimumCalls: 0 } })).to.deep.equal([
      'window.minimumCalls',
    ])
    expect(faults({ window: { kind: 'count', slowMs: 5 } })).to.deep.equal(['window.slowRatePct'])
    expect(faults({ jitter: 0.3 })).to.deep.equal(['jitter'])
    expect(faults({ halfOpenPermits: 0 })).to.deep.equal(['halfOpenPermits'])
  })
})
