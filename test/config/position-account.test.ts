import { expect } from 'chai'
import { parsePositions } from '../../src/config/positions-file.ts'
import type { InputError } from '../../src/errors.ts'

const ROW =
  'instrument: ACME, side: long, quantity: 1, entryPrice: 100, rules: { stopLoss: { pct: 5 } }'

describe('the account of a position', () => {
  const read = (rows: readonly string[], accounts?: readonly string[]) =>
    parsePositions(
      {
        source: 'p.yaml',
        text: `positions:\n${rows.map(row => `  - { ${row}, ${ROW} }\n`).join('')}`,
      },
      { accounts },
    ).entries.map(({ position: { id, account }, guardedIn }) => [id, guardedIn, account])

  const faultsOf = (...given: Parameters<typeof read>): string[] => {
    try {
      read(...given)
    } catch (error) {
      return (error as InputError).faults.map(
        ({ path, found, expected }) => `${path}: ${found}, ${expected}`,
      )
    }
    return []
  }

  it('is required where the configuration names several, and must be one of them', () => {
    expect(
      faultsOf(['id: a', 'id: b, account: acne', 'id: c, account: 5'], ['acme', 'bolt']),
    ).to.deep.equal([
      'positions[0].account: nothing, one of acme, bolt',
      'positions[1].account: the unknown account "acne", another name: did you mean acme?',
      'positions[2].account: the number 5, a string: quote it, "5"',
    ])
  })

  it('may be left out where the configuration names one', () => {
    expect(read(['id: a'], ['acme'])).to.deep.equal([['a', 'acme', undefined]])
  })

  it("is the name of the account, and the venue's name of a part of it", () => {
    expect(
      read(['id: a, account: acme', 'id: b, account: bolt/A1/x'], ['acme', 'bolt']),
    ).to.deep.equal([
      ['a', 'acme', undefined],
      ['b', 'bolt', 'A1/x'],
    ])
  })

  it("is the venue's word where the configuration names none", () => {
    expect(read(['id: a, account: A1'])).to.deep.equal([['a', undefined, 'A1']])
  })

  it('makes two positions of one id two, in two accounts', () => {
    const rows = ['id: a, account: acme', 'id: a, account: bolt']
    expect(read(rows, ['acme', 'bolt'])).to.have.length(2)
    expect(
      faultsOf(['id: a, account: acme', 'id: a, account: acme'], ['acme', 'bolt']),
    ).to.deep.equal(['positions[1].id: "a" again, an id other than that of positions[0]'])
  })
})
