import type { LookupAddress, LookupOptions } from 'node:dns'
import { expect } from 'chai'
import sinon from 'sinon'
import { nameLookups, type Lookup, type LookupAll } from '../../src/processes/name-lookups.ts'

const A: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }]
const B: LookupAddress[] = [
  { address: '2001:db8::1', family: 6 },
  { address: '192.0.2.2', family: 4 },
]

describe('look-ups of names', () => {
  let clock: sinon.SinonFakeTimers
  let asked: { readonly name: string; readonly answer: Parameters<LookupAll>[2] }[]
  let lookup: Lookup
  let results: unknown[]

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'nextTick'] })
    asked = []
    results = []
    const fake: LookupAll = (name, _options, answer) => {
      asked.push({ name, answer })
    }
    lookup = nameLookups(fake)
  })

  afterEach(() => clock.restore())

  const find = (name: string, options: LookupOptions = { all: true }): void =>
    lookup(name, options, (error, addresses) => results.push(error?.code ?? addresses))

  const again = (code: string): Error => Object.assign(new Error(code), { code })

  it('use the last addresses of a name when the resolver hangs', () => {
    find('bridge')
    asked[0]!.answer(null, A)
    find('bridge')
    clock.tick(499)
    expect(results).to.deep.equal([A])
    clock.tick(1)
    expect(results).to.deep.equal([A, A])
    asked[1]!.answer(null, B)
    expect(results).to.deep.equal([A, A])
    find('bridge')
    asked[2]!.answer(null, B)
    expect(results.at(-1)).to.equal(B)
  })

  it('ask for a name once at a time, however many wait for it', () => {
    for (let call = 0; call < 20; call++) find('bridge')
    clock.tick(60_000)
    expect([asked.length, results]).to.deep.equal([1, []])
    asked[0]!.answer(null, A)
    expect(results).to.have.length(20)
  })

  it('take two threads at most, and then the waiting names', () => {
    for (const name of ['a', 'b', 'c', 'd']) find(name)
    expect(asked.map(({ name }) => name)).to.deep.equal(['a', 'b'])
    asked[0]!.answer(null, A)
    expect(asked.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c'])
  })

  it('use the last addresses after a temporary failure, and accept a permanent one', () => {
    find('bridge')
    asked[0]!.answer(null, A)
    find('bridge')
    asked[1]!.answer(again('EAI_AGAIN'), [])
    find('bridge')
    asked[2]!.answer(again('ENOTFOUND'), [])
    find('other')
    asked[3]!.answer(again('EAI_AGAIN'), [])
    expect(results).to.deep.equal([A, A, 'ENOTFOUND', 'EAI_AGAIN'])
  })

  it('refuse callers beyond a bound while a resolver hangs', () => {
    for (let call = 0; call < 1_001; call++) find('bridge')
    clock.tick(1)
    expect(results).to.deep.equal(['EAI_AGAIN'])
  })

  it('return one address to a caller that wants one', () => {
    lookup('bridge', {}, (error, address, family) => results.push(error, address, family))
    asked[0]!.answer(null, A)
    expect(results).to.deep.equal([null, '192.0.2.1', 4])
  })
})
