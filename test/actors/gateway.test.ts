import { expect } from 'chai'
import sinon from 'sinon'
import { actorSystem, send, type ActorSystem, type Ref } from '../../src/actors/actor.ts'
import type {
  GatewayMessage,
  ReconcilerMessage,
  SupervisorMessage,
} from '../../src/actors/messages.ts'
import { reconciler, reconcilerState } from '../../src/actors/reconciler.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import type { Position } from '../../src/domain/position.ts'
import { GatewayFactory } from '../../src/engine/gateway-factory.ts'
import { NotSent, OutcomeUnknown, RateLimited, Unauthorized } from '../../src/errors.ts'
import { OFF } from '../../src/exits/kill-switch.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import { EXIT_DEFAULTS } from '../../src/exits/settings.ts'
import type { Broker, ExitAnswer, HoldingReport, OrderState } from '../../src/ports/broker.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'
import { aDecision, aPosition } from '../support/builders.ts'
import { LOOK_UP } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

const filled = ({ quantity }: Pick<ExitOrder, 'quantity'>): OrderState & ExitAnswer['kind'] =>
  ({ kind: 'filled', executed: { quantity, price: 99 } }) as never

describe('gateway', () => {
  let actors: ActorSystem
  let journal: JournalEvent[]
  let inbox: SupervisorMessage[]
  let noted: string[]
  let now: number
  let before: { record: ExitRecord; position: Position }[]
  let openBefore: { position: Position; generation: number }[]
  let factory: GatewayFactory
  let holding: HoldingReport
  let lookUp: (id: ClientOrderId) => Promise<OrderState>
  let save: (record: ExitRecord) => Promise<void>
  let gatewayRef: Ref<GatewayMessage>
  let reconcilerRef: Ref<ReconcilerMessage>

  beforeEach(() => {
    actors = actorSystem()
    journal = []
    inbox = []
    noted = []
    now = 0
    before = []
    openBefore = []
    holding = { kind: 'held', quantity: 1, ageMs: 0 }
    lookUp = () => Promise.resolve({ kind: 'unknown' })
    save = () => Promise.resolve()
  })

  afterEach(() => actors.stopAll())

  function start(placeExit: Broker['placeExit'], but: Partial<Broker> = {}): Ref<GatewayMessage> {
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
    const onFailure = sinon.stub().throws()
    const broker = {
      capabilities: LOOK_UP,
      placeExit,
      orderByClientId: (id: ClientOrderId) => lookUp(id),
      cancel: (id: ClientOrderId) => lookUp(id),
      holding: () => Promise.resolve(holding),
      holdings: () => Promise.reject(new NotSent('no list')),
      ...but,
    }
    const common = { journal: (event: JournalEvent) => void journal.push(event), now: () => now }
    factory = new GatewayFactory({
      ...common,
      actors,
      broker,
      supervisor,
      callTimeoutMs: 1_000,
      quotes: { price: () => 99 },
      persistence: {
        saveIntent: record => save(record),
        saveAttempt: record => save(record),
        note: record => noted.push(record.state.kind),
        noteReleased: () => undefined,
        noteObserved: () => undefined,
      },
      kept: () => ({
        exits: before,
        open: openBefore,
        released: [],
        followed: [],
        ended: [],
        killSwitch: OFF,
        isUnconfirmed: false,
      }),
      toReconciler: message => send(reconcilerRef, message),
    })
    gatewayRef = factory.start(1, onFailure)
    reconcilerRef = actors.spawn({
      name: 'reconciler',
      epoch: 1,
      handle: reconciler,
      onDown: onFailure,
      initialState: reconcilerState({
        ...common,
        broker,
        callTimeoutMs: 1_000,
        reconcileMs: 5_000,
        keyOf: id => factory.book.holdings.keyOf(id),
        self: message => send(reconcilerRef, message),
        sendToGateway: message => send(gatewayRef, message),
        track: call => actors.track(call),
      }),
    })
    if (before.length === 0) own(aPosition())
    return gatewayRef
  }

  const own = (position: Position): boolean =>
    send(gatewayRef, { kind: 'own', position, generation: 1 })

  const kinds = (): string[] =>
    journal.map(event => event.kind).filter(kind => kind !== 'reconcile-failed')
  const ask = (ref: Ref<GatewayMessage>): boolean =>
    send(ref, { kind: 'exit', decision: aDecision(), position: aPosition(), generation: 1 })
  const closed = (): SupervisorMessage[] => inbox.filter(({ kind }) => kind === 'closed')
  const filledAnswer = (order: ExitOrder): Promise<ExitAnswer> => {
    holding = { kind: 'flat', ageMs: 0 }
    return Promise.resolve({ kind: 'acknowledged', order: filled(order) as never })
  }

  /** Time passes, and everything that waits is evaluated again. */
  async function cycle(ref: Ref<GatewayMessage>): Promise<void> {
    now += 500
    send(reconcilerRef, { kind: 'cycle' })
    send(ref, { kind: 'cycle' })
    await actors.idle()
  }

  it('sends nothing until the intent is durable, and tries again when the store refuses', async () => {
    const placeExit = sinon.spy(filledAnswer)
    save = () => Promise.reject(new Error('disk full'))
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    expect([placeExit.callCount, kinds(), inbox]).to.deep.equal([0, ['store-failed'], []])
    save = () => Promise.resolve()
    await cycle(ref)
    expect(kinds().slice(1)).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(placeExit.callCount).to.equal(1)
  })

  it('sends nothing while what is held is not known, and then only what is held', async () => {
    const placeExit = sinon.spy(filledAnswer)
    holding = { kind: 'unknown' }
    const ref = start(placeExit)
    const position = aPosition({ quantity: 3 })
    own(position)
    send(ref, { kind: 'exit', decision: aDecision(position), position, generation: 1 })
    await actors.idle()
    await cycle(ref)
    expect([placeExit.callCount, kinds()]).to.deep.equal([0, ['exit-intended']])
    holding = { kind: 'held', quantity: 2, ageMs: 0 }
    await cycle(ref)
    expect(placeExit.args.map(([{ quantity }]) => quantity)).to.deep.equal([2])
  })

  it('asks what became of an order whose outcome it does not know, before it sends again', async () => {
    const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
    placeExit.onFirstCall().rejects(new OutcomeUnknown('timeout'))
    placeExit.onSecondCall().callsFake(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    await cycle(ref)
    expect([placeExit.callCount, closed()]).to.deep.equal([1, []])
    lookUp = () => Promise.resolve({ kind: 'absent' })
    await cycle(ref)
    expect(placeExit.callCount).to.equal(1)
    await cycle(ref)
    expect([placeExit.callCount, closed().length]).to.deep.equal([2, 1])
    const [first, second] = placeExit.args.map(([order]) => order.clientOrderId)
    expect(first).to.equal(second)
  })

  it('asks at once for an order that the venue hints at, and believes the answer alone', async () => {
    const placeExit = sinon.spy((_order: ExitOrder): Promise<ExitAnswer> => {
      const executed = { quantity: 0, price: null }
      return Promise.resolve({ kind: 'acknowledged', order: { kind: 'working', executed } })
    })
    const ordersAsked = sinon.spy((_id: ClientOrderId): Promise<OrderState> => {
      return Promise.resolve({ kind: 'unknown' })
    })
    lookUp = ordersAsked
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    const [{ clientOrderId, instrument }] = placeExit.firstCall.args
    const hint = (id: string): boolean =>
      send(ref, { kind: 'hint', hint: { kind: 'order', clientOrderId: id, instrument } })
    // However many hints come while a question is under way: it is asked once more after that.
    ordersAsked.resetHistory()
    for (let each = 0; each < 50; each++) hint(clientOrderId)
    await actors.idle()
    expect(ordersAsked.callCount).to.be.within(1, 10)
    expect(closed()).to.deep.equal([])
    // After a gap every order that may be at the venue is asked for.
    ordersAsked.resetHistory()
    send(ref, { kind: 'hint', hint: { kind: 'gap', why: 'the stream was down' } })
    await actors.idle()
    expect(ordersAsked.callCount).to.be.within(1, 10)
    holding = { kind: 'flat', ageMs: 0 }
    lookUp = () => Promise.resolve(filled({ quantity: 1 }))
    hint(clientOrderId)
    await actors.idle()
    await cycle(ref)
    expect([closed().length, placeExit.callCount]).to.deep.equal([1, 1])
  })

  it('takes an exit from the store as unknown, and believes the broker that it is filled', async () => {
    const placeExit = sinon.spy(filledAnswer)
    let saved: ExitRecord | undefined
    save = record => {
      saved = record
      return Promise.resolve()
    }
    ask(start(() => Promise.resolve({ kind: 'acknowledged' })))
    await actors.idle()
    actors.stopAll()
    actors = actorSystem()
    inbox = []
    before = [{ record: saved!, position: aPosition() }]
    lookUp = () => Promise.resolve(filled({ quantity: 1 }))
    holding = { kind: 'flat', ageMs: 0 }
    const ref = start(placeExit)
    await cycle(ref)
    expect([placeExit.callCount, closed().length]).to.deep.equal([0, 1])
  })

  describe('with many positions of an earlier process', () => {
    const others = Array.from({ length: 300 }, (_, index) => ({
      position: aPosition({ id: positionId(`o${index}`), instrument: instrumentId(`O${index}`) }),
      generation: 1,
    }))
    const recovered = (): number =>
      others.filter(({ position }) => factory.book.holdings.current(position.id) !== undefined)
        .length

    it('recovers them in slices, and takes no decision before the last exit is recovered', async () => {
      let saved: ExitRecord | undefined
      save = record => {
        saved ??= record
        return Promise.resolve()
      }
      const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
      placeExit.rejects(new OutcomeUnknown('the connection was lost'))
      ask(start(placeExit))
      await actors.idle()
      actors.stopAll()
      actors = actorSystem()
      journal = []
      before = [{ record: saved!, position: aPosition() }]
      openBefore = others
      lookUp = () => Promise.resolve(filled({ quantity: 1 }))
      holding = { kind: 'flat', ageMs: 0 }
      placeExit.resetHistory()
      const ref = start(placeExit)
      ask(ref)
      expect(recovered()).to.be.within(1, 299)
      await actors.idle()
      expect(recovered()).to.equal(300)
      expect(kinds()).not.to.include('exit-intended')
      await cycle(ref)
      await cycle(ref)
      const { id } = aPosition()
      const ends = inbox.filter(each => each.kind === 'closed' && each.positionId === id)
      expect([placeExit.callCount, ends.length]).to.deep.equal([0, 1])
    })

    it('processes the messages that came meanwhile in their order', async () => {
      openBefore = others
      const ref = start(sinon.stub())
      const { position } = others[299]!
      send(ref, { kind: 'release', position, generation: 1 })
      send(ref, { kind: 'own', position, generation: 2 })
      await actors.idle()
      expect(factory.book.holdings.current(position.id)?.generation).to.equal(2)
    })

    it('shows the book of the incarnation before until the next one has recovered', async () => {
      start(sinon.stub())
      openBefore = others
      const { book } = factory
      gatewayRef = factory.start(2, sinon.stub().throws())
      expect([factory.book === book, factory.isRecovering]).to.deep.equal([true, true])
      await until(() => !factory.isRecovering)
      expect(factory.book).not.to.equal(book)
      expect(recovered()).to.equal(300)
    })
  })

  it('sends a rejected exit again as a new attempt that is durable, after a wait', async () => {
    const saved: [number, number | null][] = []
    save = ({ attempt, heldBefore }) => {
      saved.push([attempt, heldBefore])
      return Promise.resolve()
    }
    const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
    placeExit.onFirstCall().resolves({ kind: 'rejected', code: 'refused' })
    placeExit.onSecondCall().callsFake(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    await cycle(ref)
    expect(placeExit.callCount).to.equal(1)
    await cycle(ref)
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-rejected', 'exit-filled'])
    const [first, second] = placeExit.args.map(([order]) => order.clientOrderId)
    expect(first).not.to.equal(second)
    const attempts = [1, 2].flatMap(attempt => [
      [attempt, null],
      [attempt, 1],
    ])
    expect([saved, noted]).to.deep.equal([attempts, ['rejected', 'filled']])
  })

  it('reports once, with its whole history, an exit that is refused again and again', async () => {
    const ref = start(() => Promise.resolve({ kind: 'rejected', code: 'no-permission' }))
    ask(ref)
    await actors.idle()
    for (let count = 0; count < 80; count++) await cycle(ref)
    const stuck = journal.flatMap(event => (event.kind === 'exit-stuck' ? [event] : []))
    expect(stuck.map(({ rejections }) => rejections)).to.deep.equal([5])
    expect(stuck[0]!.steps.map(({ what }) => what)).to.include.members(['sent', 'no-permission'])
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

  it('sends nothing before a person has confirmed what an account holds that it does not know', async () => {
    const placeExit = sinon.spy(filledAnswer)
    const ref = start(placeExit)
    send(ref, { kind: 'confirm', isUnconfirmed: true })
    ask(ref)
    await actors.idle()
    expect([placeExit.callCount, kinds()]).to.deep.equal([0, ['exit-intended']])
    send(ref, { kind: 'confirm', isUnconfirmed: false })
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
  })

  it('sends the same order again that did not leave, was limited, or not let in', async () => {
    const placeExit = sinon.stub<[ExitOrder], Promise<ExitAnswer>>()
    placeExit.onCall(0).rejects(new NotSent('refused'))
    placeExit.onCall(1).rejects(new Unauthorized('token'))
    placeExit.onCall(2).rejects(new RateLimited('slow down', { retryAfterMs: 900 }))
    placeExit.onCall(3).callsFake(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    await actors.idle()
    for (let count = 0; count < 3; count++) await cycle(ref)
    expect([placeExit.callCount, closed().length]).to.deep.equal([3, 0])
    await cycle(ref)
    expect([placeExit.callCount, closed().length]).to.deep.equal([4, 1])
    expect(new Set(placeExit.args.map(([order]) => order.clientOrderId)).size).to.equal(1)
  })

  it('sends nothing while an order in our format that it did not send is open', async () => {
    const placeExit = sinon.spy(filledAnswer)
    const stranger = { clientOrderId: 'wk0123456789', instrument: aPosition().instrument }
    let open = [{ ...stranger, remaining: -1 }]
    const ref = start(placeExit, { openOrders: () => Promise.resolve(open) })
    send(reconcilerRef, { kind: 'list-orders' })
    await actors.idle()
    ask(ref)
    await actors.idle()
    expect([placeExit.callCount, kinds()]).to.deep.equal([0, ['second-guard', 'exit-intended']])
    open = []
    send(reconcilerRef, { kind: 'list-orders' })
    await actors.idle()
    expect(placeExit.callCount).to.equal(1)
  })

  it('sends one order, however often the exit is asked for', async () => {
    const placeExit = sinon.spy(filledAnswer)
    const ref = start(placeExit)
    ask(ref)
    ask(ref)
    await actors.idle()
    ask(ref)
    await cycle(ref)
    expect(placeExit.callCount).to.equal(1)
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(closed()).to.deep.equal([
      { kind: 'closed', positionId: positionId('p1'), generation: 1 },
    ])
  })

  for (const deadline of ['kept', 'ignored'] as const) {
    it(`gives each order a deadline only where the venue keeps it: ${deadline}`, async () => {
      let sent: ExitOrder | undefined
      const place = (order: ExitOrder) => {
        sent = order
        return Promise.resolve({ kind: 'acknowledged' } as const)
      }
      const ref = start(place, { capabilities: { ...LOOK_UP, deadline } })
      ask(ref)
      await actors.idle()
      const due = deadline === 'kept' ? now + EXIT_DEFAULTS.actWithinMs : undefined
      expect(sent!.actBy).to.equal(due)
    })
  }

  it('takes a fill that comes twice, or for an order it does not know, as nothing', async () => {
    let order: ExitOrder | undefined
    const ref = start(given => {
      order = given
      return Promise.resolve({ kind: 'acknowledged' })
    })
    ask(ref)
    await actors.idle()
    expect(closed()).to.deep.equal([])
    holding = { kind: 'flat', ageMs: 0 }
    for (const clientOrderId of [order!.clientOrderId, order!.clientOrderId, 'wk0' as never]) {
      const update = { clientOrderId, order: filled(order!) as never }
      send(ref, { kind: 'pushed', update })
    }
    await cycle(ref)
    expect(kinds()).to.deep.equal(['exit-intended', 'exit-filled'])
    expect(closed()).to.have.length(1)
  })

  it('closes a position that two reports by name prove gone, and counts no fill', async () => {
    const ref = start(() => expect.fail('sent'))
    await cycle(ref)
    holding = { kind: 'flat', ageMs: 0 }
    for (let count = 0; count < 4; count++) {
      send(reconcilerRef, { kind: 'ask-for', position: positionId('p1') })
      await cycle(ref)
    }
    expect(kinds()).to.deep.equal(['position-gone'])
    expect(closed()).to.have.length(1)
  })

  it('asks for the whole quantity on the position, with an id of its own', async () => {
    const orders: ExitOrder[] = []
    const ref = start(order => {
      orders.push(order)
      return Promise.resolve({ kind: 'acknowledged' })
    })
    const other = aPosition({ id: positionId('p2'), instrument: 'OTHER' as never, quantity: 7 })
    holding = { kind: 'held', quantity: 7, ageMs: 0 }
    own(other)
    ask(ref)
    send(ref, { kind: 'exit', decision: aDecision(other), position: other, generation: 1 })
    await actors.idle()
    expect(orders.map(({ quantity }) => quantity)).to.deep.equal([1, 7])
    expect(orders[0]!.clientOrderId).not.to.equal(orders[1]!.clientOrderId)
  })

  it('judges a long list of holdings in turns, and all of it', async () => {
    const positions = Array.from({ length: 200 }, (_, index) =>
      aPosition({ id: positionId(`p${index}`), instrument: instrumentId(`I${index}`) }),
    )
    const held = positions.map(({ instrument }) => ({ instrument, quantity: 1, ageMs: 0 }))
    start(filledAnswer, { holdings: () => Promise.resolve(held) })
    positions.forEach(own)
    await actors.idle()
    now += 500
    const known = (): number =>
      positions.filter(({ id }) => factory.book.holdings.knownOf(id) !== undefined).length
    send(reconcilerRef, { kind: 'list' })
    const counts = new Set<number>()
    for (let turns = 0; turns < 10_000 && known() < held.length; turns++) {
      counts.add(known())
      await new Promise(setImmediate)
    }
    expect(known()).to.equal(held.length)
    expect(counts.size).to.be.greaterThan(3)
  })
})
