import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_BYTES, parseText } from '../../src/config/document.ts'
import { describeFault } from '../../src/errors.ts'
import { runs } from '../support/runs.ts'

const faultsOf = (text: string): string[] =>
  parseText(text, 'positions.yaml').faults.map(describeFault)

describe('parseText', () => {
  it('gives the line of a syntax error and no value', () => {
    const document = parseText('rules:\n  a: 1\n  a: 2\n', 'positions.yaml')
    expect(document.value).to.equal(undefined)
    expect(document.faults.map(describeFault)).to.deep.equal([
      'positions.yaml, line 3: found the key "a" twice, expected each key once',
    ])
  })

  it('names every syntax error of a text at once', () => {
    expect(faultsOf('a: [1\nb: {2\n')).to.have.length.above(1)
  })

  it('refuses a second document', () => {
    expect(faultsOf('a: 1\n---\nb: 2\n')).to.deep.equal([
      'positions.yaml, line 2: found a second document, expected one document',
    ])
  })

  it('refuses aliases that multiply without end', () => {
    const levels = ['a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi']) {
      levels.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`)
    }
    const [fault, ...others] = faultsOf(levels.join('\n'))
    expect(others).to.deep.equal([])
    expect(fault).to.match(/^positions.yaml, line 1: found unusable aliases .*Excessive alias/)
  })

  it('takes an alias in each of ten thousand places', () => {
    const places = Array.from({ length: 10_000 }, () => '- *standard')
    const document = parseText(`a: &standard { x: 1 }\nb:\n${places.join('\n')}`, 'many.yaml')
    expect(document.faults).to.deep.equal([])
  })

  it('refuses an alias without an anchor, and one inside its own anchor', () => {
    expect(faultsOf('a: *nowhere')[0]).to.contain('the anchor must be set before the alias')
    expect(faultsOf('a: &a [*a]')).to.deep.equal([
      'positions.yaml, line 1: found an alias inside its own anchor, expected a tree',
    ])
  })

  it('refuses a text beyond the bound without parsing it', () => {
    const text = `a: ${'1'.repeat(MAX_BYTES)}`
    expect(faultsOf(text)).to.deep.equal([
      'positions.yaml: found more than 16 MiB, expected at most 16 MiB: split it',
    ])
    expect(parseText(text, 'positions.yaml').value).to.equal(undefined)
  })

  it('refuses tags, which would turn a map into something without keys', () => {
    const cases = ['!!omap [a: 1]', '!!set {a}', '!!timestamp 2024-01-01', '!own {a: 1}', '!own a']
    for (const value of cases) {
      expect(faultsOf(`x: 1\nrules: ${value}`), value).to.deep.equal([
        `positions.yaml, line 2: found ${value.split(' ')[0]}, expected a value without a tag`,
      ])
    }
    expect(parseText('id: !!str 007', 'x.yaml').value).to.deep.equal({ id: '007' })
  })

  it('refuses a version of YAML that it does not know', () => {
    expect(faultsOf('%YAML 3.0\n---\na: 1\n')).to.deep.equal([
      'positions.yaml, line 1: found invalid YAML (Unsupported YAML version 3.0), expected valid YAML 1.2 or JSON',
    ])
  })

  it('reports excessive nesting instead of overflowing the stack', () => {
    for (const text of ['['.repeat(20_000), `a: ${'['.repeat(2_000)}${']'.repeat(2_000)}`]) {
      expect(faultsOf(text)).to.deep.equal([
        'positions.yaml, line 1: found deeper nesting, expected at most 100 levels',
      ])
    }
    const block = Array.from({ length: 102 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')
    expect(faultsOf(block)).to.deep.equal([
      'positions.yaml, line 101: found deeper nesting, expected at most 100 levels',
    ])
    expect(faultsOf(`${'['.repeat(100)}${']'.repeat(100)}`)).to.deep.equal([])
  })

  it('keeps __proto__ as a key like any other', () => {
    const { value } = parseText('__proto__: { polluted: true }', 'x.yaml')
    expect(Object.keys(value as object)).to.deep.equal(['__proto__'])
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).to.equal(undefined)
  })

  it('reads YAML 1.2: yes and dates are strings', () => {
    expect(parseText('[yes, 2024-01-01, 1_000, null]', 'x.yaml').value).to.deep.equal([
      'yes',
      '2024-01-01',
      '1_000',
      null,
    ])
  })

  it('reads JSON, and a byte order mark before it', () => {
    expect(parseText('\uFEFF{"a": [1, "b"]}', 'x.json').value).to.deep.equal({ a: [1, 'b'] })
  })

  it('knows the line of a key, of an item, and of the nearest existing parent', () => {
    const text = 'rules:\n  wide:\n    stopLoss:\n      pct: 5\npositions:\n  - id: a\n  - id: b\n'
    const document = parseText(text, 'x.yaml')
    expect(document.lineOf(['rules', 'wide', 'stopLoss'])).to.equal(3)
    expect(document.lineOf(['rules', 'wide', 'stopLoss', 'pct'])).to.equal(4)
    expect(document.lineOf(['positions', 1, 'id'])).to.equal(7)
    expect(document.lineOf(['positions', 1, 'side'])).to.equal(7)
    expect(document.lineOf([])).to.equal(1)
  })

  it('knows the lines of JSON too', () => {
    const document = parseText('{\n "positions": [\n  {\n   "id": 7\n  }\n ]\n}', 'x.json')
    expect(document.lineOf(['positions', 0, 'id'])).to.equal(4)
  })

  it('reads a value in JSON as the same text in YAML', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 2 }), (value, indent) => {
        const json = JSON.stringify(value, null, indent)
        const inYaml = parseText(`# a comment makes it YAML\n${json}`, 'x.json')
        expect(inYaml.faults).to.deep.equal([])
        expect(parseText(json, 'x.json').value).to.deep.equal(inYaml.value)
      }),
      { numRuns: runs(200) },
    )
  })

  it('names the line of a fault in JSON as in YAML', () => {
    const faults = ['{"a": 1,\n"a": 2}', `\n${'['.repeat(101)}${']'.repeat(101)}`]
    expect(faults.map(text => faultsOf(text)[0])).to.deep.equal([
      'positions.yaml, line 2: found the key "a" twice, expected each key once',
      'positions.yaml, line 2: found deeper nesting, expected at most 100 levels',
    ])
  })

  it('remembers the notation of a scalar in JSON', () => {
    const document = parseText('{"price": 1.50, "size": 12345678901234567890}', 'x.json')
    expect(document.writtenAt(['price'])).to.equal('1.50')
    expect(document.value).to.deep.equal({ price: 1.5, size: NaN })
    expect(document.writtenAt(['size'])).to.equal('12345678901234567890')
  })

  it('remembers the notation of a scalar', () => {
    const document = parseText('id: 0070\nlist: [1]', 'x.yaml')
    expect(document.writtenAt(['id'])).to.equal('0070')
    expect(document.writtenAt(['list'])).to.equal(undefined)
  })
})
