import { expect } from 'chai'
import sinon from 'sinon'
import { type ActorSystem, actorSystem, type Ref, send } from '../../src/actors/actor.ts'
import { gateway, gatewayState } from '../../src/actors/gateway.ts'
import type { GatewayMessage, SupervisorMessage } from '../../src/actors/messages.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { ExitOrder, Fill } from '../../src/domain/order.ts'
import type { Broker, ExitAnswer } from '../../src/ports/broker.ts'
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

  beforeEach(() => {
    actors = actorSystem()
    journal = []
    inbox = []
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
      initialState: gatewayState({
        broker: { placeExit, streamOrders: () => undefined },
        journal: event => journal.push(event),
        supervisor,
        self: message => send(ref, message),
        track: call => actors.track(call),
      }),
      handle: gateway,
      onDown: sinon.stub().throws(),
    })
    return ref
  }

  const kinds = (): string[] => journal.map(event => event.kind)

  it('journals an exit whose call failed, and tells nobody that it is closed', async () => {
    const ref = start(() => Promise.reject(new Error('no route')))
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition() })
    await actors.idle()
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-failed'])
    expect(inbox).to.deep.equal([])
  })

  it('sends one order, however often the exit is asked for', async () => {
    const placeExit = sinon.spy((order: ExitOrder): Promise<ExitAnswer> =>
      Promise.resolve({ kind: 'filled', fill: fillOf(order) }),
    )
    const ref = start(placeExit)
    const ask = (): boolean =>
      send(ref, { kind: 'exit', decision: aDecision(), position: aPosition() })
    ask()
    ask()
    await actors.idle()
    ask()
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(inbox).to.deep.equal([{ kind: 'closed', positionId: positionId('p1') }])
  })

  it('takes a fill that comes twice, or for an order it does not know, as nothing', async () => {
    let order: ExitOrder | undefined
    const ref = start(given => {
      order = given
      return Promise.resolve({ kind: 'acknowledged' })
    })
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition() })
    await actors.idle()
    expect(inbox).to.deep.equal([])
    const fill = fillOf(order!)
    send(ref, { kind: 'filled', fill })
    send(ref, { kind: 'filled', fill })
    send(ref, { kind: 'filled', fill: { ...fill, positionId: positionId('unknown') } })
    await actors.idle()
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(inbox).to.have.length(1)
  })

  it('asks for the whole quantity on the position, with an id of its own', async () => {
    const orders: ExitOrder[] = []
    const ref = start(order => {
      orders.push(order)
      return Promise.resolve({ kind: 'acknowledged' })
    })
    const other = aPosition({ id: positionId('p2'), quantity: 7, side: 'short' })
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition() })
    send(ref, { kind: 'exit', decision: aDecision(other), position: other })
    await actors.idle()
    expect(orders.map(({ quantity, side }) => ({ quantity, side }))).to.deep.equal([
      { quantity: 1, side: 'long' },
      { quantity: 7, side: 'short' },
    ])
    expect(orders[0]!.clientOrderId).not.to.equal(orders[1]!.clientOrderId)
  })
})
