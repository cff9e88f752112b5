import { expect } from 'chai'
import fc from 'fast-check'
import { readJson } from '../../src/domain/json.ts'

const refused = (text: string): string => {
  try {
    readJson(text)
  } catch (error) {
    expect(error).to.be.instanceOf(SyntaxError)
    return (error as SyntaxError).message
  }
  return expect.fail(`${text} was read`)
}

describe('readJson', () => {
  it('refuses what is no JSON', () => {
    for (const text of [
      '',
      '{',
      '-',
      '"',
      '"\\',
      '"a":1',
      ']',
      '{"a":-}',
      '01',
      '{"a":1,}',
      "{'a':1}",
      'NaN',
      '[1] 2',
    ])
      refused(text)
  })

  it('refuses a key that an object has twice, at any depth and however it is spelled', () => {
    const texts = [
      '{"kind":"held","quantity":5,"kind":"flat"}',
      '{"a":{"b":1,"c":[{"d":1,"d":1}]}}',
      '{"a" : 1, "b":{}, "\\u0061"\n:2}',
      '[{"":1,"":2}]',
      '{"a\\"":1,"a\\"":2}',
      '{"__proto__":1,"__proto__":2}',
    ]
    for (const text of texts) expect(refused(text)).to.include('twice')
  })

  it('refuses what is nested so deep that reading it would hold the process', () => {
    expect(readJson('['.repeat(100) + ']'.repeat(100))).to.be.an('array')
    expect(refused('['.repeat(101) + ']'.repeat(101))).to.include('levels')
    expect(refused('{"a":'.repeat(4_000_000))).to.include('levels')
  })

  it('takes the same key in other objects, and text that only resembles one', () => {
    const text = '{"a":{"a":[{"a":1},{"a":"a\\":"}]},"b":"a","c":["a","a"]}'
    expect(readJson(text)).to.deep.equal(JSON.parse(text))
  })

  it('refuses a number that a double cannot hold', () => {
    for (const number of [
      '1e400',
      '-1e400',
      '1e-400',
      '9007199254740993',
      '123456789012345678901',
    ]) {
      expect(refused(`{"quantity":${number}}`)).to.include(number)
    }
  })

  it('takes the nearest number where that is enough, and refuses the rest still', () => {
    const nearest = { numbers: 'nearest' } as const
    expect(readJson('[9007199254740993,1e400]', nearest)).to.deep.equal([2 ** 53, Infinity])
    expect(() => readJson('{"a":1,"a":2}', nearest)).to.throw(SyntaxError)
    const revive = (_key: string, value: unknown): unknown => (value === 1 ? 2 : value)
    expect(readJson('[1]', { revive })).to.deep.equal([2])
  })

  it('takes every number that a double holds, with as many digits as it is written', () => {
    const numbers =
      '[0,-0,0.0,0e5,5e-324,1.7976931348623157e308,9007199254740992,0.1000000000000000055]'
    expect(readJson(numbers)).to.deep.equal(JSON.parse(numbers))
  })

  it('reads what JSON.stringify writes as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent)
        expect(readJson(spaced)).to.deep.equal(JSON.parse(spaced))
      }),
    )
  })
})
