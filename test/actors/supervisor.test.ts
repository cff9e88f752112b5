import { expect } from 'chai'
import sinon from 'sinon'
import { type ActorSystem, actorSystem, type Ref, send } from '../../src/actors/actor.ts'
import type { MonitorMessage, SupervisorMessage } from '../../src/actors/messages.ts'
import { Roster, supervisor } from '../../src/actors/supervisor.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import { Dispatcher } from '../../src/risk/dispatcher.ts'
import type { Guard } from '../../src/risk/guard.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

const ID = positionId('p1')
const STOP = aRuleSet({ stopLoss: { pct: 5 } })

describe('supervisor', () => {
  let actors: ActorSystem
  let dispatcher: Dispatcher
  let roster: Roster
  let journal: JournalEvent[]
  let lives: number[]
  /** How many of the next catch-ups crash. */
  let crashes: number
  let ref: Ref<SupervisorMessage>

  beforeEach(() => {
    actors = actorSystem()
    roster = new Roster()
    journal = []
    lives = []
    crashes = 0
    dispatcher = new Dispatcher({
      wake: ({ position }) => send(roster.get(position.id)!.ref, { kind: 'catch-up' }),
      exit: sinon.stub().throws(),
    })
    ref = actors.spawn({
      name: 'supervisor',
      epoch: 1,
      initialState: {
        roster,
        parts: {
          dispatcher,
          journal: (event: JournalEvent) => journal.push(event),
          spawnMonitor,
          stopMonitor: (monitor: Ref<MonitorMessage>) => actors.stop(monitor),
        },
      },
      handle: supervisor,
      onDown: sinon.stub().throws(),
    })
  })

  afterEach(() => actors.stopAll())

  function spawnMonitor(guard: Guard, { epoch }: { epoch: number }): Ref<MonitorMessage> {
    return actors.spawn<null, MonitorMessage>({
      name: 'monitor',
      epoch,
      initialState: null,
      handle: state => {
        if (crashes-- > 0) throw new Error('crashed')
        dispatcher.commit(guard, catchUp(guard, dispatcher.now))
        lives.push(epoch)
        return state
      },
      onDown: ({ reason }) => send(ref, { kind: 'down', positionId: ID, epoch, reason }),
    })
  }

  const guard = (): boolean =>
    send(ref, { kind: 'guard', position: aPosition(), ruleSet: STOP, generation: 1 })
  const kinds = (): string[] => journal.map(event => event.kind)

  it('gives up after five crashes in a row without a catch-up', async () => {
    crashes = Infinity
    guard()
    await actors.idle()
    expect(kinds()).to.deep.equal([
      ...Array<string>(5).fill('monitor-restarted'),
      'monitor-gave-up',
    ])
    expect(lives).to.deep.equal([])
  })

  it('replaces a crashed monitor by the next epoch, which starts with the catch-up', async () => {
    crashes = 2
    guard()
    await actors.idle()
    expect(lives).to.deep.equal([3])
    expect(roster.get(ID)?.epoch).to.equal(3)
  })

  it('counts crashes afresh once a catch-up went well', async () => {
    guard()
    await actors.idle()
    for (let round = 0; round < 10; round++) {
      crashes = 4
      dispatcher.tick(
        { instrument: aPosition().instrument, ts: round, price: 200 * 3 ** round },
        round,
      )
      await actors.idle()
    }
    expect(kinds()).to.deep.equal(Array<string>(40).fill('monitor-restarted'))
  })

  it('ignores the end of an incarnation that is not the present one', async () => {
    guard()
    await actors.idle()
    send(ref, { kind: 'down', positionId: ID, epoch: 7, reason: new Error('old news') })
    await actors.idle()
    expect([roster.get(ID)?.epoch, journal]).to.deep.equal([1, []])
  })

  it('guards a position once, however often it is asked to', async () => {
    guard()
    guard()
    await actors.idle()
    expect(lives).to.deep.equal([1])
  })

  it('ends the monitor of a closed position', async () => {
    guard()
    await actors.idle()
    const monitor = roster.get(ID)!.ref
    send(ref, { kind: 'closed', positionId: ID })
    send(ref, { kind: 'closed', positionId: ID })
    await actors.idle()
    expect([roster.size, send(monitor, { kind: 'catch-up' })]).to.deep.equal([0, false])
  })
})
