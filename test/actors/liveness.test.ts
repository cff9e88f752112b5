import { expect } from 'chai'
import {
  actorSystem,
  livenessOf,
  send,
  type ActorSystem,
  type Ref,
} from '../../src/actors/actor.ts'
import { FakeTimers } from '../support/fake-timers.ts'

describe('livenessOf', () => {
  let timers: FakeTimers
  let actors: ActorSystem
  let ref: Ref<string>
  let seen: { busySince: number; lastBeatAt: number; queued: number }[]

  beforeEach(() => {
    timers = new FakeTimers()
    actors = actorSystem(timers)
    seen = []
    ref = actors.spawn<null, string>({
      name: 'a',
      epoch: 1,
      initialState: null,
      onDown: () => undefined,
      handle: (state, message) => {
        const { busySince, lastBeatAt, queued } = livenessOf(ref)
        seen.push({ busySince, lastBeatAt, queued })
        if (message === 'crash') throw new Error('crashed')
        return state
      },
    })
  })

  afterEach(() => actors.stopAll())

  it('shows since when an actor is busy, from within, and that it is not, from outside', async () => {
    timers.pass(70)
    send(ref, 'one')
    send(ref, 'two')
    await actors.idle()
    expect(seen).to.deep.equal([
      { busySince: 70, lastBeatAt: 70, queued: 1 },
      { busySince: 70, lastBeatAt: 70, queued: 0 },
    ])
    timers.pass(30)
    expect([livenessOf(ref).busySince, livenessOf(ref).lastBeatAt]).to.deep.equal([NaN, 70])
  })

  it('has no beat before the first message', () => {
    expect([livenessOf(ref).lastBeatAt, livenessOf(ref).stopped]).to.deep.equal([NaN, false])
  })

  it('shows that a crashed actor has ended', async () => {
    send(ref, 'crash')
    await actors.idle()
    expect([livenessOf(ref).stopped, livenessOf(ref).busySince]).to.deep.equal([true, NaN])
  })
})
