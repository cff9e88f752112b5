import { expect } from 'chai'
import { TrimWatch } from '../../../src/feeds/redis/trim-watch.ts'

describe('TrimWatch', () => {
  const at = (lastGiven: string | undefined, added: number | undefined) => ({ lastGiven, added })

  it('reports once how many entries of a stream were never read', () => {
    const watch = new TrimWatch()
    watch.begin('px', at('5-0', 5), '5-0')
    watch.took('px', 3)
    expect(watch.compare('px', at('20-0', 20), '20-0')).to.deep.equal({
      stream: 'px',
      from: '5-0',
      to: '20-0',
      why: '12 entries were trimmed before they were read',
    })
    watch.took('px', 2)
    expect(watch.compare('px', at('22-0', 22), '22-0')).to.equal(undefined)
  })

  it('delays its comparison until all present entries were read', () => {
    const watch = new TrimWatch()
    watch.begin('px', at(undefined, undefined), '0-0')
    watch.took('px', 3)
    expect(watch.compare('px', at('4-0', 4), '3-0')).to.equal(undefined)
    watch.took('px', 1)
    expect(watch.compare('px', at('4-0', 4), '4-0')).to.equal(undefined)
  })

  it('reports nothing where it began in the middle, skipped, or the server does not count', () => {
    const watch = new TrimWatch()
    watch.begin('px', at('9-0', 9), '2-0')
    watch.took('px', 3)
    expect(watch.compare('px', at('9-0', 9), '9-0')).to.equal(undefined)
    watch.took('px', 1)
    watch.skipped('px')
    expect(watch.compare('px', at('90-0', 90), '90-0')).to.equal(undefined)
    expect(watch.compare('px', at('99-0', undefined), '99-0')).to.equal(undefined)
  })

  it('recognises a stream that was created anew', () => {
    const watch = new TrimWatch()
    watch.begin('px', at('9-0', 9), '9-0')
    watch.took('px', 1)
    expect(watch.compare('px', at('12-0', 1), '12-0')).to.equal(undefined)
    watch.took('px', 1)
    expect(watch.compare('px', at('15-0', 4), '15-0')?.why).to.match(/^2 entries/)
  })

  it('checks once a second only the streams that had entries', () => {
    const watch = new TrimWatch()
    for (const key of ['a', 'b']) watch.begin(key, at('1-0', 1), '1-0')
    watch.took('b', 1)
    expect([watch.due(0), watch.due(999), watch.due(1_000)]).to.deep.equal([['b'], [], ['b']])
    watch.forget('b')
    expect(watch.due(2_000)).to.deep.equal([])
  })
})
