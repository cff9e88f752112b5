import { expect } from 'chai'
import { actorSystem, send } from '../../src/actors/actor.ts'
import { heard } from '../../src/actors/heard.ts'

describe('heard', () => {
  it('waits for messages, also those that others lead to, and for no call', async () => {
    const actors = actorSystem({ monotonic: () => 0 })
    let handled = 0
    const onDown = (): never => expect.fail()
    const last = actors.spawn({
      name: 'last',
      epoch: 1,
      initialState: 0,
      onDown,
      handle: () => ++handled,
    })
    const first = actors.spawn({
      name: 'first',
      epoch: 1,
      initialState: 0,
      onDown,
      handle: () => {
        send(last, 'b')
        return ++handled
      },
    })
    actors.track(new Promise(() => undefined))
    send(first, 'a')
    await heard(actors)
    expect([handled, actors.isIdle]).to.deep.equal([2, false])
    actors.stopAll()
  })
})
