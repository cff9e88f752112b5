import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { OrderState } from '../../src/domain/order.ts'
import type { StopOrder } from '../../src/domain/resting-stop.ts'
import { netId } from '../../src/nets/net-id.ts'
import { hasFired, newNet, recoveredNet, type NetRecord } from '../../src/nets/record.ts'
import { followNet, type NetEvent, type NetVenue } from '../../src/nets/transitions.ts'

const identity = { storeId: 's', account: '', positionId: positionId('p'), generation: 1, n: 1 }
const id = netId(identity, 36)
const order: StopOrder = {
  clientOrderId: id,
  positionId: identity.positionId,
  instrument: instrumentId('ACME'),
  side: 'long',
  quantity: 4,
  priceSource: 'trade',
  reduceOnly: true,
  trigger: { price: 90, by: 'last' },
}
const VENUE: NetVenue = { visibilityMs: 100 }
const NOTHING = { quantity: 0, price: null }
const HALF = { quantity: 2, price: 89 }
const ALL = { quantity: 4, price: 89 }

type Happening = Omit<NetEvent, 'id' | 'at'> & { readonly kind: NetEvent['kind'] }

const after = (record: NetRecord, ...events: readonly (Happening & { readonly at?: number })[]) =>
  events.reduce((net, event) => followNet(net, { id, at: 0, ...event } as NetEvent, VENUE), record)

const seen = (order: OrderState, askedAt = 1_000, by: 'look-up' | 'cancel' = 'look-up') =>
  ({ kind: 'seen', by, order, askedAt, at: askedAt }) as const

const fresh = newNet(identity, order, 0)
const intended = after(fresh, { kind: 'recorded' })
const sending = after(intended, { kind: 'queued' }, { kind: 'sent' })
const acknowledged = { kind: 'answered', answer: { kind: 'acknowledged' } } as const
const resting = after(sending, acknowledged)
const unknown = after(sending, { kind: 'outcome-unknown' })

const STATES: Readonly<Record<string, NetRecord>> = {
  intending: fresh,
  intended,
  queued: after(intended, { kind: 'queued' }),
  sending,
  resting,
  unknown,
  over: after(resting, seen({ kind: 'ended', executed: NOTHING })),
}

/** What each event makes of each state: a state, its end, or nothing where it stays. */
const EVENTS: Readonly<Record<string, { readonly event: Happening; readonly to: object }>> = {
  recorded: { event: { kind: 'recorded' }, to: { intending: 'intended' } },
  queued: { event: { kind: 'queued' }, to: { intended: 'queued' } },
  sent: {
    event: { kind: 'sent' },
    to: { intending: 'sending', intended: 'sending', queued: 'sending' },
  },
  'not sent': { event: { kind: 'not-sent' }, to: { queued: 'intended', sending: 'intended' } },
  'no answer': {
    event: { kind: 'outcome-unknown' },
    to: { queued: 'unknown', sending: 'unknown' },
  },
  dropped: {
    event: { kind: 'dropped' },
    to: { intending: 'over dropped', intended: 'over dropped', queued: 'over dropped' },
  },
  acknowledged: { event: acknowledged, to: { sending: 'resting' } },
  rejected: {
    event: { kind: 'answered', answer: { kind: 'rejected', code: 'would-trigger' } } as Happening,
    to: { sending: 'over rejected' },
  },
  duplicate: {
    event: { kind: 'answered', answer: { kind: 'duplicate' } } as Happening,
    to: { sending: 'unknown' },
  },
  'seen working': {
    event: seen({ kind: 'working', executed: NOTHING }),
    to: { sending: 'resting', unknown: 'resting' },
  },
  'seen filled': {
    event: seen({ kind: 'filled', executed: ALL }),
    to: { sending: 'over filled', resting: 'over filled', unknown: 'over filled' },
  },
  'seen ended': {
    event: seen({ kind: 'ended', executed: HALF }),
    to: { sending: 'over ended', resting: 'over ended', unknown: 'over ended' },
  },
  'seen rejected': {
    event: seen({ kind: 'rejected', code: 'refused' }),
    to: { resting: 'unknown' },
  },
  'cancel rejected': { event: seen({ kind: 'rejected', code: 'refused' }, 1, 'cancel'), to: {} },
  'seen absent': { event: seen({ kind: 'absent' }), to: { resting: 'unknown' } },
  'seen unknown': { event: seen({ kind: 'unknown' }), to: {} },
  lost: {
    event: { kind: 'lost' },
    to: { sending: 'over lost', resting: 'over lost', unknown: 'over lost' },
  },
}

const nameOf = ({ state }: NetRecord): string =>
  state.kind === 'over' ? `over ${state.by}` : state.kind

describe('the transitions of a net', () => {
  for (const [name, { event, to }] of Object.entries(EVENTS)) {
    for (const [state, record] of Object.entries(STATES)) {
      const next = (to as Record<string, string>)[state]
      it(`${name} in ${state}: ${next ?? 'it stays'}`, () => {
        expect(nameOf(after(record, event))).to.equal(next ?? nameOf(record))
      })
    }
  }

  it('proves an order absent by two answers, late enough and far enough apart, and by nothing less', () => {
    const absent = (at: number) => seen({ kind: 'absent' }, at)
    expect(nameOf(after(unknown, absent(50), absent(90)))).to.equal('unknown')
    expect(nameOf(after(unknown, absent(100), absent(199)))).to.equal('unknown')
    expect(nameOf(after(unknown, absent(100), absent(200)))).to.equal('over absent')
  })

  it('proves an order rejected by two answers, late enough and far enough apart, and by nothing less', () => {
    const rejected = (at: number) => seen({ kind: 'rejected', code: 'refused' }, at)
    const working = seen({ kind: 'working', executed: NOTHING }, 150)
    for (const net of [unknown, resting]) {
      expect(nameOf(after(net, rejected(100)))).to.equal('unknown')
      expect(nameOf(after(net, rejected(100), rejected(199)))).to.equal('unknown')
      expect(nameOf(after(net, rejected(100), rejected(200)))).to.equal('over rejected')
      expect(nameOf(after(net, rejected(100), working, rejected(200)))).to.equal('unknown')
    }
    expect(nameOf(after(unknown, rejected(50), rejected(90)))).to.equal('unknown')
  })

  it('believes no rejection of an order that was executed', () => {
    const half = seen({ kind: 'working', executed: HALF }, 100)
    const rejected = [300, 900].map(at => seen({ kind: 'rejected', code: 'refused' }, at))
    expect(nameOf(after(unknown, half, ...rejected))).to.equal('resting')
  })

  it('never proves an order absent that the venue had accepted, or may have forgotten', () => {
    const absent = [seen({ kind: 'absent' }, 200), seen({ kind: 'absent' }, 900)]
    expect(nameOf(after(resting, ...absent))).to.equal('unknown')
    const forgetful: NetVenue = { visibilityMs: 100, lookupKeeps: { ms: 500 } }
    const net = absent.reduce(
      (each, event) => followNet(each, { id, ...event }, forgetful),
      unknown,
    )
    expect(nameOf(net)).to.equal('unknown')
  })

  it('does not believe an order that executed more than it has, or is filled with less', () => {
    const executed = { quantity: 5, price: 89 }
    for (const order of [
      { kind: 'working', executed },
      { kind: 'filled', executed: HALF },
      { kind: 'ended', executed: { quantity: NaN, price: 1 } },
    ] as const) {
      const net = after(resting, seen(order))
      expect(nameOf(net)).to.equal('resting')
      expect(net.faults).to.equal(1)
    }
  })

  it('counts what an order executes after its end, and never takes it back', () => {
    const over = STATES['over']!
    const late = after(over, seen({ kind: 'ended', executed: HALF }))
    expect(hasFired(late)).to.equal(true)
    expect(after(late, seen({ kind: 'ended', executed: NOTHING })).executed).to.equal(HALF)
  })

  it('takes another trigger as armed only where the venue confirms it', () => {
    const trigger = { price: 95, by: 'last' } as const
    const moved = after(resting, { kind: 'moved', trigger } as Happening)
    expect([moved.order.trigger.price, moved.armed?.price]).to.deep.equal([95, 90])
    const amended = (order: OrderState) =>
      after(moved, { kind: 'amended', trigger, order } as Happening).armed?.price
    expect(amended({ kind: 'rejected', code: 'refused' })).to.equal(90)
    expect(amended({ kind: 'unknown' })).to.equal(90)
    const tooMuch = { kind: 'working', executed: { quantity: 9, price: 1 } } as const
    expect(amended(tooMuch), 'an answer that cannot be true').to.equal(90)
    expect(amended({ kind: 'working', executed: NOTHING })).to.equal(95)
  })

  it('knows nothing of an order of an earlier process but that it may live', () => {
    for (const record of [fresh, intended, sending, resting, unknown]) {
      expect(nameOf(recoveredNet(record, 7))).to.equal('unknown')
    }
    const over = STATES['over']!
    expect(recoveredNet(over, 7)).to.equal(over)
  })
})
