import { once } from 'node:events'
import { expect } from 'chai'
import { timeLimit } from '../../src/observability/time-limit.ts'
import { collectGarbage } from '../support/garbage.ts'

/** Longer than any test runs. */
const NEVER_MS = 2 ** 30

describe('a time limit', () => {
  it('aborts, also after a garbage collection', async () => {
    const aborted = once(timeLimit(50, new AbortController().signal).signal, 'abort')
    collectGarbage()
    const [event] = (await aborted) as [Event]
    expect((event.target as AbortSignal).reason).to.have.property('name', 'TimeoutError')
  })

  it('aborts as the given signal does, before and after it was made', () => {
    const given = new AbortController()
    const early = timeLimit(NEVER_MS, given.signal)
    given.abort('stopped')
    const late = timeLimit(NEVER_MS, given.signal)
    expect([early.signal.reason, late.signal.reason]).to.deep.equal(['stopped', 'stopped'])
    for (const each of [early, late]) each.clear()
  })

  it('aborts no more once it is cleared', () => {
    const given = new AbortController()
    const { signal, clear } = timeLimit(NEVER_MS, given.signal)
    clear()
    given.abort()
    expect(signal.aborted).to.equal(false)
  })
})
