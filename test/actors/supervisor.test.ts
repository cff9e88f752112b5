import { expect } from 'chai'
import sinon from 'sinon'
import { ActorRegistry, UNHARMED } from '../../src/actors/actor-registry.ts'
import { actorSystem, send, type ActorSystem, type Ref } from '../../src/actors/actor.ts'
import { caretaker } from '../../src/actors/caretaker.ts'
import type {
  CaretakerMessage,
  MonitorMessage,
  SupervisorMessage,
} from '../../src/actors/messages.ts'
import { supervisorState, type SupervisorState } from '../../src/actors/supervisor-state.ts'
import { supervisor } from '../../src/actors/supervisor.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { wakeOf } from '../../src/engine/waking.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'
import { supervisionSchema } from '../../src/resilience/supervision-policy.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

const ID = positionId('p1')
const QUICK = { initialMs: 1, maxMs: 1, resetAfterMs: 1 }
const TRAIL = aRuleSet({ trailingStop: { distancePct: 10 } })

describe('supervisor', () => {
  let actors: ActorSystem
  let dispatcher: SoloDispatcher
  let registry: ActorRegistry
  let timers: FakeTimers
  let journal: JournalEvent[]
  let exits: Decision[]
  let spawned: string[]
  let ended: string[]
  /** How many of the next catch-ups crash, and of the next starts fail. */
  let crashes: number
  let failedStarts: number
  let ref: Ref<SupervisorMessage>

  beforeEach(() => {
    actors = actorSystem()
    registry = new ActorRegistry()
    timers = new FakeTimers()
    journal = []
    exits = []
    spawned = []
    ended = []
    crashes = 0
    failedStarts = 0
    start({})
  })

  afterEach(() => actors.stopAll())

  function start(policy: Record<string, unknown>): void {
    dispatcher = new SoloDispatcher({
      wake: wakeOf(registry, () => 0),
      exit: (_guard, decision) => exits.push(decision),
    })
    dispatcher.advance(0)
    ref = registry.supervisor = actors.spawn<SupervisorState, SupervisorMessage>({
      name: `supervisor-${JSON.stringify(policy).length}`,
      epoch: 1,
      initialState: supervisorState(registry, {
        dispatcher,
        sink: dispatcher.sink,
        timers,
        spawnMonitor,
        spawnService,
        journal: event => journal.push(event),
        policy: supervisionSchema.parse(policy),
        monotonic: timers.monotonic,
        random: () => 0.5,
        stop: actor => actors.stop(actor),
        askForExit: ({ decision }) => exits.push(decision!),
        self: message => send(ref, message),
        shutdown: name => ended.push(name),
      }),
      handle: supervisor,
      onDown: sinon.stub().throws(),
    })
  }

  function spawnMonitor(
    watched: WatchedPosition,
    { epoch }: { epoch: number },
  ): Ref<MonitorMessage> {
    if (failedStarts-- > 0) throw new Error('no room')
    const { id } = watched.position
    return actors.spawn<null, MonitorMessage>({
      name: `monitor-${id}`,
      epoch,
      initialState: null,
      handle: state => {
        if (crashes-- > 0) throw new Error('crashed')
        if (!watched.closed) dispatcher.commit(watched, catchUp(watched, dispatcher.now))
        spawned.push(`${id}.${epoch}`)
        return state
      },
      onDown: ({ reason }) => {
        send(ref, { kind: 'down', actor: { kind: 'monitor', positionId: id }, epoch, reason })
      },
    })
  }

  /** Every actor that exists once is a caretaker here. */
  function spawnService(kind: string, epoch: number): Ref<CaretakerMessage> {
    return actors.spawn({
      name: kind,
      epoch,
      initialState: dispatcher,
      handle: caretaker,
      onDown: sinon.stub().throws(),
    })
  }

  function serve(kind: 'caretaker' | 'gateway'): void {
    const status = { kind: 'running', ref: spawnService(kind, 1) } as const
    registry.setService(kind, { epoch: 1, status, crashes: UNHARMED })
  }

  async function guard(but: Partial<Position> = {}): Promise<void> {
    send(ref, { kind: 'watch', position: aPosition(but), ruleSet: TRAIL, generation: 1 })
    await actors.idle()
  }

  async function tick(price: number): Promise<void> {
    const at = dispatcher.now + 1
    dispatcher.tick({ instrument: aPosition().instrument, ts: at, price }, at)
    await actors.idle()
  }

  async function pass(ms: number): Promise<void> {
    await actors.idle()
    const end = timers.now + ms
    for (let [next] = timers.waits; next !== undefined; [next] = timers.waits) {
      if (timers.now + next > end) break
      timers.pass(next)
      await actors.idle()
    }
    timers.pass(end - timers.now)
  }

  /** Crashes a monitor that is up until it is not restarted any more: the sixth time. */
  async function crashTooOften(): Promise<void> {
    crashes = 6
    dispatcher.suspend(registry.get(ID)!.watched)
    const { status } = registry.get(ID)!
    if (status.kind === 'running') send(status.ref as Ref<MonitorMessage>, { kind: 'catch-up' })
    await actors.idle()
    while (timers.waits.length > 0) await pass(timers.waits[0]!)
  }

  const kinds = (): string[] => journal.map(event => event.kind)
  const statusOf = (id = ID): string | undefined => registry.get(id)?.status.kind
  const sentExits = (): unknown[] => exits.map(({ reason, level }) => [reason, level])

  it('waits longer before each restart but the first, and gives up at the sixth crash', async () => {
    crashes = Infinity
    await guard()
    const waits: number[] = []
    while (timers.waits.length > 0) {
      waits.push(timers.waits[0]!)
      await pass(timers.waits[0]!)
    }
    expect(waits).to.deep.equal([200, 400, 800, 1_600])
    expect(kinds()).to.deep.equal([
      ...Array<string>(5).fill('monitor-restarted'),
      'monitor-gave-up',
    ])
    expect([spawned, statusOf()]).to.deep.equal([[], 'quarantined'])
  })

  it('goes on after the fifth crash', async () => {
    crashes = 5
    await guard()
    await pass(10_000)
    expect([spawned, statusOf()]).to.deep.equal([['p1.6'], 'running'])
  })

  it('counts crashes within the window alone, its edge included', async () => {
    start({ monitor: { backoff: QUICK } })
    await guard()
    for (let round = 0; round < 20; round++) {
      crashes = 1
      await tick(200 * 3 ** round)
      await pass(12_001)
    }
    expect([statusOf(), spawned.length]).to.deep.equal(['running', 21])
    for (let round = 20; round < 26; round++) {
      crashes = 1
      await tick(200 * 3 ** round)
      await pass(12_000)
    }
    expect(statusOf()).to.equal('quarantined')
  })

  it('replaces a crashed monitor by the next epoch at once, which starts with the catch-up', async () => {
    crashes = 1
    await guard()
    expect([spawned, timers.waits, registry.get(ID)?.epoch]).to.deep.equal([['p1.2'], [], 2])
  })

  it('takes a start that fails as a crash', async () => {
    failedStarts = 2
    await guard()
    expect([spawned, timers.waits]).to.deep.equal([[], [200]])
    await pass(200)
    expect([spawned, registry.get(ID)?.crashes.lastError]).to.deep.equal([['p1.3'], 'no room'])
  })

  it('decides a crossing while the monitor is in backoff, at that tick', async () => {
    await guard()
    await tick(120)
    crashes = 2
    await tick(150)
    expect(statusOf()).to.equal('backoff')
    dispatcher.tick({ instrument: aPosition().instrument, ts: 9, price: 134 }, 9)
    expect(sentExits()).to.deep.equal([['trailing-stop', 135]])
    await pass(2)
    expect([statusOf(), timers.waits]).to.deep.equal(['running', []])
  })

  it('ends a backoff when the band is crossed, also where nothing is to be exited', async () => {
    await guard()
    crashes = 2
    await tick(150)
    expect(statusOf()).to.equal('backoff')
    await tick(300)
    await pass(2)
    expect([sentExits(), statusOf(), timers.waits]).to.deep.equal([[], 'running', []])
    await tick(269)
    expect(registry.get(ID)!.watched.decision?.level).to.equal(270)
  })

  it('repeats a decision whose monitor is down until it is recorded', async () => {
    crashes = Infinity
    await guard()
    await tick(89)
    expect(sentExits()).to.deep.equal([['trailing-stop', 90]])
    for (const kind of ['cycle', 'cycle'] as const) send(ref, { kind })
    await actors.idle()
    expect(exits).to.have.length(3)
    send(ref, { kind: 'intended', positionId: ID, generation: 1 })
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect(exits).to.have.length(3)
  })

  it('takes no message about an earlier generation of an id for one about the present generation', async () => {
    await guard()
    send(ref, { kind: 'closed', positionId: ID, generation: 1 })
    const rules = registry.get(ID)!.watched.ruleSet
    send(ref, { kind: 'watch', position: aPosition(), ruleSet: rules, generation: 2 })
    send(ref, { kind: 'intended', positionId: ID, generation: 1 })
    send(ref, { kind: 'closed', positionId: ID, generation: 1 })
    await actors.idle()
    const { watched: present, generation } = registry.get(ID)!
    expect([generation, present.closed, present.isDecisionRecorded]).to.deep.equal([
      2,
      false,
      false,
    ])
  })

  it('ends a backoff with its position: a closed position leaves no timer behind', async () => {
    crashes = Infinity
    await guard()
    expect(timers.waits).to.deep.equal([200])
    send(ref, { kind: 'closed', positionId: ID, generation: 1 })
    await actors.idle()
    expect([timers.waits, registry.size]).to.deep.equal([[], 0])
  })

  it('leaves a quarantined position with its last stop, which the caretaker exits', async () => {
    serve('caretaker')
    await guard()
    await tick(150)
    await crashTooOften()
    expect(statusOf()).to.equal('quarantined')
    await tick(135.01)
    expect(sentExits()).to.deep.equal([])
    await tick(134)
    expect(sentExits()).to.deep.equal([['trailing-stop', 135]])
  })

  it('ratchets nothing in quarantine', async () => {
    serve('caretaker')
    await guard()
    await tick(150)
    await crashTooOften()
    await tick(300)
    await tick(200)
    await tick(136)
    expect(sentExits()).to.deep.equal([])
    await tick(135)
    expect(sentExits()).to.deep.equal([['trailing-stop', 135]])
  })

  it('exits a quarantined position also while the caretaker is down', async () => {
    await guard()
    await tick(150)
    await crashTooOften()
    await tick(134)
    expect(sentExits()).to.deep.equal([['trailing-stop', 135]])
  })

  it('has a crossing evaluated again that a caretaker has lost', async () => {
    serve('caretaker')
    await guard()
    await tick(150)
    await crashTooOften()
    const { status } = registry.service('caretaker')!
    dispatcher.tick({ instrument: aPosition().instrument, ts: 9, price: 100 }, 9)
    if (status.kind === 'running') actors.stop(status.ref)
    await actors.idle()
    expect(sentExits()).to.deep.equal([])
    send(ref, { kind: 'restart', actor: { kind: 'caretaker' }, done: sinon.stub() })
    send(ref, { kind: 'cycle' })
    await actors.idle()
    expect(sentExits()).to.deep.equal([['trailing-stop', 135]])
  })

  it('ends a quarantine when a person restarts the monitor, with the best price of meanwhile', async () => {
    serve('caretaker')
    await guard()
    await tick(150)
    await crashTooOften()
    await tick(300)
    const done = sinon.spy()
    send(ref, { kind: 'restart', actor: { kind: 'monitor', positionId: ID }, done })
    await actors.idle()
    expect([done.args, statusOf(), registry.get(ID)?.crashes.recent]).to.deep.equal([
      [[true]],
      'running',
      [],
    ])
    await tick(271)
    expect(registry.get(ID)!.watched.decision).to.equal(undefined)
    await tick(270)
    expect(registry.get(ID)!.watched.decision?.level).to.equal(270)
  })

  it('exits at market where the policy says so, within its bound, and quarantines the rest', async () => {
    start({ monitor: { onGiveUp: 'exit-position' }, giveUpExits: { max: 2 } })
    crashes = Infinity
    for (const id of ['p1', 'p2', 'p3']) await guard({ id: positionId(id) })
    await pass(60_000)
    expect(exits.map(({ positionId: id, reason }) => `${id} ${reason}`)).to.deep.equal([
      'p1 unguarded',
      'p2 unguarded',
    ])
    const actions = journal.flatMap(event => (event.kind === 'monitor-gave-up' ? event.action : []))
    expect(actions).to.deep.equal(['exit-position', 'exit-position', 'quarantine'])
  })

  it('ends the service where the policy says so, and guards until it has ended', async () => {
    start({ monitor: { onGiveUp: 'shutdown' } })
    serve('caretaker')
    await guard()
    await tick(150)
    await crashTooOften()
    expect(ended).to.deep.equal(['monitor-p1'])
    await tick(134)
    expect(sentExits()).to.deep.equal([['trailing-stop', 135]])
  })

  it('spreads the restarts of many, kills none, and reports a common cause once', async () => {
    start({ fleet: { restartsPerSecond: 2 } })
    crashes = 40
    for (let index = 0; index < 40; index++) await guard({ id: positionId(`p${index}`) })
    await pass(1_000)
    expect(spawned.length).to.be.within(2, 4)
    await pass(600_000)
    expect(new Set(spawned).size).to.equal(40)
    expect(kinds().filter(kind => kind === 'common-cause')).to.have.length(1)
    expect(kinds()).not.to.include('monitor-gave-up')
  })

  it('ends the service when the gateway crashes too often', async () => {
    start({ gateway: { backoff: QUICK } })
    serve('gateway')
    for (let epoch = 1; epoch <= 11; epoch++) {
      send(ref, { kind: 'down', actor: { kind: 'gateway' }, epoch, reason: new Error('no answer') })
      await pass(2)
    }
    expect([ended, kinds().at(-1)]).to.deep.equal([['gateway'], 'actor-gave-up'])
  })

  it('ignores the end of an incarnation that is not the present one', async () => {
    await guard()
    const actor = { kind: 'monitor', positionId: ID } as const
    send(ref, { kind: 'down', actor, epoch: 7, reason: new Error('old news') })
    send(ref, { kind: 'due', actor, epoch: 1 })
    await actors.idle()
    expect([registry.get(ID)?.epoch, journal]).to.deep.equal([1, []])
  })

  it('guards a position once, however often it is asked to', async () => {
    await guard()
    await guard()
    expect(spawned).to.deep.equal(['p1.1'])
  })

  it('ends the monitor of a closed position', async () => {
    await guard()
    const { status } = registry.get(ID)!
    send(ref, { kind: 'closed', positionId: ID, generation: 1 })
    send(ref, { kind: 'closed', positionId: ID, generation: 1 })
    await actors.idle()
    if (status.kind !== 'running') throw new Error('was alive')
    const isHeard = send(status.ref as Ref<MonitorMessage>, { kind: 'catch-up' })
    expect([registry.size, isHeard]).to.deep.equal([0, false])
  })
})
