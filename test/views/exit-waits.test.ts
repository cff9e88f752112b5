import { expect } from 'chai'
import type { CallDesk } from '../../src/calls/call-desk.ts'
import { RateLimited } from '../../src/errors.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import { waitOf, type WaitDeps } from '../../src/views/exit-waits.ts'
import { aDesk } from '../support/desk.ts'
import { ExitCase, settingsOf } from '../support/exits.ts'

const FOUND = { lookup: 'complete', reduceOnly: true } as const

describe('what an exit waits for', () => {
  let desk: CallDesk
  beforeEach(() => (desk = aDesk()))

  const around = (but: Partial<WaitDeps> = {}, capabilities: object = FOUND): WaitDeps => ({
    account: {
      isObserving: false,
      engine: {
        book: { settings: settingsOf(capabilities), holdings: { current: () => undefined } },
      },
    } as unknown as WaitDeps['account'],
    desk,
    accountWhy: undefined,
    steadyMs: 10_000,
    monotonicMs: 0,
    ...but,
  })
  const inState = (state: ExitRecord['state']): ExitRecord => ({
    ...new ExitCase(settingsOf(FOUND)).record,
    state,
  })
  /** A call of the group was answered by a ban. */
  const ban = (group: 'orders'): void => {
    const grant = desk.gates.ask({ group, isUrgent: true })
    if (grant.kind !== 'granted') throw new Error('it may not leave')
    desk.gates.rateLimited(grant, new RateLimited('banned', { retryAfterMs: 90_000, isBan: true }))
  }

  it('is the account where no order of it could leave, and nothing where it is over', () => {
    const intended = inState({ kind: 'intended', notBefore: 0 })
    const why = 'the holdings are not confirmed'
    expect(waitOf(intended, around({ accountWhy: why }))).to.equal(`the account: ${why}`)
    expect(waitOf(inState({ kind: 'flat', at: 1, by: 'gone' }), around())).to.equal(undefined)
  })

  it('is the end of a ban, before what comes then', () => {
    ban('orders')
    const queued = inState({ kind: 'queued', since: 1 })
    expect(waitOf(queued, around())).to.match(/^the ban by the venue to end, 90 s; then its turn/)
    const unknown = inState({ kind: 'unknown', since: 4_000 })
    expect(waitOf(unknown, around())).to.equal(
      'the ban by the venue to end, 90 s; then proof of what became of its order, for 6 s',
    )
  })

  it('is the proved end of an order that may be executed still', () => {
    const intended = inState({ kind: 'intended', notBefore: 0 })
    const executed = { quantity: 0, price: null }
    const past = { clientOrderId: 'wkn1', quantity: 4, executed, isWorking: true }
    const waits = (more: object): string | undefined =>
      waitOf({ ...intended, pastOrders: [{ ...past, ...more }] }, around())
    expect(waits({ isNet: true })).to.equal('the proved end of its stop at the venue, wkn1')
    expect(waits({})).to.equal('the proved end of an earlier order of it, wkn1')
    expect(waits({ isWorking: false })).to.match(/^its turn/)
  })

  it('is its turn, an answer, a price, or the time of its next attempt', () => {
    const texts = (
      [
        { kind: 'intended', notBefore: 0 },
        { kind: 'intended', notBefore: 0, isPriceless: true },
        { kind: 'intended', notBefore: 0, below: { value: 3, minimum: 5 } },
        { kind: 'rejected', code: 'market-closed', since: 1, retryAt: 12_001 },
        { kind: 'sending' },
        { kind: 'acknowledged', since: 1 },
        { kind: 'foreign', by: 'duplicate', since: 1, retryAt: 2 },
      ] as const
    ).map(state => waitOf(inState(state), around()))
    expect(texts).to.deep.equal([
      'its turn under the limit of orders (throttle)',
      'a price, for the limit of its order',
      'another price: it is worth 3, less than the smallest order (5)',
      '3 s: the venue refused it (market-closed)',
      'the answer to its order',
      'the execution of its order',
      'a person, or the end of an order with its id that this store did not send',
    ])
    const asking = around({}, { lookup: 'none' })
    expect(waitOf(inState({ kind: 'intended', notBefore: 0 }), asking)).to.equal(
      'an answer about its holding',
    )
  })
})
