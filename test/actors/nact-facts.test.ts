import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { dispatch, query, spawn, spawnStateless, start, stop, type Ref } from 'nact'
import systemMap from 'nact/lib/system-map.js'
import sinon from 'sinon'

/**
 * What nact 7.6.2 does that `src/actors/actor.ts` is built around. A test that fails here after an
 * update of nact says which of its precautions to check again.
 */

/** Lets everything that is scheduled by now happen, and what follows from it. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Runs a script with bare nact in a process of its own; gives what it printed and its exit code. */
async function alone(script: string): Promise<{ stdout: string; code: number }> {
  const source = `const { start, spawn, dispatch, stop } = require('nact');${script}`
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', source])
    return { stdout, code: 0 }
  } catch (error) {
    const { stdout, code } = error as { stdout: string; code: number }
    return { stdout, code }
  }
}

interface Context {
  readonly self: Ref<never>
  readonly children: unknown
}

type Handler = (state: unknown, message: unknown, context: Context) => unknown

const child = (parent: Ref<never>, handle: Handler, name?: string, properties = {}): Ref<unknown> =>
  spawn(parent, handle as never, name, properties as never)

/** An onCrash that answers with one of nact's supervision actions. */
const answer =
  (action: 'stop' | 'resume' | 'escalate' | 'reset' | 'resetAll') =>
  (_message: unknown, _error: unknown, context: Record<string, symbol>): symbol =>
    context[action]!

describe('nact 7.6.2', () => {
  let system: Ref<never>

  beforeEach(() => {
    system = start()
  })

  afterEach(() => stop(system))

  it('leaves children alive when their parent stops', async () => {
    const seen: unknown[] = []
    let grandchild: Ref<unknown> | undefined
    const parent = child(system, (_state, _message, context) => {
      grandchild = child(context.self, (_inner, message) => seen.push(message), 'grandchild')
    })
    dispatch(parent, 'spawn')
    await turns()
    for (const message of [1, 2, 3]) dispatch(grandchild!, message)
    stop(parent)
    await turns()
    expect(seen).to.deep.equal([1, 2, 3])
  })

  it('leaves actors alive when their system stops', async () => {
    const seen: unknown[] = []
    const other: Ref<never> = start()
    const actor = child(other, (_state, message) => seen.push(message), 'survivor')
    for (const message of [1, 2, 3]) dispatch(actor, message)
    stop(other)
    await turns()
    expect(seen).to.deep.equal([1, 2, 3])
  })

  it('frees a name the moment its actor stops, so that an old reference reaches the namesake', async () => {
    const seen: string[] = []
    const first = child(system, () => seen.push('first'), 'same')
    stop(first)
    child(system, () => seen.push('second'), 'same')
    dispatch(first, 'for the first one')
    await turns()
    expect(seen).to.deep.equal(['second'])
  })

  it('refuses names with / : @ # % = or a space', () => {
    for (const char of ['/', ':', '@', '#', '%', '=', ' ']) {
      expect(() => child(system, () => null, `a${char}b`), char).to.throw('Invalid argument')
    }
  })

  it('loses a message to an actor that has stopped, without a word', async () => {
    const seen: unknown[] = []
    const actor = child(system, (_state, message) => seen.push(message), 'gone')
    stop(actor)
    expect(() => dispatch(actor, 'lost')).not.to.throw()
    await turns()
    expect(seen).to.deep.equal([])
  })

  it('loses the message that crashed an actor, and hands over the next', async () => {
    const seen: unknown[] = []
    const handle: Handler = (_state, message) => {
      if (message === 'bad') throw new Error('crash')
      seen.push(message)
      return null
    }
    const actor = child(system, handle, 'resumed', { onCrash: answer('resume') })
    for (const message of ['one', 'bad', 'two']) dispatch(actor, message)
    await turns()
    expect(seen).to.deep.equal(['one', 'two'])
  })

  it('keeps every message of a busy actor, in order and without a bound', async () => {
    const seen: number[] = []
    const actor = child(system, (_state, message) => seen.push(message as number), 'busy')
    for (let message = 0; message < 10_000; message++) dispatch(actor, message)
    await turns(10_100)
    expect(seen).to.have.length(10_000)
    expect(seen.every((message, index) => message === index)).to.equal(true)
  })

  it('serves no other message while a handler waits', async () => {
    const seen: string[] = []
    let release = (): void => undefined
    const gate = new Promise<void>(resolve => (release = resolve))
    const handle: Handler = async (_state, message) => {
      if (message === 'slow') await gate
      seen.push(message as string)
    }
    const actor = child(system, handle, 'waiting')
    dispatch(actor, 'slow')
    dispatch(actor, 'quick')
    await turns()
    expect(seen).to.deep.equal([])
    release()
    await turns()
    expect(seen).to.deep.equal(['slow', 'quick'])
  })

  it('never notices a handler that does not settle', async () => {
    const onCrash = sinon.spy(answer('stop'))
    const actor = child(system, () => new Promise(() => undefined), 'hung', { onCrash })
    dispatch(actor, 'one')
    dispatch(actor, 'two')
    await turns(200)
    expect(onCrash.callCount).to.equal(0)
  })

  it('copies the map of children for every message', async () => {
    const maps: unknown[] = []
    const actor = child(
      system,
      (_state, _message, context) => maps.push(context.children),
      'parent',
    )
    dispatch(actor, 1)
    dispatch(actor, 2)
    await turns()
    expect(maps[0]).to.be.instanceOf(Map)
    expect(maps[0]).not.to.equal(maps[1])
  })

  it('wedges an actor whose parent resumes after its crash was escalated', async () => {
    const seen: unknown[] = []
    let crashing: Ref<unknown> | undefined
    const handle: Handler = (_state, message) => {
      if (message === 'bad') throw new Error('crash')
      seen.push(message)
    }
    const parent = child(
      system,
      (_state, _message, context) => {
        crashing = child(context.self, handle, 'crashing', { onCrash: answer('escalate') })
      },
      'parent',
      { onCrash: answer('resume') },
    )
    dispatch(parent, 'spawn')
    await turns()
    dispatch(crashing!, 'bad')
    dispatch(crashing!, 'waits for ever')
    await turns(200)
    expect(seen).to.deep.equal([])
  })

  it('runs two handlers of a busy parent at once when it resumes after a crash below', async () => {
    let running = 0
    let most = 0
    const gates: (() => void)[] = []
    let crashing: Ref<unknown> | undefined
    const fails: Handler = () => {
      throw new Error('crash')
    }
    const handle: Handler = async (_state, message, context) => {
      if (message === 'spawn') {
        crashing = child(context.self, fails, 'crashing', { onCrash: answer('escalate') })
        return
      }
      most = Math.max(most, ++running)
      await new Promise<void>(resolve => gates.push(resolve))
      running--
    }
    const parent = child(system, handle, 'parent', { onCrash: answer('resume') })
    dispatch(parent, 'spawn')
    await turns()
    dispatch(parent, 1)
    dispatch(parent, 2)
    await turns()
    dispatch(crashing!, 'bad')
    await turns()
    expect(most).to.equal(2)
    for (const open of gates) open()
  })

  it('swallows every crash of a stateless actor, whatever its onCrash', async () => {
    const seen: unknown[] = []
    const onCrash = sinon.spy(answer('stop'))
    const handle = (message: unknown): void => {
      if (message === 'bad') throw new Error('crash')
      seen.push(message)
    }
    const actor = spawnStateless(system, handle as never, 'stateless', { onCrash } as never)
    dispatch(actor as Ref<unknown>, 'bad')
    dispatch(actor as Ref<unknown>, 'next')
    await turns()
    expect(onCrash.callCount).to.equal(0)
    expect(seen).to.deep.equal(['next'])
  })

  it('hands each message over in a turn of setImmediate of its own, not before', async () => {
    const seen: unknown[] = []
    const actor = child(system, (_state, message) => seen.push(message), 'turns')
    dispatch(actor, 1)
    dispatch(actor, 2)
    for (let each = 0; each < 100; each++) await Promise.resolve()
    expect(seen).to.deep.equal([])
    await turns(1)
    expect(seen).to.deep.equal([1])
    await turns(1)
    expect(seen).to.deep.equal([1, 2])
  })

  it('takes no message while onCrash has not answered', async () => {
    const seen: unknown[] = []
    const handle: Handler = (_state, message) => {
      if (message === 'bad') throw new Error('crash')
      seen.push(message)
    }
    const actor = child(system, handle, 'wedged', { onCrash: () => new Promise(() => undefined) })
    dispatch(actor, 'bad')
    dispatch(actor, 'waits for ever')
    await turns(200)
    expect(seen).to.deep.equal([])
  })

  it('runs two handlers of one actor at once when a peer resets all', async () => {
    let running = 0
    let most = 0
    const gates: (() => void)[] = []
    const waits: Handler = async () => {
      most = Math.max(most, ++running)
      await new Promise<void>(resolve => gates.push(resolve))
      running--
    }
    const actor = child(system, waits, 'peer')
    dispatch(actor, 1)
    dispatch(actor, 2)
    const fails: Handler = () => {
      throw new Error('crash')
    }
    dispatch(child(system, fails, 'crashing', { onCrash: answer('resetAll') }), 'bad')
    await turns()
    expect(most).to.equal(2)
    for (const open of gates) open()
  })

  it('sets up an actor again that was stopped while its async onCrash thought', async () => {
    let setUps = 0
    let decide = (): void => undefined
    const fails: Handler = () => {
      throw new Error('crash')
    }
    const actor = child(system, fails, 'revived', {
      initialStateFunc: () => ++setUps,
      onCrash: (...crash: [unknown, unknown, Record<string, symbol>]) =>
        new Promise(resolve => (decide = () => resolve(answer('reset')(...crash)))),
    })
    dispatch(actor, 'bad')
    await turns()
    stop(actor)
    decide()
    await turns()
    expect(setUps).to.equal(2)
  })

  it('lets an async onCrash act on an actor that was stopped meanwhile', async () => {
    const { code } = await alone(`
      const system = start()
      let decide
      const actor = spawn(system, () => { throw new Error('crash') }, 'a', {
        onCrash: (m, e, c) => new Promise(resolve => { decide = () => resolve(c.escalate) })
      })
      dispatch(actor, 1)
      setTimeout(() => { stop(actor); decide() }, 20)
    `)
    expect(code, 'escalating finds no parent and ends the process').not.to.equal(0)
  })

  it('ends the process when onCrash throws', async () => {
    const { code } = await alone(`
      const actor = spawn(start(), () => { throw new Error('crash') }, 'a', {
        onCrash: () => { throw new Error('in onCrash') }
      })
      dispatch(actor, 1)
      setTimeout(() => console.log('alive'), 50)
    `)
    expect(code).not.to.equal(0)
  })

  it('ends the process when afterStop throws', async () => {
    const { code } = await alone(`
      const actor = spawn(start(), () => null, 'a', {
        afterStop: () => { throw new Error('in afterStop') }
      })
      stop(actor)
      setTimeout(() => console.log('alive'), 50)
    `)
    expect(code).not.to.equal(0)
  })

  it('starves the loop when a throwing initialStateFunc meets reset', async () => {
    const script = `
      const actor = spawn(start(), () => null, 'a', {
        initialStateFunc: () => { if (++count > 50000) process.exit(7); throw new Error('never') },
        onCrash: (m, e, c) => c.reset
      })
      setImmediate(() => { console.log('the loop turned'); process.exit(0) })
    `
    const { stdout, code } = await alone(`let count = 0;${script}`)
    expect(code).to.equal(7)
    expect(stdout).to.equal('')
  })

  it('spends a timer and a random id on every query', async () => {
    const timer = sinon.spy(globalThis, 'setTimeout')
    const random = sinon.spy(Math, 'random')
    try {
      const actor = child(
        system,
        (_state, message) => dispatch(message as Ref<unknown>, 'pong'),
        'q',
      )
      const answered = query(actor, (ref: Ref<unknown>) => ref, 54_321)
      expect(timer.calledWith(sinon.match.func, 54_321)).to.equal(true)
      expect(random.callCount).to.equal(1)
      expect(await answered).to.equal('pong')
    } finally {
      sinon.restore()
    }
  })

  it('keeps two maps of children and the last event of the loop for each actor, and runs without them', async () => {
    interface Inner {
      children: ReadonlyMap<string, unknown>
      childReferences: ReadonlyMap<string, unknown>
      immediate: unknown
    }
    const seen: unknown[] = []
    let inner: Inner | undefined
    const actor = child(system, (_state, message, { children }) => {
      seen.push(message, children)
      inner!.immediate = undefined
    })
    inner = systemMap.applyOrThrowIfStopped(actor, each => each) as Inner
    expect([inner.children, inner.childReferences]).to.deep.equal([new Map(), new Map()])
    dispatch(actor, 'first')
    expect(inner.immediate).to.be.an('object')
    await turns()
    const none: ReadonlyMap<string, never> = new Map<string, never>()
    inner.children = inner.childReferences = none
    for (const message of ['second', 'third']) dispatch(actor, message)
    await turns()
    expect(seen).to.deep.equal(['first', none, 'second', none, 'third', none])
    stop(actor)
    await turns()
    expect(none.size).to.equal(0)
    expect(() => systemMap.applyOrThrowIfStopped(actor, each => each)).to.throw('has stopped')
  })
})
