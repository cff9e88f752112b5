import { expect } from 'chai'
import { SteppedWork } from '../../src/account/stepped-work.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('SteppedWork', () => {
  let work: SteppedWork
  let steps: number

  beforeEach(() => {
    work = new SteppedWork()
    steps = 0
  })

  const until = (last: number) => () => () => ++steps % last === 0

  it('does one step in each turn of the event loop', async () => {
    work.begin(until(3))
    const seen = [steps]
    for (let count = 0; count < 4; count++) {
      await turn()
      seen.push(steps)
    }
    expect(seen).to.deep.equal([1, 2, 3, 3, 3])
  })

  it('is done at once where the first step is the last one', () => {
    work.begin(until(1))
    let isDone = false
    work.whenDone(() => (isDone = true))
    expect(isDone).to.equal(true)
  })

  it('calls those that wait after the last step', async () => {
    work.begin(until(2))
    const seen: number[] = []
    work.whenDone(() => seen.push(steps))
    expect(seen).to.deep.equal([])
    await turn()
    expect(seen).to.deep.equal([2])
  })

  it('continues earlier work and begins no other work meanwhile', async () => {
    work.begin(until(3))
    work.begin(() => () => {
      throw new Error('begun')
    })
    await turn()
    await turn()
    expect(steps).to.equal(3)
  })

  it('finishes the rest of the work in one turn on request', async () => {
    work.begin(until(5))
    work.finish()
    expect(steps).to.equal(5)
    await turn()
    expect(steps).to.equal(5)
  })

  it('throws at the next beginning what a later step has thrown, and begins again after that', async () => {
    let isFailing = false
    work.begin(() => () => {
      if (isFailing) throw new Error('broken')
      isFailing = true
      return false
    })
    let isDone = false
    const failures: unknown[] = []
    work.whenDone(
      () => (isDone = true),
      error => failures.push(error),
    )
    await turn()
    expect(failures.map(String)).to.deep.equal(['Error: broken'])
    expect(() => work.begin(until(1))).to.throw('broken')
    work.begin(until(1))
    expect([steps, isDone]).to.deep.equal([1, false])
  })
})
