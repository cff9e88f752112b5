import { expect } from 'chai'
import sinon from 'sinon'
import { type ActorSystem, actorSystem, type Ref, send } from '../../src/actors/actor.ts'
import { gateway, gatewayState } from '../../src/actors/gateway.ts'
import type { GatewayMessage, SupervisorMessage } from '../../src/actors/messages.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../../src/domain/order.ts'
import { NotSent, OutcomeUnknown } from '../../src/errors.ts'
import { OFF } from '../../src/exits/kill-switch.ts'
import { type ExitRecord, recovered } from '../../src/exits/ledger.ts'
import type { Broker, ExitAnswer, OrderState } from '../../src/ports/broker.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'
import { aDecision, aPosition } from '../support/builders.ts'

const fillOf = ({ clientOrderId, positionId: id, quantity }: ExitOrder): Fill => ({
  clientOrderId,
  positionId: id,
  quantity,
  price: 99,
})

describe('gateway', () => {
  let actors: ActorSystem
  let journal: JournalEvent[]
  let inbox: SupervisorMessage[]
  let noted: string[]
  let now: number
  let before: ExitRecord[]
  let lookUp: (id: ClientOrderId) => Promise<OrderState>
  let save: (record: ExitRecord) => Promise<void>

  beforeEach(() => {
    actors = actorSystem()
    journal = []
    inbox = []
    noted = []
    now = 0
    before = []
    lookUp = () => Promise.resolve({ kind: 'unknown' })
    save = () => Promise.resolve()
  })

  afterEach(() => actors.stopAll())

  function start(placeExit: Broker['placeExit']): Ref<GatewayMessage> {
    const supervisor = actors.spawn<null, SupervisorMessage>({
      name: 'supervisor',
      epoch: 1,
      initialState: null,
      handle: (state, message) => {
        inbox.push(message)
        return state
      },
      onDown: sinon.stub().throws(),
    })
    const ref: Ref<GatewayMessage> = actors.spawn({
      name: 'gateway',
      epoch: 1,
      initialState: gatewayState(
        {
          broker: { placeExit, orderByClientId: id => lookUp(id) },
          journal: event => journal.push(event),
          supervisor,
          save: record => save(record),
          note: record => noted.push(record.state.kind),
          now: () => now,
          callTimeoutMs: 1_000,
          self: message => send(ref, message),
          track: call => actors.track(call),
        },
        { exits: before, killSwitch: OFF },
      ),
      handle: gateway,
      onDown: sinon.stub().throws(),
    })
    return ref
  }

  const kinds = (): string[] => journal.map(event => event.kind)
  const ask = (ref: Ref<GatewayMessage>): boolean =>
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition(), generation: 1 })
  const closed = (): SupervisorMessage[] => inbox.filter(({ kind }) => kind === 'closed')
  const filledAnswer = (order: ExitOrder): Promise<ExitAnswer> =>
    Promise.resolve({ kind: 'filled', fill: fillOf(order) })

  it('sends nothing until the intent is durable, and tries again when the store refuses', async () => {
    const placeExit = sinon.spy(filledAnswer)
    save = () => Promise.reject(new Error('disk full'))
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    expect([placeExit.callCount, kinds(), inbox]).to.deep.equal([0, ['store-failed'], []])
    save = () => Promise.resolve()
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect(kinds().slice(1)).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(placeExit.callCount).to.equal(1)
  })

  it('asks what became of an order whose outcome it does not know, before it sends again', async () => {
    const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
    placeExit.onFirstCall().rejects(new OutcomeUnknown('timeout'))
    placeExit.onSecondCall().callsFake(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect([placeExit.callCount, closed()]).to.deep.equal([1, []])
    lookUp = () => Promise.resolve({ kind: 'absent' })
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect([placeExit.callCount, closed().length]).to.deep.equal([2, 1])
    const [first, second] = placeExit.args.map(([order]) => order.clientOrderId)
    expect(first).to.equal(second)
  })

  it('takes an exit from the store as unknown, and believes the broker that it is filled', async () => {
    const placeExit = sinon.spy(filledAnswer)
    let order: ExitOrder | undefined
    const other = start(given => {
      order = given
      return Promise.resolve({ kind: 'acknowledged' })
    })
    let saved: ExitRecord | undefined
    save = record => {
      saved = record
      return Promise.resolve()
    }
    ask(other)
    await actors.idle()
    actors.stopAll()
    actors = actorSystem()
    inbox = []
    before = [recovered(saved!, 5)]
    lookUp = () => Promise.resolve({ kind: 'filled', fill: fillOf(order!) })
    const ref = start(placeExit)
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect([placeExit.callCount, closed().length]).to.deep.equal([0, 1])
  })

  it('sends a rejected exit again as a new attempt, after a wait', async () => {
    const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
    placeExit.onFirstCall().resolves({ kind: 'rejected', code: 'refused' })
    placeExit.onSecondCall().callsFake(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
    now = 1_000
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-rejected', 'exit-filled'])
    const [first, second] = placeExit.args.map(([order]) => order.clientOrderId)
    expect(first).not.to.equal(second)
    expect(noted).to.include.members(['rejected', 'filled'])
  })

  it('holds exits back while it is halted, and sends them when that ends', async () => {
    const placeExit = sinon.spy(filledAnswer)
    const ref = start(placeExit)
    send(ref, { kind: 'kill-switch', killSwitch: { ...OFF, state: 'halt' } })
    ask(ref)
    await actors.idle()
    expect([placeExit.callCount, kinds()]).to.deep.equal([0, ['exit-intended']])
    send(ref, { kind: 'kill-switch', killSwitch: OFF })
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
  })

  it('takes a refused connection as not sent, and sends the same order in the next cycle', async () => {
    const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
    placeExit.onFirstCall().rejects(new NotSent('refused'))
    placeExit.onSecondCall().callsFake(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect([placeExit.callCount, closed().length]).to.deep.equal([2, 1])
  })

  it('sends one order, however often the exit is asked for', async () => {
    const placeExit = sinon.spy((order: ExitOrder): Promise<ExitAnswer> =>
      Promise.resolve({ kind: 'filled', fill: fillOf(order) }),
    )
    const ref = start(placeExit)
    ask(ref)
    ask(ref)
    await actors.idle()
    ask(ref)
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(closed()).to.deep.equal([{ kind: 'closed', positionId: positionId('p1'), generation: 1 }])
  })

  it('takes a fill that comes twice, or for an order it does not know, as nothing', async () => {
    let order: ExitOrder | undefined
    const ref = start(given => {
      order = given
      return Promise.resolve({ kind: 'acknowledged' })
    })
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition(), generation: 1 })
    await actors.idle()
    expect(closed()).to.deep.equal([])
    const fill = fillOf(order!)
    const event = { kind: 'filled', fill } as const
    for (const id of ['p1', 'p1', 'unknown']) {
      send(ref, { kind: 'happened', positionId: positionId(id), event })
    }
    await actors.idle()
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(closed()).to.have.length(1)
  })

  it('asks for the whole quantity on the position, with an id of its own', async () => {
    const orders: ExitOrder[] = []
    const ref = start(order => {
      orders.push(order)
      return Promise.resolve({ kind: 'acknowledged' })
    })
    const other = aPosition({ id: positionId('p2'), quantity: 7, side: 'short' })
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition(), generation: 1 })
    send(ref, { kind: 'exit', decision: aDecision(other), position: other, generation: 1 })
    await actors.idle()
    expect(orders.map(({ quantity, side }) => ({ quantity, side }))).to.deep.equal([
      { quantity: 1, side: 'long' },
      { quantity: 7, side: 'short' },
    ])
    expect(orders[0]!.clientOrderId).not.to.equal(orders[1]!.clientOrderId)
  })
})
