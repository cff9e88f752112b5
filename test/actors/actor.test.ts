import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { actorSystem, send, type ActorSystem, type Down } from '../../src/actors/actor.ts'

type Message = { readonly kind: 'note'; readonly text: string } | { readonly kind: 'crash' }

const note = (text: string): Message => ({ kind: 'note', text })

/** Everything that is sent to a test actor, and how its incarnations ended. */
class Diary {
  readonly seen: string[] = []
  readonly downs: Down[] = []

  private readonly actors: ActorSystem

  constructor(actors: ActorSystem) {
    this.actors = actors
  }

  spawn(name: string, epoch = 1) {
    return this.actors.spawn<number, Message>({
      name,
      epoch,
      initialState: 0,
      handle: (count, message) => {
        if (message.kind === 'crash') throw new Error('crashed')
        this.seen.push(`${name}.${epoch}#${count} ${message.text}`)
        return count + 1
      },
      onDown: down => this.downs.push(down),
    })
  }
}

describe('actorSystem', () => {
  let actors: ActorSystem
  let diary: Diary

  beforeEach(() => {
    actors = actorSystem()
    diary = new Diary(actors)
  })

  afterEach(() => actors.stopAll())

  it('reports a throw once, with its epoch, and ends the actor', async () => {
    const ref = diary.spawn('a', 3)
    send(ref, { kind: 'crash' })
    send(ref, note('never seen'))
    await actors.idle()
    expect(diary.downs.map(({ name, epoch }) => ({ name, epoch }))).to.deep.equal([
      { name: 'a', epoch: 3 },
    ])
    expect((diary.downs[0]!.reason as Error).message).to.equal('crashed')
    expect(diary.seen).to.deep.equal([])
  })

  it('hands the last state on, so that actors of a kind can share one onDown', async () => {
    const states: string[] = []
    const ref = actors.spawn<string, string>({
      name: 'a',
      epoch: 1,
      initialState: 'first',
      handle: (_state, message) => {
        if (message === 'crash') throw new Error('crashed')
        return message
      },
      onDown: (_down, state) => states.push(state),
    })
    send(ref, 'second')
    send(ref, 'crash')
    await actors.idle()
    expect(states).to.deep.equal(['second'])
  })

  it('says so when a message is sent to an actor that has ended, and counts it', async () => {
    const ref = diary.spawn('a')
    send(ref, { kind: 'crash' })
    send(ref, note('queued behind the crash'))
    await actors.idle()
    expect(send(ref, note('late'))).to.equal(false)
    expect(actors.deadLetters).to.equal(2)
  })

  it('hands messages over in order, each with the state that the last one left', async () => {
    const ref = diary.spawn('a')
    expect(send(ref, note('one'))).to.equal(true)
    send(ref, note('two'))
    await actors.idle()
    expect(diary.seen).to.deep.equal(['a.1#0 one', 'a.1#1 two'])
  })

  it('takes any id as a name, and keeps similar ones apart', async () => {
    const names = ['EUR/USD', 'a b', 'a_b', 'a:b@c#d%e=f', '日本', 'x.e1', 'x', '_2f_', '/']
    for (const name of names) send(diary.spawn(name), note('hello'))
    await actors.idle()
    expect(diary.seen).to.deep.equal(names.map(name => `${name}.1#0 hello`))
  })

  it('refuses a second actor of the same name and epoch', () => {
    diary.spawn('a')
    expect(() => diary.spawn('a')).to.throw('already exists')
  })

  it('is idle again after a stop in the middle of a full mailbox', async () => {
    const ref = diary.spawn('a')
    for (let index = 0; index < 50; index++) send(ref, note(String(index)))
    actors.stop(ref)
    actors.stop(ref)
    expect(actors.isIdle).to.equal(true)
    await actors.idle()
    expect(actors.deadLetters).to.equal(50)
  })

  it('is not idle while a tracked call is under way, however it ends', async () => {
    let fail = (_reason: Error): void => undefined
    actors.track(new Promise((_resolve, reject) => (fail = reject)))
    expect(actors.isIdle).to.equal(false)
    const idle = actors.idle()
    fail(new Error('refused'))
    await idle
    expect(actors.isIdle).to.equal(true)
  })

  it('is idle only when everything that follows from a message is done', async () => {
    const hops: number[] = []
    const ref = actors.spawn<null, number>({
      name: 'chain',
      epoch: 1,
      initialState: null,
      handle: (state, hop) => {
        hops.push(hop)
        if (hop < 10) send(ref, hop + 1)
        return state
      },
      onDown: () => undefined,
    })
    send(ref, 1)
    await actors.idle()
    expect(hops).to.have.length(10)
  })

  it('never delivers to a namesake: 500 incarnations of one name', async () => {
    let stale = 0
    for (let epoch = 1; epoch <= 500; epoch++) {
      const ref = diary.spawn('phoenix', epoch)
      send(ref, note('hello'))
      send(ref, { kind: 'crash' })
      send(ref, note('queued behind the crash'))
      await actors.idle()
      if (send(ref, note('stale'))) stale++
    }
    expect(stale).to.equal(0)
    expect(diary.downs).to.have.length(500)
    expect(diary.seen).to.deep.equal(
      Array.from({ length: 500 }, (_, index) => `phoenix.${index + 1}#0 hello`),
    )
  })

  it('ends the process when onDown throws: a crash that would not be reported', async () => {
    const actor = new URL('../../src/actors/actor.ts', import.meta.url).href
    const script = `
      import { actorSystem, send } from '${actor}'
      const actors = actorSystem()
      const handle = () => { throw new Error('crashed') }
      const onDown = () => { throw new Error('no supervisor') }
      send(actors.spawn({ name: 'a', epoch: 1, initialState: null, handle, onDown }), 'go')
      await actors.idle()
      console.log('went on')
    `
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const failed = await promisify(execFile)(process.execPath, args).then(
      () => undefined,
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
    expect(failed?.code).to.equal(1)
    expect(failed?.stdout).to.equal('')
    expect(failed?.stderr).to.contain('no supervisor')
  })

  it('takes no handler that answers with a promise', () => {
    actors.spawn<number, Message>({
      name: 'a',
      epoch: 1,
      initialState: 0,
      // @ts-expect-error Work that waits is started by a handler and answered by message.
      handle: async state => state,
      onDown: () => undefined,
    })
  })

  it('stops everything, children of groups too', async () => {
    const group = actors.group('monitors')
    const seen: string[] = []
    const ref = actors.spawn<null, string>({
      name: 'child',
      epoch: 1,
      initialState: null,
      parent: group,
      handle: (state, message) => {
        seen.push(message)
        return state
      },
      onDown: () => undefined,
    })
    send(ref, 'before')
    await actors.idle()
    actors.stopAll()
    expect(send(ref, 'after')).to.equal(false)
    expect(seen).to.deep.equal(['before'])
  })
})
